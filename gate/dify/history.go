package dify

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// put is a history with another state at one release. A history holds a state
// for each release that brought a change; since reads and writes the release
// of a state, nothing is the state of a release that lacks the thing.
func put[S any](o *overlay, history []S, state, nothing S, since func(*S) *string) []S {
	place := func(s S) int { return o.c.position(*since(&s)) }
	plain := func(s S) S { *since(&s) = ""; return s }
	same := func(a, b S) bool { return reflect.DeepEqual(plain(a), plain(b)) }
	at := func(limit int) S { // the state in force at a release
		found := nothing
		for _, s := range history {
			if place(s) > limit {
				break
			}
			found = s
		}
		return found
	}
	var out []S
	push := func(s S, place int) {
		last := nothing
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		if !same(last, s) {
			*since(&s) = o.version(place)
			out = append(out, s)
		}
	}
	for _, s := range history {
		if place(s) < o.at {
			push(s, place(s))
		}
	}
	push(state, o.at)
	if o.at < o.last() {
		// What was in force goes on after the release, unless it came with it.
		push(at(o.at+1), o.at+1)
	}
	for _, s := range history {
		if place(s) > o.at+1 {
			push(s, place(s))
		}
	}
	return out
}

func (o *overlay) services() {
	if o.f.Services == nil {
		return
	}
	given := map[string]Service{}
	for _, s := range o.f.Services {
		given[s.Name] = o.service(s)
	}
	var out []ServiceHistory
	add := func(h ServiceHistory, state ServiceState) {
		nothing := ServiceState{Gone: true}
		h.States = put(o, h.States, state, nothing, func(s *ServiceState) *string { return &s.Since })
		if len(h.States) > 0 {
			out = append(out, h)
		}
	}
	known := map[string]bool{}
	for _, h := range o.c.Hosts {
		known[h.Name] = true
		if s, ok := given[h.Name]; ok {
			add(h, ServiceState{Service: s})
		} else {
			add(h, ServiceState{Gone: true})
		}
	}
	for _, s := range o.f.Services {
		if !known[s.Name] {
			add(ServiceHistory{Name: s.Name}, ServiceState{Service: given[s.Name]})
		}
	}
	slices.SortFunc(out, func(a, b ServiceHistory) int { return cmp.Compare(a.Name, b.Name) })
	o.c.Hosts = out
}

// service is a service without what differs only because of the release's name.
func (o *overlay) service(s ServiceFact) Service {
	out := Service{Image: s.Image, Profiles: s.Profiles, Ports: s.Ports, Volumes: s.Volumes, Networks: s.Networks, Health: s.Health, Needs: s.Needs}
	if name, ok := strings.CutSuffix(s.Image, ":"+o.f.Version); ok {
		out.Image = name + ":" + ReleaseMark
	}
	return out
}

func (o *overlay) env() {
	if o.f.Env == nil {
		return
	}
	given := make(map[string]*EnvFact, len(o.f.Env))
	for i := range o.f.Env {
		given[o.f.Env[i].Name] = &o.f.Env[i]
	}
	out := make([]EnvKey, 0, len(o.c.Env))
	nothing := EnvState{Gone: true}
	since := func(s *EnvState) *string { return &s.Since }
	add := func(k EnvKey, v *EnvFact) {
		example, compose := nothing, nothing
		if v != nil {
			example, compose = v.states()
		}
		k.Example = put(o, k.Example, example, nothing, since)
		k.Compose = put(o, k.Compose, compose, nothing, since)
		if len(k.Example)+len(k.Compose) > 0 {
			out = append(out, k)
		}
	}
	known := make(map[string]bool, len(o.c.Env))
	for _, k := range o.c.Env {
		known[k.Name] = true
		add(k, given[k.Name])
	}
	for _, v := range o.f.Env {
		if !known[v.Name] {
			add(EnvKey{Name: v.Name}, &v)
		}
	}
	slices.SortFunc(out, func(a, b EnvKey) int { return cmp.Compare(a.Name, b.Name) })
	o.c.Env = out
}

// states are a variable's state in the env examples and in the compose file.
func (v EnvFact) states() (example, compose EnvState) {
	example, compose = EnvState{Gone: true}, EnvState{Gone: true}
	if len(v.Files) > 0 && strings.HasSuffix(v.Files[0], ".env.example") {
		example = EnvState{Default: Default{v.Default, v.Sum}, File: v.Files[0]}
	}
	if c := v.Compose; c != nil {
		compose = EnvState{Default: Default{c.Default, c.Sum}, Required: c.Required}
	}
	return example, compose
}
