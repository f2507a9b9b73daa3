package pcre

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	wordByte   = `[0-9A-Z_a-z]`
	atBoundary = `(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))`
	noBoundary = `(?:(?<=[0-9A-Z_a-z])(?=[0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?![0-9A-Z_a-z]))`
)

// escape reads what begins with a backslash, outside of a class.
func (t *translator) escape(f *flags) (string, kind) {
	if t.pos+1 >= len(t.src) {
		return t.fail("\\ at end of pattern"), setting
	}
	c := t.src[t.pos+1]
	if c >= '1' && c <= '9' {
		if out, ok := t.numbered(f); ok {
			return out, plain
		}
	}
	if set, ok := classOf(c); ok {
		t.pos += 2
		return set.text(t), plain
	}
	switch c {
	case 'A', 'G': // a match begins at the start of the subject
		t.pos += 2
		return `\A`, assertion
	case 'z':
		t.pos += 2
		return `\z`, assertion
	case 'Z':
		t.pos += 2
		return t.end(), assertion
	case 'b', 'B':
		t.pos += 2
		if !t.back {
			return `\` + string(rune(c)), assertion // of bytes to Go's engine too
		}
		if c == 'b' {
			return atBoundary, assertion
		}
		return noBoundary, assertion
	case 'Q':
		return t.quoted(f)
	case 'R':
		t.pos += 2
		if t.fixed {
			return t.fail("lookbehind assertion is not fixed length"), setting
		}
		return t.rich(`(?>\r\n|[\x0a-\x0d\x85])`), plain
	case 'N':
		t.pos += 2
		if t.take("{") {
			return t.cannot("it has \\N{…}"), setting
		}
		return notNewline, plain
	case 'C':
		t.pos += 2
		return anyByte, plain
	case 'K':
		return t.keepOut(), assertion
	case 'X':
		return t.cannot("it has \\X"), setting
	case 'g', 'k':
		return t.namedReference(c, f), plain
	case 'p', 'P':
		t.pos += 2
		return t.property(c == 'P').text(t), plain
	}
	b, ok := t.byteEscape()
	if !ok {
		return "", setting
	}
	return literal(b, f), plain
}

// keepOut is \K, which moves the start of what is matched.
func (t *translator) keepOut() string {
	t.pos += 2
	t.keeps, t.needs = true, true
	if t.nesting > 0 {
		return t.cannot("it has \\K within a group") // within an assertion PCRE's versions differ
	}
	return fmt.Sprintf("(?<%d>)", keepGroup)
}

// numbered is a back reference by number; false for an octal code.
func (t *translator) numbered(f *flags) (string, bool) {
	end := t.pos + 1
	for end < len(t.src) && t.src[end] >= '0' && t.src[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(t.src[t.pos+1 : end])
	if err != nil || n > maxRepeat {
		return t.fail("number is too big"), true
	}
	if c := t.src[t.pos+1]; n > 9 && n > t.groups && c < '8' {
		return "", false
	}
	t.pos = end
	return t.reference(n, f), true
}

// reference is a back reference to a group.
func (t *translator) reference(n int, f *flags) string {
	if t.behind > 0 {
		return t.cannot("it has a back reference within a look-behind")
	}
	if slices.Contains(t.open, n) {
		return t.cannot("it has a back reference within the group that it names") // the engine fails on it
	}
	t.refs, t.needs = max(t.refs, n), true
	if f.caseless {
		return fmt.Sprintf(`(?i:\k<%d>)`, n)
	}
	return fmt.Sprintf(`\k<%d>`, n)
}

// namedReference reads \g1, \g{-1}, \g{name}, \k<name>, \k'name' and \k{name}; \g<…>
// and \g'…' call a group.
func (t *translator) namedReference(c byte, f *flags) string {
	t.pos += 2
	var name string
	ok := true
	switch {
	case t.take("{"):
		name, ok = t.until("}")
	case c == 'k' && t.take("<"):
		name, ok = t.until(">")
	case c == 'k' && t.take("'"):
		name, ok = t.until("'")
	case c == 'g' && (t.take("<") || t.take("'")):
		return t.cannot("it has a recursion or calls a group")
	case c == 'g':
		start := t.pos
		for t.more() && (t.src[t.pos] >= '0' && t.src[t.pos] <= '9' || t.pos == start && strings.IndexByte("+-", t.src[t.pos]) >= 0) {
			t.pos++
		}
		name = t.src[start:t.pos]
	default:
		ok = false
	}
	name = strings.TrimSpace(name)
	switch {
	case !ok || name == "":
		return t.fail("\\%c is not followed by a group's name or number", c)
	case c == 'g' && digits(name):
		n, err := strconv.Atoi(name)
		if err != nil || n == 0 || n > maxRepeat {
			return t.fail("a numbered reference must not be zero or too big")
		}
		return t.reference(n, f)
	case c == 'g' && digits(name[1:]) && (name[0] == '+' || name[0] == '-'):
		return t.reference(t.relative(name), f)
	}
	return t.reference(t.number(name), f)
}

// relative is the group that +1 or -1 names.
func (t *translator) relative(name string) int {
	n, err := strconv.Atoi(name[1:])
	if err != nil || n == 0 || n > maxRepeat {
		t.fail("reference %s to no group", name)
		return 0
	}
	if name[0] == '+' {
		return t.groups + n
	}
	if n > t.groups {
		t.fail("reference %s to a group that is missing", name)
		return 0
	}
	return t.groups - n + 1
}

func (t *translator) known(name string) bool {
	_, ok := t.forward[name]
	return ok || t.at(name) > 0
}

func (t *translator) at(name string) int {
	for n, other := range t.names {
		if other == name && n > 0 {
			return n
		}
	}
	return 0
}

// number is the group of a name. Before the whole is read, one is not known yet that
// stands behind.
func (t *translator) number(name string) int {
	if !isName(name) {
		t.fail("%q is no group's name", name)
		return 0
	}
	if n := t.at(name); n > 0 {
		return n
	}
	n, ok := t.forward[name]
	if !ok && t.back {
		t.fail("reference to group %q, which is missing", name)
	}
	return n
}

// quoted is \Q…\E; a quantifier behind it is of its last byte.
func (t *translator) quoted(f *flags) (string, kind) {
	t.pos += 2
	text, ok := t.until("\\E")
	if !ok {
		text, t.pos = t.src[t.pos:], len(t.src)
	}
	if text == "" {
		return "", setting
	}
	var b strings.Builder
	for i := 0; i < len(text)-1; i++ {
		b.WriteString(literal(text[i], f))
	}
	b.WriteString(t.quantified(literal(text[len(text)-1], f), plain, f))
	return b.String(), setting
}

// byteEscape reads an escape that is one byte.
func (t *translator) byteEscape() (byte, bool) {
	c := t.src[t.pos+1]
	t.pos += 2
	if c >= '0' && c <= '7' {
		t.pos--
		return t.octal(3)
	}
	switch c {
	case 'a':
		return 7, true
	case 'e':
		return 27, true
	case 'f':
		return 12, true
	case 'n':
		return 10, true
	case 'r':
		return 13, true
	case 't':
		return 9, true
	case 'c':
		if !t.more() || t.src[t.pos] < ' ' || t.src[t.pos] > '~' {
			t.fail("\\c must be followed by a printable character")
			return 0, false
		}
		b := t.src[t.pos]
		t.pos++
		if b >= 'a' && b <= 'z' {
			b -= 0x20
		}
		return b ^ 0x40, true
	case 'x':
		return t.hex()
	case 'o':
		return t.braced(8)
	case 'E':
		return 0, false
	}
	if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 {
		t.fail("unrecognized character follows \\")
		return 0, false
	}
	return c, true
}

func (t *translator) octal(most int) (byte, bool) {
	n := 0
	for i := 0; i < most && t.more() && t.src[t.pos] >= '0' && t.src[t.pos] <= '7'; i++ {
		n = n*8 + int(t.src[t.pos]-'0')
		t.pos++
	}
	if n > 255 {
		t.fail("octal value is greater than \\377 in 8-bit non-UTF-8 mode")
		return 0, false
	}
	return byte(n), true
}

func (t *translator) hex() (byte, bool) {
	if t.more() && t.src[t.pos] == '{' {
		return t.braced(16)
	}
	n := 0
	for i := 0; i < 2 && t.more(); i++ {
		d, err := strconv.ParseUint(t.src[t.pos:t.pos+1], 16, 8)
		if err != nil {
			break
		}
		n = n*16 + int(d)
		t.pos++
	}
	return byte(n), true
}

// braced is \x{…} or \o{…}.
func (t *translator) braced(base int) (byte, bool) {
	if !t.take("{") {
		t.fail("missing opening brace after \\o")
		return 0, false
	}
	inside, _ := t.until("}")
	n, err := strconv.ParseUint(inside, base, 64)
	if err != nil || n > 255 {
		t.fail("character code point value in \\x{} or \\o{} is too large, or none")
		return 0, false
	}
	return byte(n), true
}
