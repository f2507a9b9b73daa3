package apacheroute

import (
	"net"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/pcre"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// mapping is a ProxyPass, Redirect or Alias: a path or pattern, and where it leads.
type mapping struct {
	node    *node
	fake    string // the path
	re      *pcre.Pattern
	real    string // the target; "!" ends the search
	nocanon bool
	status  int // of a redirect
}

// section is a <Location> or <LocationMatch>.
type section struct {
	node   *node
	path   string
	re     *pcre.Pattern
	passes []*mapping
	redir  []*mapping
	denied *node // Require all denied
	rules  bool  // RewriteRules of its own, which are not followed
	set    *node // SetHandler
	other  *node // <If> and the like
}

// section reads a block of a server.
func (b *builder) section(h *host, d *node) {
	switch d.name {
	case "virtualhost":
		return
	case "location", "locationmatch":
		b.location(h, d)
	case "proxy":
		b.balancer(d)
	case "if", "elseif", "else":
		h.foreign = append(h.foreign, d)
	}
}

func (b *builder) location(h *host, d *node) {
	s := &section{node: d, path: d.arg(0)}
	pattern := ""
	switch {
	case d.name == "locationmatch":
		pattern = d.arg(0)
	case d.arg(0) == "~":
		pattern = d.arg(1)
	}
	if len(d.args) == 0 {
		b.fail(fail(d.pos, "<%s> wants a path", d.written()))
		return
	}
	if pattern != "" {
		if s.re = b.pattern(d.at(len(d.args)-1), pattern, false); s.re == nil {
			return
		}
		s.path = pattern
	}
	for _, n := range d.body {
		switch n.name {
		case "proxypass", "proxypassmatch":
			b.pass(n, s.path, &s.passes)
		case "redirect", "redirectpermanent", "redirecttemp", "redirectmatch":
			b.redirect(n, &s.redir)
		case "require":
			if strings.EqualFold(n.String(), "Require all denied") {
				s.denied = n
			}
		case "rewriterule":
			s.rules = true
		case "sethandler":
			s.set = n
		case "if":
			s.other = n
		}
	}
	h.sections = append(h.sections, s)
}

// fits says whether a section is the path's: whole segments of it, or its pattern.
func (r *run) fits(s *section) bool {
	path := r.uri
	if s.re != nil {
		return r.match(s.re, path, s.node.pos) != nil
	}
	if s.path == "/" {
		return true
	}
	p := strings.TrimSuffix(s.path, "/")
	if strings.HasSuffix(s.path, "/") {
		return strings.HasPrefix(path, s.path)
	}
	return path == p || strings.HasPrefix(path, p+"/")
}

// pass reads ProxyPass and ProxyPassMatch; in a section the path is the section's. A ProxyPass in a <LocationMatch> takes
// the pattern for a plain path, as Apache does, and so fits nothing.
func (b *builder) pass(d *node, path string, into *[]*mapping) {
	m := &mapping{node: d, fake: path}
	args := d.args
	match := d.name == "proxypassmatch"
	if path == "" {
		if len(args) < 2 {
			b.fail(fail(d.pos, "%s wants a path and a URL", d.written()))
			return
		}
		m.fake, args = args[0].text, args[1:]
	}
	if len(args) == 0 {
		b.fail(fail(d.pos, "%s wants a URL", d.written()))
		return
	}
	m.real = args[0].text
	for _, o := range args[1:] {
		switch {
		case o.text == "nocanon":
			m.nocanon = true
		case strings.Contains(o.text, "=") || o.text == "interpolate" || o.text == "noquery":
		default:
			b.fail(fail(o.pos, "%s: %q is no parameter, want key=value", d.written(), o.text))
		}
	}
	if m.real != "!" && !strings.Contains(m.real, "://") && !strings.HasPrefix(m.real, "unix:") && !strings.HasPrefix(m.real, "$") {
		b.fail(fail(args[0].pos, "%s: %q is no URL, want http://host:port/… or !", d.written(), m.real))
	}
	if match {
		if m.re = b.pattern(d.at(0), m.fake, false); m.re == nil {
			return
		}
	}
	*into = append(*into, m)
}

// balancer reads a <Proxy balancer://name>.
func (b *builder) balancer(d *node) {
	name, ok := strings.CutPrefix(d.arg(0), "balancer://")
	if !ok {
		return
	}
	for _, n := range d.body {
		if n.name == "balancermember" {
			b.c.balancers[strings.TrimSuffix(name, "/")] = append(b.c.balancers[strings.TrimSuffix(name, "/")], n.arg(0))
		}
	}
}

// aliasLen is how much of a path a mapping's path takes: any number of slashes stands for any, and the last segment has
// to be whole. 0 is no match.
func aliasLen(uri, fake string) int {
	i, j := 0, 0
	for j < len(fake) && i < len(uri) {
		if fake[j] == '/' {
			if uri[i] != '/' {
				return 0
			}
			for j < len(fake) && fake[j] == '/' {
				j++
			}
			for i < len(uri) && uri[i] == '/' {
				i++
			}
			continue
		}
		if uri[i] != fake[j] {
			return 0
		}
		i, j = i+1, j+1
	}
	if j != len(fake) || j == 0 {
		return 0
	}
	if fake[j-1] != '/' && i < len(uri) && uri[i] != '/' {
		return 0
	}
	return i
}

// proxyPass is mod_proxy's turn: the last fitting section's ProxyPass, then the list in order.
func (r *run) proxyPass() (done bool) {
	var own []*mapping
	for _, s := range r.sections {
		if len(s.passes) > 0 {
			own = s.passes[len(s.passes)-1:]
		}
	}
	for _, m := range append(append([]*mapping(nil), own...), r.host.passes...) {
		rest, raw, ok := r.fit(m)
		if r.answer != nil {
			return true
		}
		if !ok {
			continue
		}
		if r.forced != nil && r.forced != m {
			continue
		}
		r.step(m.node.pos, m.node.String(), "")
		r.place = m.place()
		if m.real == "!" {
			return false
		}
		r.handTo(m, rest, raw)
		return true
	}
	return false
}

// fit says whether a mapping takes the path, and what of the path is left for its target; raw is what was sent, for
// nocanon, which only holds where the path as sent begins as the decoded one does.
func (r *run) fit(m *mapping) (rest string, raw, ok bool) {
	if m.re == nil {
		n := aliasLen(r.uri, m.fake)
		if n == 0 {
			return "", false, false
		}
		if sent, _, _ := strings.Cut(r.req.URI, "?"); m.nocanon && aliasLen(sent, m.fake) == n {
			return sent[n:], true, true
		}
		return r.uri[n:], false, true
	}
	r.caps = r.match(m.re, r.uri, m.node.pos)
	return "", m.nocanon, r.caps != nil
}

func (m *mapping) place() *routing.Place {
	p := &routing.Place{Pos: m.node.pos, Name: m.node.written() + " " + m.fake, Path: m.fake}
	if m.re != nil {
		p.Modifier = "~"
	}
	return p
}

// gluedPort says what is wrong where a slash is missing between target and path: ProxyPass /v1/ http://api:5001.
const gluedPort = "the path runs into the target's port, for want of a slash at its end"

// handTo ends with a proxied answer.
func (r *run) handTo(m *mapping, rest string, raw bool) {
	target := m.real + rest
	if m.re != nil {
		target = r.substitute(m.real, r.caps, nil)
		if target == m.real { // no capture in it: the whole path is meant
			target += r.uri
		}
		if strings.Contains(target, "?") {
			r.giveUp(m.node.pos, "a query in the target of a pattern")
			return
		}
	}
	r.proxied(target, raw, m.node.pos)
}

// proxied takes a URL apart: host, and the path as it goes on the wire.
func (r *run) proxied(target string, raw bool, at routing.Pos) {
	scheme, tail, ok := strings.Cut(target, "://")
	if !ok {
		r.giveUp(at, "%q is no URL", target)
		return
	}
	hostPart, path := tail, ""
	if i := strings.IndexByte(tail, '/'); i >= 0 {
		hostPart, path = tail[:i], tail[i:]
	}
	if path == "" {
		path = "/"
	}
	scheme = strings.ToLower(scheme)
	a := routing.Answer{Kind: routing.Proxied, Protocol: scheme, Method: r.req.Method, Decided: at}
	if scheme == "balancer" {
		members := r.c.balancers[hostPart]
		if len(members) == 0 {
			r.giveUp(at, "balancer://%s has no members in these files", hostPart)
			return
		}
		a.Group = hostPart
		for _, m := range members {
			s, t, _ := strings.Cut(m, "://")
			h, p, slash := strings.Cut(t, "/")
			if slash && p != "" {
				r.giveUp(at, "a balancer member with a path")
				return
			}
			a.Protocol = s
			a.Targets = append(a.Targets, hostPort(h, s))
		}
	} else {
		a.Targets = []string{hostPort(hostPart, scheme)}
	}
	a.Upstream = a.Targets[0]
	if _, port, err := net.SplitHostPort(a.Upstream); err != nil || strings.Trim(port, "0123456789") != "" {
		r.notes = append(r.notes, at.String()+": "+gluedPort+": "+a.Upstream)
		r.finish(routing.Answer{Kind: routing.Local, Status: 500, Decided: at}) // or 400, as the workers happen to stand
		return
	}
	switch a.Protocol {
	case "http", "https", "ws", "wss", "h2", "h2c":
	default:
		r.giveUp(at, "what an upstream that speaks %s sees", a.Protocol)
		return
	}
	if !raw {
		path = escapePath(path)
		if r.keepsSlashes() {
			path = strings.NewReplacer("%252F", "%2F", "%252f", "%2f").Replace(path)
		}
	}
	a.URI = path
	if r.hasArgs {
		a.URI += "?" + r.args
	}
	r.finish(a)
}

func hostPort(h, scheme string) string {
	if _, _, err := net.SplitHostPort(h); err == nil {
		return h
	}
	port := 80
	switch scheme {
	case "https", "wss":
		port = 443
	}
	return h + ":" + strconv.Itoa(port)
}
