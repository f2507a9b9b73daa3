package caddyroute

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Options is what loading needs to know besides the files.
type Options struct {
	// Show turns a path into the one that places are given with; nil leaves it.
	Show func(string) string
	// Env are the variables that {$NAME} reads.
	Env map[string]string
}

// Config is what a Caddyfile says.
type Config struct {
	Files   []string // read, imports too
	sites   []*site
	order   []string // of directives
	options map[string]string
	unknown []routing.UnknownPattern
}

// site is a block of addresses.
type site struct {
	pos      routing.Pos
	names    string // the addresses as written
	at       []address
	routes   []*route
	matchers map[string]segment
	tls      string // the argument of the tls directive, "on" without one; "" for none
}

// address is one of a site's.
type address struct {
	host string // in lower case; "" is any
	port int
	tls  bool
	path string // a matcher of the site's, as old files have it
}

// Load reads Caddyfiles, each by itself. What Caddy would refuse is a routing.Errors.
func Load(files []string, opt Options) (*Config, error) {
	c := &Config{order: slices.Clone(directives), options: map[string]string{}}
	for _, f := range files {
		if slices.Contains(c.Files, f) {
			continue // imported by one before
		}
		p := &parser{opt: opt, snippets: map[string][]token{}}
		words, err := p.file(f)
		if err != nil {
			return nil, err
		}
		words = p.takeSnippets(words)
		words = p.takeSnippets(p.imports(words, f, 0)) // an import may bring snippets
		n := nester{p: p, words: words}
		segments := n.block(nil, 0)
		if len(p.errs) == 0 {
			c.build(p, segments)
		}
		c.Files = append(c.Files, p.files...)
		if len(p.errs) > 0 {
			return nil, p.errs
		}
	}
	return c, nil
}

// build makes sites of a file's segments.
func (c *Config) build(p *parser, segments []segment) {
	if len(segments) > 0 && segments[0].name() == "{" {
		c.global(segments[0].block)
		segments = segments[1:]
	}
	// A file may be one site without braces: its first line is the address.
	if len(segments) > 0 && !segments[0].has && segments[0].name() != notAtHand {
		segments = []segment{{words: segments[0].words, block: segments[1:], has: true}}
	}
	for _, s := range segments {
		switch {
		case s.name() == notAtHand:
			continue
		case strings.HasPrefix(s.name(), "&("):
			continue // a named route, which invoke runs: Unknown there
		case !s.has:
			p.fail(s.pos(), "%s stands outside of a site, want the address of a site and a block { … }", s.name())
			continue
		}
		c.site(p, s)
	}
}

// global reads what of the global options has a say.
func (c *Config) global(options []segment) {
	for _, o := range options {
		if o.name() == "order" && len(o.args()) >= 2 {
			c.reorder(o.arg(0), o.arg(1), o.arg(2))
			continue
		}
		c.options[o.name()] = o.arg(0)
	}
}

func (c *Config) site(p *parser, s segment) {
	made := &site{pos: s.pos(), matchers: map[string]segment{}}
	var names []string
	for _, w := range s.words {
		for _, name := range strings.Split(w.text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	made.names = strings.Join(names, " ")
	for _, d := range s.block {
		if strings.HasPrefix(d.name(), "@") {
			made.matchers[d.name()] = d
		}
		if d.name() == "tls" {
			made.tls = "on"
		}
	}
	for _, name := range names {
		a, err := c.address(name, made.tls != "")
		if err != nil {
			p.fail(s.pos(), "%s", err)
			continue
		}
		made.at = append(made.at, a)
	}
	made.routes = c.routes(p, made, s.block, true)
	c.sites = append(c.sites, made)
}

// address reads one of a site's addresses.
func (c *Config) address(name string, tls bool) (address, error) {
	scheme, rest, ok := strings.Cut(name, "://")
	if !ok {
		scheme, rest = "", name
	}
	a := address{}
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		rest, a.path = rest[:at], rest[at:]
	}
	host, port := rest, ""
	if h, p, err := net.SplitHostPort(rest); err == nil {
		host, port = h, p
	}
	a.host = strings.ToLower(strings.Trim(host, "[]"))
	if port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return a, fmt.Errorf("address %q: port %q, want a number", name, port)
		}
		a.port = n
	}
	off := c.options["auto_https"] == "off"
	switch {
	case scheme == "http":
	case scheme == "https", a.port == 443, tls:
		a.tls = true
	default:
		// Caddy gets a certificate for whatever has a name, at any port but 80.
		a.tls = a.host != "" && a.port != 80 && !off
	}
	if a.port == 0 {
		a.port = map[bool]int{true: c.port("https_port", 443), false: c.port("http_port", 80)}[a.tls]
	}
	return a, nil
}

func (c *Config) port(option string, usual int) int {
	if n, err := strconv.Atoi(c.options[option]); err == nil {
		return n
	}
	return usual
}

// takes reports whether an address takes a host by name, with a wildcard, or as any.
func (a address) takes(host string) (rank int, ok bool) {
	switch {
	case a.host == host && host != "":
		return 2, true
	case strings.HasPrefix(a.host, "*."):
		_, parent, _ := strings.Cut(host, ".")
		return 1, parent != "" && parent == a.host[2:]
	}
	return 0, a.host == ""
}

// Entries lists the addresses of all sites, in file order.
func (c *Config) Entries() []routing.Entry {
	var out []routing.Entry
	for _, s := range c.sites {
		for _, a := range s.at {
			out = append(out, routing.Entry{Pos: s.pos, Names: s.names, Host: strings.Replace(a.host, "*", "gate", 1), Port: a.port, TLS: a.tls, Takes: func(host string) bool {
				rank, ok := a.takes(strings.ToLower(host))
				return ok && rank > 0
			}})
		}
	}
	return out
}

// Unknown lists the patterns that cannot be run: Caddy's are Go's own, so there are none.
func (c *Config) Unknown() []routing.UnknownPattern { return c.unknown }
