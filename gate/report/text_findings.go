package report

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// form is how much of a group a text report shows.
type form int

// The forms, the longest first.
const (
	formFull  form = iota // three findings with their own advice
	formShort             // three findings, a line each, and one advice
	formLine              // the first finding, a line for it and one for the advice
	formHead              // one line
)

// shownFindings is how many findings of a group are shown with their advice, and
// namedFindings how many errors are named at least.
const (
	shownFindings = 3
	namedFindings = 10
)

// findings writes the sections into so many lines, as far as that can be.
func (t *textPage) findings(room int) {
	list := t.withoutCauses(t.view.Sections)
	blocks, left := t.fit(list, room)
	for _, s := range list {
		own := strings.Join(blocks[:len(s.Groups)], "")
		blocks = blocks[len(s.Groups):]
		if own != "" {
			t.open("findings_"+s.ID, s.Title+" ("+s.counts()+")")
			t.b.WriteString(own)
			t.close("findings_" + s.ID)
		}
	}
	if t.o.Verbose {
		return
	}
	more := t.view.leftOutText()
	if left > 0 {
		more = strings.TrimPrefix(more+", "+count(left, "further finding"), ", ")
	}
	if more != "" {
		t.gap()
		t.line(0, t.paint(dim, "not shown: "+more+" (-v for all)"))
	}
}

// withoutCauses leaves out what the root causes have said, unless all is wanted.
func (t *textPage) withoutCauses(list []section) []section {
	said := causeKeys(t.rep)
	if t.o.Verbose || len(said) == 0 {
		return list
	}
	var out []section
	for _, s := range list {
		kept := s
		kept.Groups = nil
		for _, g := range s.Groups {
			rest := g
			rest.Findings = nil
			for _, f := range g.Findings {
				if !said[f.Fingerprint] {
					rest.Findings = append(rest.Findings, f)
				}
			}
			if len(rest.Findings) > 0 {
				kept.Groups = append(kept.Groups, rest)
			}
		}
		if len(kept.Groups) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

// causeKeys are the fingerprints of the findings that root causes repeat.
func causeKeys(rep gate.Report) map[string]bool {
	said := map[string]bool{}
	for _, c := range rep.RootCauses {
		if len(c.Explains) > 0 {
			said[c.Fingerprint] = true
		}
	}
	return said
}

// fit lays the groups out in so many lines: what weighs least is shortened
// first, from the bottom; what still does not fit is left out, an empty block, and
// counted. What blocks is never a line alone.
func (t *textPage) fit(list []section, room int) (blocks []string, left int) {
	var groups []group
	for _, s := range list {
		groups = append(groups, s.Groups...)
	}
	used := 2*len(list) + 2 // the titles and the last line
	for _, g := range groups {
		as := formFull
		if f := g.first(); !t.o.Verbose && (!f.Active() || f.Known) {
			as = formHead
		}
		blocks = append(blocks, t.block(g, as))
		used += strings.Count(blocks[len(blocks)-1], "\n")
	}
	if t.o.Verbose {
		return blocks, 0
	}
	shorten := func(w weight, to form) {
		for i := len(groups) - 1; i >= 0 && used > room; i-- {
			if f := groups[i].first(); weightOf(groups[i]) != w || !f.Active() || f.Known {
				continue
			}
			short := t.block(groups[i], to)
			used += strings.Count(short, "\n") - strings.Count(blocks[i], "\n")
			blocks[i] = short
		}
	}
	for _, step := range []struct {
		of weight
		to form
	}{
		{light, formShort}, {light, formLine}, {middling, formShort}, {light, formHead}, {middling, formLine}, {heavy, formShort},
		{heavy, formLine}, {middling, formHead}, {heaviest, formShort}, {heaviest, formLine},
	} {
		shorten(step.of, step.to)
	}
	for _, w := range []weight{light, middling, heavy} {
		left += t.leaveOut(groups, blocks, w, &used, room)
	}
	return blocks, left
}

// leaveOut empties the blocks of a weight from the bottom while more lines are
// used than there is room for, and counts their findings. Some of those that
// weigh most in the list always stay.
func (t *textPage) leaveOut(groups []group, blocks []string, w weight, used *int, room int) (left int) {
	const least = 30
	for i := len(groups) - 1; i >= 0 && *used > room; i-- {
		if blocks[i] == "" || weightOf(groups[i]) != w || w > middling && i < least {
			continue
		}
		*used -= strings.Count(blocks[i], "\n")
		left += len(groups[i].Findings)
		blocks[i] = ""
	}
	return left
}

// weight says how late a group is shortened.
type weight int

const (
	light    weight = iota // notices
	middling               // warnings
	heavy                  // other errors, and warnings of what breaks
	heaviest               // errors of what is broken or breaks
)

func weightOf(g group) weight {
	breaks := g.Impact == gate.ImpactDown || g.Impact == gate.ImpactBreaks
	switch {
	case g.Severity == gate.Error && breaks && g.By == "":
		return heaviest
	case g.Severity == gate.Error || g.Severity == gate.Warning && breaks:
		return heavy
	case g.Severity == gate.Warning:
		return middling
	}
	return light
}

// block is a group in one of its forms.
func (t *textPage) block(g group, as form) string {
	p := t.sub()
	p.group(g, as)
	return p.b.String()
}

func (t *textPage) group(g group, as form) {
	f := g.first()
	word, colour := g.Severity.String(), severityPaint(g.Severity)
	switch {
	case !f.Active():
		word, colour = "waived", dim
	case f.Known:
		word, colour = "known", dim
	}
	lead := "  " + t.paint(colour, fmt.Sprintf("%-8s", word))
	many := len(g.Findings) > 1
	switch {
	case as == formHead && many:
		t.cut(lead, 10, "", g.headline())
		return
	case as == formHead:
		t.cut(lead, 10, "", where(f)+"  "+g.Rule+": "+f.Message)
		return
	case many:
		t.cut(lead, 10, "", g.headline())
	default:
		t.hang(lead, 10, where(f)+"  "+g.Rule)
	}
	t.members(g, as)
	if g.By != "" {
		t.line(10, t.paint(dim, "explained by "+g.By))
	}
	hint, shared := g.advice()
	switch {
	case as == formLine && f.Active():
		line, _, more := strings.Cut(f.Hint, "\n")
		if more {
			line += " (-v shows the lines)"
		}
		t.advice(10, line)
	case shared && f.Active():
		t.advice(10, hint)
	case as == formShort && f.Active():
		t.advice(10, f.Hint)
	}
}

// members writes the findings of a group, all of them when verbose.
func (t *textPage) members(g group, as form) {
	n := min(len(g.Findings), shownFindings)
	switch {
	case t.o.Verbose:
		n = len(g.Findings)
	case as == formLine:
		n = 1
	}
	_, shared := g.advice()
	for _, f := range g.Findings[:n] {
		text := f.Message
		if len(g.Findings) > 1 {
			text = where(f) + ": " + text
		}
		if as == formFull {
			t.line(10, text)
		} else {
			t.cut(strings.Repeat(" ", 10), 10, "", text)
		}
		if !f.Active() {
			t.line(10, t.paint(dim, waivedText(f.Waived)))
			continue
		}
		if t.o.Verbose {
			t.details(f)
		}
		if as == formFull {
			t.sources(f)
			if !shared {
				t.advice(10, f.Hint)
			}
		}
	}
	if as == formFull && !t.o.Verbose && g.Severity == gate.Error {
		// Each of them needs lines of its own, which -v shows.
		for ; n < min(len(g.Findings), namedFindings); n++ {
			t.cut(strings.Repeat(" ", 10), 10, "", where(g.Findings[n])+": "+g.Findings[n].Message)
		}
	}
	if more := len(g.Findings) - n; more > 0 {
		t.line(10, t.paint(dim, fmt.Sprintf("and %d more (-v for all)", more)))
	}
}

// sources are the notes that say the same.
func (t *textPage) sources(f gate.Finding) {
	for _, s := range t.view.Sources[f.Fingerprint] {
		t.cut(strings.Repeat(" ", 10), 10, dim, sourceText(s))
	}
}

// cut writes one line, cut where it would wrap.
func (t *textPage) cut(lead string, indent int, sgr, text string) {
	lines := wrap(oneLine(text), indent, t.o.Width-2)
	if len(lines) > 1 {
		lines[0] += " …"
	}
	if sgr != "" {
		lines[0] = t.paint(sgr, lines[0])
	}
	t.b.WriteString(strings.TrimRight(lead+lines[0], " ") + "\n")
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
	t.line(10, t.paint(dim, "rule: "+ruleURL(f.Rule)))
	t.line(10, t.paint(dim, "fingerprint: "+f.Fingerprint))
}

// ruleURL is the page that explains a rule; docs/rules.md has a heading for each.
func ruleURL(id string) string {
	return "https://github.com/dify-gate/dify-gate/blob/main/docs/rules.md#" + strings.ReplaceAll(id, "/", "")
}
