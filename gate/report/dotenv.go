package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// maxValue bounds a value: GitLab takes a file of 5 KB in all.
const maxValue = 300

// Dotenv writes the run's outcome as GitLab's dotenv report: a handful of
// variables for the jobs that follow. GitLab rejects the whole file for one bad
// line and expands "$" in values later, so values keep only what a version, a
// path or a word needs. It hands the variables to every job of the later stages,
// where they win over a job's own: none may be a flag's twin, or a second gate
// would go by the first one's answers.
func Dotenv(w io.Writer, rep gate.Report, o Options) error {
	t := tallyOf(rep)
	var b strings.Builder
	for _, v := range []Output{
		{"GATE_VERDICT", string(rep.Verdict)},
		{"GATE_BLOCKED", strconv.FormatBool(rep.Verdict == gate.VerdictBlock)},
		{"GATE_UPGRADE_FROM", rep.Upgrade.From},
		{"GATE_UPGRADE_TO", rep.Upgrade.To},
		{"GATE_CHANGES", strconv.Itoa(len(rep.Changes))},
		{"GATE_FINDINGS", strconv.Itoa(rep.Counts.Findings)},
		{"GATE_ERRORS", strconv.Itoa(t.errors)},
		{"GATE_WARNINGS", strconv.Itoa(t.warnings)},
		{"GATE_WAIVED", strconv.Itoa(rep.Counts.Waived)},
		{"GATE_CHECKS", strconv.Itoa(rep.Counts.Checks)},
		{"GATE_REPORT_PATH", o.ReportPath},
	} {
		fmt.Fprintf(&b, "%s=%s\n", v.Name, dotenvValue(v.Value))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// dotenvValue keeps the characters that neither GitLab nor a shell reads twice.
func dotenvValue(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._+:/@,-", r) {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), maxValue)]
}
