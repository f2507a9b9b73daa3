package apacheroute

import (
	"cmp"
	"net"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/pcre"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Options say how files are read.
type Options struct {
	// Defines are what -D and the environment's envvars give.
	Defines map[string]string
	// Show turns a path into the one that places are given with; nil leaves it.
	Show func(string) string
}

// Config is a configuration that Apache would take.
type Config struct {
	Files     []string
	main      *host
	hosts     []*host
	ports     []int // of Listen; empty: not said
	tls       map[int]bool
	balancers map[string][]string
	notes     []string
	unknown   []routing.UnknownPattern
}

// Unknown lists the patterns that cannot be run, in file order within each host.
func (c *Config) Unknown() []routing.UnknownPattern { return c.unknown }

// host is the main server or a virtual host, with what the main server hands down.
type host struct {
	node      *node
	addrs     []address
	name      string // ServerName, without port
	port      string // of ServerName
	aliases   []string
	rewrite   bool
	rules     []*rule
	inherit   string // RewriteOptions
	passes    []*mapping
	redirects []*mapping
	alias     []*mapping
	sections  []*section
	settings  map[string]*node
	foreign   []*node // directives that may decide, and are not simulated
	unread    string  // an include that is not at hand
}

type address struct {
	host string // "" is every one
	port int    // 0 is every one
}

// Load reads files: a main configuration, or files of virtual hosts. A file that is not readable is that error; text
// that Apache would refuse is a routing.Errors.
func Load(files []string, opt Options) (*Config, error) {
	l := &loader{opt: opt, defines: map[string]string{}}
	for k, v := range opt.Defines {
		l.defines[k] = v
	}
	if len(files) > 0 {
		l.root = filepath.Dir(files[0])
		if b := filepath.Base(l.root); b == "sites-enabled" || b == "sites-available" || b == "conf-enabled" || b == "conf.d" || b == "extra" {
			l.root = filepath.Dir(l.root)
		}
	}
	var all []*node
	for _, f := range files {
		if slices.Contains(l.files, f) {
			continue
		}
		ns, err := l.read(f, 0)
		if err != nil {
			return nil, asErrors(err)
		}
		all = append(all, ns...)
	}
	c := &Config{Files: l.files, notes: l.notes, balancers: map[string][]string{}, tls: map[int]bool{}}
	if err := c.build(all); err != nil {
		return nil, err
	}
	return c, nil
}

// builder collects what Apache would refuse.
type builder struct {
	c    *Config
	errs routing.Errors
}

// pattern compiles one with Apache's default options. What Apache would refuse and what cannot be run is noted; nil is
// the former. Source: httpd.apache.org/docs/2.4/mod/core.html#regexdefaultoptions.
func (b *builder) pattern(at routing.Pos, text string, nocase bool) *pcre.Pattern {
	p, err := pcre.Compile(text, pcre.Options{Caseless: nocase, DotAll: true, DollarEndOnly: true})
	if err != nil {
		b.fail(fail(at, "regular expression %q: %v", text, err))
		return nil
	}
	if why := p.Why(); why != "" {
		b.c.unknown = append(b.c.unknown, routing.UnknownPattern{Pos: at, Text: text, Why: why})
	}
	return p
}

// match gives the groups of a match at once; where it is not known whether there is one, the answer is not either.
func (r *run) match(p *pcre.Pattern, text string, at routing.Pos) []string {
	caps, known := p.Match(text)
	if !known {
		r.giveUp(at, "whether %q matches %q is not known: %s", p.Text, text, cmp.Or(p.Why(), "the match takes too long"))
	}
	return caps
}

func (b *builder) fail(err error) {
	if e, ok := err.(routing.SyntaxError); ok {
		b.errs = append(b.errs, e)
	}
}

func (c *Config) build(all []*node) error {
	b := &builder{c: c}
	c.main = b.host(&node{body: all, pos: routing.Pos{File: c.firstFile(all), Line: 1, Col: 1}}, nil)
	for _, n := range all {
		switch {
		case n.section && n.name == "virtualhost":
			h := b.host(n, c.main)
			for _, a := range n.args {
				h.addrs = append(h.addrs, b.address(a))
			}
			if len(n.args) == 0 {
				b.fail(fail(n.pos, "<VirtualHost> wants an address, like *:80"))
			}
			c.hosts = append(c.hosts, h)
		case n.name == "listen":
			_, port, err := net.SplitHostPort(n.arg(0))
			if err != nil {
				port = n.arg(0)
			}
			p, err := strconv.Atoi(port)
			if err != nil || p < 1 || p > 65535 {
				b.fail(fail(n.at(0), "Listen %q: want a port, or address:port", n.arg(0)))
				continue
			}
			c.ports = append(c.ports, p)
		}
	}
	if len(b.errs) > 0 {
		return b.errs
	}
	return nil
}

func (b *builder) address(w word) address {
	text := strings.TrimPrefix(w.text, "_default_")
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		a := address{host: strings.Trim(text[:i], "[]")}
		if text[i+1:] != "*" {
			p, err := strconv.Atoi(text[i+1:])
			if err != nil || p < 0 || p > 65535 {
				b.fail(fail(w.pos, "<VirtualHost %s>: want an address like *:80", w.text))
			}
			a.port = p
		}
		if a.host == "*" {
			a.host = ""
		}
		return a
	}
	if text == "*" {
		text = ""
	}
	return address{host: strings.Trim(text, "[]")}
}

// host reads the directives of a server.
func (b *builder) host(n *node, base *host) *host {
	h := &host{node: n, settings: map[string]*node{}}
	if base != nil {
		h.inherit = ""
	}
	var conds []*cond
	for _, d := range n.body {
		if d.section {
			b.section(h, d)
			continue
		}
		conds = b.directive(h, d, conds)
	}
	if base != nil {
		h.inheritFrom(base)
	}
	return h
}

// directive reads one directive of a server; conds are the RewriteConds that wait for their rule.
func (b *builder) directive(h *host, d *node, conds []*cond) []*cond {
	switch d.name {
	case "servername":
		name := d.arg(0)
		if _, rest, ok := strings.Cut(name, "://"); ok {
			name = rest
		}
		h.name, h.port, _ = strings.Cut(strings.ToLower(name), ":")
	case "serveralias":
		for _, a := range d.args {
			h.aliases = append(h.aliases, strings.ToLower(a.text))
		}
	case "rewriteengine":
		h.rewrite = strings.EqualFold(d.arg(0), "on")
	case "rewriteoptions":
		h.inherit = strings.ToLower(d.arg(0))
	case "rewritecond":
		if c := b.cond(d); c != nil {
			return append(conds, c)
		}
	case "rewriterule":
		if r := b.rule(d, conds); r != nil {
			h.rules = append(h.rules, r)
		}
		return nil
	case "proxypass", "proxypassmatch":
		b.pass(d, "", &h.passes)
	case "redirect", "redirectmatch", "redirectpermanent", "redirecttemp":
		b.redirect(d, &h.redirects)
	case "alias", "aliasmatch", "scriptalias", "scriptaliasmatch":
		b.alias(d, &h.alias)
	case "use", "proxypassinterpolateenv", "proxyexpressdbmfile", "proxyexpressenable", "luahooktranslatename", "luamaphandler":
		h.foreign = append(h.foreign, d)
	case "documentroot", "directoryindex", "mergeslashes", "allowencodedslashes", "usecanonicalname", "sslengine", "errordocument", "proxypreservehost":
		h.settings[d.name] = d
	case "include":
		// Certbot's file has no routing, nor has Debian's of ports.
		if base := path.Base(d.arg(0)); h.unread == "" && !strings.Contains(base, "ssl") && base != "ports.conf" {
			h.unread = d.pos.String() + ": include " + d.arg(0) + " is not at hand"
		}
	default:
		b.typo(d)
	}
	return conds
}

// inheritFrom adds what the main server hands down. Source: the merge functions of mod_proxy, mod_alias, mod_rewrite.
func (h *host) inheritFrom(base *host) {
	h.passes = append(slices.Clone(base.passes), h.passes...)
	h.redirects = append(h.redirects, base.redirects...)
	h.alias = append(h.alias, base.alias...)
	h.sections = append(slices.Clone(base.sections), h.sections...)
	h.foreign = append(h.foreign, base.foreign...)
	if h.unread == "" {
		h.unread = base.unread
	}
	switch h.inherit {
	case "inherit":
		h.rules = append(h.rules, base.rules...)
	case "inheritbefore":
		h.rules = append(slices.Clone(base.rules), h.rules...)
	}
	for k, v := range base.settings {
		if h.settings[k] == nil {
			h.settings[k] = v
		}
	}
}

// typo finds misspelt names of the directives that route.
func (b *builder) typo(d *node) {
	switch d.name {
	case "proxypas", "proxypassmach", "proxyspass", "rewriterules", "rewriteconds", "rewritecon", "rewrterule", "rewriteruel",
		"rewritengine", "serveraliases", "servernames", "proxypassmatches", "proxypassrevers", "proxypassreverce", "documentrot":
		b.fail(fail(d.pos, "invalid command %q", d.name))
	}
}

// choose finds the server for a request: of the virtual hosts on its address the first with its name, else the first.
func (c *Config) choose(req routing.Request, hostName string) *host {
	var exact, any []*host
	for _, h := range c.hosts {
		for _, a := range h.addrs {
			if a.port != 0 && a.port != req.Port {
				continue
			}
			switch {
			case a.host == "":
				any = append(any, h)
			case req.Addr == "" || a.host == req.Addr:
				exact = append(exact, h)
			}
		}
	}
	found := exact
	if len(found) == 0 {
		found = any
	}
	for _, h := range found {
		if h.takes(hostName) {
			return h
		}
	}
	if len(found) > 0 {
		return found[0]
	}
	return c.main
}

// takes says whether one of the server's names fits.
func (h *host) takes(name string) bool {
	if name == "" {
		return false
	}
	if h.name == name {
		return true
	}
	for _, a := range h.aliases {
		if a == name {
			return true
		}
		if ok, err := path.Match(a, name); err == nil && ok {
			return true
		}
	}
	return false
}

func cleanHost(s string) string {
	s = strings.ToLower(s)
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end > 0 {
			return s[:end+1]
		}
	}
	s, _, _ = strings.Cut(s, ":")
	return strings.TrimSuffix(s, ".")
}

func (c *Config) firstFile(all []*node) string {
	if len(all) > 0 {
		return all[0].pos.File
	}
	if len(c.Files) > 0 {
		return filepath.ToSlash(c.Files[0])
	}
	return "httpd.conf"
}
