package python

import "strings"

// lexer cuts source into tokens. It never fails.
type lexer struct {
	src    string
	at     int
	line   int
	indent int // column of the current logical line
	depth  int // open brackets
	out    []token
}

// tabWidth is what Python takes a tab for when it compares indentations.
const tabWidth = 8

func lex(src string) (tokens []token, cut bool) {
	l := &lexer{src: strings.TrimPrefix(src, "\ufeff"), line: 1}
	l.out = make([]token, 0, min(len(src)/5, MaxTokens))
	l.margin()
	for l.at < len(l.src) && len(l.out) < MaxTokens {
		l.step()
	}
	l.newline()
	return l.out, l.at < len(l.src)
}

// margin measures the indentation of a physical line.
func (l *lexer) margin() {
	column := 0
	for ; l.at < len(l.src); l.at++ {
		switch l.src[l.at] {
		case ' ':
			column++
		case '\t':
			column += tabWidth - column%tabWidth
		case '\f':
			column = 0
		default:
			l.indent = column
			return
		}
	}
}

// newline ends a logical line, unless nothing stands on it.
func (l *lexer) newline() {
	if n := len(l.out); n > 0 && l.out[n-1].kind != tokNewline {
		l.add(tokNewline, "")
	}
}

func (l *lexer) add(k kind, text string) {
	l.out = append(l.out, token{kind: k, text: text, line: l.line, column: l.indent})
}

func (l *lexer) step() {
	c := l.src[l.at]
	switch {
	case c == '\n':
		l.at++
		if l.depth == 0 {
			l.newline()
			l.line++
			l.margin()
			return
		}
		l.line++
	case c == '#':
		if end := strings.IndexByte(l.src[l.at:], '\n'); end >= 0 {
			l.at += end
		} else {
			l.at = len(l.src)
		}
	case c == '\\' && l.at+1 < len(l.src):
		l.continued()
	case c == '"' || c == '\'':
		l.literal("")
	case isWord(c):
		l.wordOrPrefix()
	case c == ' ' || c == '\t' || c == '\r' || c == '\f':
		l.at++
	default:
		l.operator()
	}
}

// continued joins a line with the next one.
func (l *lexer) continued() {
	l.at++
	if l.src[l.at] == '\r' && l.at+1 < len(l.src) {
		l.at++
	}
	if l.src[l.at] == '\n' {
		l.at++
		l.line++
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// wordOrPrefix reads a name, a number, or a string with a prefix.
func (l *lexer) wordOrPrefix() {
	from := l.at
	for l.at < len(l.src) && isWord(l.src[l.at]) {
		l.at++
	}
	text := l.src[from:l.at]
	if l.at < len(l.src) && (l.src[l.at] == '"' || l.src[l.at] == '\'') && isPrefix(text) {
		l.literal(strings.ToLower(text))
		return
	}
	if c := text[0]; c >= '0' && c <= '9' {
		l.add(tokOther, text)
		return
	}
	l.add(tokName, text)
}

func isPrefix(text string) bool {
	switch strings.ToLower(text) {
	case "r", "b", "u", "f", "br", "rb", "fr", "rf":
		return true
	}
	return false
}

// pairs are the operators of two bytes that hold an "=" or ">" which means
// something else alone.
var pairs = []string{"->", ":=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "|=", "&=", "**"}

func (l *lexer) operator() {
	text := l.src[l.at : l.at+1]
	for _, p := range pairs {
		if strings.HasPrefix(l.src[l.at:], p) {
			text = p
			break
		}
	}
	l.at += len(text)
	switch text {
	case "(", "[", "{":
		l.depth++
	case ")", "]", "}":
		l.depth = max(0, l.depth-1)
	case ";":
		if l.depth == 0 {
			l.newline()
			return
		}
	}
	l.add(tokOp, text)
}
