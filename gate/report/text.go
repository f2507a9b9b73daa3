package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// TextOptions say how the text report looks.
type TextOptions struct {
	Colour  bool
	Verbose bool // every check in a table, why it matters, the unplaced entries
	Quiet   bool // the verdict's line alone
	// Width wraps lines to so many columns; 0 leaves them whole, as a log wants.
	Width int
	// Workflow takes from the text what GitHub's runner would obey.
	Workflow bool
	// Sections folds the parts of the report in a GitLab job log.
	Sections bool
}

// Text writes the report for a person: the verdict in the first line, then the
// root causes, the findings by phase with what to do, the run-book.
func Text(w io.Writer, rep gate.Report, o TextOptions) error {
	rep = clean(rep)
	t := &textPage{o: o, rep: rep, by: explainedBy(rep)}
	t.verdict()
	if !o.Quiet {
		t.line(2, t.rep.RestsOn.String())
		t.reasons()
		t.causes()
		t.findings()
		t.undecided()
		t.baseline()
		t.runBook()
		t.coverage()
		if o.Verbose {
			t.checks()
		}
	}
	out := t.b.String()
	if o.Workflow {
		out = neutral(out)
	}
	_, err := io.WriteString(w, out)
	return err
}

// textPage is a text report in the making.
type textPage struct {
	o   TextOptions
	rep gate.Report
	by  map[string]string
	b   strings.Builder
}

// line writes text behind indent, wrapped, with a hanging indent.
func (t *textPage) line(indent int, text string) { t.hang(strings.Repeat(" ", indent), indent, text) }

// hang writes text behind a lead that is already laid out; wrapped and further
// lines begin at column indent.
func (t *textPage) hang(lead string, indent int, text string) {
	for i, line := range wrap(text, indent, t.o.Width) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		t.b.WriteString(strings.TrimRight(lead+line, " "))
		t.b.WriteByte('\n')
	}
}

func (t *textPage) gap() { t.b.WriteByte('\n') }

func (t *textPage) title(text string) {
	t.gap()
	t.b.WriteString(t.paint(bold, text) + "\n")
}

func (t *textPage) verdict() {
	text := gist(t.rep)
	if t.rep.DurationMS > 0 {
		text += "; " + took(t.rep.DurationMS)
	}
	if r := remark(t.rep); r != "" {
		text += " (" + r + ")"
	}
	// One line on purpose, whatever the width: it is the one that scripts read.
	t.b.WriteString("verdict: " + t.paint(verdictPaint(t.rep.Verdict), string(t.rep.Verdict)) + " - " + text + "\n")
}

func (t *textPage) reasons() {
	if t.rep.Verdict == gate.VerdictBlock || t.rep.Verdict == gate.VerdictInconclusive {
		for _, r := range t.rep.Reasons {
			t.line(2, r)
		}
	}
}

// causes lists what explains other failures; a cause that explains nothing is
// told by its finding.
func (t *textPage) causes() {
	first := true
	for _, c := range t.rep.RootCauses {
		if len(c.Explains) == 0 {
			continue
		}
		if first {
			t.open("causes", "root causes")
			first = false
		}
		head := t.paint(red, "cause") + "   " + t.paint(bold, c.Check) + " explains " + count(len(c.Explains), "check")
		t.hang("  "+head, 0, "")
		t.line(10, c.Message)
		t.advice(10, c.Hint)
		t.line(10, "explains: "+names(c.Explains, t.o.Verbose))
	}
	if !first {
		t.close("causes")
	}
}

// names joins names, and cuts a long list unless all are wanted.
func names(list []string, all bool) string {
	const shown = 8
	if all || len(list) <= shown {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), len(list)-shown)
}

func (t *textPage) findings() {
	for _, g := range byPhase(t.rep) {
		id := "findings_" + string(g.Phase)
		t.open(id, phaseTitle(g.Phase))
		for _, f := range g.Findings {
			t.finding(f)
		}
		t.close(id)
	}
}

func (t *textPage) finding(f gate.Finding) {
	word, colour := f.Severity.String(), severityPaint(f.Severity)
	if !f.Active() {
		word, colour = "waived", dim
	}
	at := place(f.Location)
	if at == "" {
		at = f.Check
	}
	lead := "  " + t.paint(colour, fmt.Sprintf("%-8s", word))
	t.hang(lead, 10, strings.TrimSpace(at+"  "+f.Rule))
	t.line(10, f.Message)
	if by := t.by[f.Check]; by != "" {
		t.line(10, t.paint(dim, "explained by "+by))
		return
	}
	if !f.Active() {
		t.line(10, t.paint(dim, waivedText(f.Waived)))
		return
	}
	if t.o.Verbose {
		t.details(f)
	}
	t.advice(10, f.Hint)
}

// details are what -v adds to a finding.
func (t *textPage) details(f gate.Finding) {
	if f.Why != "" {
		t.line(10, "why: "+f.Why)
	}
	for i := range f.Related {
		t.line(10, "see also: "+place(&f.Related[i]))
	}
	if f.URL != "" {
		t.line(10, "source: "+f.URL)
	}
	t.line(10, t.paint(dim, "fingerprint: "+f.Fingerprint))
}

func waivedText(w *gate.Waived) string {
	text := "waived until " + w.Expires
	if w.Owner != "" {
		text += " by " + w.Owner
	}
	return text + ": " + w.Reason
}

// advice writes a hint, whose lines may be configuration to copy.
func (t *textPage) advice(indent int, hint string) {
	if hint != "" {
		t.hang(strings.Repeat(" ", indent)+t.paint(green, "→")+" ", indent+2, hint)
	}
}

func (t *textPage) undecided() {
	list := undecided(t.rep)
	if len(list) == 0 {
		return
	}
	t.open("undecided", "could not be decided")
	for _, c := range list {
		t.hang("  "+t.paint(yellow, fmt.Sprintf("%-8s", "error")), 10, c.Name)
		t.line(10, c.Reason)
	}
	t.close("undecided")
}

func (t *textPage) runBook() {
	if len(t.rep.RunBook) == 0 {
		return
	}
	t.open("run_book", "run-book")
	for _, s := range t.rep.RunBook {
		t.hang("  "+fmt.Sprintf("%-8s", s.When), 10, s.Command)
		t.line(10, t.paint(dim, strings.TrimPrefix(s.Version+": ", ": ")+s.Why))
	}
	t.close("run_book")
}

func (t *textPage) coverage() {
	c := t.rep.Upgrade.Coverage
	if c.Releases == 0 && len(c.Cut) == 0 && len(c.Notes) == 0 {
		return
	}
	t.gap()
	text := fmt.Sprintf("read %s with %s: %s", count(c.Releases, "release"), entries(c.Entries), count(c.Changes, "change"))
	if c.Unclassified > 0 {
		text += "; " + unclassifiedText(c.Unclassified)
		if !t.o.Verbose {
			text += " (-v lists them)"
		}
	}
	t.line(0, text)
	for _, s := range c.Cut {
		t.line(2, "not read: "+s)
	}
	for _, s := range c.Notes {
		t.line(2, s)
	}
	if !t.o.Verbose {
		return
	}
	for _, u := range c.Listed {
		t.hang("  ", 4, strings.TrimSpace(place(u.Location)+"  "+u.Version+": "+oneLine(u.Text)))
	}
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
