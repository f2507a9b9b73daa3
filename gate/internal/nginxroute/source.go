package nginxroute

import (
	"bytes"
	"sort"
	"strings"
)

// source is a file's text as nginx reads it, with the way back to the place in the operator's file.
type source struct {
	file string
	text []byte
	segs []segment // by start; nil: text is the file itself
	raw  []byte    // the file itself
	nl   []int     // offsets of the newlines in raw
}

// segment maps text[start:] onto raw[from:]. All of a fixed segment (a substituted value) lies at raw[from].
type segment struct {
	start, from int
	fixed       bool
}

func newSource(file string, raw []byte) *source {
	s := &source{file: file, text: raw, raw: raw}
	for i, b := range raw {
		if b == '\n' {
			s.nl = append(s.nl, i)
		}
	}
	return s
}

// pos is the place in the operator's file of text[off].
func (s *source) pos(off int) Pos {
	if i := sort.Search(len(s.segs), func(i int) bool { return s.segs[i].start > off }) - 1; i >= 0 {
		g := s.segs[i]
		if g.fixed {
			off = g.from
		} else {
			off = g.from + off - g.start
		}
	}
	line := sort.SearchInts(s.nl, off)
	col := off + 1
	if line > 0 {
		col = off - s.nl[line-1]
	}
	return Pos{File: s.file, Line: line + 1, Col: col}
}

// render replaces ${NAME} and $NAME by env's value, only for names that env has, as nginx's container entrypoint does:
// everything else, nginx's own variables above all, stays.
func (s *source) render(env map[string]string) {
	var out bytes.Buffer
	var segs []segment
	last := 0
	for i := 0; i < len(s.raw); {
		name, n := shellName(s.raw[i:])
		value, ok := env[name]
		if name == "" || !ok {
			i++
			continue
		}
		segs = append(segs, segment{start: out.Len(), from: last})
		out.Write(s.raw[last:i])
		segs = append(segs, segment{start: out.Len(), from: i, fixed: true})
		out.WriteString(value)
		i += n
		last = i
		if out.Len() > maxFile {
			break // an absurd value: the lexer sees a cut text and says so
		}
	}
	if last == 0 {
		return
	}
	segs = append(segs, segment{start: out.Len(), from: last})
	out.Write(s.raw[last:])
	s.text, s.segs = out.Bytes(), segs
}

// shellName is the name in a leading ${NAME} or $NAME and the length of the whole; "" if there is none.
func shellName(b []byte) (string, int) {
	if len(b) < 2 || b[0] != '$' {
		return "", 0
	}
	i, brace := 1, b[1] == '{'
	if brace {
		i = 2
	}
	start := i
	for i < len(b) && isNameByte(b[i]) {
		i++
	}
	if i == start || b[start] >= '0' && b[start] <= '9' {
		return "", 0
	}
	name := string(b[start:i])
	if brace {
		if i >= len(b) || b[i] != '}' {
			return "", 0
		}
		i++
	}
	return name, i
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isTemplate tells the files that the container renders at its start.
func isTemplate(file string) bool { return strings.HasSuffix(file, ".template") }
