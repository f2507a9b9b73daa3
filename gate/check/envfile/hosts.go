package envfile

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/redisurl"
)

// hostSettings are the variables that name a server of Dify's compose network,
// with the services that it may be there.
var hostSettings = []struct {
	name, what string
	bundled    []string
}{
	{"DB_HOST", "the database", []string{"db", "db_postgres", "db_mysql"}},
	{"REDIS_HOST", "Redis", []string{"redis"}},
	{"CELERY_BROKER_URL", "the queue", []string{"redis"}},
	{"PLUGIN_DAEMON_URL", "the plugin daemon", []string{"plugin_daemon"}},
	{"PLUGIN_DIFY_INNER_API_URL", "the api", []string{"api"}},
	{"DIFY_INNER_API_URL", "the api", []string{"api"}},
	{"CODE_EXECUTION_ENDPOINT", "the sandbox", []string{"sandbox"}},
	{"SSRF_PROXY_HTTP_URL", "the proxy of the sandbox", []string{"ssrf_proxy"}},
	{"SSRF_PROXY_HTTPS_URL", "the proxy of the sandbox", []string{"ssrf_proxy"}},
}

// topology says which services a compose file has and which of them start.
type topology struct {
	name     string // for messages
	own      bool   // the operator's own compose file
	profiles func(host string) ([]string, bool)
}

// ownTopology is the operator's compose file: a host is a service by any of its
// names, or one that extra_hosts gives the containers.
func (r *envRun) ownTopology() topology {
	return topology{"the compose file", true, func(host string) ([]string, bool) {
		for _, s := range r.d.Services {
			if slices.Contains(s.Hosts, host) {
				return s.Profiles, true
			}
		}
		told := slices.ContainsFunc(r.d.Services, func(s deployment.Service) bool { return slices.Contains(s.ExtraHosts, host) })
		return nil, told
	}}
}

// topologyFor is what a value will meet: the operator's own compose file when it
// is the target's already, or writes the value itself; else the target's.
func (r *envRun) topologyFor(v deployment.Value) (topology, bool) {
	own := len(r.d.Services) > 0
	if !r.want.exact || own && (v.Source == deployment.FromCompose || check.Adopted(r.d, r.env.To)) {
		return r.ownTopology(), own
	}
	release := *r.want.release
	return topology{"Dify " + release.Version(), false, func(name string) ([]string, bool) {
		s, ok := release.Service(name)
		return s.Profiles, ok
	}}, true
}

// hosts reports servers that are named and not there, or not started: for each
// value that some service gets.
func (r *envRun) hosts() {
	r.addressForms()
	r.backendAgrees()
	if r.helm() {
		r.addressParts() // which names the cluster has is not in the values
		r.databaseType()
	}
	if r.d.EnvFile == "" && len(r.d.Services) == 0 {
		return
	}
	for _, h := range hostSettings {
		r.namedHosts(h.name, h.what, h.bundled)
	}
	if store := cmp.Or(r.text("VECTOR_STORE"), "weaviate"); storeAddress[store] != "" {
		r.namedHosts(storeAddress[store], "the vector store "+store, []string{store})
	}
	r.addressParts()
	r.databaseType()
}

func (r *envRun) namedHosts(name, what string, bundled []string) {
	values := r.effective(name)
	if len(values) == 0 {
		values = r.shippedAddress(name)
	}
	for _, g := range values {
		host := HostOf(g.Text)
		if name == "CELERY_BROKER_URL" {
			t, err := redisurl.Parse(g.Text)
			if err != nil || t.Sentinel {
				continue
			}
			host = HostOf(t.Addresses[0])
		}
		if host != "" {
			r.started(g, values, host, what, bundled)
		}
	}
}

// shippedAddress is the address that the target's own compose file fills in, where
// the operator's files have no compose file, do not set it, and choose profiles.
func (r *envRun) shippedAddress(name string) []given {
	chosen, set := r.d.Env["COMPOSE_PROFILES"]
	if !set || len(r.d.ComposeFiles) > 0 || !r.want.exact {
		return nil
	}
	v, ok := r.want.release.EnvVar(name)
	if !ok || v.Default.Text == "" {
		return nil
	}
	return []given{{Value: deployment.Value{Name: name, Text: v.Default.Text, Source: deployment.FromExample, Place: chosen.Place}}}
}

// started wants that a host that names a bundled service is one that starts.
func (r *envRun) started(g given, values []given, host, what string, bundled []string) {
	t, ok := r.topologyFor(g.Value)
	if !ok || !t.own && g.Source == deployment.FromDefault || t.own && len(g.services) == 0 {
		return // the target's compose file brings a default of its own; nobody gets it
	}
	profiles, there := t.profiles(host)
	chosen, set := r.d.Env["COMPOSE_PROFILES"]
	shown := g.Name + " is " + host
	if strings.Contains(g.Text, "/") {
		shown = g.Name + " names " + host
	}
	if len(values) > 1 && len(g.services) > 0 {
		shown = strings.Replace(shown, g.Name, g.Name+" of "+strings.Join(g.services, ", "), 1)
	}
	switch {
	case there && len(profiles) > 0 && !slices.Contains(profiles, "") && !check.Intersects(profiles, r.d.Profiles):
		at := g.Place
		if set {
			at = chosen.Place
		}
		f := r.add(ruleInconsistent, "profile of "+g.Name,
			fmt.Sprintf("COMPOSE_PROFILES does not start %s: %s, in %s behind the profile %s", what, shown, t.name, strings.Join(profiles, " or ")),
			"add "+profiles[0]+" to COMPOSE_PROFILES", at, g.Place)
		if !set {
			f.Severity = gate.Warning // docker compose --profile may do it
		}
		if t.own {
			f.Edits, f.Unfixed = r.addProfile(profiles[0])
		}
	case !there && t.own && !slices.Contains(bundled, host):
		r.unnamed(g, host, what)
	case !there && slices.Contains(bundled, host):
		f := r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s, a service that %s does not have: %s cannot be reached", shown, t.name, what),
			hostHint(t, g, values, bundled), g.Place)
		f.Edits, f.Unfixed = r.moveHost(t, g, values, bundled)
		// Another compose project on the same network may have it.
		if t.own && len(values) == 1 && (r.d.External || slices.ContainsFunc(r.d.Services, func(s deployment.Service) bool { return s.HostNetwork })) {
			f.Severity = gate.Warning
		}
	}
}

// hostHint names what to set instead of a host that is missing.
func hostHint(t topology, g given, values []given, bundled []string) string {
	for _, other := range values {
		if other.Text != g.Text {
			return fmt.Sprintf("set %s to %s there too, as %s have it; once in the env file is enough where the compose file passes it on", g.Name, other.Shown(), strings.Join(other.services, ", "))
		}
	}
	for _, b := range bundled {
		if p, ok := t.profiles(b); ok {
			hint := fmt.Sprintf("set %s=%s", g.Name, strings.Replace(g.Text, HostOf(g.Text), b, 1))
			if len(p) > 0 {
				hint += fmt.Sprintf(" and add %s to COMPOSE_PROFILES", p[0])
			}
			return hint
		}
	}
	return "set it to the service or host that replaces it"
}

// addressParts are two variables that say where one server is.
var addressParts = []struct {
	store, first, second string
	severity             gate.Severity
	why                  string
}{
	{"weaviate", "WEAVIATE_ENDPOINT", "WEAVIATE_GRPC_ENDPOINT", gate.Error, "the api can reach only one of them, and exits"},
	{"", "SSRF_PROXY_HTTP_URL", "SSRF_PROXY_HTTPS_URL", gate.Warning, "https requests take a different proxy than http requests"},
	{"", "REDIS_HOST", "CELERY_BROKER_URL", gate.Warning, "where Redis was moved, the queue was left behind"},
}

// addressParts reports two parts of one address of which one names a bundled
// service and the other a server elsewhere. Two servers elsewhere may be one: a
// cloud has names of its own for each protocol.
func (r *envRun) addressParts() {
	for _, p := range addressParts {
		first, _ := r.value(p.first)
		second, ok := r.value(p.second)
		if r.want.release != nil {
			def, has := r.want.release.EnvVar(p.second)
			if !has {
				continue
			}
			if !ok && r.want.exact && def.Default.Sum == "" {
				second = deployment.Value{Name: p.second, Text: def.Default.Text, Place: first.Place}
			}
		}
		a, b := HostOf(first.Text), HostOf(second.Text)
		if p.second == "CELERY_BROKER_URL" && !r.leftBehind(second) {
			continue
		}
		if p.store != "" && !r.storeInUse(p.store) || a == "" || b == "" {
			continue
		}
		at, related := second.Place, first.Place
		if second.Source == deployment.FromDefault {
			at, related = first.Place, second.Place
		}
		if strings.EqualFold(a, b) {
			r.storePorts(p.store, first, second, at, related)
			continue
		}
		if r.bundledHost(a) == r.bundledHost(b) {
			continue
		}
		form := second.Text
		if scheme, _, ok := strings.Cut(second.Text, "://"); ok {
			form = scheme + "://HOST:PORT"
		}
		f := r.add(ruleInconsistent, p.second, fmt.Sprintf("%s names %s and %s names %s, expected one server: %s", p.first, a, p.second, b, p.why),
			fmt.Sprintf("set both to the same server; %s has the form %s", p.second, form), at, related)
		f.Severity = p.severity
	}
}

// leftBehind reports whether a broker is the bundled Redis and the cache is not: one
// elsewhere is meant, and a bundled one that is missing is reported by itself.
func (r *envRun) leftBehind(broker deployment.Value) bool {
	t, err := redisurl.Parse(broker.Text)
	if _, sentinel := r.switchedOn("REDIS_USE_SENTINEL"); sentinel || err != nil || t.Sentinel || !strings.HasPrefix(broker.Text, "redis") {
		return false
	}
	_, bundled := r.named(HostOf(t.Addresses[0]))
	return bundled
}

// storePorts reports two parts of one store's address on one host of which one
// speaks TLS and the other does not, or of which one has the other's port.
func (r *envRun) storePorts(store string, first, second deployment.Value, at, related deployment.Place) {
	if store != "weaviate" {
		return
	}
	a, errA := url.Parse(first.Text)
	b, errB := url.Parse(second.Text)
	if errA != nil || errB != nil {
		return
	}
	switch {
	case a.Port() != "" && a.Port() == b.Port():
		f := r.add(ruleInconsistent, second.Name, fmt.Sprintf("%s and %s have the same port %s, expected the port of gRPC in the second, by default 50051", first.Name, second.Name, a.Port()),
			"set "+second.Name+" to grpc://"+b.Hostname()+":50051", at, related)
		f.Severity = gate.Warning // a proxy may tell them apart
	case a.Scheme == "https" && b.Scheme == "grpc", a.Scheme == "http" && b.Scheme == "grpcs":
		f := r.add(ruleInconsistent, second.Name, fmt.Sprintf("%s is %s:// and %s is %s://, on the same server: one of them speaks TLS and the other does not", first.Name, a.Scheme, second.Name, b.Scheme),
			"write https:// with grpcs://, or http:// with grpc://", at, related)
		f.Severity = gate.Warning
	}
}

// bundledHost reports whether a host is a service of the compose network.
func (r *envRun) bundledHost(host string) bool {
	if slices.ContainsFunc(r.d.Services, func(s deployment.Service) bool { return slices.Contains(s.Hosts, host) }) {
		return true
	}
	if r.want.release == nil {
		return slices.Contains(slices.Collect(maps.Keys(storeAddress)), host)
	}
	_, ok := r.want.release.Service(host)
	return ok
}

// HostOf takes the host out of a URL or host:port.
func HostOf(address string) string {
	if net.ParseIP(address) != nil {
		return address
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Hostname()
	}
	host, _, _ := strings.Cut(address, ":")
	return host
}
