package report

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// The bounds of a Markdown report, in bytes.
const (
	// maxComment is what fits a pull request's comment (65,536 characters).
	maxComment = 60_000
	// minPage is what a report needs at least to say anything.
	minPage = 4_000
	// tail is kept for the words about what was left out.
	tail = 1_500
)

// MarkdownOptions say what a Markdown report holds.
type MarkdownOptions struct {
	// Limit bounds the document in bytes, by default a comment's size.
	Limit int
	// ReportPath is where the whole report can be found, for the words about
	// what was left out.
	ReportPath string
	// Link makes the address of a line of a file; nil makes none.
	Link func(l gate.Location) string
	// Timeline draws when which check ran, as a Mermaid chart.
	Timeline bool
}

// Markdown writes the report as GitHub and GitLab show it: a step's summary or
// the body of a comment. Folded, it fits a screen: the verdict, what to do first,
// the root causes; all else is behind folds. What does not fit into the limit is
// left out in whole rows, and said.
func Markdown(w io.Writer, rep gate.Report, o MarkdownOptions) error {
	if o.Limit <= 0 {
		o.Limit = maxComment
	}
	patch := rep.Patch
	rep = clean(rep)
	p := &mdPage{o: o, rep: rep, view: show(rep, false)}
	p.head()
	p.causes()
	p.undecided()
	p.baseline()
	// Each long part may use a share of what is left, so that none starves the
	// next one.
	p.findings(0.6)
	p.patch(patch)
	p.changes(0.5)
	p.runBook(0.5)
	p.checks(0.8)
	if o.Timeline {
		p.timeline()
	}
	p.foot()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// mdPage is a Markdown report in the making.
type mdPage struct {
	o    MarkdownOptions
	rep  gate.Report
	view view
	b    strings.Builder
	left []string // what was left out
}

// room is how many bytes may still be written.
func (p *mdPage) room() int { return p.o.Limit - tail - p.b.Len() }

// rows writes rows until the share of the room that is left is used up, and
// notes how many of what were left out.
func (p *mdPage) rows(share float64, what string, head string, rows []string) {
	if len(rows) == 0 {
		return
	}
	budget := int(float64(p.room()) * share)
	if budget < len(head)+len(rows[0]) {
		p.left = append(p.left, counted(len(rows), what))
		return
	}
	p.b.WriteString(head)
	budget -= len(head)
	for i, row := range rows {
		if budget -= len(row); budget < 0 {
			p.left = append(p.left, counted(len(rows)-i, what))
			break
		}
		p.b.WriteString(row)
	}
	p.b.WriteByte('\n')
}

// counted is count for a phrase whose first word is the one counted.
func counted(n int, what string) string {
	word, rest, more := strings.Cut(what, " of ")
	if !more {
		return count(n, what)
	}
	return count(n, word) + " of " + rest
}

func (p *mdPage) head() {
	fmt.Fprintf(&p.b, "## %s Gate: %s\n\n%s\n\n", verdictIcon(p.rep.Verdict), p.rep.Verdict, escapeMarkdown(gist(p.rep)))
	fmt.Fprintf(&p.b, "%s\n\n", escapeMarkdown(restsText(p.rep)))
	if r := remark(p.rep); r != "" {
		fmt.Fprintf(&p.b, "*%s*\n\n", escapeMarkdown(r))
	}
	if p.rep.Verdict == gate.VerdictBlock || p.rep.Verdict == gate.VerdictInconclusive {
		var rows []string
		for _, r := range p.rep.Reasons {
			rows = append(rows, "- "+escapeMarkdown(r)+"\n")
		}
		p.rows(0.1, "reason", "", firstRows(rows, "reasons"))
	}
	p.worst()
}

// firstRows keeps the first rows of a list that is not folded, and counts the
// rest.
func firstRows(rows []string, what string) []string {
	if len(rows) <= firstShown {
		return rows
	}
	return append(slices.Clone(rows[:firstShown]), fmt.Sprintf("- and %d more %s\n", len(rows)-firstShown, what))
}

// worst is what to do first, before all that there is to know.
func (p *mdPage) worst() {
	first, more := worstOf(p.rep, p.view)
	var rows []string
	for _, g := range first {
		f := g.first()
		row := "- " + severityIcon(g.Severity) + " " + cellText(shorten(f.Message, 300)) + p.at(f.Location)
		if n := len(g.Findings); n > 1 {
			row += fmt.Sprintf(" and %d more of %s", n-1, codeSpan(g.Rule))
		}
		if line, _, _ := strings.Cut(f.Hint, "\n"); line != "" {
			row += "<br>→ " + escapeMarkdown(shorten(line, 300))
		}
		rows = append(rows, row+"\n")
	}
	if more > 0 {
		rows = append(rows, "- and "+count(more, "more finding")+", below\n")
	}
	p.rows(0.1, "finding", "", rows)
}

func verdictIcon(v gate.Verdict) string {
	switch v {
	case gate.VerdictPass:
		return "✅"
	case gate.VerdictWarn:
		return "⚠️"
	case gate.VerdictBlock:
		return "⛔"
	}
	return "❔"
}

func severityIcon(s gate.Severity) string {
	switch s {
	case gate.Error:
		return "⛔"
	case gate.Warning:
		return "⚠️"
	}
	return "ℹ️"
}

func outcomeIcon(o gate.Outcome) string {
	switch o {
	case gate.OutcomePass:
		return "✅"
	case gate.OutcomeWarn:
		return "⚠️"
	case gate.OutcomeFail:
		return "⛔"
	case gate.OutcomeError:
		return "❔"
	}
	return "⏭️"
}

func (p *mdPage) causes() {
	var rows []string
	for _, c := range p.rep.RootCauses {
		if len(c.Explains) == 0 {
			continue
		}
		row := fmt.Sprintf("**%s** explains %s: %s\n\n%s%s\n", escapeMarkdown(c.Check), count(len(c.Explains), "check"),
			escapeMarkdown(names(c.Explains, false)), cellText(c.Message), p.at(c.Location))
		rows = append(rows, row+"\n"+advice(c.Hint))
	}
	p.folded(0.2, "root cause", "### Root causes\n\n", "root causes", rows)
}

// advice shows a hint: a line as text, several as code to copy.
func advice(hint string) string {
	switch {
	case hint == "":
		return ""
	case strings.Contains(strings.TrimSpace(hint), "\n"):
		return codeBlock(hint, "") + "\n"
	}
	return "→ " + escapeMarkdown(hint) + "\n\n"
}

func (p *mdPage) at(l *gate.Location) string {
	if text := p.place(l); text != "" {
		return " (" + text + ")"
	}
	return ""
}

// place is file:line, linked where there is something to link to.
func (p *mdPage) place(l *gate.Location) string {
	text := place(l)
	if text == "" {
		return ""
	}
	if p.o.Link != nil {
		if to := p.o.Link(*l); to != "" {
			return mdLink(codeSpan(text), to)
		}
	}
	return codeSpan(text)
}

// mdLink links a label, which is Markdown already, to an http address; any
// other address yields the label alone.
func mdLink(label, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return label
	}
	safe := strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "", "|", "%7C", "\\", "%5C", "`", "%60").Replace(u.String())
	return "[" + label + "](<" + safe + ">)"
}

func (p *mdPage) undecided() {
	var rows []string
	for _, c := range undecided(p.rep) {
		rows = append(rows, fmt.Sprintf("- **%s**: %s\n", escapeMarkdown(c.Name), escapeMarkdown(c.Reason)))
	}
	p.folded(0.2, "undecided check", "### Could not be decided\n\n", "checks that could not be decided", rows)
}

// folded writes the first rows in the open, and the others in a fold.
func (p *mdPage) folded(share float64, what, head, more string, rows []string) {
	n := min(len(rows), shownFindings)
	before := p.b.Len()
	p.rows(share, what, head, rows[:n])
	if p.b.Len() > before && len(rows) > n {
		p.fold(share, what, fmt.Sprintf("%d more %s", len(rows)-n, more), "", rows[n:])
	}
}

// fold writes rows behind a line that opens them.
func (p *mdPage) fold(share float64, what, title, head string, rows []string) {
	const end = "</details>\n\n"
	before := p.b.Len()
	p.rows(share, what, "<details><summary>"+title+"</summary>\n\n"+head, rows)
	if p.b.Len() > before {
		p.b.WriteString(end)
	}
}

// foot says what was left out, and who wrote the report.
func (p *mdPage) foot() {
	if len(p.left) > 0 {
		where := "the log and the report file"
		if p.o.ReportPath != "" {
			where = codeSpan(shorten(printable(p.o.ReportPath), 300))
		}
		fmt.Fprintf(&p.b, "> [!NOTE]\n> Left out for the size of this page: %s. The whole is in %s.\n\n", strings.Join(p.left, ", "), where)
	}
	version := shorten(escapeMarkdown(p.rep.Tool.Name+" "+p.rep.Tool.Version), 100)
	fmt.Fprintf(&p.b, "<sub>%s, phase %s, %s, began %s</sub>\n", version, p.rep.Phase, took(p.rep.DurationMS), p.rep.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
}
