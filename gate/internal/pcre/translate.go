package pcre

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// notRun is a pattern that PCRE takes and that cannot be run here.
type notRun struct{ why string }

func (e *notRun) Error() string { return e.why }

// The bounds of a pattern: nginx takes 4 KiB in one word.
const (
	maxPattern = 16 << 10
	maxOutput  = 256 << 10
	maxNesting = 100
	maxRepeat  = 65535 // PCRE's own
)

// flags are the options that hold at a place of the pattern.
type flags struct{ caseless, multiline, dotall, endOnly, extended, ungreedy, explicit bool }

func (o Options) flags() *flags {
	return &flags{caseless: o.Caseless, dotall: o.DotAll, endOnly: o.DollarEndOnly}
}

// translator reads a pattern once.
type translator struct {
	src   string
	pos   int
	back  bool // write for regexp2, else for Go's engine
	needs bool // something that Go's engine lacks came up
	err   error

	groups  int
	names   []string // by group
	forward map[string]int
	refs    int // the largest group referred to
	keeps   bool
	dollar  bool
	behind  int   // look-behinds around this place
	fixed   bool  // its length must be fixed, as in the nearest of them
	open    []int // the groups around this place
	nesting int
	size    int
}

// translated is a pattern in an engine's syntax.
type translated struct {
	text   string
	needs  bool
	groups int
	names  []string
	keep   int
	dollar bool
}

// translate writes a pattern anew. The first reading, for Go's engine, shows whether
// a second one for regexp2 is needed; names that come up after a reference to them
// are known in the second.
func translate(text string, o Options, back bool) (translated, error) {
	if len(text) > maxPattern {
		return translated{}, &notRun{"it is longer than 16 KiB"}
	}
	t := newTranslator(text, back)
	if back {
		first := newTranslator(text, false)
		first.alternatives(o.flags())
		for n, name := range first.names {
			if _, twice := t.forward[name]; name != "" && !twice {
				t.forward[name] = n
			}
		}
	}
	out := strings.Join(t.alternatives(o.flags()), "|")
	switch {
	case t.err == nil && t.pos < len(t.src):
		t.fail("unmatched closing parenthesis")
	case t.err == nil && t.refs > t.groups:
		t.fail("reference to group %d, which is missing", t.refs)
	}
	if t.err != nil {
		return translated{}, t.err
	}
	done := translated{text: out, needs: t.needs, groups: t.groups, names: t.names, dollar: t.dollar}
	if t.keeps {
		done.keep = keepGroup
	}
	return done, nil
}

func newTranslator(text string, back bool) *translator {
	return &translator{src: text, back: back, names: []string{""}, forward: map[string]int{}}
}

// keepGroup is the number of the group that marks where \K stands. PCRE has at most
// 65,535 groups.
const keepGroup = 70_000

func (t *translator) fail(format string, args ...any) string {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
	t.pos = len(t.src)
	return ""
}

// cannot ends the reading of a pattern that PCRE takes.
func (t *translator) cannot(why string) string {
	if t.err == nil {
		t.err = &notRun{why}
	}
	t.pos = len(t.src)
	return ""
}

// rich notes a construct that Go's engine lacks.
func (t *translator) rich(out string) string {
	t.needs = true
	return out
}

func (t *translator) more() bool { return t.pos < len(t.src) }

// take passes over a text that comes next.
func (t *translator) take(text string) bool {
	if !strings.HasPrefix(t.src[t.pos:], text) {
		return false
	}
	t.pos += len(text)
	return true
}

// until passes over a text up to and with its end.
func (t *translator) until(end string) (string, bool) {
	inside, _, ok := strings.Cut(t.src[t.pos:], end)
	if ok {
		t.pos += len(inside) + len(end)
	}
	return inside, ok
}

// alternatives reads up to a closing parenthesis or the end. An option that is set in
// one alternative holds in those after it.
func (t *translator) alternatives(f *flags) []string {
	out := []string{t.branch(f)}
	for t.take("|") {
		out = append(out, t.branch(f))
	}
	return out
}

func (t *translator) branch(f *flags) string {
	var b strings.Builder
	for t.more() && t.err == nil && t.src[t.pos] != '|' && t.src[t.pos] != ')' {
		if t.skip(f) {
			continue
		}
		groups := t.groups
		a, kind := t.atom(f)
		out := t.quantified(a, kind, f)
		if t.groups > groups && out != a && strings.ContainsAny(a, "*{|?") {
			t.needs = true // a repeated group that may match nothing: Go keeps another of its matches
		}
		if t.size += len(out); t.size > maxOutput {
			return t.cannot("it unfolds to more than 256 KiB")
		}
		b.WriteString(out)
	}
	return b.String()
}

// skip passes over a comment, and in extended mode over white space.
func (t *translator) skip(f *flags) bool {
	if t.take("(?#") {
		if _, ok := t.until(")"); !ok {
			t.fail("missing ) after (?# comment")
		}
		return true
	}
	if t.take("\\E") {
		return true
	}
	if !f.extended || !t.more() {
		return false
	}
	switch c := t.src[t.pos]; {
	case strings.IndexByte(" \t\n\v\f\r", c) >= 0:
		t.pos++
		return true
	case c == '#':
		if _, ok := t.until("\n"); !ok {
			t.pos = len(t.src)
		}
		return true
	}
	return false
}

// kind is what may follow an atom.
type kind int

const (
	plain     kind = iota // may be repeated
	setting               // may not: an option, or a start
	assertion             // PCRE lets it be repeated, and takes that for something else
)

// atom reads one item. Its text is one unit to a quantifier.
func (t *translator) atom(f *flags) (string, kind) {
	c := t.src[t.pos]
	switch c {
	case '(':
		return t.group(f)
	case '[':
		t.pos++
		return t.class(f), plain
	case '\\':
		return t.escape(f)
	case '.':
		t.pos++
		if f.dotall {
			return anyByte, plain
		}
		return notNewline, plain
	case '^':
		t.pos++
		return t.lineStart(f), assertion
	case '$':
		t.pos++
		return t.lineEnd(f), assertion
	case '*', '+', '?':
		return t.stray(), setting
	}
	if c == '{' {
		if _, _, ok := t.braces(); ok {
			return t.stray(), setting
		}
	}
	if t.err != nil {
		return "", setting
	}
	t.pos++
	return literal(c, f), plain
}

// stray is a quantifier with nothing before it. Behind a comment it depends on what
// stands before that.
func (t *translator) stray() string {
	if t.pos > 0 && strings.IndexByte(") \t\r\n", t.src[t.pos-1]) >= 0 {
		return t.cannot("it has a quantifier behind a comment or an option")
	}
	return t.fail("quantifier does not follow a repeatable item at offset %d", t.pos)
}

const (
	anyByte    = `[\x00-\xff]`
	notNewline = `[\x00-\x09\x0b-\xff]`
	never      = `(?!)`
)

func (t *translator) lineStart(f *flags) string {
	if !f.multiline {
		return `\A`
	}
	return t.rich(`(?:\A|(?<=\n)(?=[\x00-\xff]))`)
}

func (t *translator) lineEnd(f *flags) string {
	if f.multiline {
		return t.rich(`(?:\z|(?=\n))`)
	}
	if f.endOnly {
		return `\z`
	}
	return t.end()
}

// end is the end, or before a newline there.
func (t *translator) end() string {
	t.dollar = true
	if t.back {
		return `(?=\n?\z)`
	}
	return `\z` // Match asks the other engine where a newline ends the subject
}

// literal is a byte, in either case if letters fold. PCRE folds bytes by the C locale.
func literal(c byte, f *flags) string {
	if l := c | 0x20; f.caseless && l >= 'a' && l <= 'z' {
		return "[" + string(rune(l-0x20)) + string(rune(l)) + "]"
	}
	if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '/' || c == '_' {
		return string(rune(c))
	}
	return fmt.Sprintf(`\x%02x`, c)
}

// quantified adds the quantifier that follows, if one does.
func (t *translator) quantified(atom string, k kind, f *flags) string {
	for t.more() && t.err == nil && t.skip(f) {
	}
	if !t.more() || t.err != nil {
		return atom
	}
	least, most, ok := 0, -1, true
	switch t.src[t.pos] {
	case '*':
		t.pos++
	case '+':
		t.pos++
		least = 1
	case '?':
		t.pos++
		most = 1
	case '{':
		if least, most, ok = t.braces(); !ok {
			return atom
		}
		t.until("}")
	default:
		return atom
	}
	switch {
	case k == setting:
		return t.fail("quantifier does not follow a repeatable item at offset %d", t.pos-1)
	case k == assertion:
		return t.cannot("it repeats an assertion")
	case t.fixed && most < 0:
		return t.fail("lookbehind assertion is not fixed length")
	}
	out := atom + count(least, most)
	switch {
	case t.take("+"):
		t.needs = true
		return "(?>" + out + ")"
	case t.take("?") != f.ungreedy:
		return out + "?"
	}
	return out
}

func count(least, most int) string {
	switch {
	case least == 0 && most < 0:
		return "*"
	case least == 1 && most < 0:
		return "+"
	case least == 0 && most == 1:
		return "?"
	case most < 0:
		return fmt.Sprintf("{%d,}", least)
	case least == most:
		return fmt.Sprintf("{%d}", least)
	}
	return fmt.Sprintf("{%d,%d}", least, most)
}

// braces looks at {n}, {n,} or {n,m}; anything else in braces is text. {,n} has become
// a quantifier with PCRE2 10.43, so what it means depends on the server.
func (t *translator) braces() (least, most int, ok bool) {
	inside, _, closed := strings.Cut(t.src[t.pos+1:], "}")
	if !closed {
		return 0, 0, false
	}
	low, high, comma := strings.Cut(inside, ",")
	if comma && strings.TrimSpace(low) == "" && digits(strings.TrimSpace(high)) {
		t.cannot("{,n} means different things by the version of PCRE")
		return 0, 0, false
	}
	if !digits(low) || comma && high != "" && !digits(high) {
		return 0, 0, false
	}
	least, err := strconv.Atoi(low)
	most = least
	switch {
	case comma && high == "":
		most = -1
	case comma:
		var errHigh error
		most, errHigh = strconv.Atoi(high)
		err = errors.Join(err, errHigh)
	}
	if err != nil || least > maxRepeat || most > maxRepeat {
		t.fail("number too big in {} quantifier")
		return 0, 0, false
	}
	if most >= 0 && most < least {
		t.fail("numbers out of order in {} quantifier")
		return 0, 0, false
	}
	return least, most, true
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
