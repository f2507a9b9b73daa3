package dify

import (
	"slices"
	"strings"
)

// Delta is what differs between two releases by their files.
type Delta struct {
	Added    []EnvVar
	Removed  []EnvVar // as the older release had them
	Changed  []EnvChange
	Services []ServiceChange
	Routes   []PublicRoute // prefixes that the newer release adds
	Lost     []PublicRoute // prefixes that it no longer has
	Template []TemplateVar // variables that only the newer templates use
}

// EnvChange is a variable with another default.
type EnvChange struct {
	Name     string
	From, To Default
	File     string // where it stands in the newer release
	Since    string // the release that changed it last
}

// ServiceChange is a service that was added, removed or altered.
type ServiceChange struct {
	Name     string
	From, To Service // Name is empty on the side that lacks it
}

// Compare lists the differences from one release to another.
func (c *Catalogue) Compare(from, to Release) Delta {
	var d Delta
	if to.standIn {
		return d
	}
	from.standIn = false // what the older release had is no demand
	for _, k := range c.Env {
		c.compareEnv(&d, k, from, to)
	}
	for _, h := range c.Hosts {
		a, inA := from.service(h)
		b, inB := to.service(h)
		if (inA || inB) && !sameService(a, b, from, to) {
			d.Services = append(d.Services, ServiceChange{Name: h.Name, From: a, To: b})
		}
	}
	d.Routes = lacking(to.PublicRoutes(), from.PublicRoutes())
	d.Lost = lacking(from.PublicRoutes(), to.PublicRoutes())
	old := from.TemplateVars()
	for _, t := range to.TemplateVars() {
		if !slices.ContainsFunc(old, func(o TemplateVar) bool { return o.Name == t.Name }) {
			d.Template = append(d.Template, t)
		}
	}
	return d
}

func (c *Catalogue) compareEnv(d *Delta, k EnvKey, from, to Release) {
	a, inA := from.envVar(k)
	b, inB := to.envVar(k)
	switch {
	case inA && !inB:
		d.Removed = append(d.Removed, a)
	case !inA && inB:
		d.Added = append(d.Added, b)
	case inA && inB && !a.Default.Equal(b.Default):
		since := ""
		for _, s := range k.Example {
			if c.position(s.Since) <= to.at {
				since = s.Since
			}
		}
		d.Changed = append(d.Changed, EnvChange{Name: k.Name, From: a.Default, To: b.Default, File: b.File, Since: since})
	}
}

// sameService ignores an image tag that merely follows the release; that one
// is upgrade/version-skew's.
func sameService(a, b Service, from, to Release) bool {
	return a.Name == b.Name && sameImage(a, b, from, to) && a.Health == b.Health &&
		slices.Equal(a.Profiles, b.Profiles) && slices.Equal(a.Ports, b.Ports) &&
		slices.Equal(a.Volumes, b.Volumes) && slices.Equal(a.Needs, b.Needs) && slices.Equal(a.Networks, b.Networks)
}

func sameImage(a, b Service, from, to Release) bool {
	return a.Image == b.Image || strings.TrimSuffix(a.Image, ":"+from.Version()) == strings.TrimSuffix(b.Image, ":"+to.Version())
}

// lacking returns the routes of a that b does not have.
func lacking(a, b []PublicRoute) []PublicRoute {
	var out []PublicRoute
	for _, r := range a {
		if !slices.ContainsFunc(b, func(o PublicRoute) bool { return o.Prefix == r.Prefix }) {
			out = append(out, r)
		}
	}
	return out
}
