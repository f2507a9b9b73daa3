package traefikroute

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Route says where a request goes.
func (c *Config) Route(req routing.Request) routing.Answer {
	for _, ro := range c.routers {
		switch c.fits(ro, req) {
		case maybe:
			return routing.Answer{Kind: routing.Unknown, Why: ro.doubtText(), Decided: ro.pos, Location: ro.place(req)}
		case yes:
			return c.answer(ro, req)
		}
	}
	a := routing.Answer{Kind: routing.Local, Status: 404}
	if len(c.routers) > 0 {
		last := c.routers[len(c.routers)-1]
		a.Decided, a.Server = last.resource, &routing.Place{Pos: last.resource, Name: req.Host}
	}
	return a
}

// Candidates are the answers of every router that takes the request.
func (c *Config) Candidates(req routing.Request) []routing.Answer {
	var out []routing.Answer
	for _, ro := range c.routers {
		if c.fits(ro, req) == yes {
			out = append(out, c.answer(ro, req))
		}
	}
	return out
}

func (ro *router) doubtText() string {
	if ro.doubt != "" {
		return ro.pos.String() + ": " + ro.doubt
	}
	return ro.pos.String() + ": whether router " + ro.name + " takes it depends on more than host, path and method"
}

func (c *Config) fits(ro *router, req routing.Request) truth {
	if ro.tls != (req.Scheme == "https") {
		return no
	}
	if ro.expr == nil {
		return maybe
	}
	fits := ro.holds(req)
	if fits == yes && ro.doubt != "" {
		return maybe
	}
	return fits
}

func (ro *router) holds(req routing.Request) truth {
	host, _, _ := strings.Cut(strings.ToLower(req.Host), ":")
	path, _, _ := strings.Cut(req.URI, "?")
	return ro.expr.holds(req, host, path)
}

// place names a router; one that looks at no path takes all that the others leave.
func (ro *router) place(req routing.Request) *routing.Place {
	p := &routing.Place{Pos: ro.pos, Name: "router " + ro.name, Path: "/"}
	if !ro.expr.hasPath() {
		return p
	}
	path, _, _ := strings.Cut(req.URI, "?")
	p.Path = ro.rule
	longest := ""
	for _, prefix := range ro.expr.collect("pathprefix", nil) {
		if strings.HasPrefix(path, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	if longest != "" {
		p.Path = longest
	}
	return p
}

func (c *Config) answer(ro *router, req routing.Request) routing.Answer {
	a := routing.Answer{Kind: routing.Proxied, Protocol: "http", URI: req.URI, Method: method(req), Location: ro.place(req), Decided: ro.pos,
		Server: &routing.Place{Pos: ro.resource, Name: strings.Join(ro.expr.collect("host", nil), " ")}}
	a.Steps = []routing.Step{{Pos: ro.pos, Text: "router " + ro.name + " " + ro.rule}}
	if c.through(ro.middlewares, req, &a, 0) {
		return a
	}
	s := c.services[ro.service]
	if s == nil || len(s.targets) == 0 {
		a.Kind, a.Why = routing.Unknown, ro.pos.String()+": service "+ro.service+" is declared elsewhere"
		return a
	}
	a.Protocol, a.Targets, a.Upstream = s.scheme, s.targets, s.targets[0]
	a.Steps = append(a.Steps, routing.Step{Pos: s.pos, Text: "service " + s.name + " " + strings.Join(s.targets, " ")})
	return a
}

// through runs middlewares; true when the request ends in one.
func (c *Config) through(names []string, req routing.Request, a *routing.Answer, depth int) bool {
	for _, name := range names {
		m := c.middlewares[plainName(name)]
		if m == nil || depth > 8 {
			continue
		}
		if chain := m.values("chain.middlewares"); len(chain) > 0 {
			if c.through(chain, req, a, depth+1) {
				return true
			}
			continue
		}
		path, query, has := strings.Cut(a.URI, "?")
		e, pos := m.apply(req, path)
		switch {
		case e.doubt != "":
			a.Kind, a.Why, a.Decided = routing.Unknown, pos.String()+": "+e.doubt, pos
			return true
		case e.redirect != "":
			a.Kind, a.Status, a.Target, a.URI, a.Decided = routing.Redirect, e.status, e.redirect, "", pos
			return true
		case e.path != path:
			a.Decided, a.URI = pos, e.path
			if has {
				a.URI += "?" + query
			}
			a.Steps = append(a.Steps, routing.Step{Pos: pos, Text: "middleware " + name, Note: path + " becomes " + e.path})
		}
	}
	return false
}

// Entries lists the hosts, in the order of the routers' ranks, those of plain HTTP and of TLS apart.
func (c *Config) Entries() []routing.Entry {
	type key struct {
		host string
		tls  bool
	}
	var out []routing.Entry
	seen := map[key]bool{}
	for _, ro := range c.routers {
		hosts := ro.expr.collect("host", nil)
		if len(hosts) == 0 {
			hosts = []string{""}
		}
		for _, h := range hosts {
			k := key{strings.ToLower(h), ro.tls}
			if seen[k] {
				continue
			}
			seen[k] = true
			e := routing.Entry{Pos: ro.resource, Names: k.host, Host: k.host, Port: 80, TLS: ro.tls, Takes: c.takes(k.host)}
			if ro.tls {
				e.Port = 443
			}
			out = append(out, e)
		}
	}
	return out
}

// takes reports whether a host is the entry's: by name, or for the entry without one when no router names it.
func (c *Config) takes(name string) func(string) bool {
	return func(host string) bool {
		host = strings.ToLower(host)
		if name != "" {
			return host == name
		}
		return !slices.ContainsFunc(c.routers, func(ro *router) bool {
			return slices.ContainsFunc(ro.expr.collect("host", nil), func(h string) bool { return strings.EqualFold(h, host) })
		})
	}
}

// Unknown lists the patterns of which it is not known what they match: those in braces, which Traefik 2 takes. Those of
// Traefik 3 are Go's own.
func (c *Config) Unknown() []routing.UnknownPattern {
	var out []routing.UnknownPattern
	for _, ro := range c.routers {
		for _, name := range []string{"hostregexp", "pathregexp", "path", "pathprefix"} {
			for _, arg := range ro.expr.collect(name, nil) {
				if strings.Contains(arg, "{") {
					out = append(out, routing.UnknownPattern{Pos: ro.pos, Text: arg, Why: "it has braces as Traefik 2 takes them"})
				}
			}
		}
	}
	return out
}
