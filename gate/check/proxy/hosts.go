package proxy

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// hostNames are the hosts, with ports as clients send them, at which the
// deployment is public.
type hostNames struct {
	all  []string
	part map[string]string // prefix -> the host of the part that it belongs to
	own  map[string]bool   // prefixes of which something says their host
}

// add notes a host and gives it as the others have it: one host with two ports
// is one.
func (h *hostNames) add(u *url.URL) string {
	for _, known := range h.all {
		if strings.EqualFold(hostName(known), u.Hostname()) {
			return known
		}
	}
	h.all = append(h.all, u.Host)
	return u.Host
}

// hostsOf reads the public addresses of gate.yaml. A part that has an address
// of its own is looked for there and nowhere else.
func hostsOf(env *check.Env) hostNames {
	h := hostNames{part: map[string]string{}, own: map[string]bool{}}
	if env.URL != nil && env.URL.Host != "" {
		h.add(env.URL)
	}
	for _, p := range []struct {
		prefix string
		u      *url.URL
	}{{"/console/api", env.ConsoleURL}, {"/v1", env.APIURL}, {"/api", env.AppURL}, {"/files", env.FilesURL}} {
		switch {
		case p.u != nil && p.u.Host != "":
			h.part[p.prefix], h.own[p.prefix] = h.add(p.u), true
		case env.URL != nil && p.prefix != "/files": // without one Dify takes the console's, and many operators the API's
			h.part[p.prefix] = env.URL.Host
		}
	}
	return h
}

// partVariables name the host of a part, each in the services of one of Dify's
// parts (docker/.env.example).
var partVariables = []struct{ prefix, variable, service string }{
	{"/console/api", "CONSOLE_API_URL", "web"}, {"/api", "APP_API_URL", "web"}, {"/v1", "SERVICE_API_URL", "api"}, {"/files", "FILES_URL", "api"},
	{"/triggers", "TRIGGER_URL", "api"}, {"/e/", "ENDPOINT_URL_TEMPLATE", "api"}, {"/", "CONSOLE_WEB_URL", "api"},
	{"/socket.io/", "CONSOLE_API_URL", "web"},
}

// fromVariables adds the hosts that the environment names, where gate.yaml names
// none. It gives a note for each that is not that of dify.url.
func (h *hostNames) fromVariables(env *check.Env, d *deployment.Deployment, book hostBook) []string {
	if d == nil || len(h.all) == 0 {
		return nil // nothing is known to be public: all servers are looked at
	}
	var notes []string
	for _, p := range partVariables {
		v, ok := effective(d, p.service, p.variable)
		if h.own[p.prefix] || !ok {
			continue
		}
		u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(v.Text))
		if err != nil || u.Host == "" || !public(u.Hostname(), book) {
			continue
		}
		main := h.all[0]
		host := h.add(u)
		h.part[p.prefix], h.own[p.prefix] = host, true
		if host != main {
			place := deployment.Place{File: check.ShowPath(env, v.File), Line: v.Line}
			notes = append(notes, fmt.Sprintf("%s is checked at %s, as %s says (%s)", p.prefix, host, p.variable, place))
		}
	}
	return notes
}

// effective is a variable as a part's service gets it, or else as the files set
// it for all.
func effective(d *deployment.Deployment, service, variable string) (deployment.Value, bool) {
	for _, s := range slices.Concat(d.Services, d.HelmParts) {
		if roleOf(s) == service && s.Active && s.Env[variable].Text != "" {
			return s.Env[variable], true
		}
	}
	v := d.Env[variable]
	return v, v.Text != ""
}

// public reports whether a host may be one that browsers ask: no name of the
// compose network and not this host.
func public(host string, book hostBook) bool {
	_, inside := book.roles[strings.ToLower(host)]
	return !inside && host != "localhost" && !strings.HasPrefix(host, "127.") && strings.ContainsAny(host, ".:")
}

// adopt finds a host of its own for a prefix of which nothing says where it is
// public: where that of dify.url does not have it, and another host of the files
// hands it, and not the pages, to the service.
func (t *Trace) adopt(demands []demand) {
	if len(t.hosts.all) == 0 {
		return
	}
	all := t.files.router.Entries()
	main := t.hosts.all[0]
	pages := demand{prefix: "/", service: "web", port: "3000", samples: []samplePath{{method: "GET", path: "/signin"}}}
	right := func(d demand, e routing.Entry) bool {
		return t.right(d, d.samples[0], t.follow(t.request(e, d.samples[0]))).fine()
	}
	for _, d := range demands {
		prefix := cmp.Or(d.public, d.prefix)
		if prefix == "/" || d.service == "web" || t.hosts.own[prefix] {
			continue
		}
		atMain := slices.ContainsFunc(all, func(e routing.Entry) bool {
			e.Host = cmp.Or(e.Host, main)
			return e.Takes(hostName(main)) && right(d, e)
		})
		if atMain {
			continue
		}
		for _, e := range all {
			if e.Host != "" && !e.Takes(hostName(main)) && right(d, e) && !right(pages, e) {
				t.hosts.part[prefix] = t.hosts.add(&url.URL{Host: e.Host})
				t.notes = append(t.notes, fmt.Sprintf("%s is checked at %s, where the files send it to %s; set dify.api_url and the like in gate.yaml where it is public elsewhere", prefix, e.Host, d.want()))
				break
			}
		}
	}
}

// hostName is a host without its port.
func hostName(host string) string { return (&url.URL{Host: host}).Hostname() }
