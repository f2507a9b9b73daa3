package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxField bounds one text of a report in bytes; what is cut is said.
const maxField = 8 << 10

// maxMessage bounds what Message shows in bytes: a gate.yaml may hold many
// mistakes.
const maxMessage = 64 << 10

// printable returns s as text that can only be read: no control character but
// TAB and LF, no escape sequence, no mark that turns the direction of writing
// or hides text, no invalid UTF-8. They are shown as \x1b or \u202e rather than
// dropped, so that a reader sees that something was there. CRLF becomes LF.
func printable(s string) string {
	if plainASCII(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unsafeRune(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unsafeRune(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < 0x20 && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// unsafeRune reports whether a rune does something other than being read. Zero
// width joiners stay: emoji and several scripts need them.
func unsafeRune(r rune) bool {
	switch {
	case r == '\t', r == '\n':
		return false
	case unicode.IsControl(r): // C0, DEL, C1
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidi
		return true
	case r == 0xfeff, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe007f: // BOM, annotations, tags
		return true
	}
	return unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// clip shortens s to a number of bytes on a rune's boundary and says what went.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes more)", s[:cut], len(s)-cut)
}

// shorten is clip without the count, for cells and titles, in runes.
func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

// oneLine joins lines and runs of blanks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// zeroWidth is the blank without width that takes the meaning of a command
// from a text without changing how it reads.
const zeroWidth = "\u200b"

// neutral takes from a text what GitHub's runner would obey: "::" after any
// white space at the start of a line, and the old form "##[" anywhere in it.
// Both parsers pass the result by. A lone CR ends a line for the runner too;
// printable has removed it, and is not relied upon.
func neutral(s string) string {
	s = strings.ReplaceAll(s, "##[", "##"+zeroWidth+"[")
	if !strings.Contains(s, "::") {
		return s
	}
	lines := splitLines(s)
	for i, line := range lines {
		text := strings.TrimLeftFunc(line, unicode.IsSpace)
		if strings.HasPrefix(text, "::") {
			lines[i] = line[:len(line)-len(text)] + zeroWidth + text
		}
	}
	return strings.Join(lines, "")
}

// splitLines cuts after every LF and CR, and loses nothing.
func splitLines(s string) []string {
	var lines []string
	for s != "" {
		end := strings.IndexAny(s, "\r\n")
		if end < 0 {
			return append(lines, s)
		}
		lines = append(lines, s[:end+1])
		s = s[end+1:]
	}
	return lines
}

// escapeMarkdown makes a text of one line that Markdown shows as it is: every
// mark that could begin markup, HTML, a table's cell, math or an autolink is
// escaped, and mentions and issue references, which GitHub makes of the text
// after the escapes are gone, are broken up.
func escapeMarkdown(s string) string {
	s = oneLine(s)
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := range len(s) {
		c := s[i]
		if markdownMeans(s, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
		if (c == '@' || c == '#') && i+1 < len(s) && isWord(s[i+1]) {
			b.WriteString(zeroWidth)
		}
	}
	return b.String()
}

// markdownMeans reports whether the mark at i could mean something there. Marks
// that mean nothing where they stand, as in OLD_KEY or 1.13.1, stay as they
// are, so that the source of a page remains readable.
func markdownMeans(s string, i int) bool {
	next := byte(' ')
	if i+1 < len(s) {
		next = s[i+1]
	}
	switch s[i] {
	case '\\', '`', '*', '[', ']', '<', '|', '$':
		return true
	case '_':
		return i == 0 || !isWord(s[i-1]) || !isWord(next)
	case '~':
		return true
	case '&':
		return next == '#' || isWord(next)
	case '#', '+', '-', '=', '>':
		return i == 0
	case '.', ')':
		return strings.Trim(s[:i], "0123456789") == "" && next == ' ' || i >= 3 && strings.EqualFold(s[i-3:i], "www")
	case ':':
		return strings.HasPrefix(s[i:], "://")
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// codeSpan shows a text of one line as Markdown code, fit for a table's cell.
func codeSpan(s string) string {
	s = strings.ReplaceAll(oneLine(s), "|", "\\|")
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// cellText is escapeMarkdown for a table's cell, with what stands between
// backticks as code.
func cellText(s string) string {
	var b strings.Builder
	for _, piece := range textPieces(oneLine(s)) {
		if piece.Code {
			b.WriteString(codeSpan(piece.Text))
			continue
		}
		text := escapeMarkdown(piece.Text)
		if strings.HasPrefix(piece.Text, " ") {
			text = " " + text
		}
		if strings.HasSuffix(piece.Text, " ") {
			text += " "
		}
		b.WriteString(text)
	}
	return b.String()
}

// codeBlock shows a text of several lines as a fenced block.
func codeBlock(s, language string) string {
	fence := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	return fence + language + "\n" + strings.TrimRight(s, "\n") + "\n" + fence + "\n"
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// Printable is text of one line that only reads: no control character, no
// escape sequence, no mark that hides text or turns its direction.
func Printable(s string) string { return cleanText(s, false) }

// Harmless takes from a text, or from a JSON document, what GitHub's runner
// would obey; the document means the same afterwards.
func Harmless(s string) string {
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		return escapeJSON(s)
	}
	return neutral(s)
}

// Message is text of several lines for a terminal or a log: as Printable has
// it, line by line; workflow takes from it what GitHub's runner would obey.
func Message(s string, workflow bool) string {
	s = printable(clip(s, maxMessage))
	if workflow {
		s = neutral(s)
	}
	return s
}

// InMarkdown is text of one line that Markdown shows as it is.
func InMarkdown(s string) string {
	text := escapeMarkdown(cleanText(s, false))
	if strings.HasPrefix(s, " ") {
		return " " + text
	}
	return text
}
