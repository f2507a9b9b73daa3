package apacheroute

import (
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// redirect reads Redirect, RedirectMatch and their kin.
func (b *builder) redirect(d *node, into *[]*mapping) {
	m := &mapping{node: d, status: 302}
	args := d.args
	switch d.name {
	case "redirectpermanent":
		m.status = 301
	case "redirecttemp":
	default:
		if code, ok := redirectCode(d.arg(0)); ok {
			m.status, args = code, args[1:]
		}
	}
	if len(args) == 0 || len(args) == 1 && m.status >= 300 && m.status < 400 {
		b.fail(fail(d.pos, "%s wants a path and a URL", d.written()))
		return
	}
	m.fake = args[0].text
	if len(args) > 1 {
		m.real = args[1].text
	}
	if d.name == "redirectmatch" {
		if m.re = b.pattern(args[0].pos, m.fake, false); m.re == nil {
			return
		}
	}
	*into = append(*into, m)
}

func redirectCode(s string) (int, bool) {
	switch strings.ToLower(s) {
	case "permanent":
		return 301, true
	case "temp":
		return 302, true
	case "seeother":
		return 303, true
	case "gone":
		return 410, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 300 && n < 600
}

// alias reads Alias and AliasMatch.
func (b *builder) alias(d *node, into *[]*mapping) {
	if len(d.args) != 2 {
		b.fail(fail(d.pos, "%s wants a path and a directory", d.written()))
		return
	}
	m := &mapping{node: d, fake: d.arg(0), real: d.arg(1)}
	if strings.HasSuffix(d.name, "match") {
		if m.re = b.pattern(d.at(0), m.fake, false); m.re == nil {
			return
		}
	}
	*into = append(*into, m)
}

// redirects is mod_alias's first turn.
func (r *run) redirects(list []*mapping) bool {
	for _, m := range list {
		rest, _, ok := r.fit(m)
		if r.answer != nil {
			return true
		}
		if !ok {
			continue
		}
		r.step(m.node.pos, m.node.String(), "")
		r.place = m.place()
		if m.status < 300 || m.status > 399 {
			r.finish(routing.Answer{Kind: routing.Local, Status: m.status, Decided: m.node.pos})
			return true
		}
		to := m.real + escapeLower(rest)
		if m.re != nil {
			to = r.substitute(m.real, r.caps, escapeLower)
		}
		if r.hasArgs && !strings.Contains(to, "?") {
			to += "?" + r.args
		}
		r.redirected(m.status, to, m.node.pos)
		return true
	}
	return false
}

// redirected ends with a redirect; a path becomes a URL of this server.
func (r *run) redirected(code int, to string, at routing.Pos) {
	if strings.HasPrefix(to, "/") {
		to = r.req.Scheme + "://" + r.authority() + to
	}
	r.finish(routing.Answer{Kind: routing.Redirect, Status: code, Target: to, Decided: at})
}

// authority is the server's name for its own redirects: what the client called it, with the port it named.
func (r *run) authority() string {
	name, port := cleanHost(r.req.Host), ""
	if i := strings.LastIndexByte(r.req.Host, ':'); i >= 0 && !strings.HasSuffix(r.req.Host, "]") {
		port = r.req.Host[i+1:]
	}
	if name == "" || r.host.on("usecanonicalname", false) {
		name, port = r.host.name, r.host.port
	}
	if port == "" {
		port = r.host.port
	}
	def := "80"
	if r.req.Scheme == "https" {
		def = "443"
	}
	if port == "" || port == def {
		return name
	}
	return name + ":" + port
}

// files is what is left when nothing proxies: an alias, or a file below DocumentRoot.
func (r *run) files() {
	for _, m := range r.host.alias {
		rest, _, ok := r.fit(m)
		if r.answer != nil {
			return
		}
		if ok {
			r.step(m.node.pos, m.node.String(), "")
			r.place = m.place()
			path := m.real + rest
			if m.re != nil {
				path = r.substitute(m.real, r.caps, nil)
			}
			r.file(path, m.node.pos)
			return
		}
	}
	at := r.host.node.pos
	root := "/var/www/html"
	if d := r.host.settings["documentroot"]; d != nil {
		root, at = strings.TrimSuffix(d.arg(0), "/"), d.pos
	}
	r.file(root+r.uri, at)
}

// file ends with a file's answer, as far as it is known what is there.
func (r *run) file(path string, at routing.Pos) {
	kind := routing.FileUnknown
	if r.req.Stat != nil {
		kind = r.req.Stat(path)
	}
	a := routing.Answer{Kind: routing.Static, FilePath: path, Decided: at}
	switch {
	case kind == routing.FileAbsent:
		a = routing.Answer{Kind: routing.Local, Status: 404, Decided: at}
	case kind == routing.FileRegular && (r.req.Method == "GET" || r.req.Method == "HEAD" || r.req.Method == "POST"):
		a.Status = 200
	case kind == routing.FileRegular:
		a = routing.Answer{Kind: routing.Local, Status: 405, Decided: at}
	}
	r.finish(a)
}

// on reads a flag of the server.
func (h *host) on(name string, def bool) bool {
	if d := h.settings[name]; d != nil {
		return strings.EqualFold(d.arg(0), "on")
	}
	return def
}
