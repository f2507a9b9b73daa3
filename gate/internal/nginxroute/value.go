package nginxroute

import (
	"cmp"
	"fmt"
	"strings"
)

// value is a string, or the reason why it is not known.
type value struct {
	s   string
	why string
}

func known(s string) value { return value{s: s} }

func unknown(format string, args ...any) value { return value{why: fmt.Sprintf(format, args...)} }

// part is a piece of a string with variables: a literal, a variable's name, or a capture's number.
type part struct {
	lit     string
	name    string
	capture int
}

// parts splits a string as nginx's scripts do; the error is nginx's.
func parts(s string) ([]part, error) {
	var out []part
	lit := 0
	for i := 0; i < len(s); {
		if s[i] != '$' {
			i++
			continue
		}
		if i > lit {
			out = append(out, part{lit: s[lit:i]})
		}
		p, n, err := variable(s[i:])
		if err != nil {
			return nil, err
		}
		out = append(out, p)
		i += n
		lit = i
	}
	if lit < len(s) {
		out = append(out, part{lit: s[lit:]})
	}
	return out, nil
}

func variable(s string) (part, int, error) {
	if len(s) == 1 {
		return part{}, 0, fmt.Errorf("invalid variable name in %q: $ stands alone", s)
	}
	if s[1] >= '1' && s[1] <= '9' {
		return part{capture: int(s[1] - '0')}, 2, nil
	}
	start, brace := 1, s[1] == '{'
	if brace {
		start = 2
	}
	i := start
	for i < len(s) && isNameByte(s[i]) {
		i++
	}
	if i == start {
		return part{}, 0, fmt.Errorf("invalid variable name in %q", s)
	}
	p := part{name: strings.ToLower(s[start:i])}
	if brace {
		if i >= len(s) || s[i] != '}' {
			return part{}, 0, fmt.Errorf("the closing brace in %q is missing", s)
		}
		i++
	}
	return p, i, nil
}

// expand is a string with its variables replaced.
func (r *run) expand(s string) value {
	ps, err := parts(s)
	if err != nil {
		return unknown("%v", err)
	}
	var b strings.Builder
	for _, p := range ps {
		v := known(p.lit)
		switch {
		case p.capture > 0:
			v = known(r.capture(p.capture))
		case p.name != "":
			v = r.variable(p.name)
		}
		if v.why != "" {
			return v
		}
		b.WriteString(v.s)
		if b.Len() > maxFile {
			return unknown("a value is longer than %d bytes", maxFile)
		}
	}
	return known(b.String())
}

func (r *run) capture(n int) string {
	if n < len(r.caps) {
		return r.caps[n]
	}
	return ""
}

// match runs a pattern and keeps its captures. A pattern that only PCRE reads is an open question.
func (r *run) match(p *pattern, s string, at Pos) bool {
	m, ok := p.Match(s)
	if !ok {
		r.caps = nil
		return r.decide(fmt.Sprintf("%s: whether %q matches %q is not known: %s", at, p.Text, s, cmp.Or(p.Why(), "the match takes too long")))
	}
	if m == nil {
		return false
	}
	if p.Captures == 0 {
		r.caps = nil
		return true
	}
	r.caps = m
	for i, n := range p.Names {
		if n != "" {
			r.vars[strings.ToLower(n)] = known(m[i])
		}
	}
	return true
}

// variable is a variable's value now.
func (r *run) variable(name string) value {
	if v, ok := r.vars[name]; ok {
		return v
	}
	if m := r.c.maps[name]; m != nil {
		v := r.mapValue(m)
		if !m.volatile {
			r.vars[name] = v
		}
		return v
	}
	if v, ok := r.builtin(name); ok {
		return v
	}
	if r.c.declared[name] {
		if r.c.declared["set "+name] {
			return known("")
		}
		return unknown("$%s comes from a module", name)
	}
	return unknown("$%s is not known", name)
}

func (r *run) builtin(name string) (value, bool) {
	switch name {
	case "uri", "document_uri":
		return known(r.uri), true
	case "request_uri":
		return known(r.req.URI), true
	case "args", "query_string":
		return known(r.args), true
	case "is_args":
		return known(map[bool]string{true: "?"}[r.args != ""]), true
	case "host":
		return known(r.hostVariable()), true
	case "scheme":
		return known(r.req.Scheme), true
	case "https":
		return known(map[bool]string{true: "on"}[r.req.Scheme == "https"]), true
	case "request_method":
		return known(r.method), true
	case "server_port":
		return known(fmt.Sprint(r.req.Port)), true
	case "server_name":
		return known(r.server.firstName()), true
	case "server_protocol":
		return known("HTTP/1.1"), true
	case "request_filename":
		p, _ := r.filePath()
		return p, true
	case "document_root":
		return r.rootPath(), true
	case "remote_addr", "realip_remote_addr":
		if r.req.Remote != "" {
			return known(r.req.Remote), true
		}
		return unknown("$%s depends on the client", name), true
	case "remote_user":
		return known(""), r.req.Header.Get("Authorization") == ""
	case "content_type":
		return known(r.req.Header.Get("Content-Type")), true
	case "content_length":
		return known(r.req.Header.Get("Content-Length")), true
	case "dollar":
		return value{}, false
	}
	return r.prefixed(name)
}

// prefixed are the variables that a prefix makes: of headers, query and cookies.
func (r *run) prefixed(name string) (value, bool) {
	if h, ok := strings.CutPrefix(name, "http_"); ok {
		if h == "host" {
			return known(r.req.Host), true
		}
		return known(strings.Join(r.req.Header.Values(strings.ReplaceAll(h, "_", "-")), ", ")), true
	}
	if a, ok := strings.CutPrefix(name, "arg_"); ok {
		for _, kv := range strings.Split(r.args, "&") {
			if k, v, ok := strings.Cut(kv, "="); ok && strings.EqualFold(k, a) {
				return known(v), true
			}
		}
		return known(""), true
	}
	if c, ok := strings.CutPrefix(name, "cookie_"); ok {
		for _, line := range r.req.Header.Values("Cookie") {
			for _, kv := range strings.Split(line, ";") {
				if k, v, ok := strings.Cut(strings.TrimSpace(kv), "="); ok && strings.EqualFold(k, c) {
					return known(v), true
				}
			}
		}
		return known(""), true
	}
	return value{}, false
}

func (r *run) hostVariable() string {
	if r.host != "" {
		return r.host
	}
	return r.server.firstName()
}

// firstName is what $server_name says.
func (l *level) firstName() string {
	name, _, _ := strings.Cut(l.declared, " ")
	return strings.ToLower(strings.TrimPrefix(name, "."))
}
