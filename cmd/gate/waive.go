package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/report"
)

// maxReport bounds the JSON report that gate waive and gate serve read.
const maxReport = 64 << 20

type waiveOptions struct {
	run                                       runOptions // with --all
	report, reason, owner, until, rule, match string
	all                                       bool
}

func newWaive(p *process) *cobra.Command {
	o := &waiveOptions{}
	cmd := &cobra.Command{
		Use:   "waive [FINGERPRINT...]",
		Short: "Write waivers into gate.yaml: for findings, for a rule and a match, or for all that is found today",
		Long: "gate waive adds waivers to gate.yaml, and keeps the file's comments and layout: for findings by their fingerprints\n" +
			"(-v and every report show them), for what a rule and a match cover, or with --all for every error and warning that a run\n" +
			"finds now, one waiver a rule. --all takes the flags of gate run, or the findings of --from-report.\n" +
			"A waiver needs a reason and an expiry date, at most a year ahead.",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return p.waive(cmd.Context(), args, o, cmd.Flags()) },
	}
	flags := cmd.Flags()
	o.run.register(flags)
	for _, name := range []string{"report", "format", "dry-run", "fail-on", "quiet", "verbose", "no-color"} {
		_ = flags.MarkHidden(name)
	}
	flags.BoolVar(&o.all, "all", false, "waive every error and warning of a run, one waiver a rule")
	flags.StringVar(&o.rule, "rule", "", "waive what this rule reports, with --match")
	flags.StringVar(&o.match, "match", "", "words of the findings, or a /regex/, with --rule")
	flags.StringVar(&o.reason, "reason", "", "why the findings may stay (required)")
	flags.StringVar(&o.until, "until", "", "the last day of the waivers, as 2027-01-31 (required)")
	flags.StringVar(&o.owner, "owner", "", "who is responsible for them")
	flags.StringVar(&o.report, "from-report", "", "a JSON report with the findings, to name their rules and messages in the file; with --all no run is made")
	return cmd
}

// waive edits the file in one step.
func (p *process) waive(ctx context.Context, prints []string, o *waiveOptions, flags *pflag.FlagSet) error {
	base, err := o.waiver(prints)
	if err != nil {
		return err
	}
	if !o.all || o.report != "" {
		if err := p.refuseMisspelt(nil); err != nil {
			return err
		}
	}
	file := o.run.config
	if file == "" {
		if file, err = config.Find(p.dir); err != nil {
			return usageError(err)
		}
		if file == "" {
			return usage("waive: no gate.yaml, .gate.yaml or .github/gate.yaml here, want one of them (gate init writes it) or --config FILE")
		}
	}
	list, said, err := p.newWaivers(ctx, prints, base, o, flags)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return p.print("nothing to waive: no error and no warning was found that is not waived already\n")
	}
	for _, w := range list {
		if err := w.Check(time.Now()); err != nil {
			return usage("waive: %s", err)
		}
	}
	// A link is followed: renaming over it would leave its target as it was.
	path, err := filepath.EvalSymlinks(p.abs(file))
	if err != nil {
		return usage("%s: %s", file, osError(err))
	}
	data, err := check.ReadText(path, config.MaxFile)
	if err != nil {
		return usage("%s: %s", file, err)
	}
	out, err := config.AddWaivers(file, data, list)
	if err != nil {
		return usageError(err)
	}
	// What was written must be a file that the next run takes.
	if _, err := config.Parse(file, out, config.Options{WorkDir: p.dir, LookupEnv: p.lookup, Now: time.Now(), Builtin: true}); o.rule != "" && err != nil {
		return usageError(err)
	}
	if err := p.writeFile(path, out); err != nil {
		return usage("%s: %s", file, err)
	}
	return p.print(fmt.Sprintf("%s: %s until %s\n", file, said, base.Expires.Format(time.DateOnly)))
}

// newWaivers makes the waivers, and says what they are for.
func (p *process) newWaivers(ctx context.Context, prints []string, base config.Waiver, o *waiveOptions, flags *pflag.FlagSet) (list []config.NewWaiver, said string, err error) {
	var known []gate.Finding
	if o.report != "" {
		rep, err := p.reportOf(o.report)
		if err != nil {
			return nil, "", err
		}
		known = rep.Findings
	}
	switch {
	case o.all && o.report == "":
		s, err := p.loadSettings(ctx, &o.run, flags)
		if err != nil {
			return nil, "", err
		}
		defer s.network.Close()
		rep, err := p.judge(ctx, s, &o.run, time.Now())
		if err != nil {
			return nil, "", err
		}
		if rep.Interrupted {
			return nil, "", &exitError{exitInterrupted, fmt.Errorf("the run did not end, nothing is waived")}
		}
		known = rep.Findings
		fallthrough
	case o.all:
		list, n := byRule(known, base)
		return list, fmt.Sprintf("%s of %s waived", plural(n, "finding"), plural(len(list), "rule")), nil
	case o.rule != "":
		base.Rule, base.Match = o.rule, o.match
		return []config.NewWaiver{{Waiver: base}}, o.rule + " is waived", nil
	}
	for _, print := range prints {
		w := config.NewWaiver{Waiver: base}
		w.Fingerprint = strings.ToLower(print)
		if o.report != "" {
			f, err := findingIn(o.report, known, w.Fingerprint)
			if err != nil {
				return nil, "", err
			}
			w.Rule, w.Comment = f.Rule, []string{report.Printable(f.Rule + ": " + f.Message)}
		}
		list = append(list, w)
	}
	verb := " is waived"
	if len(prints) > 1 {
		verb = " are waived"
	}
	return list, strings.ToLower(strings.Join(prints, ", ")) + verb, nil
}

// byRule makes a waiver for each rule that has errors or warnings left, with what
// they say as a comment, and returns how many findings that are.
func byRule(findings []gate.Finding, base config.Waiver) (list []config.NewWaiver, n int) {
	const shown = 3
	for _, f := range findings {
		if f.Waived != nil || f.Severity < gate.Warning || f.Fingerprint == "" || strings.HasPrefix(f.Rule, "waiver/") {
			continue
		}
		i := slices.IndexFunc(list, func(w config.NewWaiver) bool { return w.Rule == f.Rule })
		if i < 0 {
			w := config.NewWaiver{Waiver: base}
			w.Rule = f.Rule
			i, list = len(list), append(list, w)
		}
		w := &list[i]
		if slices.Contains(w.Fingerprints, f.Fingerprint) {
			continue
		}
		w.Fingerprints = append(w.Fingerprints, f.Fingerprint)
		n++
		if len(w.Fingerprints) <= shown {
			w.Comment = append(w.Comment, shortened(report.Printable(f.Message)))
		}
	}
	for i := range list {
		if more := len(list[i].Fingerprints) - shown; more > 0 {
			list[i].Comment = append(list[i].Comment, fmt.Sprintf("and %d more", more))
		}
	}
	return list, n
}

// shortened is a message as a comment has room for.
func shortened(s string) string {
	const most = 140
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// waiver reads the flags.
func (o *waiveOptions) waiver(prints []string) (config.Waiver, error) {
	w := config.Waiver{Reason: o.reason, Owner: o.owner}
	ways := 0
	for _, asked := range []bool{len(prints) > 0, o.rule != "", o.all} {
		if asked {
			ways++
		}
	}
	switch {
	case ways == 0:
		return w, usage("waive: nothing is named, want one of: a finding's fingerprint, as -v and the reports show it; --rule; --all")
	case ways > 1:
		return w, usage("waive: more than one of fingerprints, --rule and --all, want one of them")
	case o.match != "" && o.rule == "":
		return w, usage("waive: --match without --rule, want both")
	case o.reason == "":
		return w, usage("waive: --reason is required, want why the finding may stay")
	case o.until == "":
		return w, usage("waive: --until is required, want the last day of the waiver, like 2027-01-31")
	}
	if err := w.Expires.UnmarshalText([]byte(o.until)); err != nil {
		return w, usage("waive: --until: %s", err)
	}
	probe := w
	probe.Rule, probe.Fingerprints = "any", nil
	for _, print := range prints {
		probe.Fingerprints = append(probe.Fingerprints, strings.ToLower(print))
	}
	if err := probe.Check(time.Now()); err != nil { // before a run is made for it
		return w, usage("waive: %s", err)
	}
	return w, nil
}

// reportOf reads a JSON report.
func (p *process) reportOf(file string) (gate.Report, error) {
	var rep gate.Report
	data, err := check.ReadText(p.abs(file), maxReport)
	if err != nil {
		return rep, usage("--from-report: %s: %s", file, err)
	}
	if err := json.Unmarshal(data, &rep); err != nil || rep.Schema != gate.ReportSchema {
		return rep, usage("--from-report: %s: not a JSON report of gate run, want one written by --report json=FILE", file)
	}
	return rep, nil
}

// findingIn looks a finding up.
func findingIn(file string, findings []gate.Finding, fingerprint string) (gate.Finding, error) {
	for _, f := range findings {
		if f.Fingerprint == fingerprint {
			return f, nil
		}
	}
	return gate.Finding{}, usage("--from-report: %s: no finding with the fingerprint %s, want one of the %d in it", file, fingerprint, len(findings))
}
