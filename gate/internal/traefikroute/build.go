package traefikroute

import (
	"net"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// container makes routers, services and middlewares of the labels collected.
func (r *reader) container(name string, at routing.Pos) {
	hidden := name != "" && r.static.hides()
	r.c.exposes = r.c.exposes || hidden
	for _, l := range r.labels {
		if l.key == "traefik.enable" {
			if !strings.EqualFold(l.value, "true") {
				return
			}
			hidden = false
		}
	}
	routers, services := map[string]*router{}, map[string]*service{}
	for _, l := range r.labels {
		parts := strings.SplitN(l.key, ".", 5)
		if len(parts) < 4 || parts[1] != "http" {
			continue
		}
		key := ""
		if len(parts) == 5 {
			key = parts[4]
		}
		switch parts[2] {
		case "routers":
			if routers[parts[3]] == nil {
				routers[parts[3]] = &router{name: parts[3], resource: at, container: name, pos: l.pos}
			}
			r.router(routers[parts[3]], key, l)
		case "services":
			if services[parts[3]] == nil {
				services[parts[3]] = &service{name: parts[3], container: name, scheme: "http", pos: l.pos, declared: true}
			}
			r.service(services[parts[3]], key, l)
		case "middlewares":
			r.middleware(parts[3], key, l)
		}
	}
	for _, s := range services {
		if hidden {
			break
		}
		if len(s.targets) == 0 && name != "" {
			s.targets = []string{net.JoinHostPort(name, r.port())}
		}
		r.c.services[s.name] = s
	}
	for _, n := range sorted(routers) {
		if hidden {
			r.hide(routers[n])
			continue
		}
		r.finish(routers[n], services, name, at)
	}
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// port is what a container listens on where no label says it: the lowest of those it declares, or its image's.
func (r *reader) port() string {
	best := ""
	for _, p := range r.ports {
		n, err := strconv.Atoi(p)
		if old, _ := strconv.Atoi(best); err == nil && (best == "" || n < old) {
			best = p
		}
	}
	if best == "" && r.opt.Port != nil {
		best = r.opt.Port(r.image)
	}
	if best == "" {
		best = "80"
	}
	return best
}

func (r *reader) router(ro *router, key string, l label) {
	base, _, _ := strings.Cut(key, "[")
	if base == "entrypoints" || base == "tls" || strings.HasPrefix(base, "tls.") {
		ro.like = append(ro.like, key+"="+l.value)
	}
	switch base {
	case "rule":
		ro.rule, ro.pos = l.value, l.pos
	case "service":
		ro.service = plainName(l.value)
	case "middlewares":
		ro.middlewares = append(ro.middlewares, list(l.value)...)
	case "entrypoints":
		ro.entryPoints = append(ro.entryPoints, list(l.value)...)
	case "priority":
		n, err := strconv.Atoi(l.value)
		if err != nil {
			r.fail(l.pos, "router %s: priority %q, want a number", ro.name, l.value)
		}
		ro.priority = n
	default:
		if base == "tls" && !strings.EqualFold(l.value, "false") || strings.HasPrefix(base, "tls.") {
			ro.tls = true
		}
	}
}

// plainName is a name without the provider behind @; what Traefik has by itself
// keeps its own.
func plainName(name string) string {
	if name = strings.TrimSpace(name); strings.HasSuffix(name, "@internal") {
		return name
	}
	name, _, _ = strings.Cut(name, "@")
	return name
}

func (r *reader) service(s *service, key string, l label) {
	switch {
	case key == "loadbalancer.server.port":
		s.targets, s.pos = []string{net.JoinHostPort(s.container, l.value)}, l.pos
	case key == "loadbalancer.server.scheme":
		s.scheme = l.value
	case key == "loadbalancer.server.url", strings.HasPrefix(key, "loadbalancer.servers[") && strings.HasSuffix(key, ".url"):
		u, err := url.Parse(l.value)
		if err != nil || u.Host == "" {
			r.fail(l.pos, "service %s: url %q, want http://host:port", s.name, l.value)
			return
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443"}[u.Scheme]
		}
		if port == "" {
			port = "80"
		}
		s.scheme, s.pos = u.Scheme, l.pos
		s.targets = append(s.targets, net.JoinHostPort(u.Hostname(), port))
	}
}

func (r *reader) middleware(name, key string, l label) {
	m := r.c.middlewares[name]
	if m == nil {
		m = &middleware{name: name, settings: map[string]setting{}}
		r.c.middlewares[name] = m
	}
	if _, has := m.settings[key]; !has {
		m.order = append(m.order, key)
	}
	m.settings[key] = setting{l.value, l.pos}
}

// finish reads a router's rule and finds the container's own service for one that names none.
func (r *reader) finish(ro *router, services map[string]*service, container string, at routing.Pos) {
	if ro.rule == "" {
		// The docker provider makes one of the container's name, which its static configuration sets.
		ro.doubt = "router " + ro.name + " has no rule: Traefik's default rule decides"
	} else if e, err := parseRule(ro.rule); err != nil {
		r.fail(ro.pos, "router %s: %s", ro.name, err)
	} else {
		ro.expr = e
	}
	if ro.service == "" && container != "" {
		switch len(services) {
		case 0:
			ro.service = container + " of " + ro.name
			r.c.services[ro.service] = &service{name: container, container: container, scheme: "http", pos: at,
				targets: []string{net.JoinHostPort(container, r.port())}}
		case 1:
			ro.service = sorted(services)[0]
		default:
			r.fail(ro.pos, "router %s: %s", ro.name, errTooMany)
		}
	}
	r.c.routers = append(r.c.routers, ro)
}

// hide keeps a router of a container that is not exposed.
func (r *reader) hide(ro *router) {
	if e, err := parseRule(ro.rule); err == nil {
		ro.expr = e
		r.c.hidden = append(r.c.hidden, ro)
	}
}

// rank is the router's priority: by default the length of its rule.
func (ro *router) rank() int {
	if ro.priority != 0 {
		return ro.priority
	}
	return len(ro.rule)
}

// link checks what routers refer to, and spreads TLS over entry points: one that speaks it does so for all its routers.
func (c *Config) link() error {
	var errs routing.Errors
	secure := slices.Clone(c.secure)
	for _, ro := range c.routers {
		if ro.tls {
			secure = append(secure, ro.entryPoints...)
		}
		if _, ok := c.services[ro.service]; !ok && ro.doubt == "" && !strings.Contains(ro.service, "@") {
			errs = append(errs, routing.SyntaxError{Pos: ro.pos, Msg: "router " + ro.name + ": no service is called " + strconv.Quote(ro.service) + ", want one that a label declares"})
		}
		for _, m := range ro.middlewares {
			switch _, elsewhere := strings.CutSuffix(m, "@docker"); {
			case c.middlewares[plainName(m)] != nil:
			case strings.Contains(m, "@") && !elsewhere:
				ro.doubt = "middleware " + m + " is in a file that was not given"
			default:
				errs = append(errs, routing.SyntaxError{Pos: ro.pos, Msg: "router " + ro.name + ": no middleware is called " + strconv.Quote(m) + ": Traefik leaves the router out"})
			}
		}
	}
	for _, ro := range c.routers {
		ro.tls = ro.tls || slices.ContainsFunc(ro.entryPoints, func(e string) bool { return slices.Contains(secure, e) })
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}
