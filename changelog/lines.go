package changelog

import (
	"bytes"
	"strings"
)

// lineScan walks over the lines of Markdown and knows which of them are text
// of the document's root: it tracks fences (also behind "> " and list
// markers), HTML comments and raw HTML blocks, and nothing else of Markdown.
// It is linear in its input.
type lineScan struct {
	rest   []byte
	number int // 1-based number of the current line
	offset int // byte offset of the current line
	next   int // byte offset of the line after it
	line   []byte
	inside bool // the current line is in a fence, a comment or raw HTML

	fence      byte // '`' or '~' while in a fence
	fenceLen   int
	fenceQuote int // how many ">" stand before the opening fence
	fenceBase  int // indentation of the list item that holds the fence
	listBase   int // indentation of the list item that the current line is in
	rawEnd     string
}

func newLineScan(text []byte) *lineScan { return &lineScan{rest: text} }

// scan moves to the next line; it reports false at the end.
func (s *lineScan) scan() bool {
	if len(s.rest) == 0 {
		return false
	}
	n := bytes.IndexByte(s.rest, '\n')
	s.number++
	s.offset = s.next
	if n < 0 {
		s.line, s.rest = s.rest, nil
		s.next += len(s.line)
	} else {
		s.line, s.rest = s.rest[:n], s.rest[n+1:]
		s.next += n + 1
	}
	s.line = bytes.TrimSuffix(s.line, []byte{'\r'})
	s.track()
	return true
}

// track updates the state for the current line.
func (s *lineScan) track() {
	switch {
	case s.rawEnd != "":
		s.inside = true
		if bytes.Contains(s.line, []byte(s.rawEnd)) {
			s.rawEnd = ""
		}
		return
	case s.fence != 0:
		if s.stillInFence() {
			s.inside = true
			return
		}
	}
	s.inside = false
	p := cutContainers(s.line)
	if len(p.rest) > 0 && p.base == 0 && s.listBase > 0 {
		if afterQuotes(s.line) >= s.listBase {
			p.base = s.listBase // goes on in the list item of an earlier line
		}
	}
	if len(p.rest) > 0 || p.base > 0 {
		s.listBase = p.base
	}
	if char, length := fenceStart(p.rest); char != 0 {
		s.fence, s.fenceLen, s.fenceQuote, s.fenceBase = char, length, p.quotes, p.base
		s.inside = true
		return
	}
	if end := rawBlockEnd(p.rest); end != "" && p.quotes == 0 {
		s.inside = true
		if !bytes.Contains(p.rest[1:], []byte(end)) {
			s.rawEnd = end
		}
	}
}

// stillInFence tells whether the current line belongs to the open fence; the
// closing line does, a line outside of the fence's quote or list does not.
func (s *lineScan) stillInFence() bool {
	rest := s.line
	for range s.fenceQuote {
		trimmed := bytes.TrimLeft(rest, " \t")
		if len(trimmed) == 0 || trimmed[0] != '>' {
			s.fence = 0 // the quote has ended and the fence with it
			return false
		}
		rest = trimmed[1:]
	}
	trimmed := bytes.TrimSpace(rest)
	if s.fenceBase > 0 && len(trimmed) > 0 && indentation(rest) < s.fenceBase {
		s.fence = 0
		return false
	}
	if len(trimmed) >= s.fenceLen && len(bytes.Trim(trimmed, string(s.fence))) == 0 {
		s.fence = 0
	}
	return true
}

// containers is what stands before a line's own text.
type containers struct {
	quotes int
	base   int // column at which a list item's text starts, 0 outside of lists
	depth  int // quotes and list markers
	rest   []byte
}

// cutContainers strips quote signs and list markers from a line.
func cutContainers(line []byte) containers {
	c := containers{rest: line}
	column := 0
	for {
		trimmed := bytes.TrimLeft(c.rest, " \t")
		indent := indentation(c.rest[:len(c.rest)-len(trimmed)])
		if n := listMarker(trimmed); n > 0 {
			column += indent + n
			c.base, c.rest = column, trimmed[n:]
			c.depth++
			continue
		}
		if len(trimmed) > 0 && trimmed[0] == '>' {
			c.quotes++
			c.depth++
			c.base, column = 0, 0
			c.rest = trimmed[1:]
			continue
		}
		c.rest = trimmed
		return c
	}
}

// afterQuotes is the indentation of a line's text behind its quote signs.
func afterQuotes(line []byte) int {
	for {
		trimmed := bytes.TrimLeft(line, " \t")
		if len(trimmed) == 0 || trimmed[0] != '>' {
			return indentation(line)
		}
		line = trimmed[1:]
	}
}

// listMarker returns the length of "- ", "* ", "+ " or "12. " with one blank, or 0.
func listMarker(p []byte) int {
	if len(p) > 1 && strings.IndexByte("-*+", p[0]) >= 0 && (p[1] == ' ' || p[1] == '\t') {
		return 2
	}
	n := 0
	for n < len(p) && n < 9 && isDigit(rune(p[n])) {
		n++
	}
	if n > 0 && n+1 < len(p) && (p[n] == '.' || p[n] == ')') && (p[n+1] == ' ' || p[n+1] == '\t') {
		return n + 2
	}
	return 0
}

func indentation(p []byte) int {
	column := 0
	for _, c := range p {
		switch c {
		case ' ':
			column++
		case '\t':
			column += 4 - column%4
		default:
			return column
		}
	}
	return column
}

// fenceStart returns the character and length of an opening fence, or 0.
func fenceStart(p []byte) (byte, int) {
	if len(p) < 3 || (p[0] != '`' && p[0] != '~') {
		return 0, 0
	}
	n := 0
	for n < len(p) && p[n] == p[0] {
		n++
	}
	if n < 3 || (p[0] == '`' && bytes.IndexByte(p[n:], '`') >= 0) {
		return 0, 0
	}
	return p[0], n
}

// rawBlockEnd returns what ends the raw HTML block that p opens, or "".
func rawBlockEnd(p []byte) string {
	if len(p) < 4 || p[0] != '<' {
		return ""
	}
	if bytes.HasPrefix(p, []byte("<!--")) {
		return "-->"
	}
	lower := strings.ToLower(string(p[:min(len(p), 10)]))
	for _, tag := range []string{"pre", "script", "style", "textarea"} {
		if after, ok := strings.CutPrefix(lower, "<"+tag); ok && (after == "" || strings.ContainsAny(after[:1], " >\t")) {
			return "</" + tag + ">"
		}
	}
	return ""
}
