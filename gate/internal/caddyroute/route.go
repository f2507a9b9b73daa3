package caddyroute

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// route is a directive of a site that acts on requests.
type route struct {
	name    string
	pos     routing.Pos
	text    string // "handle /v1/*"
	rank    int
	matcher *matcher
	args    []token // without the matcher
	block   []segment
	sub     []*route // of handle, handle_path and route
	strip   string   // what handle_path takes off
	foreign bool     // none of the standard Caddy's
}

// routes makes routes of a block's directives; sorted, but inside of route.
func (c *Config) routes(p *parser, s *site, block []segment, sorted bool) []*route {
	var out []*route
	for _, d := range block {
		name := d.name()
		if strings.HasPrefix(name, "@") || slices.Contains(settings, name) {
			continue
		}
		r := &route{name: name, pos: d.pos(), text: name, args: d.args(), block: d.block, rank: c.rankOf(name)}
		if len(r.args) > 0 && name != "invoke" {
			if m, ok := c.matcherOf(p, s, r.args[0]); ok {
				r.text += " " + r.args[0].text
				r.matcher, r.args = m, r.args[1:]
			}
		}
		switch name {
		case "handle", "route":
			r.sub = c.routes(p, s, d.block, name == "handle")
		case "handle_path":
			if r.matcher == nil || len(r.matcher.paths) != 1 {
				p.fail(d.pos(), "handle_path wants one path, like /v1/*")
				continue
			}
			r.strip = strings.TrimSuffix(strings.TrimSuffix(r.matcher.paths[0], "*"), "/")
			r.sub = c.routes(p, s, d.block, true)
		default:
			r.foreign = name != notAtHand && !slices.Contains(directives, name)
		}
		if r.foreign && !slices.Contains(c.order, name) {
			r.rank = -1
		}
		out = append(out, r)
	}
	if sorted {
		c.sortRoutes(out)
	}
	return out
}

// place names the route for a request that it takes.
func (r *route) place(path string) *routing.Place {
	p := &routing.Place{Pos: r.pos, Name: r.text, Path: "/"}
	if r.matcher == nil {
		return p
	}
	for _, one := range r.matcher.parts {
		switch one.kind {
		case "path":
			for _, v := range one.values {
				if !pathFits(v, path) {
					continue
				}
				if p.Path = strings.TrimRight(v, "*"); p.Path == v {
					p.Modifier = "="
				}
				if strings.HasPrefix(v, "*") {
					p.Path, p.Modifier = v, "~"
				}
				return p
			}
		case "path_regexp":
			p.Path, p.Modifier = one.re.String(), "~"
		}
	}
	return p
}

// upstreams are the targets of a reverse_proxy, with the protocol of the first.
func (r *route) upstreams() (targets []string, protocol, why string) {
	words := slices.Clone(r.args)
	protocol = "http"
	for _, d := range r.block {
		switch d.name() {
		case "to":
			words = append(words, d.args()...)
		case "dynamic":
			why = "its upstreams are looked up at run time"
		case "transport":
			if d.arg(0) != "http" {
				protocol = d.arg(0)
			}
			for _, t := range d.block {
				if strings.HasPrefix(t.name(), "tls") {
					protocol = "https"
				}
			}
		}
	}
	for _, w := range words {
		target, scheme := upstreamOf(w.text)
		if strings.Contains(w.text, "{") {
			why = "its upstream has a placeholder"
		}
		if scheme != "" && len(targets) == 0 && protocol == "http" {
			protocol = scheme
		}
		targets = append(targets, target)
	}
	return targets, protocol, why
}

// upstreamOf reads api:5001, http://api:5001, :5001 and unix//run/x.
func upstreamOf(text string) (target, scheme string) {
	if path, ok := strings.CutPrefix(text, "unix/"); ok {
		return "unix:" + path, ""
	}
	port := "80"
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		scheme, text = u.Scheme, u.Host
		if scheme == "https" {
			port = "443"
		}
		if scheme == "h2c" {
			scheme = "http"
		}
	}
	host, given, err := net.SplitHostPort(text)
	if err != nil {
		return net.JoinHostPort(strings.Trim(text, "[]"), port), scheme
	}
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, given), scheme
}
