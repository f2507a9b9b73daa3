package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// tally counts findings by severity.
type tally struct{ errors, warnings, notices int }

func (t *tally) add(s gate.Severity, n int) {
	switch s {
	case gate.Error:
		t.errors += n
	case gate.Warning:
		t.warnings += n
	default:
		t.notices += n
	}
}

// String is "2 errors, 1 notice", or empty for none.
func (t tally) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{t.errors, "error"}, {t.warnings, "warning"}, {t.notices, "notice"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// tallyOf counts the findings that are not waived.
func tallyOf(rep gate.Report) tally {
	var t tally
	for _, f := range rep.Findings {
		if f.Active() {
			t.add(f.Severity, 1)
		}
	}
	return t
}

// gist is the run in a line without the verdict: what was looked at, and what
// was found.
func gist(rep gate.Report) string {
	text := orElse(tallyOf(rep).String(), "nothing found")
	if rep.Counts.Waived > 0 {
		text += fmt.Sprintf(", %d waived", rep.Counts.Waived)
	}
	if rep.Counts.Known > 0 {
		text += fmt.Sprintf(", %d of them known", rep.Counts.Known)
	}
	text += "; " + checksText(rep.Counts)
	if u := upgradeText(rep.Upgrade); u != "" {
		text = u + ": " + text
	}
	return text
}

// upgradeText is "Dify 1.13.1 → 1.13.2", or empty when no version is known.
func upgradeText(u gate.Upgrade) string {
	switch {
	case u.From != "" && u.To != "":
		return "Dify " + u.From + " → " + u.To
	case u.To != "":
		return "Dify → " + u.To
	case u.From != "":
		return "Dify " + u.From
	}
	return ""
}

func checksText(c gate.Counts) string {
	parts := []string{count(c.Checks, "check")}
	for _, p := range []struct {
		n    int
		word string
	}{{c.Fail, "failed"}, {c.Error, "undecided"}, {c.Warn, "with warnings"}, {c.Skip, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// dryRunReason begins the reason of a check that a dry run only lists.
const dryRunReason = "dry run: would send "

// restsText is what the verdict rests on, in a line. A dry run lists what it would
// send elsewhere.
func restsText(rep gate.Report) string {
	const limit = 1 << 10
	rests := rep.RestsOn
	rests.NotLooked = nil
	dry := gate.NotLooked{Reason: "dry run"}
	for _, n := range rep.RestsOn.NotLooked {
		if strings.HasPrefix(n.Reason, dryRunReason) {
			dry.Checks = append(dry.Checks, n.Checks...)
			continue
		}
		rests.NotLooked = append(rests.NotLooked, n)
	}
	if len(dry.Checks) > 0 {
		rests.NotLooked = append(rests.NotLooked, dry)
	}
	return shorten(rests.String(), limit)
}

// remark says what qualifies the verdict: a dry run, an early end.
func remark(rep gate.Report) string {
	switch {
	case rep.DryRun && rep.Interrupted:
		return "dry run, interrupted"
	case rep.DryRun:
		return "dry run: nothing was sent to the deployment, and nothing blocks"
	case rep.Interrupted:
		return "interrupted: this is what was known"
	}
	return ""
}

// count is "1 check" or "2 checks".
func count(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// place is file:line:col as far as it is known.
func place(l *gate.Location) string {
	if l == nil || l.File == "" {
		return ""
	}
	s := l.File
	if l.Line > 0 {
		s += fmt.Sprintf(":%d", l.Line)
		if l.Column > 0 {
			s += fmt.Sprintf(":%d", l.Column)
		}
	}
	return s
}

// took words a number of milliseconds.
func took(ms int64) string {
	switch d := time.Duration(ms) * time.Millisecond; {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// phaseTitle names a phase.
func phaseTitle(p gate.Phase) string {
	if p == gate.PhasePre {
		return "before the deploy"
	}
	return "after the deploy"
}

func checkPhases(rep gate.Report) map[string]gate.Phase {
	phases := make(map[string]gate.Phase, len(rep.Checks))
	for _, c := range rep.Checks {
		phases[c.Name] = c.Phase
	}
	return phases
}

// explainedBy maps a check's name to that of the cause that explains it.
func explainedBy(rep gate.Report) map[string]string {
	by := map[string]string{}
	for _, c := range rep.Checks {
		if c.ExplainedBy != "" && c.ExplainedBy != c.Name {
			by[c.Name] = c.ExplainedBy
		}
	}
	return by
}

// blocks reports whether a finding is one that the verdict block rests on.
func blocks(rep gate.Report, f gate.Finding) bool {
	if !f.Active() || rep.Verdict != gate.VerdictBlock {
		return false
	}
	return f.Severity == gate.Error || rep.FailOn == gate.FailOnWarning && f.Severity == gate.Warning
}

// undecided lists the checks whose outcome is error.
func undecided(rep gate.Report) []gate.CheckReport {
	var out []gate.CheckReport
	for _, c := range rep.Checks {
		if c.Outcome == gate.OutcomeError {
			out = append(out, c)
		}
	}
	return out
}

// unclassifiedText reports entries that carry a warning sign and no class.
func unclassifiedText(n int) string {
	if n == 1 {
		return "1 may matter but could not be classified"
	}
	return fmt.Sprintf("%d may matter but could not be classified", n)
}
