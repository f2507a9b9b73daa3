package alembic

import (
	"fmt"
	"strings"
)

// script is what one file assigns at its top level.
type script struct {
	revision   string
	down, deps []string
	line       int // of the revision
}

// parse reads a script. ok is false when it assigns no revision: a file that
// is not a migration.
func parse(source string) (s script, ok bool, err error) {
	l := lexer{src: source, line: 1}
	for {
		words, end := l.statement()
		if len(words) > 0 && words[0].kind == name && l.indent == 0 {
			if err := s.assign(words); err != nil {
				return s, false, err
			}
		}
		if end {
			return s, s.revision != "", nil
		}
	}
}

// assign takes one of the three assignments, and leaves any other statement.
func (s *script) assign(words []token) error {
	target := words[0].text
	if target != "revision" && target != "down_revision" && target != "depends_on" {
		return nil
	}
	depth, at := 0, -1
	for i, w := range words {
		switch {
		case w.text == "[" || w.text == "(":
			depth++
		case w.text == "]" || w.text == ")":
			depth--
		case w.kind == other && w.text == "=" && depth == 0 && at < 0:
			at = i
		}
	}
	if at < 0 {
		return nil // a bare annotation
	}
	values, err := literals(words[at+1:])
	if err != nil {
		return fmt.Errorf("line %d: %s %w", words[0].line, target, err)
	}
	switch target {
	case "revision":
		if len(values) != 1 {
			return fmt.Errorf("line %d: revision: want one string", words[0].line)
		}
		s.revision, s.line = values[0], words[0].line
	case "down_revision":
		s.down = values
	case "depends_on":
		s.deps = values
	}
	return nil
}

// literals are the strings of None, "a", ("a", "b") or ["a", "b"].
func literals(words []token) ([]string, error) {
	var out []string
	for i, w := range words {
		switch {
		case w.kind == text:
			if i > 0 && words[i-1].kind == text {
				out[len(out)-1] += w.text // "a" "b" is one string
				continue
			}
			out = append(out, w.text)
		case w.kind == name && w.text == "None":
		case w.kind == other && strings.Contains("()[],", w.text):
		default:
			return nil, fmt.Errorf("is %q, want a string, None, or a tuple of strings: scripts are read, not run", w.text)
		}
	}
	return out, nil
}

type kind int

const (
	name kind = iota + 1
	text
	other
)

type token struct {
	kind         kind
	text         string
	line, column int
}

// lexer cuts Python into names, strings and the rest: as much of the language
// as it takes not to mistake a comment or a string for code.
type lexer struct {
	src   string
	at    int
	line  int
	start int // of the line
	// indent is the column at which the current logical line begins, also for
	// the second statement of a line.
	indent   int
	followed bool // the statement before ended with a semicolon
}

// statement returns the tokens up to the end of the logical line; end tells
// that the source is at its end.
func (l *lexer) statement() (words []token, end bool) {
	followed := l.followed
	l.followed = false
	defer func() {
		if len(words) > 0 && !followed {
			l.indent = words[0].column
		}
	}()
	depth := 0
	for l.at < len(l.src) {
		c := l.src[l.at]
		switch {
		case c == '\n':
			l.newline()
			if depth <= 0 && len(words) > 0 {
				return words, false
			}
		case c == '\\' && l.at+1 < len(l.src):
			l.at++
			if l.src[l.at] == '\r' && l.at+1 < len(l.src) {
				l.at++
			}
			if l.src[l.at] == '\n' {
				l.newline()
			}
		case c == '#':
			for l.at < len(l.src) && l.src[l.at] != '\n' {
				l.at++
			}
		case c == '"' || c == '\'':
			words = append(words, l.quoted(false))
		case isWord(c):
			words = append(words, l.word())
		case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == 0xef || c == 0xbb || c == 0xbf:
			if l.at++; c >= 0x80 && l.at <= 3 {
				l.start = l.at // a byte order mark stands in no column
			}
		case c == ';' && depth <= 0:
			l.at++
			l.followed = true
			return words, false
		default:
			words = append(words, token{other, string(rune(c)), l.line, l.at - l.start})
			l.at++
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
		}
	}
	return words, true
}

func (l *lexer) newline() {
	l.at++
	l.line++
	l.start = l.at
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// word reads a name or number, or a string with a prefix.
func (l *lexer) word() token {
	from := l.at
	for l.at < len(l.src) && isWord(l.src[l.at]) {
		l.at++
	}
	w := token{name, l.src[from:l.at], l.line, from - l.start}
	if l.at < len(l.src) && (l.src[l.at] == '"' || l.src[l.at] == '\'') && len(w.text) <= 2 {
		switch strings.ToLower(w.text) {
		case "r", "b", "u", "br", "rb":
			s := l.quoted(strings.ContainsAny(w.text, "rR"))
			s.line, s.column = w.line, w.column
			return s
		case "f", "fr", "rf":
			l.quoted(true)
			return token{other, "an f-string", w.line, w.column}
		}
	}
	return w
}

// quoted reads a string, with three quotes or one.
func (l *lexer) quoted(raw bool) token {
	t := token{kind: text, line: l.line, column: l.at - l.start}
	quote := l.src[l.at : l.at+1]
	if strings.HasPrefix(l.src[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	var b strings.Builder
	for l.at < len(l.src) {
		c := l.src[l.at]
		switch {
		case strings.HasPrefix(l.src[l.at:], quote):
			l.at += len(quote)
			t.text = b.String()
			return t
		case c == '\n' && len(quote) == 1:
			t.text = b.String() // unclosed: Python would not read on either
			return t
		case c == '\n':
			b.WriteByte(c)
			l.newline()
		case c == '\\' && l.at+1 < len(l.src):
			if raw {
				b.WriteByte(c)
			}
			if l.at++; l.src[l.at] == '\n' {
				l.newline()
				continue
			}
			b.WriteByte(l.src[l.at])
			l.at++
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	t.text = b.String()
	return t
}
