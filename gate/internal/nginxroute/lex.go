package nginxroute

import "fmt"

// token is a word, or one of { } ; (special). Words have quotes and escapes taken off as nginx does.
type token struct {
	text    string
	off     int
	special byte
	quoted  bool
}

// lexer splits text by the rules of nginx's configuration reader: quotes count only at a word's start, a word ends at
// white space, ';' or '{' (but not at the '{' of "${"), '}' inside a word is an ordinary character.
type lexer struct {
	src *source
	i   int
}

func (l *lexer) errorf(off int, format string, args ...any) error {
	return SyntaxError{Pos: l.src.pos(off), Msg: fmt.Sprintf(format, args...)}
}

// next is the next token; special is 0 for words, and 'E' at the end of the text.
func (l *lexer) next() (token, error) {
	t := l.src.text
	l.skipSpace()
	if l.i >= len(t) {
		return token{off: len(t), special: 'E'}, nil
	}
	start := l.i
	switch c := t[l.i]; c {
	case ';', '{', '}':
		l.i++
		return token{text: string(c), off: start, special: c}, nil
	case '"', '\'':
		return l.quoted(c)
	}
	variable := false
	for ; l.i < len(t); l.i++ {
		c := t[l.i]
		if variable && c == '{' {
			variable = false
			continue
		}
		variable = c == '$'
		if c == '\\' {
			l.i++
			continue
		}
		if isSpace(c) || c == ';' || c == '{' {
			break
		}
	}
	l.i = min(l.i, len(t))
	return token{text: unescape(t[start:l.i]), off: start}, nil
}

func (l *lexer) skipSpace() {
	t := l.src.text
	for l.i < len(t) {
		switch {
		case isSpace(t[l.i]):
			l.i++
		case t[l.i] == '#':
			for l.i < len(t) && t[l.i] != '\n' {
				l.i++
			}
		default:
			return
		}
	}
}

func (l *lexer) quoted(q byte) (token, error) {
	t, start := l.src.text, l.i
	l.i++
	for l.i < len(t) && t[l.i] != q {
		if t[l.i] == '\\' {
			l.i++
		}
		l.i++
	}
	if l.i >= len(t) {
		return token{}, l.errorf(start, "the quote that opens here is never closed")
	}
	word := unescape(t[start+1 : l.i])
	l.i++
	if l.i < len(t) {
		if c := t[l.i]; !isSpace(c) && c != ';' && c != '{' && c != ')' {
			return token{}, l.errorf(l.i, "unexpected %q after a closing quote, want white space or ;", c)
		}
		if t[l.i] == ')' { // the end of an if's condition: nginx reads it as a word of its own
			l.i++
			return token{text: word + ")", off: start, quoted: true}, nil
		}
	}
	return token{text: word, off: start, quoted: true}, nil
}

// luaBody skips a *_by_lua_block body up to its closing brace: Lua is not nginx's language.
func (l *lexer) luaBody(open int) error {
	depth := 1
	for ; l.i < len(l.src.text); l.i++ {
		switch l.src.text[l.i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				l.i++
				return nil
			}
		}
	}
	return l.errorf(open, "the block that opens here is never closed")
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// unescape takes backslashes off where nginx does: before quotes, backslash, and for \t \r \n. Others stay.
func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			switch c := b[i+1]; c {
			case '"', '\'', '\\':
				out = append(out, c)
				i++
				continue
			case 't', 'r', 'n':
				out = append(out, map[byte]byte{'t': '\t', 'r': '\r', 'n': '\n'}[c])
				i++
				continue
			}
		}
		out = append(out, b[i])
	}
	return string(out)
}
