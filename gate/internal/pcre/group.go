package pcre

import (
	"fmt"
	"strconv"
	"strings"
)

// group reads what begins with a parenthesis.
func (t *translator) group(f *flags) (string, kind) {
	if t.nesting++; t.nesting > maxNesting {
		return t.cannot("its groups nest more than 100 deep"), setting
	}
	defer func() { t.nesting-- }()
	t.pos++
	inner := *f
	switch {
	case t.take("*"):
		return t.verb(&inner)
	case !t.take("?"):
		if f.explicit {
			return t.close("(?:", t.alternatives(&inner)), plain
		}
		return t.capture("", &inner), plain
	case t.take(":"):
		return t.close("(?:", t.alternatives(&inner)), plain
	case t.take(">"):
		return t.rich(t.close("(?>", t.alternatives(&inner))), plain
	case t.take("|"):
		return t.branchReset(&inner), plain
	case t.take("="), t.take("!"), t.take("<="), t.take("<!"):
		return t.lookAround(&inner), assertion
	case t.take("P<"), t.take("<"):
		return t.named(">", &inner), plain
	case t.take("'"):
		return t.named("'", &inner), plain
	case t.take("P="):
		name, _ := t.until(")")
		return t.reference(t.number(name), f), plain
	case t.take("("):
		return t.condition(&inner), plain
	case t.take("C"):
		return t.cannot("it has a call-out"), setting
	case t.take("R"), t.take("&"), t.take("P>"), t.call():
		return t.cannot("it has a recursion or calls a group"), setting
	}
	return t.options(f, &inner)
}

// call reports whether (?1), (?+1) or (?-1) follows.
func (t *translator) call() bool {
	inside, _, _ := strings.Cut(t.src[t.pos:], ")")
	return digits(strings.TrimLeft(inside, "+-"))
}

// close reads the closing parenthesis.
func (t *translator) close(open string, branches []string) string {
	if t.err == nil && !t.take(")") {
		return t.fail("missing closing parenthesis")
	}
	return open + strings.Join(branches, "|") + ")"
}

// capture is a group that counts.
func (t *translator) capture(name string, f *flags) string {
	t.groups++
	n := t.groups
	if n == len(t.names) {
		t.names = append(t.names, name)
	} else if t.names[n] == "" { // one of a branch reset
		t.names[n] = name
	}
	open := "("
	if t.back {
		open = fmt.Sprintf("(?<%d>", n)
	}
	t.open = append(t.open, n)
	defer func() { t.open = t.open[:len(t.open)-1] }()
	return t.close(open, t.alternatives(f))
}

func (t *translator) named(end string, f *flags) string {
	name, ok := t.until(end)
	if !ok || !isName(name) {
		return t.fail("group name must begin with a letter and end with %s", end)
	}
	for n, other := range t.names {
		if other == name && n != t.groups+1 {
			return t.fail("two named groups have the same name %q", name)
		}
	}
	return t.capture(name, f)
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// branchReset gives the groups of each alternative the same numbers.
func (t *translator) branchReset(f *flags) string {
	t.needs = true
	first, last := t.groups, t.groups
	var out []string
	for {
		t.groups = first
		out = append(out, t.branch(f))
		last = max(last, t.groups)
		if !t.take("|") {
			break
		}
	}
	t.groups = last
	return t.close("(?:", out)
}

// lookAround reads an assertion whose opening has been read.
func (t *translator) lookAround(f *flags) string {
	open := t.src[strings.LastIndex(t.src[:t.pos], "(?"):t.pos]
	t.needs = true
	defer func(fixed bool) { t.fixed = fixed }(t.fixed)
	if t.fixed = strings.Contains(open, "<"); !t.fixed {
		return t.close(open, t.alternatives(f))
	}
	groups := t.groups
	t.behind++
	defer func() { t.behind-- }()
	out := t.close(open, t.alternatives(f))
	if t.groups > groups {
		return t.cannot("it has groups within a look-behind") // the engine reads them backwards
	}
	return out
}

// verb reads (*…): assertions have names too, all else steers the engine.
func (t *translator) verb(f *flags) (string, kind) {
	for _, long := range []struct{ name, open string }{
		{"pla:", "(?="}, {"positive_lookahead:", "(?="}, {"nla:", "(?!"}, {"negative_lookahead:", "(?!"}, {"atomic:", "(?>"},
	} {
		if t.take(long.name) {
			k := assertion
			if long.open == "(?>" {
				k = plain
			}
			return t.rich(t.close(long.open, t.alternatives(f))), k
		}
	}
	return t.cannot("it has a verb, (*…)"), setting
}

// condition reads (?(…)yes|no).
func (t *translator) condition(f *flags) string {
	t.needs = true
	if t.behind > 0 {
		return t.cannot("it has a condition within a look-behind")
	}
	var test string
	if t.take("?") {
		if !t.take("=") && !t.take("!") && !t.take("<=") && !t.take("<!") {
			return t.fail("assertion expected after (?( or (?(?C)")
		}
		inner := *f
		test = t.lookAround(&inner)
	} else {
		name, ok := t.until(")")
		if !ok {
			return t.fail("missing closing parenthesis for condition")
		}
		n := t.conditionGroup(name)
		test = fmt.Sprintf("(%d)", n)
		t.refs = max(t.refs, n)
	}
	branches := t.alternatives(f)
	if len(branches) > 2 {
		return t.fail("conditional subpattern contains more than two branches")
	}
	return t.close("(?"+test, branches)
}

// conditionGroup is the group that a condition asks for.
func (t *translator) conditionGroup(name string) int {
	switch inside := strings.Trim(name, "<>'"); {
	case digits(name):
		n, err := strconv.Atoi(name)
		if err != nil || n == 0 {
			t.fail("invalid condition (?(%s)", name)
		}
		return n
	case (name[:min(1, len(name))] == "+" || name[:min(1, len(name))] == "-") && digits(name[1:]):
		return t.relative(name)
	case inside != name:
		return t.number(inside)
	case t.known(name):
		return t.number(name)
	case isName(name) && !t.back:
		return 0 // the second reading knows it, or that it is none
	case strings.HasPrefix(name, "R"), name == "DEFINE", strings.HasPrefix(name, "VERSION"):
		t.cannot("it has a condition on recursion or on PCRE itself")
	default:
		t.fail("invalid condition (?(%s)", name)
	}
	return 0
}

// options reads (?imsx-imsx) and (?imsx-imsx:…).
func (t *translator) options(f, inner *flags) (string, kind) {
	on := true
	for t.more() {
		c := t.src[t.pos]
		t.pos++
		switch c {
		case '-':
			on = false
		case 'i':
			inner.caseless = on
		case 'm':
			inner.multiline = on
		case 's':
			inner.dotall = on
		case 'x':
			inner.extended = on
		case 'U':
			inner.ungreedy = on
		case 'n':
			inner.explicit = on
		case 'J', '^':
			return t.cannot("it has the option (?" + string(rune(c)) + ")"), setting
		case ')':
			*f = *inner
			return "", setting
		case ':':
			return t.close("(?:", t.alternatives(inner)), plain
		default:
			return t.fail("unrecognized character after (? or (?-"), setting
		}
		if c == 'x' && t.take("x") {
			return t.cannot("it has the option (?xx)"), setting
		}
	}
	return t.fail("missing closing parenthesis"), setting
}
