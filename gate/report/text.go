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
	Verbose bool // all findings with why they matter, every check in a table, the unplaced entries
	Quiet   bool // the verdict's line alone
	// Width wraps lines to so many columns; 0 means 100, as for a pipe.
	Width int
	// Workflow takes from the text what GitHub's runner would obey.
	Workflow bool
	// Sections folds the parts of the report in a GitLab job log.
	Sections bool
}

// pipeWidth is the width of a text that goes to no terminal.
const pipeWidth = 100

// Text writes the report for a person: the verdict in the first line and what it
// rests on, then the root causes, the findings by impact in groups, each with
// what to do, and the run-book. Unless it is verbose, it keeps to the lines that
// lineLimit allows as far as the errors let it; what a dry run would send comes on
// top.
func Text(w io.Writer, rep gate.Report, o TextOptions) error {
	rep = clean(rep)
	if o.Width <= 0 {
		o.Width = pipeWidth
	}
	t := &textPage{o: o, rep: rep, view: show(rep, o.Verbose)}
	t.verdict()
	if !o.Quiet {
		t.line(2, restsText(t.rep))
		t.reasons()
		t.causes()
		rest := t.sub()
		rest.undecided()
		rest.baseline()
		rest.runBook()
		rest.coverage()
		if o.Verbose {
			rest.checks()
		}
		t.findings(lineLimit(rep) - t.lines() - rest.lines())
		t.b.WriteString(rest.b.String())
		t.dryRun()
	}
	out := t.b.String()
	if o.Workflow {
		out = neutral(out)
	}
	_, err := io.WriteString(w, out)
	return err
}

// lineLimit is how many lines a report may take that is not verbose: a screen
// for an upgrade of a few releases, two for a long way.
func lineLimit(rep gate.Report) int {
	const screen, few, long = 60, 4, 10
	n := len(rep.Upgrade.Releases)
	if n <= few {
		return screen
	}
	return screen + screen*min(n-few, long-few)/(long-few)
}

// textPage is a text report in the making.
type textPage struct {
	o    TextOptions
	rep  gate.Report
	view view
	b    strings.Builder
}

// sub is an empty page of the same report, for a part that is laid out apart.
func (t *textPage) sub() *textPage { return &textPage{o: t.o, rep: t.rep, view: t.view} }

func (t *textPage) lines() int { return strings.Count(t.b.String(), "\n") }

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
// shown as its finding.
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
		t.line(10, strings.TrimSpace(place(c.Location)+"  "+c.Rule))
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

// dryRun lists what a run would send to the deployment.
func (t *textPage) dryRun() {
	if !t.rep.DryRun || t.o.Verbose {
		return
	}
	var lines []string
	for _, c := range t.rep.Checks {
		if strings.HasPrefix(c.Reason, dryRunReason) && c.Outcome == gate.OutcomeSkip {
			lines = append(lines, c.Name+": "+strings.TrimPrefix(c.Reason, "dry run: "))
		}
	}
	if len(lines) == 0 {
		return
	}
	t.open("dry_run", "not sent ("+count(len(lines), "check")+")")
	for _, line := range lines {
		t.b.WriteString("  " + line + "\n") // whole, so that a script finds each probe
	}
	t.close("dry_run")
}

// shownSteps is how many steps of the run-book a report shows that is not verbose.
const shownSteps = 4

func (t *textPage) runBook() {
	if len(t.rep.RunBook) == 0 {
		return
	}
	t.open("run_book", "run-book")
	steps, more := t.rep.RunBook, 0
	if !t.o.Verbose && len(steps) > shownSteps {
		steps, more = steps[:shownSteps], len(steps)-shownSteps
	}
	for _, s := range steps {
		t.hang("  "+fmt.Sprintf("%-8s", s.When), 10, s.Command)
		t.line(10, t.paint(dim, strings.TrimPrefix(s.Version+": ", ": ")+s.Why))
	}
	if more > 0 {
		t.line(2, fmt.Sprintf("and %d more steps (-v or gate plan for all)", more))
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
