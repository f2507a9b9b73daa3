package apacheroute

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// word is a piece of a line with its place.
type word struct {
	text string
	pos  routing.Pos
}

// line is a logical line: a trailing backslash joins the next one.
type line struct {
	text string
	pos  routing.Pos
	cont []joint // where further physical lines begin
}

type joint struct{ at, line int }

// lines splits a file into logical lines without comments and blank ones.
func lines(file, text string) []line {
	var out []line
	physical := strings.Split(text, "\n")
	for i := 0; i < len(physical); i++ {
		l := line{text: strings.TrimSuffix(physical[i], "\r"), pos: routing.Pos{File: file, Line: i + 1, Col: 1}}
		for strings.HasSuffix(l.text, "\\") && i+1 < len(physical) {
			i++
			l.text = l.text[:len(l.text)-1]
			l.cont = append(l.cont, joint{len(l.text), i + 1})
			l.text += strings.TrimSuffix(physical[i], "\r")
		}
		if t := strings.TrimSpace(l.text); t != "" && t[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}

// at is the place of an offset in the line.
func (l line) at(off int) routing.Pos {
	p := routing.Pos{File: l.pos.File, Line: l.pos.Line, Col: off + 1}
	for _, j := range l.cont {
		if off >= j.at {
			p.Line, p.Col = j.line, off-j.at+1
		}
	}
	return p
}

// words splits a line by white space; quotes of both kinds hold words together, and a backslash before a quote or a
// backslash takes its meaning away inside of them.
func (l line) words() ([]word, error) {
	var out []word
	t := l.text
	for i := 0; i < len(t); {
		if t[i] == ' ' || t[i] == '\t' {
			i++
			continue
		}
		start := i
		if t[i] != '"' && t[i] != '\'' {
			for i < len(t) && t[i] != ' ' && t[i] != '\t' {
				i++
			}
			out = append(out, word{t[start:i], l.at(start)})
			continue
		}
		text, n, ok := quoted(t[i:])
		if !ok {
			return nil, routing.SyntaxError{Pos: l.at(start), Msg: fmt.Sprintf("the quote %c that opens here is never closed", t[i])}
		}
		out = append(out, word{text, l.at(start)})
		i += n
	}
	return out, nil
}

// quoted reads a leading quoted word and says how long it is with its quotes.
func quoted(s string) (string, int, bool) {
	q := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == q || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == q:
			return b.String(), i + 1, true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}
