package gatewayroute

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Route says where a request goes.
func (c *Config) Route(req routing.Request) routing.Answer {
	if fitting := c.fitting(req); len(fitting) > 0 {
		r := fitting[0] // they come in the order of precedence
		switch {
		case r.headers > 0: // the request may have them
			return routing.Answer{Kind: routing.Unknown, Why: r.pos.String() + ": the match depends on headers or the query", Decided: r.pos, Location: r.place()}
		case c.contested(fitting, req) != nil:
			other := c.contested(fitting, req)
			return routing.Answer{Kind: routing.Unknown, Why: fmt.Sprintf("%s: whether the expression %s or the prefix %s takes it depends on the implementation of the Gateway", other.pos, other.path, r.path), Decided: r.pos, Location: r.place()}
		case r.open(req) != "":
			return routing.Answer{Kind: routing.Unknown, Why: r.open(req), Decided: r.pos, Location: r.place()}
		}
		return r.answer(req)
	}
	first := c.rules[0]
	return routing.Answer{Kind: routing.Local, Status: 404, Decided: first.resource, Server: &routing.Place{Pos: first.resource, Name: req.Host}}
}

// contested is a regular expression that takes a request as the winning prefix does,
// and hands it elsewhere; nil for none. Which of the two counts is for each
// implementation to say (Gateway API, HTTPPathMatch).
func (c *Config) contested(fitting []*rule, req routing.Request) *rule {
	if fitting[0].kind != "PathPrefix" {
		return nil
	}
	first := fitting[0].answer(req)
	for _, r := range fitting[1:] {
		if a := r.answer(req); r.kind == "RegularExpression" && r.headers == 0 && (a.Upstream != first.Upstream || a.URI != first.URI) {
			return r
		}
	}
	return nil
}

// Candidates are the answers of every rule that fits the request.
func (c *Config) Candidates(req routing.Request) []routing.Answer {
	var out []routing.Answer
	for _, r := range c.fitting(req) {
		if r.headers == 0 && r.open(req) == "" {
			out = append(out, r.answer(req))
		}
	}
	return out
}

// Unknown lists the patterns that cannot be run.
func (c *Config) Unknown() []routing.UnknownPattern { return c.unknown }

// fitting are the rules that take a request, the one that wins first: the most exact host, an exact path, the longest
// prefix, a method, the most headers, and the order of the files.
func (c *Config) fitting(req routing.Request) []*rule {
	path, _, _ := strings.Cut(req.URI, "?")
	method := cmp.Or(req.Method, "GET")
	var out []*rule
	for _, r := range c.ofHost(req.Host) {
		if r.fits(path) && (r.method == "" || r.method == method) && c.admits(r, req) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *rule) int {
		return cmp.Or(rank(b.kind)-rank(a.kind), prefixLength(b)-prefixLength(a), compareSet(a.method, b.method), b.headers-a.headers)
	})
	return out
}

func rank(kind string) int {
	return slices.Index([]string{"RegularExpression", "PathPrefix", "Exact"}, kind)
}

func prefixLength(r *rule) int {
	if r.kind == "PathPrefix" {
		return len(strings.TrimSuffix(r.path, "/"))
	}
	return 0
}

func compareSet(a, b string) int {
	if (a == "") == (b == "") {
		return 0
	}
	if a == "" {
		return 1
	}
	return -1
}

// ofHost are the rules of the host itself, else those of the longest wildcard, else those for any.
func (c *Config) ofHost(host string) []*rule {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	names := []string{host}
	for rest := host; rest != ""; {
		_, parent, ok := strings.Cut(rest, ".")
		if !ok {
			break
		}
		names, rest = append(names, "*."+parent), parent
	}
	for _, name := range append(names, "") {
		var out []*rule
		for _, r := range c.rules {
			if r.host == name {
				out = append(out, r)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// admits reports whether a listener takes the request for the rule. Where the Gateway is not at hand, any does.
func (c *Config) admits(r *rule, req routing.Request) bool {
	known := false
	for _, l := range c.listeners {
		if !r.attached(l) {
			continue
		}
		known = true
		if l.tls == (req.Scheme == "https") {
			return true
		}
	}
	return !known
}

// attached reports whether a rule's route is bound to a listener.
func (r *rule) attached(l listener) bool {
	return slices.ContainsFunc(r.parents, func(p parent) bool {
		return p.gateway == l.gateway && (p.section == "" || p.section == l.name)
	})
}

func (r *rule) fits(path string) bool {
	switch r.kind {
	case "Exact":
		return path == r.path
	case "RegularExpression":
		groups, known := r.re.Match(path)
		return groups != nil || !known
	}
	p := strings.TrimSuffix(r.path, "/")
	return path == p || strings.HasPrefix(path, p+"/")
}

// open says why it is not known what becomes of a request; "" where it is.
func (r *rule) open(req routing.Request) string {
	if r.doubt != "" || r.re == nil {
		return r.doubt
	}
	path, _, _ := strings.Cut(req.URI, "?")
	if _, known := r.re.Match(path); known {
		return ""
	}
	return fmt.Sprintf("%s: whether %q matches %q is not known: %s", r.pos, r.path, path, cmp.Or(r.re.Why(), "the match takes too long"))
}

func (r *rule) place() *routing.Place {
	p := &routing.Place{Pos: r.pos, Name: "path " + r.path, Path: r.path}
	switch r.kind {
	case "RegularExpression":
		p.Modifier = "~"
	case "Exact":
		p.Modifier = "="
	}
	return p
}

func (r *rule) answer(req routing.Request) routing.Answer {
	a := routing.Answer{Kind: routing.Proxied, Protocol: "http", URI: req.URI, Method: cmp.Or(req.Method, "GET"), Targets: r.targets,
		Location: r.place(), Decided: r.backend, Server: &routing.Place{Pos: r.resource, Name: r.host}}
	a.Steps = []routing.Step{{Pos: r.pos, Text: "path " + r.path}}
	path, query, has := strings.Cut(req.URI, "?")
	for _, f := range r.filters {
		changed := f.changed(r, path)
		if f.kind == "RequestRedirect" {
			a.Kind, a.Status, a.Decided, a.Targets, a.URI = routing.Redirect, f.status, f.pos, nil, ""
			a.Target = f.target(req, changed)
			if has {
				a.Target += "?" + query
			}
			return a
		}
		if changed != path {
			a.Steps = append(a.Steps, routing.Step{Pos: f.pos, Text: "rewrite " + r.path + " " + f.path, Note: path + " becomes " + changed})
			path = changed
		}
	}
	if a.URI = path; has {
		a.URI += "?" + query
	}
	if len(r.targets) == 0 {
		return routing.Answer{Kind: routing.Local, Status: 500, Decided: r.pos, Location: r.place(), Server: a.Server}
	}
	a.Upstream = r.targets[0]
	return a
}

// changed is the path after a filter.
func (f filter) changed(r *rule, path string) string {
	switch f.pathKind {
	case "ReplaceFullPath":
		return f.path
	case "ReplacePrefixMatch":
		rest := strings.TrimPrefix(path, strings.TrimSuffix(r.path, "/"))
		return "/" + strings.TrimPrefix(strings.TrimSuffix(f.path, "/")+rest, "/")
	}
	return path
}

func (f filter) target(req routing.Request, path string) string {
	host, port, _ := strings.Cut(req.Host, ":")
	if f.host != "" {
		host = f.host
	}
	scheme := cmp.Or(f.scheme, req.Scheme, "http")
	if f.scheme != "" {
		port = ""
	}
	if port = cmp.Or(f.port, port); port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host + path
}

// Entries lists the hosts, in file order, plain HTTP and TLS apart.
func (c *Config) Entries() []routing.Entry {
	type key struct {
		host string
		tls  bool
	}
	var out []routing.Entry
	seen := map[key]bool{}
	for _, r := range c.rules {
		for _, tls := range []bool{false, true} {
			k := key{r.host, tls}
			if seen[k] || !c.admits(r, routing.Request{Scheme: map[bool]string{true: "https"}[tls]}) {
				continue
			}
			seen[k] = true
			e := routing.Entry{Pos: r.resource, Names: r.host, Host: strings.Replace(r.host, "*", "gate", 1), Port: 80, TLS: tls, Takes: func(s string) bool {
				rules := c.ofHost(s)
				return len(rules) > 0 && rules[0].host == r.host
			}}
			if tls {
				e.Port = 443
			}
			out = append(out, e)
		}
	}
	return out
}
