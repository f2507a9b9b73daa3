package report

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// changes lists the changes that apply or may, by release, each release a table.
func (p *mdPage) changes(share float64) {
	var rows []string
	version := ""
	for _, c := range changesInOrder(p.rep) {
		if c.Applies == "no" && !c.Waived {
			continue
		}
		head := ""
		if len(rows) == 0 || c.Version != version {
			version = c.Version
			head = fmt.Sprintf("\n#### %s\n\n| Kind | Change | Applies | Place |\n|---|---|---|---|\n", escapeMarkdown(c.Version))
		}
		rows = append(rows, head+p.changeRow(c))
	}
	p.fold(share, "change", "Changes by release: "+changesText(p.rep.Changes), "", rows)
}

// changesText counts the changes by whether they apply.
func changesText(changes []gate.Change) string {
	n := map[string]int{}
	for _, c := range changes {
		n[appliesWord(c.Applies)]++
	}
	var parts []string
	for _, word := range []struct{ key, text string }{{"yes", "apply"}, {"unknown", "may apply"}, {"no", "do not apply"}} {
		if n[word.key] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[word.key], word.text))
		}
	}
	return strings.Join(parts, ", ")
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
		at = strings.TrimSpace(at + " " + mdLink(linkLabel(c.URL), c.URL))
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
	p.fold(share, "step", "Run-book: "+count(len(p.rep.RunBook), "step"), "", rows)
}

func indentLines(s, indent string) string {
	return indent + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+indent) + "\n"
}

// findings are the groups by impact, each impact behind a fold.
func (p *mdPage) findings(share float64) {
	const head = "| | Finding | What to do | Place |\n|---|---|---|---|\n"
	for _, s := range p.view.Sections {
		var rows []string
		for _, g := range s.Groups {
			rows = append(rows, p.groupRow(g))
		}
		p.fold(share, "group of findings", title(s.Title)+": "+s.counts(), head, rows)
	}
	if text := p.view.leftOutText(); text != "" {
		fmt.Fprintf(&p.b, "Not shown: %s.\n\n", text)
	}
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// groupRow is a group with its first findings.
func (p *mdPage) groupRow(g group) string {
	f := g.first()
	var texts, places []string
	n := min(len(g.Findings), shownFindings)
	for _, f := range g.Findings[:n] {
		texts = append(texts, cellText(shorten(f.Message, 1200)))
		for _, s := range p.view.Sources[f.Fingerprint] {
			texts = append(texts, "<sub>"+cellText(shorten(sourceText(s), 300))+"</sub>")
		}
		if at := p.findingPlace(f); len(places) == 0 || places[len(places)-1] != at {
			places = append(places, at)
		}
	}
	if more := len(g.Findings) - n; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	icon, todo := severityIcon(g.Severity), cellLines(shorten(f.Hint, 1200))
	switch {
	case !f.Active():
		icon, todo = "🔕", escapeMarkdown(waivedText(f.Waived))
	case g.By != "":
		todo = strings.TrimSuffix("explained by "+escapeMarkdown(g.By)+"<br>"+todo, "<br>")
	}
	if n := len(g.Findings); n > 1 {
		icon += fmt.Sprintf(" %d×", n)
	}
	return fmt.Sprintf("| %s | %s<br>%s | %s | %s |\n", icon, strings.Join(texts, "<br>"), codeSpan(g.Rule), todo, strings.Join(places, "<br>"))
}

func (p *mdPage) findingPlace(f gate.Finding) string {
	at := p.place(f.Location)
	if at == "" {
		at = escapeMarkdown(f.Check)
	}
	if f.URL != "" {
		at += " " + mdLink(linkLabel(f.URL), f.URL)
	}
	return at
}

// linkLabel names a link by the host that it leads to: the address may come from
// a release note, and nobody should take it for one of ours.
func linkLabel(address string) string { return escapeMarkdown(hostOf(address)) }

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
	const head = "| | Check | Kind | Phase | Time | Remark |\n|---|---|---|---|---:|---|\n"
	var rows []string
	for _, c := range p.rep.Checks {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", outcomeIcon(c.Outcome), escapeMarkdown(shorten(c.Name, 200)),
			escapeMarkdown(c.Kind), c.Phase, checkTime(c), escapeMarkdown(shorten(checkRemark(c), 300))))
	}
	p.fold(share, "check", title(checksText(p.rep.Counts)), head, rows)
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

// patch is what gate fix would change, behind a fold. One that has no room is named.
func (p *mdPage) patch(diff string) {
	if diff == "" {
		return
	}
	text := "<details><summary>Patch of gate fix, for git apply</summary>\n\n" + codeBlock(printable(diff), "diff") + "\n</details>\n\n"
	if len(text) > p.room()/2 {
		text = "The patch of gate fix is too long for this page: see the report in the format patch, or run gate fix.\n\n"
	}
	if len(text) <= p.room() {
		p.b.WriteString(text)
	}
}
