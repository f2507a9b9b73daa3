package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/dify-gate/dify-gate/gate"
)

// maxBars bounds a Mermaid chart, which grows unreadable long before it grows
// too large to draw.
const maxBars = 40

// gantt is a Mermaid chart of the checks that ran, the longest of them when
// there are many, in the order in which they began; empty when none took time.
func gantt(rep gate.Report) string {
	bars := ranChecks(rep)
	total := len(bars)
	if total == 0 {
		return ""
	}
	if total > maxBars {
		slices.SortStableFunc(bars, func(a, b gate.CheckReport) int { return cmp.Compare(b.DurationMS, a.DurationMS) })
		bars = bars[:maxBars]
	}
	slices.SortStableFunc(bars, func(a, b gate.CheckReport) int {
		return cmp.Or(cmp.Compare(a.Phase, b.Phase)*-1, cmp.Compare(a.StartMS, b.StartMS))
	})
	var b strings.Builder
	b.WriteString("gantt\n  dateFormat x\n  axisFormat %M:%S.%L\n")
	if total > maxBars {
		fmt.Fprintf(&b, "  title the %d longest of %d checks\n", maxBars, total)
	}
	var phase gate.Phase
	for i, c := range bars {
		if c.Phase != phase {
			phase = c.Phase
			fmt.Fprintf(&b, "  section %s\n", phaseTitle(phase))
		}
		tag := ""
		switch c.Outcome {
		case gate.OutcomeFail:
			tag = "crit, "
		case gate.OutcomeWarn, gate.OutcomeError:
			tag = "active, "
		}
		fmt.Fprintf(&b, "  %s :%sc%d, %d, %d\n", barName(c), tag, i, c.StartMS, c.StartMS+max(1, c.DurationMS))
	}
	return b.String()
}

// barName is a check's name in the letters that mean nothing to Mermaid. It
// begins with the kind, so that no name can be one of its words.
func barName(c gate.CheckReport) string {
	name := c.Name
	if !strings.HasPrefix(name, c.Kind) {
		name = c.Kind + " " + name
	}
	return shorten(oneLine(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" ./_-", r) {
			return r
		}
		return ' '
	}, name)), 60)
}

// ranChecks are the checks that were carried out.
func ranChecks(rep gate.Report) []gate.CheckReport {
	var out []gate.CheckReport
	for _, c := range rep.Checks {
		if c.Attempts > 0 {
			out = append(out, c)
		}
	}
	return out
}
