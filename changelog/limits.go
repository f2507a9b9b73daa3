package changelog

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Limits of one release's body. The longest real one seen is 116,000
// characters (1.17.0). goldmark's time grows with the square of nested
// quotes, of brackets and of delimiter runs within one paragraph, and of link
// definitions; each is held down before it parses.
const (
	maxBody       = 1 << 20
	maxLine       = 16 << 10
	maxDepth      = 24   // quotes and list markers at the start of one line
	maxIndent     = 160  // columns before a line's text
	maxBrackets   = 2000 // "[" and "<" in one paragraph
	maxRuns       = 4000 // "*", "_", "~" and "`" in one paragraph
	maxLinkDefs   = 500
	maxParagraph  = 64 << 10
	maxItemIndent = 40   // columns before a marker that begins an item
	maxColumns    = 64   // of a table
	maxCells      = 8000 // of a table: every row has as many as its head, written or not
	maxEntries    = 6000 // the longest real body has about 1,000
)

// Cut is a part of a body that was not read because it went over a limit.
type Cut struct {
	Version Version
	Line    int // in the release's file, or in its body when that came from JSON
	Reason  string
}

// bound returns the body with everything cut out that could make parsing
// slow, and how far the text of rewritten lines moved. Lines keep their number.
func bound(r Release) ([]byte, []Cut, map[int]int) {
	b := bounder{release: r, out: make([]byte, 0, min(len(r.Body), maxBody)+1)}
	body := []byte(r.Body)
	if len(body) > maxBody {
		end := bytes.LastIndexByte(body[:maxBody], '\n') + 1
		b.cut(1+bytes.Count(body[:end], []byte{'\n'}), fmt.Sprintf("body of %d bytes, read to %d", len(body), end))
		body = body[:end]
	}
	alerts := admonished(withoutFrontMatter(body))
	s := newLineScan(alerts.body)
	for s.scan() {
		b.line(s)
	}
	return b.out, b.cuts, alerts.shifts
}

type bounder struct {
	release                             Release
	out                                 []byte
	cuts                                []Cut
	brackets, runs, linkDefs, paragraph int
	columns, cells                      int // of the table that the line is in
	lastLine                            int
	wasInside                           bool
	list                                bool // the lines before are items of a list
}

// cut notes a reason once per paragraph, so that a hostile body does not make
// a list as long as itself.
func (b *bounder) cut(line int, reason string) {
	const enough = 20
	if n := len(b.cuts); n > 0 && b.cuts[n-1].Reason == reason && b.lastLine == line-1 || n >= enough {
		b.lastLine = line
		return
	}
	b.lastLine = line
	b.cuts = append(b.cuts, Cut{Version: b.release.Version, Line: line + b.release.Line - 1, Reason: reason})
}

func (b *bounder) line(s *lineScan) {
	line := s.line
	if len(line) > maxLine {
		b.cut(s.number, fmt.Sprintf("line longer than %d bytes", maxLine))
		line = cutRune(line[:maxLine])
	}
	switch {
	case len(bytes.TrimSpace(line)) == 0 || s.inside != b.wasInside:
		b.brackets, b.runs, b.paragraph, b.columns, b.cells, b.list = 0, 0, 0, 0, 0, false
	case !s.inside && (b.columns > 0 || b.startsItem(line)):
		b.brackets, b.runs, b.paragraph = 0, 0, 0
	}
	b.wasInside = s.inside
	if reason := b.tooMuch(line, s.inside); reason != "" {
		b.cut(s.number, reason)
		line = nil
	}
	b.out = append(b.out, line...)
	b.out = append(b.out, '\n')
}

// tooMuch names the limit that the line breaks, or "".
func (b *bounder) tooMuch(line []byte, inside bool) string {
	c := cutContainers(line)
	switch {
	case c.depth > maxDepth:
		return fmt.Sprintf("quotes and lists nested deeper than %d", maxDepth)
	case indentation(line) > maxIndent:
		return fmt.Sprintf("indented by more than %d columns", maxIndent)
	}
	if reason := b.tableTooMuch(c.rest); reason != "" && !inside {
		return reason
	}
	brackets, runs := 0, 0
	for _, char := range line {
		switch char {
		case '[', '<', ']', '(':
			brackets++
		case '*', '_', '~', '`':
			runs++
		}
	}
	if len(c.rest) > 0 && c.rest[0] == '[' && bytes.Contains(c.rest, []byte("]:")) {
		if b.linkDefs++; b.linkDefs > maxLinkDefs {
			return fmt.Sprintf("more than %d link definitions", maxLinkDefs)
		}
	}
	b.brackets += brackets
	b.runs += runs
	b.paragraph += len(line)
	switch {
	case b.brackets > maxBrackets:
		return fmt.Sprintf("more than %d brackets in one paragraph", maxBrackets)
	case b.runs > maxRuns:
		return fmt.Sprintf("more than %d emphasis marks in one paragraph", maxRuns)
	case b.paragraph > maxParagraph:
		return fmt.Sprintf("paragraph longer than %d bytes", maxParagraph)
	}
	return ""
}

// startsItem tells whether a line begins an item of a list, whose text is a
// paragraph of its own: the lists of pull requests of real releases are more
// than 100 KB without a blank line. A number other than 1 begins an item only
// in a list: elsewhere it goes on with the paragraph.
func (b *bounder) startsItem(line []byte) bool {
	text := bytes.TrimLeft(line, " \t")
	for len(text) > 0 && text[0] == '>' {
		text = bytes.TrimLeft(text[1:], " \t")
	}
	n := listMarker(text)
	if n == 0 || len(bytes.TrimSpace(text[n:])) == 0 || indentation(line) > maxItemIndent {
		return false
	}
	bullet := !isDigit(rune(text[0]))
	if bullet && indentation(line) < 4 || b.list || b.paragraph == 0 || bytes.HasPrefix(text, []byte("1.")) || bytes.HasPrefix(text, []byte("1)")) {
		b.list = true
		return true
	}
	return false
}

// tableTooMuch counts the cells of the table that a line may be in. A parser
// makes as many cells for each row as the head has columns.
func (b *bounder) tableTooMuch(text []byte) string {
	if columns := delimiterRow(text); b.columns == 0 && columns > 0 && b.paragraph > 0 {
		b.columns = columns
	}
	if b.columns > maxColumns {
		return fmt.Sprintf("table of more than %d columns", maxColumns)
	}
	if b.cells += b.columns; b.cells > maxCells {
		return fmt.Sprintf("table of more than %d cells", maxCells)
	}
	return ""
}

// delimiterRow returns the columns of "| --- | :-: |", or 0 for other lines.
func delimiterRow(text []byte) int {
	text = bytes.Trim(text, " \t|")
	if len(text) == 0 || len(bytes.Trim(text, " \t|:-")) > 0 || bytes.IndexByte(text, '-') < 0 {
		return 0
	}
	return bytes.Count(text, []byte{'|'}) + 1
}

// cutRune drops a rune that was cut in the middle.
func cutRune(p []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(p); i++ {
		if utf8.RuneStart(p[len(p)-i]) {
			if !utf8.FullRune(p[len(p)-i:]) {
				return p[:len(p)-i]
			}
			return p
		}
	}
	return p
}

// withoutFrontMatter blanks the YAML between two lines "---" at the start of a
// page of documentation; lines keep their number.
func withoutFrontMatter(body []byte) []byte {
	const most = 4 << 10
	start := bytes.TrimLeft(body[:min(len(body), 64)], "\r\n")
	if !bytes.HasPrefix(start, []byte("---\n")) && !bytes.HasPrefix(start, []byte("---\r\n")) {
		return body
	}
	from := len(body[:min(len(body), 64)]) - len(start) + 3
	end := bytes.Index(body[from:min(len(body), most)], []byte("\n---"))
	if end < 0 {
		return body
	}
	end += from + 4
	if end < len(body) && body[end] != '\n' && body[end] != '\r' {
		return body
	}
	blank := bytes.Clone(body)
	for i := range end {
		if blank[i] != '\n' {
			blank[i] = ' '
		}
	}
	return blank
}
