package report

import (
	"fmt"

	"github.com/dify-gate/dify-gate/gate"
)

// maxCompared bounds the figures and the fixed findings that a report for people
// lists; the JSON has all of them.
const maxCompared = 12

// comparedRow is a figure before and after.
type comparedRow struct{ Check, Figure, Before, After string }

// comparedRows are the figures of the baseline and of this run, and how many more
// there are.
func comparedRows(rep gate.Report) (rows []comparedRow, more int) {
	for i, c := range rep.Compared {
		if i == maxCompared {
			return rows, len(rep.Compared) - i
		}
		unit := ""
		if c.Unit != "" {
			unit = " " + c.Unit
		}
		rows = append(rows, comparedRow{c.Kind + ": " + c.Check, c.Figure, c.Before + unit, c.After + unit})
	}
	return rows, 0
}

// fixedRows are the findings of the baseline that are gone, and how many more
// there are.
func fixedRows(rep gate.Report) (rows []string, more int) {
	for i, f := range rep.Fixed {
		if i == maxCompared {
			return rows, len(rep.Fixed) - i
		}
		rows = append(rows, f.Rule+": "+f.Message)
	}
	return rows, 0
}

// moreText says how many rows are left out; "" for none.
func moreText(more int) string {
	if more == 0 {
		return ""
	}
	return fmt.Sprintf("and %d more, in the JSON report", more)
}

// baseline lists what changed since the earlier report.
func (t *textPage) baseline() {
	rows, more := comparedRows(t.rep)
	fixed, moreFixed := fixedRows(t.rep)
	if len(rows) > 0 {
		t.title("before and after")
		for _, r := range rows {
			t.line(2, fmt.Sprintf("%s: %s %s → %s", r.Check, r.Figure, r.Before, r.After))
		}
		if text := moreText(more); text != "" {
			t.line(2, text)
		}
	}
	if len(fixed) > 0 {
		t.title("fixed since the baseline")
		for _, r := range fixed {
			t.line(2, r)
		}
		if text := moreText(moreFixed); text != "" {
			t.line(2, text)
		}
	}
}

// baseline is the table of figures before and after, and what is fixed.
func (p *mdPage) baseline() {
	rows, more := comparedRows(p.rep)
	var lines []string
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |\n", cellText(r.Check), cellText(r.Figure), cellText(r.Before), cellText(r.After)))
	}
	if text := moreText(more); text != "" {
		lines = append(lines, fmt.Sprintf("| %s | | | |\n", cellText(text)))
	}
	p.rows(0.1, "figure", "### Before and after\n\n| check | figure | before | after |\n|---|---|---|---|\n", lines)
	fixed, moreFixed := fixedRows(p.rep)
	lines = nil
	for _, r := range fixed {
		lines = append(lines, "- "+escapeMarkdown(r)+"\n")
	}
	if text := moreText(moreFixed); text != "" {
		lines = append(lines, "- "+escapeMarkdown(text)+"\n")
	}
	p.rows(0.1, "fixed finding", "### Fixed since the baseline\n\n", lines)
}
