package pcre

import (
	"fmt"
	"strings"
	"unicode"
)

// set holds the bytes of a class.
type set [256]bool

func (s *set) add(low, high byte) {
	for c := int(low); c <= int(high); c++ {
		s[c] = true
	}
}

func (s *set) union(o set) {
	for c := range o {
		s[c] = s[c] || o[c]
	}
}

func (s *set) invert() {
	for c := range s {
		s[c] = !s[c]
	}
}

// fold adds the other case of ASCII letters.
func (s *set) fold() {
	for c := byte('a'); c <= 'z'; c++ {
		either := s[c] || s[c-0x20]
		s[c], s[c-0x20] = either, either
	}
}

// text writes a set as a class.
func (s set) text(t *translator) string {
	var b strings.Builder
	for c := 0; c < 256; c++ {
		if !s[c] {
			continue
		}
		end := c
		for end < 255 && s[end+1] {
			end++
		}
		fmt.Fprintf(&b, `\x%02x`, c)
		if end > c {
			fmt.Fprintf(&b, `-\x%02x`, end)
		}
		c = end
	}
	if b.Len() == 0 {
		return t.rich(never)
	}
	return "[" + b.String() + "]"
}

func bytesOf(text string) set {
	var s set
	for i := 0; i < len(text); i++ {
		s[text[i]] = true
	}
	return s
}

// ranges makes a set of pairs.
func ranges(pairs string) set {
	var s set
	for i := 0; i+1 < len(pairs); i += 2 {
		s.add(pairs[i], pairs[i+1])
	}
	return s
}

// classOf is the set of \d and its like, as PCRE has them for bytes in the C locale.
func classOf(c byte) (set, bool) {
	var s set
	switch c | 0x20 {
	case 'd':
		s = ranges("09")
	case 'w':
		s = ranges("09AZ__az")
	case 's':
		s = bytesOf("\t\n\v\f\r ")
	case 'h':
		s = bytesOf("\t \xa0")
	case 'v':
		s = bytesOf("\n\v\f\r\x85")
	default:
		return s, false
	}
	if c&0x20 == 0 {
		s.invert()
	}
	return s, true
}

// posix is the set of [:name:].
func posix(name string) (set, bool) {
	switch name {
	case "alpha":
		return ranges("AZaz"), true
	case "lower":
		return ranges("az"), true
	case "upper":
		return ranges("AZ"), true
	case "alnum":
		return ranges("09AZaz"), true
	case "ascii":
		return ranges("\x00\x7f"), true
	case "blank":
		return bytesOf("\t "), true
	case "cntrl":
		return ranges("\x00\x1f\x7f\x7f"), true
	case "digit":
		return ranges("09"), true
	case "graph":
		return ranges("!~"), true
	case "print":
		return ranges(" ~"), true
	case "punct":
		return ranges("!/:@[`{~"), true
	case "space":
		return bytesOf("\t\n\v\f\r "), true
	case "word":
		return ranges("09AZ__az"), true
	case "xdigit":
		return ranges("09AFaf"), true
	}
	return set{}, false
}

// property is \p{…}, whose name comes next.
func (t *translator) property(not bool) set {
	var s set
	name := ""
	if t.take("{") {
		inside, ok := t.until("}")
		if !ok {
			t.fail("malformed \\P or \\p sequence")
			return s
		}
		name = inside
	} else if t.more() {
		name = t.src[t.pos : t.pos+1]
		t.pos++
	}
	if rest, ok := strings.CutPrefix(name, "^"); ok {
		name, not = rest, !not
	}
	table, ok := unicode.Categories[name]
	if !ok {
		t.cannot("it has the property \\p{" + name + "}")
		return s
	}
	for c := range s {
		s[c] = unicode.Is(table, rune(c)) != not
	}
	return s
}

// class reads what follows a [.
func (t *translator) class(f *flags) string {
	var s set
	not := t.take("^")
	first := true
	for {
		if !t.more() {
			return t.fail("missing terminating ] for character class")
		}
		if t.src[t.pos] == ']' && !first {
			t.pos++
			break
		}
		first = false
		t.member(&s, f)
		if t.err != nil {
			return ""
		}
	}
	if f.caseless {
		s.fold()
	}
	if not {
		s.invert()
	}
	return s.text(t)
}

// member reads one member of a class, or a range.
func (t *translator) member(s *set, f *flags) {
	if t.take("\\E") {
		return
	}
	if t.take("\\Q") {
		text, ok := t.until("\\E")
		if !ok {
			t.fail("missing terminating ] for character class")
			return
		}
		if strings.HasPrefix(t.src[t.pos:], "-") && !strings.HasPrefix(t.src[t.pos:], "-]") {
			t.cannot("it has a range with \\Q…\\E")
			return
		}
		s.union(bytesOf(text))
		return
	}
	low, many, ok := t.classItem(f)
	if !ok || t.err != nil {
		return
	}
	next := t.src[t.pos:]
	if !strings.HasPrefix(next, "-") || strings.HasPrefix(next, "-]") || next == "-" {
		s.union(many)
		return
	}
	if low < 0 {
		t.fail("invalid range in character class")
		return
	}
	t.pos++
	high, _, ok := t.classItem(f)
	switch {
	case !ok || t.err != nil:
	case high < 0:
		t.fail("invalid range in character class")
	case high < low:
		t.fail("range out of order in character class")
	default:
		s.add(byte(low), byte(high))
	}
}

// classItem is a byte, or a set with -1.
func (t *translator) classItem(f *flags) (int, set, bool) {
	rest := t.src[t.pos:]
	switch {
	case strings.HasPrefix(rest, "[:"), strings.HasPrefix(rest, "[."), strings.HasPrefix(rest, "[="):
		if end := strings.Index(rest[2:], rest[1:2]+"]"); end >= 0 && !strings.ContainsAny(rest[2:2+end], "]\\") {
			return t.posixItem(rest[1], rest[2:2+end], f)
		}
	case rest[0] == '\\' && len(rest) > 1:
		return t.classEscape()
	case rest[0] == '\\':
		t.fail("\\ at end of pattern")
		return 0, set{}, false
	}
	t.pos++
	return int(rest[0]), bytesOf(rest[:1]), true
}

func (t *translator) posixItem(mark byte, name string, f *flags) (int, set, bool) {
	t.pos += len(name) + 4
	bare, not := strings.CutPrefix(name, "^")
	s, ok := posix(bare)
	if mark != ':' || !ok {
		t.fail("unknown POSIX class name, or a collating element, in [%c%s%c]", mark, name, mark)
		return 0, s, false
	}
	if f.caseless && (bare == "lower" || bare == "upper") {
		s, _ = posix("alpha")
	}
	if not {
		s.invert()
	}
	return -1, s, true
}

func (t *translator) classEscape() (int, set, bool) {
	c := t.src[t.pos+1]
	if s, ok := classOf(c); ok {
		t.pos += 2
		return -1, s, true
	}
	switch c {
	case 'b':
		t.pos += 2
		return 8, bytesOf("\b"), true
	case 'p', 'P':
		t.pos += 2
		return -1, t.property(c == 'P'), t.err == nil
	case 'B', 'N', 'R', 'X':
		t.fail("escape sequence \\%c is invalid in character class", c)
		return 0, set{}, false
	}
	if c == '8' || c == '9' {
		t.pos += 2
		return int(c), bytesOf(string(rune(c))), true
	}
	b, ok := t.byteEscape()
	return int(b), bytesOf(string([]byte{b})), ok
}
