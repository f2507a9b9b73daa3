package dify

import (
	"slices"
	"sort"
	"strings"
)

// Release is the catalogue seen at one release. The zero value is not usable.
type Release struct {
	c  *Catalogue
	at int
	// standIn: it is used instead of another release, see [Catalogue.Resolve].
	// It has no public routes and no minimums, and compares as no change.
	standIn bool
}

// Version is the release's tag, such as "1.10.1".
func (r Release) Version() string { return r.c.Tags[r.at].Version }

// Tag returns date, commit and migration head.
func (r Release) Tag() Tag { return r.c.Tags[r.at] }

// Head is the database's revision once all migrations have run.
func (r Release) Head() string { return r.c.Tags[r.at].Head }

// WithHead is the release, or the nearest older one whose head is known.
func (r Release) WithHead() Release {
	for r.at > 0 && r.Head() == "" {
		r.at--
	}
	return r
}

// Before reports whether r is an older release than s.
func (r Release) Before(s Release) bool { return r.at < s.at }

// PublicRoute is a path prefix that the proxy must hand to a service.
type PublicRoute struct {
	Prefix  string
	Service string // api, web, plugin_daemon, api_websocket
	Port    string // of the service's container
	Since   string // first release that has it
}

// PublicRoutes lists the prefixes in the order of their names.
func (r Release) PublicRoutes() []PublicRoute {
	if r.standIn {
		return nil
	}
	var out []PublicRoute
	for _, p := range r.c.Prefixes {
		if r.c.within(r.at, p.Since, p.Until) {
			out = append(out, PublicRoute{Prefix: p.Prefix, Service: p.Service, Port: p.Port, Since: p.Since})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Prefix < out[j].Prefix })
	for i := range out {
		out[i].Since = r.final(out[i].Since)
	}
	// A prefix whose target moved stands twice in the history; since is then
	// the older of the two, for it was public from there on.
	for i := range out {
		for _, p := range r.c.Prefixes {
			if p.Prefix == out[i].Prefix && r.c.position(p.Since) < r.c.position(out[i].Since) {
				out[i].Since = r.final(p.Since)
			}
		}
	}
	return out
}

// Services lists the compose services by name.
func (r Release) Services() []Service {
	var out []Service
	for _, h := range r.c.Hosts {
		if s, ok := r.service(h); ok {
			out = append(out, s)
		}
	}
	return out
}

// Service returns one compose service.
func (r Release) Service(name string) (Service, bool) {
	for _, h := range r.c.Hosts {
		if h.Name == name {
			return r.service(h)
		}
	}
	return Service{}, false
}

func (r Release) service(h ServiceHistory) (Service, bool) {
	i := r.c.latest(r.at, len(h.States), func(i int) string { return h.States[i].Since })
	if i < 0 || h.States[i].Gone {
		return Service{}, false
	}
	s := h.States[i].Service
	s.Name = h.Name
	s.Image = strings.ReplaceAll(s.Image, ReleaseMark, r.Version())
	return s, true
}

// ReleaseMark stands in a stored image for the release's own version, so that
// a tag that only follows the release is no change.
const ReleaseMark = "{release}"

// TemplateVars lists the variables of the nginx templates.
func (r Release) TemplateVars() []TemplateVar {
	var out []TemplateVar
	for _, t := range r.c.Templates {
		if r.c.within(r.at, t.Since, t.Until) {
			out = append(out, t)
		}
	}
	return out
}

// Queues lists the Celery queues that the release's workers must consume. env
// looks up a setting and decides those that depend on one; with nil they are
// left out.
func (r Release) Queues(env func(string) string) []Queue {
	var out []Queue
	for _, q := range r.c.QueueSpans {
		if r.c.within(r.at, q.Since, "") && holds(q.When, env) {
			out = append(out, q)
		}
	}
	return out
}

// Minimum returns the oldest version of a product that the release wants.
func (r Release) Minimum(product string) (Minimum, bool) {
	if r.standIn {
		return Minimum{}, false
	}
	var found Minimum
	for _, m := range r.c.MinimumSpans {
		if m.Product == product && r.c.within(r.at, m.Since, "") {
			found = m // the list is in the order of releases
		}
	}
	return found, found.Version != ""
}

// Pairs lists the settings that must agree.
func (r Release) Pairs() []Pair {
	var out []Pair
	for _, p := range r.c.PairSpans {
		if r.c.within(r.at, p.Since, "") {
			out = append(out, p)
		}
	}
	return out
}

// Probes lists the requests whose answer is known. env decides those that
// depend on a setting; with nil they are left out.
func (r Release) Probes(env func(string) string) []Probe {
	var out []Probe
	for _, p := range r.c.ProbeSpans {
		if r.c.within(r.at, p.Since, p.Until) && holds(p.When, env) {
			out = append(out, p)
		}
	}
	return out
}

// holds decides a condition: NAME=value, or NAME~value for one of a list; an
// empty one always holds.
func holds(when string, env func(string) string) bool {
	if when == "" {
		return true
	}
	if env == nil {
		return false
	}
	if name, want, ok := strings.Cut(when, "~"); ok {
		return slices.Contains(strings.Split(env(name), ","), want)
	}
	name, want, _ := strings.Cut(when, "=")
	return strings.EqualFold(env(name), want)
}
