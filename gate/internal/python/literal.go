package python

import "strings"

// literal reads a string with a prefix; the lexer stands at its quote.
func (l *lexer) literal(prefix string) {
	line := l.line
	raw, format := strings.Contains(prefix, "r"), strings.Contains(prefix, "f")
	quote := l.src[l.at : l.at+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(l.src[l.at:], triple) {
		quote = triple
	}
	l.at += len(quote)
	s := stringReader{lexer: l, quote: quote, raw: raw}
	t := token{kind: tokString, line: line, column: l.indent}
	if format {
		t.kind = tokFString
		t.parts = s.format()
	} else {
		t.text = s.plain()
	}
	l.out = append(l.out, t)
}

// stringReader reads up to the quote that ends a string. One that is not
// closed ends with its line, or with the source when it has three quotes.
type stringReader struct {
	*lexer
	quote string
	raw   bool
	b     strings.Builder
}

// ended reports whether the string is at its end, and steps over the quote.
func (s *stringReader) ended() bool {
	switch {
	case s.at >= len(s.src):
		return true
	case strings.HasPrefix(s.src[s.at:], s.quote):
		s.at += len(s.quote)
		return true
	}
	return s.src[s.at] == '\n' && len(s.quote) == 1
}

func (s *stringReader) plain() string {
	for !s.ended() {
		s.char()
	}
	return s.b.String()
}

// escapes are the escapes that may stand in a path or a name. Others keep their
// letter, which is wrong for \x41 and harmless here.
var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}

// char takes one character of the string.
func (s *stringReader) char() {
	c := s.src[s.at]
	s.at++
	if c == '\n' {
		s.line++
	}
	if c != '\\' || s.at >= len(s.src) {
		s.b.WriteByte(c)
		return
	}
	next := s.src[s.at]
	s.at++
	if next == '\n' {
		s.line++
		if !s.raw {
			return
		}
	}
	switch known, ok := escapes[next]; {
	case s.raw:
		s.b.WriteByte(c)
		s.b.WriteByte(next)
	case ok:
		s.b.WriteByte(known)
	default:
		s.b.WriteByte(next)
	}
}

// format reads an f-string as its literal parts and what stands between braces.
func (s *stringReader) format() []Expr {
	var parts []Expr
	text := func() {
		if s.b.Len() > 0 {
			parts = append(parts, Expr{Kind: String, Text: s.b.String(), Line: s.line})
			s.b.Reset()
		}
	}
	for !s.ended() {
		rest := s.src[s.at:]
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			s.b.WriteByte(rest[0])
			s.at += 2
		case rest[0] == '{':
			text()
			parts = append(parts, s.field())
		default:
			s.char()
		}
	}
	text()
	return parts
}

// field reads {expression}; the text of what is more than a name is kept as it
// stands.
func (s *stringReader) field() Expr {
	from, depth := s.at, 0
	for s.at < len(s.src) {
		c := s.src[s.at]
		if c == '\n' && len(s.quote) == 1 {
			break
		}
		s.at++
		switch c {
		case '\n':
			s.line++
		case '{', '(', '[':
			depth++
		case '}', ')', ']':
			depth--
		case '"', '\'':
			s.inner(c)
		}
		if depth == 0 {
			break
		}
	}
	text := strings.TrimSpace(strings.Trim(s.src[from:s.at], "{}"))
	e := Expr{Kind: Other, Text: text, Line: s.line}
	if isDotted(text) {
		e = dotted(text, s.line)
	}
	return e
}

// inner steps over a string inside of a field, up to its quote or the end of
// the line.
func (s *stringReader) inner(quote byte) {
	for s.at < len(s.src) && s.src[s.at] != '\n' {
		c := s.src[s.at]
		s.at++
		if c == quote {
			return
		}
	}
}

func isDotted(text string) bool {
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		return false
	}
	for i := range len(text) {
		if !isWord(text[i]) && text[i] != '.' {
			return false
		}
	}
	return true
}

// dotted is a.b.c as an expression.
func dotted(text string, line int) Expr {
	names := strings.Split(text, ".")
	e := Expr{Kind: Name, Text: names[0], Line: line}
	for _, n := range names[1:] {
		of := e
		e = Expr{Kind: Attr, Text: n, Of: &of, Line: line}
	}
	return e
}
