package caddyroute

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// truth is what can be said of a matcher: it may hang on what is not known of a request.
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

// matcher is what a directive is limited to. All of its parts have to hold.
type matcher struct {
	paths []string // of a single path part, for the order and the name
	parts []part
	text  string // as written: "/v1/*", "@api"
	why   string // what it hangs on, where that is not known
}

// part is one condition, any of whose values may hold.
type part struct {
	kind   string // path, path_regexp, host, method, protocol; any other may hold or not
	values []string
	re     *regexp.Regexp
	not    []part // of kind not: all of them, reversed
}

// matcherOf reads a matcher token: *, /path or @name. ok is false for a word that is none.
func (c *Config) matcherOf(p *parser, s *site, w token) (m *matcher, ok bool) {
	switch {
	case w.quoted:
		return nil, false
	case w.text == "*":
		return nil, true
	case strings.HasPrefix(w.text, "/"):
		return &matcher{paths: []string{w.text}, parts: []part{{kind: "path", values: []string{w.text}}}, text: w.text}, true
	case strings.HasPrefix(w.text, "@"):
		named, found := s.matchers[w.text]
		if !found {
			p.fail(w.pos, "no matcher is called %s, want one that the site defines", w.text)
			return nil, true
		}
		m = &matcher{text: w.text}
		m.parts = c.parts(p, m, named)
		for _, one := range m.parts {
			if one.kind == "path" {
				m.paths = append(m.paths, one.values...)
			}
		}
		return m, true
	}
	return nil, false
}

// parts are the conditions of a named matcher, in one line or a block.
func (c *Config) parts(p *parser, m *matcher, s segment) []part {
	lines := s.block
	if len(s.args()) > 0 {
		if s.args()[0].quoted { // an expression
			m.why = "an expression"
			return []part{{kind: "expression"}}
		}
		lines = []segment{{words: s.args(), block: s.block, has: s.has}}
	}
	var out []part
	for _, l := range lines {
		one := part{kind: l.name()}
		for _, a := range l.args() {
			one.values = append(one.values, a.text)
		}
		switch one.kind {
		case "path", "host", "method", "protocol":
			// Lines of one kind are one condition.
			if i := slices.IndexFunc(out, func(o part) bool { return o.kind == one.kind }); i >= 0 {
				out[i].values = append(out[i].values, one.values...)
				continue
			}
		case "path_regexp":
			if len(one.values) == 0 {
				p.fail(l.pos(), "path_regexp without a pattern")
				continue
			}
			re, err := regexp.Compile(one.values[len(one.values)-1])
			if err != nil {
				p.fail(l.pos(), "path_regexp %s: %v", strings.Join(one.values, " "), err)
				continue
			}
			one.re = re
		case "not":
			one.not = c.parts(p, m, l)
		default:
			m.why = one.kind
		}
		out = append(out, one)
	}
	return out
}

// holds reports whether the matcher takes a request whose path is decoded.
func (m *matcher) holds(req routing.Request, path string) truth {
	if m == nil {
		return yes
	}
	return all(m.parts, req, path)
}

func all(parts []part, req routing.Request, path string) truth {
	out := yes
	for _, p := range parts {
		out = min(out, p.holds(req, path))
	}
	return out
}

func (p part) holds(req routing.Request, path string) truth {
	switch p.kind {
	case "path":
		return truthOf(slices.ContainsFunc(p.values, func(v string) bool { return pathFits(v, path) }))
	case "path_regexp":
		return truthOf(p.re.MatchString(path))
	case "host":
		host, _, _ := strings.Cut(strings.ToLower(req.Host), ":")
		return truthOf(slices.ContainsFunc(p.values, func(v string) bool {
			_, ok := address{host: strings.ToLower(v)}.takes(host)
			return ok
		}))
	case "method":
		return truthOf(slices.ContainsFunc(p.values, func(v string) bool { return strings.EqualFold(v, method(req)) }))
	case "protocol":
		return truthOf(slices.Contains(p.values, scheme(req)))
	case "header", "header_regexp": // a request without it is what clients send
		if len(p.values) > 0 && req.Header.Get(p.values[0]) != "" {
			return maybe
		}
		return no
	case "not":
		return yes - all(p.not, req, path)
	}
	return maybe
}

// pathFits is Caddy's path matcher: without case, with a * at either end or anywhere.
func pathFits(pattern, p string) bool {
	pattern, p = strings.ToLower(pattern), strings.ToLower(p)
	inner := strings.Trim(pattern, "*")
	switch {
	case pattern == "*":
		return true
	case strings.Contains(inner, "*") || strings.ContainsAny(inner, "?["):
		ok, err := path.Match(pattern, p)
		return err == nil && ok
	case strings.HasPrefix(pattern, "*") && strings.HasSuffix(pattern, "*"):
		return strings.Contains(p, inner)
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(p, inner)
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(p, inner)
	}
	return p == pattern
}

func method(req routing.Request) string {
	if req.Method == "" {
		return "GET"
	}
	return req.Method
}

func scheme(req routing.Request) string {
	if req.Scheme == "" {
		return "http"
	}
	return req.Scheme
}
