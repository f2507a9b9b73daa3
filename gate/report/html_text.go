package report

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// htmlPiece is a piece of a text, code where release notes and messages put it
// between backticks.
type htmlPiece struct {
	Text string
	Code bool
}

// htmlPieces takes a text apart at its pairs of backticks; a single one stays
// what it is.
func htmlPieces(text string) []htmlPiece {
	var out []htmlPiece
	for {
		before, rest, found := strings.Cut(text, "`")
		code, after, closed := strings.Cut(rest, "`")
		if !found || !closed || code == "" || strings.Contains(code, "\n") {
			return append(out, htmlPiece{Text: text})
		}
		if before != "" {
			out = append(out, htmlPiece{Text: before})
		}
		out = append(out, htmlPiece{Text: code, Code: true})
		if text = after; text == "" {
			return out
		}
	}
}

// htmlBlocker is a finding that the verdict rests on, in short.
type htmlBlocker struct{ Message, Place string }

// htmlBlockers are the first findings that block, without those that a root
// cause explains or is: causes have a part of their own.
func htmlBlockers(rep gate.Report) (first []htmlBlocker, more int) {
	const shown = 5
	by := explainedBy(rep)
	cause := map[string]bool{}
	for _, c := range rep.RootCauses {
		cause[c.Check] = cause[c.Check] || len(c.Explains) > 0
	}
	for _, f := range rep.Findings {
		switch {
		case !blocks(rep, f) || by[f.Check] != "" || cause[f.Check]:
		case len(first) < shown:
			where := place(f.Location)
			if where == "" {
				where = f.Check
			}
			first = append(first, htmlBlocker{shorten(f.Message, 300), where})
		default:
			more++
		}
	}
	return first, more
}
