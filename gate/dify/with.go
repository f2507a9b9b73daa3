package dify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// With returns the catalogue with one release more, or with other facts of one
// that it has. c itself is left as it is. What is judged by hand (steps, pairs,
// probes) is untouched. A list that is nil was not read: the release has what
// the one before it has, or what was known of it.
func (c *Catalogue) With(f *Facts) (*Catalogue, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	out := *c
	o := overlay{c: &out, f: f, old: len(c.Tags)}
	o.tag()
	o.prefixes()
	o.templates()
	o.routes()
	o.commands()
	o.services()
	o.env()
	o.revisions()
	o.queues()
	o.minimums()
	o.secrets()
	return &out, nil
}

// overlay lays the facts of a release over a catalogue. Every list that it
// changes is made anew: the catalogue that it came from may be in use.
type overlay struct {
	c   *Catalogue
	f   *Facts
	at  int  // place of the release among the tags
	new bool // it was not there
	old int  // number of tags before
}

func (o *overlay) tag() {
	f := o.f
	t := Tag{Version: f.Version, Date: f.Source.Date, Commit: f.Source.Commit[:min(12, len(f.Source.Commit))],
		Count: len(f.Migrations.Revisions), Pre: isPre(f.Version), Learned: f.Source.From}
	if len(f.Migrations.Heads) == 1 {
		t.Head = f.Migrations.Heads[0]
	}
	at, known := o.c.order[f.Version]
	if known && f.Migrations.Revisions == nil {
		t.Head, t.Count = o.c.Tags[at].Head, o.c.Tags[at].Count
	}
	if !known {
		at = lowerBound(o.c.Tags, f.Version)
		o.c.Tags = slices.Insert(slices.Clone(o.c.Tags), at, t)
	} else {
		o.c.Tags = slices.Clone(o.c.Tags)
		o.c.Tags[at] = t
	}
	o.at, o.new = at, !known
	o.c.index()
}

// last is the index of the newest release.
func (o *overlay) last() int { return len(o.c.Tags) - 1 }

// shift is a place among the old tags as one among the new ones.
func (o *overlay) shift(old int) int {
	if o.new && old >= o.at {
		return old + 1
	}
	return old
}

func (o *overlay) version(at int) string { return o.c.Tags[at].Version }

func (o *overlay) prefixes() {
	s := newSpans[Prefix](o, len(o.c.Prefixes), o.f.Prefixes != nil)
	for _, p := range o.c.Prefixes {
		s.have(Prefix{Prefix: p.Prefix, Service: p.Service, Port: p.Port}, p.Since, p.Until)
	}
	for _, p := range o.f.Prefixes {
		s.set(Prefix{Prefix: p.Path, Service: p.Service, Port: p.Port})
	}
	o.c.Prefixes = nil
	s.each(func(p Prefix, since, until string) {
		p.Since, p.Until = since, until
		o.c.Prefixes = append(o.c.Prefixes, p)
	})
	slices.SortStableFunc(o.c.Prefixes, func(a, b Prefix) int { return cmp.Compare(a.Prefix, b.Prefix) })
}

func (o *overlay) templates() {
	s := newSpans[TemplateVar](o, len(o.c.Templates), o.f.Templates != nil)
	for _, t := range o.c.Templates {
		s.have(TemplateVar{Name: t.Name, File: t.File}, t.Since, t.Until)
	}
	for _, t := range o.f.Templates {
		s.set(TemplateVar{Name: t.Name, File: t.File})
	}
	o.c.Templates = nil
	s.each(func(t TemplateVar, since, until string) {
		t.Since, t.Until = since, until
		o.c.Templates = append(o.c.Templates, t)
	})
	slices.SortStableFunc(o.c.Templates, func(a, b TemplateVar) int { return cmp.Compare(a.Name, b.Name) })
}

func (o *overlay) routes() {
	s := newSpans[RouteFact](o, len(o.c.API), o.f.Routes != nil)
	for _, r := range o.c.API {
		s.have(RouteFact{r.Method, r.Path}, r.Since, r.Until)
	}
	for _, r := range o.f.Routes {
		s.set(r)
	}
	o.c.API = make([]RouteSpan, 0, len(o.c.API))
	s.each(func(r RouteFact, since, until string) {
		o.c.API = append(o.c.API, RouteSpan{r.Method, r.Path, since, until})
	})
	slices.SortStableFunc(o.c.API, func(a, b RouteSpan) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	o.c.indexRoutes()
}

func (o *overlay) commands() {
	s := newSpans[string](o, len(o.c.Commands), o.f.Commands != nil)
	for _, k := range o.c.Commands {
		s.have(k.Name, k.Since, k.Until)
	}
	for _, name := range o.f.Commands {
		s.set(name)
	}
	o.c.Commands = nil
	s.each(func(name, since, until string) {
		o.c.Commands = append(o.c.Commands, Command{name, since, until})
	})
	slices.SortStableFunc(o.c.Commands, func(a, b Command) int { return cmp.Compare(a.Name, b.Name) })
}

// queues adds what the release's worker consumes and no older one does. One
// that a release no longer consumes stays: an operator's worker that consumes
// it does no harm.
func (o *overlay) queues() {
	o.c.QueueSpans = slices.Clone(o.c.QueueSpans)
	for _, name := range o.f.Queues {
		i := slices.IndexFunc(o.c.QueueSpans, func(q Queue) bool { return q.Name == name })
		switch {
		case i < 0:
			o.c.QueueSpans = append(o.c.QueueSpans, Queue{Name: name, Since: o.f.Version, Source: "api/docker/entrypoint.sh"})
		case o.c.QueueSpans[i].Since == "" || o.c.position(o.c.QueueSpans[i].Since) > o.at:
			o.c.QueueSpans[i].Since = o.f.Version
		}
	}
}

// minimums takes the release's own minimum of a product that the checks know,
// where it is higher than the one that is in force.
func (o *overlay) minimums() {
	for _, m := range o.f.MinVersions {
		if !slices.ContainsFunc(o.c.MinimumSpans, func(s Minimum) bool { return s.Product == m.Product }) {
			continue
		}
		have, _ := Release{c: o.c, at: o.at}.Minimum(m.Product)
		if numbers(have.Version) >= numbers(m.Version) {
			continue
		}
		list := append(slices.Clone(o.c.MinimumSpans), Minimum{Product: m.Product, Version: m.Version, Since: o.f.Version, Source: m.Source})
		slices.SortStableFunc(list, func(a, b Minimum) int { return cmp.Compare(o.c.position(a.Since), o.c.position(b.Since)) })
		o.c.MinimumSpans = list
	}
}

// numbers is a dotted version as a text that sorts as its numbers do.
func numbers(version string) string {
	var b strings.Builder
	for _, part := range strings.Split(version, ".") {
		fmt.Fprintf(&b, "%09s.", part)
	}
	return b.String()
}

// secrets adds published values: of the variables that are judged as secrets
// already, and of those that no older release has.
func (o *overlay) secrets() {
	var added []Secret
	for _, s := range o.f.Secrets {
		if slices.ContainsFunc(o.c.SecretSums, func(k Secret) bool { return k.Name == s.Name && k.Sum == s.Sum && k.Embedded == s.Embedded }) {
			continue
		}
		i := slices.IndexFunc(o.c.SecretSums, func(k Secret) bool { return k.Name == s.Name })
		switch {
		case i >= 0:
			k := o.c.SecretSums[i]
			k.Sum = s.Sum
			added = append(added, k)
		case o.old > 0 && o.isNew(s.Name):
			added = append(added, Secret{Name: s.Name, Sum: s.Sum, Embedded: s.Embedded, Store: o.storeOf(s.Name)})
		}
	}
	if len(added) > 0 {
		o.c.SecretSums = append(slices.Clone(o.c.SecretSums), added...)
	}
}

// isNew reports whether no older release has a variable.
func (o *overlay) isNew(name string) bool {
	i, ok := slices.BinarySearchFunc(o.c.Env, name, func(k EnvKey, n string) int { return strings.Compare(k.Name, n) })
	if !ok {
		return true
	}
	older := func(s EnvState) bool { return o.c.position(s.Since) < o.at && !s.Gone }
	return !slices.ContainsFunc(o.c.Env[i].Example, older) && !slices.ContainsFunc(o.c.Env[i].Compose, older)
}

// storeOf is the vector store whose env example has a variable, or "".
func (o *overlay) storeOf(name string) string {
	for _, v := range o.f.Env {
		if v.Name != name || len(v.Files) == 0 {
			continue
		}
		if file, ok := strings.CutPrefix(v.Files[0], "envs/vectorstores/"); ok {
			return strings.TrimSuffix(file, ".env.example")
		}
	}
	return ""
}

// revisions keeps the first release of each.
func (o *overlay) revisions() {
	if o.f.Migrations.Revisions == nil {
		return
	}
	list := slices.Clone(o.c.Revisions)
	has := make(map[string]bool, len(o.f.Migrations.Revisions))
	for _, id := range o.f.Migrations.Revisions {
		has[id] = true
	}
	known := make(map[string]bool, len(list))
	kept := list[:0]
	for _, r := range list {
		known[r.ID] = true
		switch {
		case has[r.ID] && o.c.position(r.Release) > o.at:
			r.Release = o.f.Version
		case !has[r.ID] && r.Release == o.f.Version && o.at < o.last():
			r.Release = o.version(o.at + 1)
		case !has[r.ID] && r.Release == o.f.Version:
			continue
		}
		kept = append(kept, r)
	}
	for _, id := range o.f.Migrations.Revisions {
		if !known[id] {
			kept = append(kept, Revision{ID: id, Release: o.f.Version})
		}
	}
	slices.SortFunc(kept, func(a, b Revision) int { return cmp.Compare(a.ID, b.ID) })
	o.c.Revisions = kept
}
