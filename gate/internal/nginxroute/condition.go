package nginxroute

import (
	"fmt"
	"strings"
)

// cond is an if's condition: (subject), (subject op operand), (-f file).
type cond struct {
	subject, op, operand string
}

// readCondition takes the parentheses off.
func readCondition(d *Directive) (cond, bool) {
	words := append([]string(nil), d.Args...)
	if len(words) == 0 || !strings.HasPrefix(words[0], "(") {
		return cond{}, false
	}
	words[0] = words[0][1:]
	last := len(words) - 1
	if !strings.HasSuffix(words[last], ")") {
		return cond{}, false
	}
	words[last] = words[last][:len(words[last])-1]
	if words[last] == "" && !d.quotedLast() {
		words = words[:last]
	}
	if len(words) > 0 && words[0] == "" {
		words = words[1:]
	}
	switch len(words) {
	case 1:
		return cond{subject: words[0]}, strings.HasPrefix(words[0], "$") && len(words[0]) > 1
	case 2:
		return cond{op: words[0], operand: words[1]}, isFileTest(words[0])
	case 3:
		c := cond{subject: words[0], op: words[1], operand: words[2]}
		return c, isOperator(c.op) && strings.HasPrefix(c.subject, "$")
	}
	return cond{}, false
}

// quotedLast says whether the last word is "…") in quotes, where an empty string is an operand.
func (d *Directive) quotedLast() bool {
	n := len(d.Args)
	return n == 3 && d.Args[n-1] == ")" && isOperator(d.Args[1])
}

func isOperator(s string) bool {
	switch s {
	case "=", "!=", "~", "~*", "!~", "!~*":
		return true
	}
	return false
}

func isFileTest(s string) bool {
	switch s {
	case "-f", "!-f", "-d", "!-d", "-e", "!-e", "-x", "!-x":
		return true
	}
	return false
}

// condition checks an if's condition.
func (b *builder) condition(d *Directive) {
	c, ok := readCondition(d)
	if !ok {
		b.fail(d.Pos, "invalid condition %q, want ($variable), ($variable OP value) with = != ~ ~* !~ !~*, or (-f file)", strings.Join(d.Args, " "))
		return
	}
	if strings.Contains(c.op, "~") {
		b.pattern(d.Pos, "regular expression", c.operand, strings.HasSuffix(c.op, "*"))
	}
}

// condition decides an if.
func (r *run) condition(d *Directive) bool {
	c, ok := readCondition(d)
	if !ok {
		r.giveUp(d.Pos, "the condition is not readable")
		return false
	}
	if isFileTest(c.op) {
		return r.fileTest(d, c)
	}
	v := r.expand(c.subject)
	if v.why != "" {
		return r.decide(fmt.Sprintf("%s: if %s: %s", d.Pos, strings.Join(d.Args, " "), v.why))
	}
	switch c.op {
	case "":
		return v.s != "" && v.s != "0"
	case "=", "!=":
		w := r.expand(c.operand)
		if w.why != "" {
			return r.decide(fmt.Sprintf("%s: if %s: %s", d.Pos, strings.Join(d.Args, " "), w.why))
		}
		return (v.s == w.s) == (c.op == "=")
	}
	re, err := compile(c.operand, strings.HasSuffix(c.op, "*"))
	if err != nil {
		r.giveUp(d.Pos, "%v", err)
		return false
	}
	hit := r.match(re, v.s, d.Pos)
	if !hit {
		r.caps = nil
	}
	return hit == !strings.HasPrefix(c.op, "!")
}

func (r *run) fileTest(d *Directive, c cond) bool {
	want := !strings.HasPrefix(c.op, "!")
	p := r.expand(c.operand)
	if p.why != "" {
		return r.decide(fmt.Sprintf("%s: if %s: %s", d.Pos, strings.Join(d.Args, " "), p.why))
	}
	kind := r.stat(p.s)
	if kind == FileUnknown || strings.HasSuffix(c.op, "x") && kind != FileAbsent {
		return r.decide(fmt.Sprintf("%s: whether %s exists is not known", d.Pos, p.s))
	}
	is := kind != FileAbsent
	switch c.op[len(c.op)-1] {
	case 'f':
		is = kind == FileRegular
	case 'd':
		is = kind == FileDir
	}
	return is == want
}
