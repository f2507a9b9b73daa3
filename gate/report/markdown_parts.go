package report

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// changes lists the changes by release, each release a table.
func (p *mdPage) changes(share float64) {
	if len(p.rep.Changes) == 0 {
		return
	}
	var rows []string
	version := ""
	for i, c := range changesInOrder(p.rep) {
		head := ""
		if i == 0 || c.Version != version {
			version = c.Version
			head = fmt.Sprintf("\n#### %s\n\n| Kind | Change | Applies | Place |\n|---|---|---|---|\n", escapeMarkdown(c.Version))
		}
		rows = append(rows, head+p.changeRow(c))
	}
	p.rows(share, "change", "### Changes by release\n", rows)
}

func (p *mdPage) changeRow(c gate.Change) string {
	text := cellText(shorten(c.Text, 600))
	if c.Action != "" {
		text += "<br>→ " + cellText(shorten(c.Action, 600))
	}
	if len(c.Evidence) > 0 {
		text += "<br>" + escapeMarkdown(shorten(strings.Join(c.Evidence, "; "), 400))
	}
	kind := escapeMarkdown(c.Kind)
	if c.Waived {
		kind += " (waived)"
	}
	at := p.place(c.Location)
	if c.URL != "" {
		at = strings.TrimSpace(at + " " + mdLink("release", c.URL))
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", kind, text, appliesText(c.Applies), at)
}

// appliesText says whether a change meets this deployment.
func appliesText(s string) string {
	switch s {
	case "yes":
		return "**yes**"
	case "no":
		return "no"
	}
	return "unknown"
}

func (p *mdPage) runBook(share float64) {
	var rows []string
	for _, s := range p.rep.RunBook {
		row := fmt.Sprintf("- *%s*", escapeMarkdown(s.When+", "+s.Version))
		if s.Why != "" {
			row += " " + escapeMarkdown(s.Why)
		}
		row += "\n"
		if s.Command != "" {
			row += indentLines(codeBlock(s.Command, "sh"), "  ")
		}
		rows = append(rows, row)
	}
	p.rows(share, "step", "### Run-book\n\n", rows)
}

func indentLines(s, indent string) string {
	return indent + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+indent) + "\n"
}

// findings lists the findings by phase; those that a root cause explains are
// one line a cause.
func (p *mdPage) findings(share float64) {
	var rows []string
	for _, g := range byPhase(p.rep) {
		head := fmt.Sprintf("\n#### %s\n\n| | Finding | What to do | Place |\n|---|---|---|---|\n", title(phaseTitle(g.Phase)))
		for _, f := range g.Findings {
			rows = append(rows, head+p.findingRow(f))
			head = ""
		}
	}
	p.rows(share, "finding", "### Findings\n", rows)
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (p *mdPage) findingRow(f gate.Finding) string {
	icon, todo := severityIcon(f.Severity), cellLines(shorten(f.Hint, 1200))
	switch by := p.by[f.Check]; {
	case !f.Active():
		icon, todo = "🔕", escapeMarkdown(waivedText(f.Waived))
	case by != "":
		todo = "explained by " + escapeMarkdown(by)
	}
	at := p.place(f.Location)
	if at == "" {
		at = escapeMarkdown(f.Check)
	}
	if f.URL != "" {
		at += " " + mdLink("source", f.URL)
	}
	return fmt.Sprintf("| %s | %s<br>%s | %s | %s |\n", icon, cellText(shorten(f.Message, 1200)), codeSpan(f.Rule), todo, at)
}

// cellLines shows a text of several lines in a table's cell.
func cellLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if len(lines) == 1 {
		return escapeMarkdown(s)
	}
	for i, line := range lines {
		lines[i] = codeSpan(line)
	}
	return strings.Join(lines, "<br>")
}

// checks is the table of all checks, folded: the findings say what matters.
func (p *mdPage) checks(share float64) {
	if len(p.rep.Checks) == 0 {
		return
	}
	head := fmt.Sprintf("<details><summary>%s</summary>\n\n| | Check | Kind | Phase | Time | Remark |\n|---|---|---|---|---:|---|\n", checksText(p.rep.Counts))
	var rows []string
	for _, c := range p.rep.Checks {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", outcomeIcon(c.Outcome), escapeMarkdown(shorten(c.Name, 200)),
			escapeMarkdown(c.Kind), c.Phase, checkTime(c), escapeMarkdown(shorten(checkRemark(c), 300))))
	}
	before := p.b.Len()
	p.rows(share, "check", head, rows)
	if p.b.Len() > before {
		p.b.WriteString("</details>\n\n")
	}
}

// checkRemark is a check's reason, and by what it is explained.
func checkRemark(c gate.CheckReport) string {
	if c.ExplainedBy != "" && c.ExplainedBy != c.Name {
		return "explained by " + c.ExplainedBy
	}
	return c.Reason
}

// timeline draws when which check ran.
func (p *mdPage) timeline() {
	chart := gantt(p.rep)
	if chart == "" || len(chart) > p.room() {
		return
	}
	p.b.WriteString("<details><summary>Timeline</summary>\n\n" + codeBlock(chart, "mermaid") + "\n</details>\n\n")
}
