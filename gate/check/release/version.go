package release

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Version checks that what answers is the target release, on every prefix and
// every replica, and that the services beside the API are not older than it
// wants. It is part of every live run and has no section in gate.yaml.
type Version struct {
	check.Base
	// Samples is how many connections each prefix is asked over; 0 means 4.
	Samples int
	// Daemon and Weaviate are the addresses of those services, by default the
	// ones that the operator's files name.
	Daemon, Weaviate string
}

// Kind is version.
func (v *Version) Kind() string { return "version" }

// Rules are those of version.
func (v *Version) Rules() []gate.Rule { return versionRules() }

// Validate finds nothing: there is nothing to write.
func (v *Version) Validate() []check.Mistake { return v.Mistakes() }

// Check makes the check.
func (v *Version) Check(env *check.Env) gate.Check {
	c := v.NewCheck("version", "version", gate.PhasePost, versionRules())
	c.Component = "release"
	for _, u := range versionURLs(env) {
		c.Probes = append(c.Probes, "GET "+gate.RedactURL(u))
	}
	for _, s := range v.services(env) {
		c.Probes = append(c.Probes, "GET "+gate.RedactURL(s.url))
	}
	c.Run = func(ctx context.Context) gate.Result { return v.run(ctx, env) }
	return c
}

// versionURLs are end points of the API that answer anybody, one a prefix.
func versionURLs(env *check.Env) []string {
	if env.URL == nil {
		return nil
	}
	console, service, app := env.URL, env.URL, env.URL
	if env.ConsoleURL != nil {
		console = env.ConsoleURL
	}
	if env.APIURL != nil {
		service = env.APIURL
	}
	if env.AppURL != nil {
		app = env.AppURL
	}
	return []string{
		console.JoinPath("/console/api/ping").String(), service.JoinPath("/v1/parameters").String(), app.JoinPath("/api/passport").String(),
	}
}

// seenVersions counts answers by release, and remembers each URL's.
type seenVersions struct {
	mu     sync.Mutex
	counts map[string]int
	byURL  map[string]map[string]int
	total  int
	others []string // answers without a version, one line each
}

func (s *seenVersions) add(u, version, other string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version == "" {
		if !slices.Contains(s.others, other) {
			s.others = append(s.others, other)
		}
		return
	}
	s.total++
	s.counts[version]++
	if s.byURL[u] == nil {
		s.byURL[u] = map[string]int{}
	}
	s.byURL[u][version]++
}

func (v *Version) run(ctx context.Context, env *check.Env) gate.Result {
	seen := v.sample(ctx, env)
	res := gate.Result{Evidence: map[string]any{"answers": seen.total, "versions": countsText(seen.counts)}}
	if len(seen.others) > 0 {
		slices.Sort(seen.others)
		res.Evidence["without_version"] = seen.others
	}
	running := slices.Sorted(maps.Keys(seen.counts))
	v.compare(env.To, running, seen, &res)
	v.skew(ctx, env, running, &res)
	return res
}

// sample asks every prefix over connections of their own: a balancer chooses a
// replica for each.
func (v *Version) sample(ctx context.Context, env *check.Env) *seenVersions {
	transport := env.Network.Transport.Clone()
	transport.DisableKeepAlives = true
	network := *env.Network
	network.Transport = transport

	samples := v.Samples
	if samples < 1 {
		samples = 4
	}
	seen := &seenVersions{counts: map[string]int{}, byURL: map[string]map[string]int{}}
	var group sync.WaitGroup
	for _, u := range versionURLs(env) {
		for range samples {
			group.Go(func() {
				version, other := askVersion(ctx, &network, u)
				seen.add(u, version, other)
			})
		}
	}
	group.Wait()
	return seen
}

// askVersion asks once; without a version it says what came instead.
func askVersion(ctx context.Context, network *probe.Network, u string) (version, other string) {
	shown := gate.RedactURL(u)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return "", shown + ": " + probe.LastPart(err)
	}
	a, err := probe.Exchange(ctx, network, req, false)
	switch {
	case err != nil && a.Status == 0:
		return "", shown + ": " + probe.Classify(err).Text
	case a.By.Name != responder.API || a.By.Version == "":
		return "", fmt.Sprintf("%s: status %d by %s, no X-Version", shown, a.Status, a.By)
	}
	return a.By.Version, ""
}

// compare compares what answered with the target.
func (v *Version) compare(to string, running []string, seen *seenVersions, res *gate.Result) {
	add := func(rule gate.Rule, message, hint string) {
		f := rule.Finding("version: "+message, hint)
		f.Subject, f.Symptom = rule.ID, gate.SymptomOldRelease
		res.Findings = append(res.Findings, f)
	}
	wanted := "one release alone"
	if to != "" {
		wanted = to + " alone"
	}
	switch {
	case len(running) == 0 && to == "":
		res.Skip = "no answer of the API carries a version, and no target is known to compare with"
	case len(running) == 0:
		res.Err = fmt.Errorf("no answer carries the API's header X-Version (%s): a proxy drops it, or the API does not answer", quote.Clip(strings.Join(seen.others, "; ")))
		res.Retry = gate.RetrySoon
	case len(running) > 1:
		add(ruleVersionMixed, countsText(seen.counts)+", expected "+wanted, "finish the rollout: recreate every api container"+seen.byPrefix())
	}
	if len(running) == 0 || to == "" || slices.ContainsFunc(running, func(r string) bool { return sameVersion(r, to) }) {
		return
	}
	add(ruleVersionMismatch, fmt.Sprintf("every answer of the API comes from %s, expected %s", strings.Join(running, " or "), to),
		"recreate the containers with the target's images (docker compose pull, docker compose up -d), and check the api service's image tag")
}

// byPrefix says where one prefix leads to another release than the others do.
func (s *seenVersions) byPrefix() string {
	var parts []string
	for _, u := range slices.Sorted(maps.Keys(s.byURL)) {
		if len(s.byURL[u]) > 1 {
			return "" // replicas run different releases behind one prefix
		}
		for version := range s.byURL[u] {
			parts = append(parts, gate.RedactURL(u)+" is "+version)
		}
	}
	return "; each prefix answers from one release, so check the proxy's upstreams: " + strings.Join(parts, ", ")
}

// countsText words the counts: "5 of 12 answers come from 1.13.2, 7 from …".
func countsText(counts map[string]int) string {
	total := 0
	for _, n := range counts {
		total += n
	}
	var parts []string
	for i, version := range slices.Sorted(maps.Keys(counts)) {
		if i == 0 {
			parts = append(parts, fmt.Sprintf("%d of %d answers come from %s", counts[version], total, version))
			continue
		}
		parts = append(parts, fmt.Sprintf("%d from %s", counts[version], version))
	}
	return strings.Join(parts, ", ")
}

// sameVersion compares as Dify's tags are ordered; a leading v is no
// difference.
func sameVersion(a, b string) bool {
	x, err1 := changelog.ParseVersion(a)
	y, err2 := changelog.ParseVersion(b)
	if err1 != nil || err2 != nil {
		return strings.TrimPrefix(a, "v") == strings.TrimPrefix(b, "v")
	}
	return x.Compare(y) == 0
}
