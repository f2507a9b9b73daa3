package check

import (
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// groups are the servers to judge, those with the same names together. With a
// public address it is the servers of its host; else those that hand anything
// to Dify's services, or at least to some upstream.
func (t *proxyTracing) groups(public *url.URL, demands []proxyDemand) [][]routing.Entry {
	all := t.files.router.Entries()
	chosen := all
	if host := publicHost(public); host != "" {
		if named := keepEntries(all, func(e *routing.Entry) bool {
			ok := e.Takes(host)
			if ok {
				e.Host = host
			}
			return ok
		}); len(named) > 0 {
			return groupByNames(named)
		}
		if rest := t.defaultServers(all, host); len(rest) > 0 {
			return groupByNames(rest)
		}
	}
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
			chosen = some
			break
		}
	}
	return groupByNames(chosen)
}

// defaultServers are those that take a host which no server has by name.
func (t *proxyTracing) defaultServers(all []routing.Entry, host string) []routing.Entry {
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

func publicHost(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Hostname()
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

func groupByNames(all []routing.Entry) [][]routing.Entry {
	var out [][]routing.Entry
	at := map[string]int{}
	for _, e := range all {
		i, ok := at[e.Names]
		if !ok {
			i = len(out)
			at[e.Names] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// request asks as a client would that the proxy lets in, for a path that is no
// file on the proxy.
func (t *proxyTracing) request(e routing.Entry, s proxySample) routing.Request {
	r := e.Request(s.method, t.base+s.path)
	r.Stat, r.Admit = routing.NoFiles, true
	return r
}

// follow goes along with redirects that keep the path: to https, as a rule. One
// that leaves the files stays a redirect.
func (t *proxyTracing) follow(req routing.Request) routing.Answer {
	a, _ := t.followed(req)
	return a
}

// followed is follow, with the request that got the answer.
func (t *proxyTracing) followed(req routing.Request) (routing.Answer, routing.Request) {
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
	return u.EscapedPath() == path
}

// consensus tells what addresses without a known name stand for. One that gets
// everything is a further proxy; else one that gets / is the front end, and any
// other is the service that most of its prefixes belong to.
func (t *proxyTracing) consensus(groups [][]routing.Entry, demands []proxyDemand) {
	t.roles = map[string]string{}
	for _, g := range groups {
		for _, e := range g {
			t.consensusOf(e, demands)
		}
	}
}

func (t *proxyTracing) consensusOf(e routing.Entry, demands []proxyDemand) {
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
		for _, service := range sortedKeys(v) {
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
