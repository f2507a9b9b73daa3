package report

import "strings"

// textPiece is a piece of a text, code where release notes and messages put it
// between backticks.
type textPiece struct {
	Text string
	Code bool
}

// textPieces takes a text apart at its pairs of backticks; a single one stays
// what it is.
func textPieces(text string) []textPiece {
	var out []textPiece
	for {
		before, rest, found := strings.Cut(text, "`")
		code, after, closed := strings.Cut(rest, "`")
		if !found || !closed || code == "" || strings.Contains(code, "\n") {
			return append(out, textPiece{Text: text})
		}
		if before != "" {
			out = append(out, textPiece{Text: before})
		}
		out = append(out, textPiece{Text: code, Code: true})
		if text = after; text == "" {
			return out
		}
	}
}
