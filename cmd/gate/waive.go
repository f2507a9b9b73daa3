package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/report"
)

// maxReport bounds the JSON report that gate waive and gate serve read.
const maxReport = 64 << 20

type waiveOptions struct{ file, report, reason, owner, until string }

func newWaive(p *process) *cobra.Command {
	o := &waiveOptions{}
	cmd := &cobra.Command{
		Use:   "waive FINGERPRINT",
		Short: "Write a waiver for one finding into gate.yaml",
		Long: "gate waive adds a waiver for the finding with this fingerprint (-v and every report show it) to gate.yaml, and keeps the file's\n" +
			"comments and layout. A waiver needs a reason and an expiry date, at most a year ahead.",
		Args: oneArg("a finding's fingerprint, as -v and the reports show it"),
		RunE: func(_ *cobra.Command, args []string) error { return p.waive(args[0], o) },
	}
	cmd.Flags().StringVar(&o.reason, "reason", "", "why the finding may stay (required)")
	cmd.Flags().StringVar(&o.until, "until", "", "the last day of the waiver, as 2027-01-31 (required)")
	cmd.Flags().StringVar(&o.owner, "owner", "", "who is responsible for it")
	cmd.Flags().StringVar(&o.file, "config", "", "the file, by default the first found of gate.yaml, .gate.yaml, .github/gate.yaml")
	cmd.Flags().StringVar(&o.report, "from-report", "", "a JSON report with the finding, to name its rule and message in the file")
	return cmd
}

// waive edits the file in one step.
func (p *process) waive(fingerprint string, o *waiveOptions) error {
	w, err := o.waiver(fingerprint)
	if err != nil {
		return err
	}
	file := o.file
	if file == "" {
		if file, err = config.Find(p.dir); err != nil {
			return usageError(err)
		}
		if file == "" {
			return usage("waive: no gate.yaml, .gate.yaml or .github/gate.yaml here, want one of them (gate init writes it) or --config FILE")
		}
	}
	comment := ""
	if o.report != "" {
		f, err := p.findingIn(o.report, w.Fingerprint)
		if err != nil {
			return err
		}
		w.Rule, comment = f.Rule, report.Printable(f.Rule+": "+f.Message)
	}
	// A link is followed: renaming over it would leave its target as it was.
	path, err := filepath.EvalSymlinks(p.abs(file))
	if err != nil {
		return usage("%s: %s", file, osError(err))
	}
	data, err := check.ReadText(path, 1<<20)
	if err != nil {
		return usage("%s: %s", file, err)
	}
	out, err := config.AddWaiver(file, data, w, comment)
	if err != nil {
		return usageError(err)
	}
	if err := p.writeFile(path, out); err != nil {
		return usage("%s: %s", file, err)
	}
	return p.print(fmt.Sprintf("%s: %s is waived until %s\n", file, w.Fingerprint, w.Expires.Format(time.DateOnly)))
}

// waiver reads the flags.
func (o *waiveOptions) waiver(fingerprint string) (config.Waiver, error) {
	w := config.Waiver{Fingerprint: strings.ToLower(fingerprint), Reason: o.reason, Owner: o.owner}
	switch {
	case o.reason == "":
		return w, usage("waive: --reason is required, want why the finding may stay")
	case o.until == "":
		return w, usage("waive: --until is required, want the last day of the waiver, like 2027-01-31")
	}
	if err := w.Expires.UnmarshalText([]byte(o.until)); err != nil {
		return w, usage("waive: --until: %s", err)
	}
	if err := w.Check(time.Now()); err != nil {
		return w, usage("waive: %s", err)
	}
	return w, nil
}

// findingIn looks a finding up in a JSON report.
func (p *process) findingIn(file, fingerprint string) (gate.Finding, error) {
	data, err := check.ReadText(p.abs(file), maxReport)
	if err != nil {
		return gate.Finding{}, usage("--from-report: %s: %s", file, err)
	}
	var rep gate.Report
	if err := json.Unmarshal(data, &rep); err != nil || rep.Schema != gate.ReportSchema {
		return gate.Finding{}, usage("--from-report: %s: not a JSON report of gate run, want one written by --report json=FILE", file)
	}
	for _, f := range rep.Findings {
		if f.Fingerprint == fingerprint {
			return f, nil
		}
	}
	return gate.Finding{}, usage("--from-report: %s: no finding with the fingerprint %s, want one of the %d in it", file, fingerprint, len(rep.Findings))
}
