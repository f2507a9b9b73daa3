package report

import (
	"fmt"

	"github.com/dify-gate/dify-gate/gate"
)

type (
	htmlSection struct {
		Title, Counts string
		Rows          htmlRows[htmlGroup]
	}
	// htmlGroup is a row of the page: one finding, or several with one advice.
	htmlGroup struct {
		// Class is the severity's word, known, waived or explained.
		Class, Label, Todo, Message, Rule, Where, ExplainedBy string
		Count                                                 int
		// Open rows show at once what to do.
		Open bool
		Hint *htmlHint
		// One is set for a single finding, Members otherwise.
		One     *htmlFinding
		Members *htmlRows[htmlFinding]
	}
	htmlFinding struct {
		Message, Place, Why, Quote, Check, URL, Fingerprint, Waived string
		Hint                                                        *htmlHint
		Related, Sources                                            []string
	}
	htmlWorst struct{ Class, Message, Place, More string }
)

// openRows is how many rows with lines to copy are open from the start.
const openRows = 3

// htmlSections are the findings by impact, and the switches of the filter: the
// classes that occur.
func htmlSections(rep gate.Report, v view) (out []htmlSection, switches []htmlStat) {
	counts := map[string]int{}
	open, said := openRows, causeKeys(rep) // a cause has shown its lines
	for _, s := range v.Sections {
		var rows []htmlGroup
		for i, g := range s.Groups {
			row := htmlGroupOf(g, v, i < rowsAtOnce)
			if open > 0 && g.Severity == gate.Error && row.Hint != nil && row.Hint.Code != "" && row.Class == "error" && !said[g.first().Fingerprint] {
				row.Open = true
				open--
			}
			counts[row.Class] += row.Count
			rows = append(rows, row)
		}
		out = append(out, htmlSection{title(s.Title), s.counts(), rowsOf(rows)})
	}
	for _, class := range []string{"error", "warning", "notice", "explained", "known", "waived"} {
		if n := counts[class]; n > 0 {
			switches = append(switches, htmlStat{class, class, fmt.Sprint(n)})
		}
	}
	return out, switches
}

// htmlGroupOf is a group as a row. Only a row that is built at once may keep
// members waiting: a <noscript> holds no other.
func htmlGroupOf(g group, v view, waiting bool) htmlGroup {
	f := g.first()
	h := htmlGroup{Class: g.Severity.String(), Label: g.Severity.String(), Message: f.Message, Rule: g.Rule, Where: where(f), ExplainedBy: g.By, Count: len(g.Findings)}
	hint, shared := g.advice()
	if shared {
		h.Hint = hintOf(hint)
	}
	if first := hintOf(f.Hint); first != nil {
		h.Todo = first.Text
	}
	var members []htmlFinding
	for _, f := range g.Findings {
		members = append(members, htmlFindingOf(f, v, !shared))
	}
	if h.Count == 1 {
		h.One = &members[0]
	} else {
		rows := htmlRows[htmlFinding]{First: members}
		if waiting {
			rows = rowsOf(members)
		}
		h.Members = &rows
		h.Where = fmt.Sprintf("%s and %d more", where(f), h.Count-1)
		if g.Title != "" {
			h.Message = title(g.Title)
		}
	}
	switch {
	case !f.Active():
		h.Class, h.Label, h.Todo, h.Hint = "waived", "waived", "", nil
	case f.Known:
		h.Class, h.Label = "known", "known"
	case g.By != "":
		h.Class, h.Label = "explained", "explained"
	}
	return h
}

func htmlFindingOf(f gate.Finding, v view, ownHint bool) htmlFinding {
	h := htmlFinding{
		Message: f.Message, Place: place(f.Location), Why: f.Why, Check: f.Check, URL: webAddress(f.URL), Fingerprint: f.Fingerprint,
	}
	if ownHint {
		h.Hint = hintOf(f.Hint)
	}
	if f.Text != f.Message {
		h.Quote = f.Text
	}
	for i := range f.Related {
		h.Related = append(h.Related, place(&f.Related[i]))
	}
	for _, s := range v.Sources[f.Fingerprint] {
		h.Sources = append(h.Sources, sourceText(s))
	}
	if !f.Active() {
		h.Waived = waivedText(f.Waived)
	}
	return h
}

// htmlWorstOf is what to do first, in short.
func htmlWorstOf(rep gate.Report, v view) (out []htmlWorst, more int) {
	first, more := worstOf(rep, v)
	for _, g := range first {
		f := g.first()
		w := htmlWorst{Class: g.Severity.String(), Message: shorten(f.Message, 200), Place: where(f)}
		if n := len(g.Findings); n > 1 {
			w.More = fmt.Sprintf("and %d more of %s", n-1, g.Rule)
		}
		out = append(out, w)
	}
	return out, more
}
