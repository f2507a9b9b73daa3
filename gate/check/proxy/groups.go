package proxy

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// pathGroup are servers with the same names, judged together, for one of the
// deployment's hosts; "" when no public address is known.
type pathGroup struct {
	host    string
	entries []routing.Entry
}

// groups are the servers to judge. With public addresses it is the servers of
// their hosts; else those that hand anything to Dify's services, or at least to
// some upstream.
func (t *Trace) groups(demands []demand) []pathGroup {
	all := t.files.router.Entries()
	var out []pathGroup
	for _, host := range t.hosts.all {
		named := keepEntries(all, func(e *routing.Entry) bool {
			ok := e.Takes(hostName(host))
			if ok {
				e.Host = host
			}
			return ok
		})
		if len(named) == 0 {
			named = t.defaultServers(all, host)
		}
		out = append(out, groupByNames(host, named)...)
	}
	if len(out) > 0 {
		return out
	}
	t.hosts = hostNames{}
	for _, useful := range []func(routing.Answer) bool{
		func(a routing.Answer) bool { role, ok := t.files.book.resolve(a.Upstream); return ok && role != "" },
		func(a routing.Answer) bool { return true },
	} {
		some := keepEntries(all, func(e *routing.Entry) bool {
			for _, d := range demands {
				if a := t.follow(t.request(*e, d.samples[0])); a.Kind == routing.Proxied && useful(a) {
					return true
				}
			}
			return false
		})
		if len(some) > 0 {
			return groupByNames("", some)
		}
	}
	return groupByNames("", all)
}

// wants tells whether a demand is looked for at a group's host. What belongs to
// no part may be at any.
func (h hostNames) wants(d demand, g pathGroup) bool {
	host := h.part[cmp.Or(d.public, d.prefix)]
	return host == "" || host == g.host
}

// defaultServers are those that take a host which no server has by name.
func (t *Trace) defaultServers(all []routing.Entry, host string) []routing.Entry {
	return keepEntries(all, func(e *routing.Entry) bool {
		r := e.Request("GET", "/")
		r.Host, r.Admit, r.Stat = host, true, routing.NoFiles
		a := t.files.router.Route(r)
		if a.Server == nil || a.Server.Pos != e.Pos || a.Kind == routing.Refused {
			return false
		}
		e.Host = host
		return true
	})
}

func keepEntries(all []routing.Entry, want func(*routing.Entry) bool) []routing.Entry {
	var out []routing.Entry
	for _, e := range all {
		if want(&e) {
			out = append(out, e)
		}
	}
	return out
}

func groupByNames(host string, all []routing.Entry) []pathGroup {
	var out []pathGroup
	at := map[string]int{}
	for _, e := range all {
		i, ok := at[e.Names]
		if !ok {
			i = len(out)
			at[e.Names] = i
			out = append(out, pathGroup{host: host})
		}
		out[i].entries = append(out[i].entries, e)
	}
	return out
}

// request asks as a client would that the proxy lets in, for a path that is no
// file on the proxy.
func (t *Trace) request(e routing.Entry, s samplePath) routing.Request {
	r := e.Request(s.method, t.base+s.path)
	r.Stat, r.Admit = routing.NoFiles, true
	return r
}

// follow goes along with redirects that keep the path: to https, as a rule. One
// that leaves the files stays a redirect.
func (t *Trace) follow(req routing.Request) routing.Answer {
	a, _ := t.followed(req)
	return a
}

// followed is follow, with the request that got the answer.
func (t *Trace) followed(req routing.Request) (routing.Answer, routing.Request) {
	a := t.files.router.Route(req)
	for range 3 {
		if a.Kind != routing.Redirect || !keepsPath(a.Target, req.URI) {
			return a, req
		}
		u, err := url.Parse(a.Target)
		if err != nil || u.Host == "" || u.Scheme == req.Scheme && u.Host == req.Host {
			return a, req
		}
		next := req
		next.Scheme, next.Host, next.Port = u.Scheme, u.Host, 0
		b := t.files.router.Route(next)
		if b.Kind == routing.Refused {
			return a, req
		}
		req, a = next, b
	}
	return a, req
}

// keepsPath tells whether a redirect leads to the same path elsewhere.
func keepsPath(target, uri string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	path, _, _ := strings.Cut(uri, "?")
	plain, err := url.PathUnescape(path)
	return err == nil && u.Path == plain
}

// consensus tells what addresses without a known name stand for. One that gets
// everything is a further proxy; else one that gets / is the front end, and any
// other is the service that most of its prefixes belong to.
func (t *Trace) consensus(groups []pathGroup, demands []demand) {
	t.roles = map[string]string{}
	for _, g := range groups {
		for _, e := range g.entries {
			t.consensusOf(e, demands)
		}
	}
}

func (t *Trace) consensusOf(e routing.Entry, demands []demand) {
	votes := map[string]map[string]int{}
	targets := map[string]bool{}
	for _, d := range demands {
		a := t.follow(t.request(e, d.samples[0]))
		if a.Kind != routing.Proxied {
			continue
		}
		targets[a.Upstream] = true
		for _, target := range a.Targets {
			if role, ok := t.files.book.resolve(target); !ok || role != "" {
				continue
			}
			if votes[target] == nil {
				votes[target] = map[string]int{}
			}
			votes[target][d.service]++
			if d.prefix == "/" {
				votes[target]["web"] += len(demands)
			}
		}
	}
	for address, v := range votes {
		best := ""
		for _, service := range slices.Sorted(maps.Keys(v)) {
			if best == "" || v[service] > v[best] {
				best = service
			}
		}
		if len(targets) == 1 && len(v) > 1 {
			best = "front"
		}
		t.roles[address] = best
	}
}
