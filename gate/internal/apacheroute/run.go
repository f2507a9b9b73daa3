package apacheroute

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// run is one request on its way.
type run struct {
	c        *Config
	req      routing.Request
	host     *host
	sections []*section // that fit, in file order
	first    string     // the path as it was decoded
	uri      string
	given    string // the query as sent
	args     string
	hasArgs  bool
	caps     []string
	condCaps []string
	rounds   int
	forced   *mapping
	place    *routing.Place
	answer   *routing.Answer
	steps    []routing.Step
	notes    []string
}

// Route says where a request goes.
func (c *Config) Route(req routing.Request) routing.Answer { return c.try(req, nil) }

// try is one run; forced is the only mapping that counts.
func (c *Config) try(req routing.Request, forced *mapping) routing.Answer {
	if req.Method == "" {
		req.Method = "GET"
	}
	if req.Scheme == "" {
		req.Scheme = "http"
	}
	if req.Port == 0 {
		req.Port = c.guessPort(req.Scheme == "https")
	}
	r := &run{c: c, req: req, forced: forced, notes: slices.Clone(c.notes)}
	r.serve()
	a := *r.answer
	a.Steps, a.Notes, a.Location = r.steps, r.notes, r.place
	if r.host != nil {
		a.Server, a.Unread = r.host.place(), r.host.unread
	}
	return a
}

func (h *host) place() *routing.Place {
	name := strings.TrimSpace(h.name + " " + strings.Join(h.aliases, " "))
	return &routing.Place{Pos: h.node.pos, Name: name}
}

func (r *run) serve() {
	if len(r.c.ports) > 0 && !slices.Contains(r.c.ports, r.req.Port) {
		r.finish(routing.Answer{Kind: routing.Refused, Why: fmt.Sprintf("no Listen for port %d", r.req.Port)})
		return
	}
	r.host = r.c.choose(r.req, cleanHost(r.req.Host))
	r.step(r.host.node.pos, strings.TrimSpace("VirtualHost "+r.host.name), "")
	t := read(r.req.URI, r.host.on("mergeslashes", true), r.host.slashes())
	if t.status != 0 {
		r.finish(routing.Answer{Kind: routing.Local, Status: t.status, Decided: r.host.node.pos})
		return
	}
	r.uri, r.first, r.args, r.given, r.hasArgs = t.path, t.path, t.args, t.args, t.hasArgs
	for _, d := range r.host.foreign {
		r.giveUp(d.pos, "%s decides at run time", d)
		return
	}
	for _, s := range r.host.sections {
		fits := r.fits(s)
		if r.answer != nil {
			return
		}
		if fits {
			r.sections = append(r.sections, s)
		}
	}
	r.translate()
	if r.answer.Kind != routing.Unknown {
		r.guard()
	}
}

// translate walks the hooks that turn a path into a target, in Apache's order.
func (r *run) translate() {
	if r.forced == nil && r.rewrites() || r.proxyPass() {
		return
	}
	if r.answer == nil && !r.redirects(r.host.redirects) {
		r.files()
	}
}

// local ends with a file, after rules without PT.
func (r *run) local() {
	if r.answer != nil {
		return
	}
	at := r.host.node.pos
	if !strings.HasPrefix(r.uri, "/") {
		r.finish(routing.Answer{Kind: routing.Local, Status: 400, Decided: at})
		return
	}
	root := "/var/www/html"
	if d := r.host.settings["documentroot"]; d != nil {
		root = strings.TrimSuffix(d.arg(0), "/")
	}
	r.file(root+r.uri, at)
}

// guard lets the fitting sections overrule: a redirect of theirs, a refusal, a handler.
func (r *run) guard() {
	for _, s := range r.sections {
		switch {
		case s.rules:
			r.overrule(routing.Answer{Kind: routing.Unknown, Why: s.node.pos.String() + ": RewriteRules in a <Location> are not followed", Decided: s.node.pos})
		case s.other != nil:
			r.overrule(routing.Answer{Kind: routing.Unknown, Why: s.other.pos.String() + ": <If> decides at run time", Decided: s.other.pos})
		case s.set != nil && r.answer.Kind != routing.Proxied && r.answer.Kind != routing.Redirect:
			r.overrule(routing.Answer{Kind: routing.Unknown, Why: s.set.pos.String() + ": SetHandler " + s.set.arg(0) + " answers", Decided: s.set.pos})
		case len(s.redir) > 0 && r.answer.Kind != routing.Redirect:
			r.overrule(routing.Answer{Kind: routing.Unknown, Why: s.redir[0].node.pos.String() + ": a Redirect in a <Location>", Decided: s.redir[0].node.pos})
		case s.denied != nil && r.answer.Kind != routing.Redirect:
			r.place = &routing.Place{Pos: s.node.pos, Name: s.node.String(), Path: s.path}
			r.overrule(routing.Answer{Kind: routing.Local, Status: 403, Decided: s.denied.pos})
		}
	}
}

func (r *run) overrule(a routing.Answer) { r.answer = &a }

func (r *run) step(p routing.Pos, text, note string) {
	if len(r.steps) < 200 {
		r.steps = append(r.steps, routing.Step{Pos: p, Text: text, Note: note})
	}
}

func (r *run) finish(a routing.Answer) {
	if r.answer == nil {
		r.answer = &a
	}
}

func (r *run) giveUp(at routing.Pos, format string, args ...any) {
	r.finish(routing.Answer{Kind: routing.Unknown, Why: at.String() + ": " + fmt.Sprintf(format, args...), Decided: at})
}

// slashes is AllowEncodedSlashes: off, on, or nodecode.
func (h *host) slashes() string {
	if d := h.settings["allowencodedslashes"]; d != nil && (strings.EqualFold(d.arg(0), "on") || strings.EqualFold(d.arg(0), "nodecode")) {
		return strings.ToLower(d.arg(0))
	}
	return "off"
}

func (r *run) keepsSlashes() bool { return r.host.slashes() == "nodecode" }

// guessPort is the port that an asker who names none means.
func (c *Config) guessPort(tls bool) int {
	want := 80
	if tls {
		want = 443
	}
	first := 0
	for _, h := range c.hosts {
		for _, a := range h.addrs {
			if a.port == want {
				return want
			}
			if first == 0 {
				first = a.port
			}
		}
	}
	if first == 0 {
		return want
	}
	return first
}

// Entries lists the virtual hosts, in file order; without any the main server.
func (c *Config) Entries() []routing.Entry {
	var out []routing.Entry
	for _, h := range c.hosts {
		e := h.entry()
		for _, a := range h.addrs {
			if a.port != 0 {
				e.Port = a.port
				break
			}
		}
		out = append(out, e)
	}
	if len(out) == 0 {
		e := c.main.entry()
		if len(c.ports) > 0 && !slices.Contains(c.ports, 80) {
			e.Port = c.ports[0]
		}
		out = append(out, e)
	}
	return out
}

func (h *host) entry() routing.Entry {
	d := h.settings["sslengine"]
	e := routing.Entry{Pos: h.node.pos, Names: h.place().Name, Host: h.name, TLS: d != nil && strings.EqualFold(d.arg(0), "on"), Takes: func(s string) bool { return h.takes(cleanHost(s)) }}
	if e.Host == "" && len(h.aliases) > 0 && !strings.ContainsAny(h.aliases[0], "*?") {
		e.Host = h.aliases[0]
	}
	return e
}

// Candidates are the answers of every ProxyPass that fits the request, had it been the only one.
func (c *Config) Candidates(req routing.Request) []routing.Answer {
	if req.Port == 0 {
		req.Port = c.guessPort(req.Scheme == "https")
	}
	h := c.choose(req, cleanHost(req.Host))
	var all []*mapping
	for _, s := range h.sections {
		all = append(all, s.passes...)
	}
	all = append(all, h.passes...)
	var out []routing.Answer
	for _, m := range all {
		if m.real == "!" {
			continue
		}
		if a := c.try(req, m); a.Location != nil && a.Location.Pos == m.node.pos {
			out = append(out, a)
		}
	}
	return out
}
