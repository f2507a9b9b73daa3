package nginxroute

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// upstream is an upstream block.
type upstream struct {
	name    string
	targets []string
	all     []Target // those marked down too
	pos     Pos
}

// Target is host:port as a line names it, without a variable: nginx looks it up when it starts, and does not start when it
// is not found.
type Target struct {
	Address string
	Pos     Pos
}

// Targets are those of all upstream blocks and *_pass directives, whether a request comes to them or not.
func (c *Config) Targets() []Target {
	var out []Target
	for _, u := range c.upstreams {
		out = append(out, u.all...)
	}
	for _, s := range c.servers {
		out = append(out, c.passTargets(s.dir.Block)...)
	}
	return out
}

func (c *Config) passTargets(ds []*Directive) []Target {
	var out []Target
	for _, d := range ds {
		out = append(out, c.passTargets(d.Block)...)
		if d.Name != "proxy_pass" || strings.Contains(d.arg(0), "$") {
			continue
		}
		u, err := splitURL(d.arg(0))
		if err == nil && !slices.ContainsFunc(c.upstreams, func(g *upstream) bool { return g.name == u.host }) {
			out = append(out, Target{u.hostPort(), d.at(0)})
		}
	}
	return out
}

func (b *builder) upstream(d *Directive) {
	u := &upstream{name: d.arg(0), pos: d.Pos}
	var backup []string
	for _, s := range d.Block {
		if s.Name != "server" || len(s.Args) == 0 {
			continue
		}
		t, opts := s.Args[0], strings.Join(s.Args[1:], " ")
		u.all = append(u.all, Target{withPort(t, "80"), s.at(0)})
		switch {
		case strings.Contains(opts, "down"):
		case strings.Contains(opts, "backup"):
			backup = append(backup, withPort(t, "80"))
		default:
			u.targets = append(u.targets, withPort(t, "80"))
		}
	}
	u.targets = append(u.targets, backup...)
	if len(u.targets) == 0 {
		b.fail(d.Pos, "no servers are inside upstream %q", u.name)
	}
	for _, o := range b.c.upstreams {
		if o.name == u.name {
			b.fail(d.Pos, "duplicate upstream %q, first at %s", u.name, o.pos)
		}
	}
	b.c.upstreams = append(b.c.upstreams, u)
}

func withPort(host, port string) string {
	if strings.HasPrefix(host, "unix:") {
		return host
	}
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return strings.Trim(host, "[]") + ":" + port
}

// passURL is a *_pass argument in its pieces.
type passURL struct {
	scheme string
	host   string // as written, with port if there is one
	uri    string // "" if there is none
}

func (u passURL) hostPort() string {
	if strings.HasPrefix(u.host, "unix:") {
		return u.host
	}
	port := "80"
	if u.scheme == "https" || u.scheme == "grpcs" {
		port = "443"
	}
	if strings.HasPrefix(u.host, "[") && strings.HasSuffix(u.host, "]") {
		return u.host + ":" + port
	}
	if strings.Contains(u.host, ":") {
		return u.host
	}
	return u.host + ":" + port
}

func splitURL(s string) (passURL, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return passURL{}, fmt.Errorf("invalid URL %q, want http://host:port", s)
	}
	u := passURL{scheme: strings.ToLower(scheme), host: rest}
	if strings.HasPrefix(rest, "unix:") {
		path, uri, found := strings.Cut(rest[5:], ":")
		u.host, u.uri = "unix:"+path, uri
		_ = found
		return u, nil
	}
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		u.host, u.uri = rest[:i], rest[i:]
	}
	if u.uri != "" && u.uri[0] == '?' {
		u.uri = "/" + u.uri
	}
	if u.host == "" {
		return passURL{}, fmt.Errorf("no host in %q, want http://host:port", s)
	}
	if i := strings.LastIndexByte(u.host, ':'); i >= 0 && !strings.HasSuffix(u.host, "]") {
		if p, err := strconv.Atoi(u.host[i+1:]); err != nil || p < 1 || p > 65535 {
			return passURL{}, fmt.Errorf("invalid port in upstream %q", s)
		}
	}
	return u, nil
}

// pass is the level's own directive that hands requests over or answers them, nil if it has none.
func (l *level) pass() *Directive {
	for i := len(l.body) - 1; i >= 0; i-- {
		if isHandler(l.body[i].Name) {
			return l.body[i]
		}
	}
	return nil
}

func isHandler(name string) bool {
	switch name {
	case "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "stub_status", "empty_gif",
		"perl", "js_content", "content_by_lua", "content_by_lua_file", "content_by_lua_block", "flv", "mp4", "echo", "api",
		"hls", "f4f", "vhost_traffic_status_display", "tunnel_pass":
		return true
	}
	return false
}

// content is the phase that answers.
func (r *run) content() phase {
	h := r.handler
	if h == nil {
		if d := r.loc.unreadOrForeign(); d != nil {
			r.giveUp(d.Pos, "what %s does here is not known", d.String())
			return phaseDone
		}
		return r.static()
	}
	r.step(h.Pos, h.String(), "")
	switch h.Name {
	case "proxy_pass":
		return r.proxy(h)
	case "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass":
		return r.otherPass(h)
	case "stub_status":
		r.finish(Answer{Kind: Local, Status: 200, Decided: h.Pos})
	case "empty_gif":
		if r.method != "GET" && r.method != "HEAD" {
			return r.local(405, h.Pos)
		}
		r.finish(Answer{Kind: Local, Status: 200, Decided: h.Pos})
	default:
		r.giveUp(h.Pos, "%s answers at run time", h.Name)
	}
	return phaseDone
}

// unreadOrForeign is a directive of a location without a handler that may be one.
func (l *level) unreadOrForeign() *Directive {
	if l.kind != locationLevel {
		return nil
	}
	for _, d := range l.body {
		if d.Name == unreadInclude && !harmlessInclude(d.arg(0)) || d.Name != unreadInclude && !isKnown(d.Name) {
			return d
		}
	}
	return nil
}

// unread is the first include of a server that is not at hand, and may hold locations.
func (l *level) unread() string {
	for _, d := range l.body {
		if d.Name == unreadInclude && !harmlessInclude(d.arg(0)) {
			return fmt.Sprintf("%s: include %s is not at hand", d.Pos, d.arg(0))
		}
	}
	return ""
}

// proxy is proxy_pass: the target, and the path by nginx's three rules. Without a URI part the request's own text goes
// on as it came; a URI part replaces the location's; one with variables replaces all.
func (r *run) proxy(h *Directive) phase {
	text := h.arg(0)
	hasVars := strings.Contains(text, "$")
	v := r.expand(text)
	if v.why != "" {
		r.giveUp(h.Pos, "%s", v.why)
		return phaseDone
	}
	u, err := splitURL(v.s)
	if err != nil || u.scheme != "http" && u.scheme != "https" {
		r.note(h.Pos, "proxy_pass %q is no URL: nginx answers 500", v.s)
		return r.local(500, h.Pos)
	}
	a := Answer{Kind: Proxied, Protocol: u.scheme, Method: r.proxyMethod(), Status: max(r.errStatus, 0), Decided: h.Pos}
	r.resolve(&a, u, h, hasVars)
	switch {
	case hasVars && u.uri != "":
		a.URI = u.uri
	case u.uri == "" && r.validUnparsed:
		a.URI = r.req.URI
	default:
		a.URI = r.replacedURI(u.uri)
	}
	if a.URI == "" {
		r.note(h.Pos, "zero length URI to proxy")
		return r.local(500, h.Pos)
	}
	r.finish(a)
	return phaseDone
}

// replacedURI is the path with the location's part replaced, escaped if it was decoded before.
func (r *run) replacedURI(uri string) string {
	cut := 0
	if uri != "" && r.validLocation {
		cut = min(len(r.passName()), len(r.uri))
	}
	rest := r.uri[cut:]
	if r.quoted || r.internal {
		rest = escapeURI(rest)
	}
	if !r.validLocation {
		uri = ""
	}
	if r.args != "" {
		rest += "?" + r.args
	}
	return uri + rest
}

// passName is the name of the location whose proxy_pass acts.
func (r *run) passName() string {
	for l := r.loc; l != nil; l = l.parent {
		if l.kind == locationLevel {
			return l.name
		}
	}
	return ""
}

func (r *run) proxyMethod() string {
	if d := r.loc.inherit("proxy_method"); d != nil {
		return strings.ToUpper(d.arg(0))
	}
	return r.method
}

// resolve fills in where the target's name leads.
func (r *run) resolve(a *Answer, u passURL, h *Directive, hasVars bool) {
	a.Upstream = u.hostPort()
	a.Targets = []string{a.Upstream}
	for _, g := range r.c.upstreams {
		if strings.EqualFold(g.name, u.host) {
			a.Group, a.Targets, a.Upstream = g.name, g.targets, g.targets[0]
			r.step(g.pos, "upstream "+g.name, strings.Join(g.targets, ", "))
			return
		}
	}
	host, _, err := net.SplitHostPort(a.Upstream)
	if err != nil || !hasVars || net.ParseIP(host) != nil || strings.HasPrefix(a.Upstream, "unix:") {
		return
	}
	if r.loc.inherit("resolver") == nil && !r.c.literalTarget(u.host) {
		a.Unresolved = true
		r.note(h.Pos, "no resolver is defined to look up %s, so nginx answers 502", host)
	}
}

// literalTarget says whether some proxy_pass names the host without variables: nginx then knows its address.
func (c *Config) literalTarget(host string) bool {
	var walk func([]*Directive) bool
	walk = func(ds []*Directive) bool {
		for _, d := range ds {
			if d.Name == "proxy_pass" && !strings.Contains(d.arg(0), "$") {
				if u, err := splitURL(d.arg(0)); err == nil && strings.EqualFold(u.host, host) {
					return true
				}
			}
			if !mapLike(d.Name) && walk(d.Block) {
				return true
			}
		}
		return false
	}
	return walk(c.http.body)
}

// otherPass are the other protocols' targets; their path is what the request had.
func (r *run) otherPass(h *Directive) phase {
	v := r.expand(h.arg(0))
	if v.why != "" {
		r.giveUp(h.Pos, "%s", v.why)
		return phaseDone
	}
	proto := strings.TrimSuffix(h.Name, "_pass")
	u, err := splitURL(v.s)
	if err != nil {
		u = passURL{scheme: proto, host: v.s}
		if strings.HasPrefix(v.s, "unix:") {
			u.host = v.s
		}
	} else if proto != "uwsgi" {
		proto = u.scheme
	}
	a := Answer{Kind: Proxied, Protocol: proto, Method: r.method, Decided: h.Pos, URI: r.req.URI}
	r.resolve(&a, u, h, false)
	if proto != "fastcgi" && proto != "uwsgi" && proto != "scgi" && !r.validUnparsed {
		a.URI = r.replacedURI("")
	}
	r.finish(a)
	return phaseDone
}
