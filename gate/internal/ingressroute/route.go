package ingressroute

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Route says where a request goes.
func (c *Config) Route(req routing.Request) routing.Answer {
	if fitting := c.fitting(req); len(fitting) > 0 {
		r := fitting[0]
		if why := r.unknown(req); why != "" {
			return routing.Answer{Kind: routing.Unknown, Why: why, Decided: r.pos, Location: r.place()}
		}
		return r.answer(req)
	}
	if c.fallback != nil {
		return c.fallback.answer(req)
	}
	a := routing.Answer{Kind: routing.Local, Status: 404}
	if len(c.rules) > 0 {
		a.Decided = c.rules[0].resource
		a.Server = &routing.Place{Pos: c.rules[0].resource, Name: req.Host}
	}
	return a
}

// Candidates are the answers of every rule that fits the request.
func (c *Config) Candidates(req routing.Request) []routing.Answer {
	var out []routing.Answer
	for _, r := range c.fitting(req) {
		if r.unknown(req) == "" {
			out = append(out, r.answer(req))
		}
	}
	return out
}

// fitting are the rules of the request's host that take its path, the one that wins first.
func (c *Config) fitting(req routing.Request) []*rule {
	path, _, _ := strings.Cut(req.URI, "?")
	var out []*rule
	for _, r := range c.ofHost(req.Host) {
		if r.fits(path) {
			out = append(out, r)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if (a.kind == "Exact") != (b.kind == "Exact") {
			return a.kind == "Exact"
		}
		return len(strings.TrimSuffix(a.path, "/")) > len(strings.TrimSuffix(b.path, "/"))
	})
	return out
}

// ofHost are the rules of the host itself, else those of a wildcard, else those without a host.
func (c *Config) ofHost(host string) []*rule {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	_, parent, _ := strings.Cut(host, ".")
	for _, want := range []string{host, "*." + parent, ""} {
		var out []*rule
		for _, r := range c.rules {
			if r.host == want {
				out = append(out, r)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

func (r *rule) fits(path string) bool {
	if r.re != nil {
		m, known := r.re.Match(path)
		return m != nil || !known
	}
	switch r.kind {
	case "Exact":
		return path == r.path
	case "Prefix":
		p := strings.TrimSuffix(r.path, "/")
		return path == p || strings.HasPrefix(path, p+"/")
	}
	return strings.HasPrefix(path, strings.TrimSuffix(r.path, "*"))
}

// unknown says why it is not known whether the rule takes a request; "" where it is.
func (r *rule) unknown(req routing.Request) string {
	if r.re == nil {
		return ""
	}
	path, _, _ := strings.Cut(req.URI, "?")
	if _, known := r.re.Match(path); known {
		return ""
	}
	return fmt.Sprintf("%s: whether %q matches %q is not known: %s", r.pos, r.path, path, cmp.Or(r.re.Why(), "the match takes too long"))
}

// Unknown lists the patterns that cannot be run.
func (c *Config) Unknown() []routing.UnknownPattern { return c.unknown }

func (r *rule) place() *routing.Place {
	p := &routing.Place{Pos: r.pos, Name: "path " + r.path, Path: r.path}
	switch {
	case r.re != nil && r.path != "/":
		p.Modifier = "~*"
	case r.kind == "Exact":
		p.Modifier = "="
	}
	return p
}

func (r *rule) answer(req routing.Request) routing.Answer {
	method := req.Method
	if method == "" {
		method = "GET"
	}
	a := routing.Answer{Kind: routing.Proxied, Protocol: "http", Upstream: r.service + ":" + r.port, URI: req.URI, Method: method,
		Location: r.place(), Decided: r.backend, Server: &routing.Place{Pos: r.resource, Name: r.host}}
	if r.port == "" {
		a.Upstream = r.service
	}
	a.Targets = []string{a.Upstream}
	a.Steps = []routing.Step{{Pos: r.pos, Text: "path " + r.path}}
	if r.doubt != "" {
		a.Kind, a.Why = routing.Unknown, r.doubt
		return a
	}
	if r.rewrite != "" {
		path, query, has := strings.Cut(req.URI, "?")
		a.URI = r.rewritten(path)
		if has {
			a.URI += "?" + query
		}
		a.Steps = append(a.Steps, routing.Step{Pos: r.annot, Text: "rewrite " + r.path + " " + r.rewrite, Note: path + " becomes " + a.URI})
	}
	return a
}

// rewritten is rewrite-target with the path's captures.
func (r *rule) rewritten(path string) string {
	caps, _ := r.re.Match(path)
	var b strings.Builder
	for i := 0; i < len(r.rewrite); i++ {
		if r.rewrite[i] == '$' && i+1 < len(r.rewrite) && r.rewrite[i+1] >= '0' && r.rewrite[i+1] <= '9' {
			i++
			if n := int(r.rewrite[i] - '0'); n < len(caps) {
				b.WriteString(caps[n])
			}
			continue
		}
		b.WriteByte(r.rewrite[i])
	}
	return b.String()
}

// Entries lists the hosts, in file order.
func (c *Config) Entries() []routing.Entry {
	var out []routing.Entry
	var seen []string
	for _, r := range c.rules {
		if slices.Contains(seen, r.host) {
			continue
		}
		seen = append(seen, r.host)
		host := strings.Replace(r.host, "*", "gate", 1)
		e := routing.Entry{Pos: r.resource, Names: r.host, Host: host, Port: 80, TLS: r.tls, Takes: func(s string) bool {
			rules := c.ofHost(s)
			return len(rules) > 0 && rules[0].host == r.host
		}}
		if e.TLS {
			e.Port = 443
		}
		out = append(out, e)
	}
	if len(out) == 0 && c.fallback != nil {
		out = append(out, routing.Entry{Pos: c.fallback.resource, Port: 80, Takes: func(string) bool { return true }})
	}
	return out
}
