package traefikroute

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// truth is what can be said of a rule: a matcher may hang on what the files do not say.
type truth int

const (
	no truth = iota
	maybe
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// expr is a rule, read.
type expr struct {
	op   byte // & | ! or 0 for a matcher
	a, b *expr
	name string // of a matcher, in lower case
	args []string
	res  []*regexp.Regexp // of a regexp matcher, by argument; nil for one that Go does not read
}

// maxDepth bounds brackets; rules that people write have two.
const maxDepth = 50

type ruleParser struct {
	text  string
	pos   int
	depth int
}

// parseRule reads a rule like Host(`a`) && (PathPrefix(`/b`) || !Method(`GET`)).
func parseRule(text string) (*expr, error) {
	p := &ruleParser{text: text}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.blank(); p.pos < len(p.text) {
		return nil, fmt.Errorf("rule %q: %q at %d, want && or ||", text, rest(p.text[p.pos:]), p.pos+1)
	}
	return e, nil
}

func rest(s string) string {
	if len(s) > 20 {
		return s[:20] + "…"
	}
	return s
}

func (p *ruleParser) blank() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *ruleParser) take(word string) bool {
	p.blank()
	if strings.HasPrefix(p.text[p.pos:], word) {
		p.pos += len(word)
		return true
	}
	return false
}

func (p *ruleParser) or() (*expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("rule %q: nested deeper than %d", rest(p.text), maxDepth)
	}
	defer func() { p.depth-- }()
	e, err := p.and()
	for err == nil && p.take("||") {
		var b *expr
		b, err = p.and()
		e = &expr{op: '|', a: e, b: b}
	}
	return e, err
}

func (p *ruleParser) and() (*expr, error) {
	e, err := p.one()
	for err == nil && p.take("&&") {
		var b *expr
		b, err = p.one()
		e = &expr{op: '&', a: e, b: b}
	}
	return e, err
}

func (p *ruleParser) one() (*expr, error) {
	negations := 0
	for p.take("!") {
		negations++
	}
	var e *expr
	var err error
	if p.take("(") {
		if e, err = p.or(); err == nil && !p.take(")") {
			err = fmt.Errorf("rule %q: a bracket is not closed", p.text)
		}
	} else {
		e, err = p.matcher()
	}
	if negations%2 == 1 {
		e = &expr{op: '!', a: e}
	}
	return e, err
}

var matcherName = lazyregexp.New(`^[A-Za-z]+`)

func (p *ruleParser) matcher() (*expr, error) {
	p.blank()
	name := matcherName().FindString(p.text[p.pos:])
	p.pos += len(name)
	if name == "" || !p.take("(") {
		return nil, fmt.Errorf("rule %q: want a matcher like PathPrefix(`/v1`) at %d", p.text, p.pos+1)
	}
	e := &expr{name: strings.ToLower(name)}
	for {
		p.blank()
		if p.pos >= len(p.text) || strings.IndexByte("`\"'", p.text[p.pos]) < 0 {
			return nil, fmt.Errorf("rule %q: %s wants its value in backticks", p.text, name)
		}
		quote := p.text[p.pos]
		end := strings.IndexByte(p.text[p.pos+1:], quote)
		if end < 0 {
			return nil, fmt.Errorf("rule %q: a value is not closed", p.text)
		}
		e.args = append(e.args, p.text[p.pos+1:p.pos+1+end])
		p.pos += end + 2
		if p.take(",") {
			continue
		}
		if !p.take(")") {
			return nil, fmt.Errorf("rule %q: a bracket is not closed", p.text)
		}
		break
	}
	if !known[e.name] {
		return nil, fmt.Errorf("matcher %q, want Host, PathPrefix, Path, PathRegexp or another of Traefik's", name)
	}
	return e, e.compile()
}

// known are the matchers of Traefik 2 and 3.
var known = map[string]bool{"host": true, "hostheader": true, "hostregexp": true, "hostsni": true, "path": true, "pathprefix": true, "pathregexp": true,
	"method": true, "header": true, "headers": true, "headerregexp": true, "headersregexp": true, "query": true, "queryregexp": true, "clientip": true}

func (e *expr) compile() error {
	for _, a := range e.args {
		var re *regexp.Regexp
		if strings.HasSuffix(e.name, "regexp") && !strings.Contains(a, "{") {
			var err error
			if re, err = regexp.Compile(a); err != nil {
				return fmt.Errorf("regular expression %q: %s", a, err)
			}
		}
		e.res = append(e.res, re)
	}
	return nil
}

// holds reports whether a request fits; host is without its port.
func (e *expr) holds(req routing.Request, host, path string) truth {
	switch e.op {
	case '!':
		return yes - e.a.holds(req, host, path)
	case '&':
		return min(e.a.holds(req, host, path), e.b.holds(req, host, path))
	case '|':
		return max(e.a.holds(req, host, path), e.b.holds(req, host, path))
	}
	out := no
	for i, a := range e.args {
		out = max(out, e.holdsOne(i, a, req, host, path))
	}
	return out
}

func (e *expr) holdsOne(i int, arg string, req routing.Request, host, path string) truth {
	switch e.name {
	case "host", "hostheader":
		return truthOf(strings.EqualFold(strings.TrimSuffix(arg, "."), host))
	case "hostregexp":
		return e.match(i, host)
	case "pathregexp":
		return e.match(i, path)
	case "path", "pathprefix":
		if strings.Contains(arg, "{") { // version 2 takes patterns in braces
			return maybe
		}
		if e.name == "path" {
			return truthOf(path == arg)
		}
		return truthOf(strings.HasPrefix(path, arg))
	case "method":
		return truthOf(strings.EqualFold(arg, method(req)))
	}
	return maybe
}

func (e *expr) match(i int, s string) truth {
	if e.res[i] == nil {
		return maybe
	}
	return truthOf(e.res[i].MatchString(s))
}

func method(req routing.Request) string {
	if req.Method == "" {
		return "GET"
	}
	return req.Method
}

// collect lists the values of a matcher, wherever it stands.
func (e *expr) collect(name string, into []string) []string {
	if e == nil {
		return into
	}
	if e.op == 0 && e.name == name {
		return append(into, e.args...)
	}
	return e.b.collect(name, e.a.collect(name, into))
}

// hasPath tells a rule that looks at the path at all.
func (e *expr) hasPath() bool {
	if e == nil {
		return false
	}
	if e.op == 0 {
		return strings.HasPrefix(e.name, "path") && (e.name != "pathprefix" || len(e.args) != 1 || e.args[0] != "/")
	}
	return e.a.hasPath() || e.b.hasPath()
}
