package caddyroute

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// token is a word of a file.
type token struct {
	text   string
	quoted bool
	pos    routing.Pos
	line   int // of its end: a quoted word may have several
	from   int // the import that put it in; 0: the file itself
}

var variable = lazyregexp.New(`\{\$([^{}:\s]+)(?::([^{}]*))?\}`)

// expand puts the environment's variables in, which Caddy does before it reads the text.
func expand(text string, env map[string]string) string {
	return variable().ReplaceAllStringFunc(text, func(s string) string {
		m := variable().FindStringSubmatch(s)
		if v, ok := env[m[1]]; ok && v != "" {
			return v
		}
		return m[2]
	})
}

// lex splits a text into words: by white space, with quotes, backticks, comments and here-documents.
func lex(file, text string) []token {
	l := lexer{text: text, file: file, line: 1, col: 1}
	var out []token
	for {
		l.blank()
		if l.at >= len(l.text) {
			return out
		}
		out = append(out, l.word())
	}
}

type lexer struct {
	text      string
	file      string
	at        int
	line, col int
}

func (l *lexer) next() byte {
	c := l.text[l.at]
	l.at++
	if l.col++; c == '\n' {
		l.line, l.col = l.line+1, 1
	}
	return c
}

func (l *lexer) blank() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.next()
		case c == '\\' && strings.HasPrefix(l.text[l.at+1:], "\n"): // the line goes on: not counted, so that it stays one
			l.at += 2
		case c == '#':
			for l.at < len(l.text) && l.text[l.at] != '\n' {
				l.next()
			}
		default:
			return
		}
	}
}

func (l *lexer) word() token {
	t := token{pos: routing.Pos{File: l.file, Line: l.line, Col: l.col}}
	start := l.at
	switch c := l.text[l.at]; {
	case c == '"' || c == '`':
		t.quoted = true
		l.next()
		var b strings.Builder
		for l.at < len(l.text) {
			d := l.next()
			if d == '\\' && c == '"' && l.at < len(l.text) && l.text[l.at] == '"' {
				d = l.next()
			} else if d == c {
				break
			}
			b.WriteByte(d)
		}
		t.text = b.String()
	case strings.HasPrefix(l.text[l.at:], "<<") && l.hereDocument(&t):
	default:
		for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) < 0 {
			l.next()
		}
		t.text = l.text[start:l.at]
	}
	t.line = l.line
	return t
}

// hereDocument reads <<MARK … MARK.
func (l *lexer) hereDocument(t *token) bool {
	first, rest, ok := strings.Cut(l.text[l.at+2:], "\n")
	mark := strings.TrimSpace(first)
	if !ok || mark == "" || strings.ContainsAny(mark, " \t") {
		return false
	}
	n := 0
	for line := range strings.Lines(rest) {
		if n += len(line); strings.HasPrefix(strings.TrimSpace(line), mark) {
			end := l.at + 2 + len(first) + 1 + n - len(line) + strings.Index(line, mark) + len(mark)
			t.text, t.quoted = strings.TrimSuffix(rest[:n-len(line)], "\n"), true
			for l.at < end {
				l.next()
			}
			return true
		}
	}
	return false
}
