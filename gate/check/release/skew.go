package release

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// besideAPI is a service that answers with its version.
type besideAPI struct {
	name      string // in words
	component string
	url       string // where it answers with the version
	path      string // gjson path to it
	// least is the oldest version that a release works with, and who says so.
	least func(r dify.Release) (version, by string)
}

// services are those that the entry or the operator's files name.
func (v *Version) services(env *check.Env) []besideAPI {
	daemon, weaviate := v.Daemon, v.Weaviate
	if d, err := env.Deployment(); err == nil {
		daemon = cmp.Or(daemon, d.Lookup("PLUGIN_DAEMON_URL"))
		if d.Lookup("VECTOR_STORE") == "weaviate" {
			weaviate = cmp.Or(weaviate, d.Lookup("WEAVIATE_ENDPOINT"))
		}
	}
	var out []besideAPI
	if u := joined(daemon, "/health/check"); u != "" {
		out = append(out, besideAPI{"the plugin daemon", "plugin_daemon", u, "version", leastDaemon})
	}
	if u := joined(weaviate, "/v1/meta"); u != "" {
		out = append(out, besideAPI{"weaviate", "vector_store", u, "version", func(r dify.Release) (string, string) {
			m, _ := r.Minimum("weaviate")
			return m.Version, m.Source
		}})
	}
	return out
}

// joined is an address with a path, "" unless it is one.
func joined(base, path string) string {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.JoinPath(path).String()
}

// leastDaemon is the version in the release's own compose file: API and daemon
// are released together, and an older daemon lacks routes that the API calls.
func leastDaemon(r dify.Release) (version, by string) {
	s, ok := r.Service("plugin_daemon")
	if !ok {
		return "", ""
	}
	_, tag, _ := strings.Cut(s.Image, ":")
	version, _, _ = strings.Cut(tag, "-")
	return version, "the compose file of " + r.Version()
}

// skew asks the services that can be reached from here. One that cannot is not
// looked at: inside the compose network the profile checks it, outside of it
// nobody can.
func (v *Version) skew(ctx context.Context, env *check.Env, running []string, res *gate.Result) {
	services := v.services(env)
	if len(services) == 0 {
		return
	}
	c, err := env.Facts()
	if err != nil {
		return
	}
	version := env.To
	if version == "" && len(running) > 0 {
		version = running[0]
	}
	if version == "" {
		return
	}
	release, err := c.Resolve(version)
	if err != nil {
		return
	}
	for _, s := range services {
		seen, why := s.ask(ctx, env)
		if seen == "" {
			res.Evidence[s.component] = why
			continue
		}
		res.Evidence[s.component] = seen
		if f, bad := s.judge(seen, version, release); bad {
			res.Findings = append(res.Findings, f)
		}
	}
}

// judge compares a service's version with what the release wants of it.
func (s besideAPI) judge(seen, version string, release dify.Known) (gate.Finding, bool) {
	least, by := "", ""
	if release.Exact {
		least, by = s.least(release.Release)
	}
	pair, bad := dify.KnownBad(version, s.component, seen)
	f := ruleVersionSkew.Finding("", fmt.Sprintf("upgrade %s: use the image of the release's compose file, and recreate the container", s.name))
	switch {
	case bad:
		f.Message = fmt.Sprintf("version: %s is %s, expected %s or newer: %s (%s)", s.name, quote.Clip(seen), pair.Use, pair.Why, pair.Source)
		f.Hint = fmt.Sprintf("set the tag of %s to %s-local or newer, whatever the release's compose file says, and recreate the container", s.name, pair.Use)
	case least != "" && check.OlderThan(seen, least):
		f.Message = fmt.Sprintf("version: %s is %s, expected %s or newer (%s)", s.name, quote.Clip(seen), least, by)
	default:
		return gate.Finding{}, false
	}
	f.Subject, f.Component, f.Symptom = s.component, s.component, gate.SymptomOldRelease
	return f, true
}

// ask learns the service's version, or why not.
func (s besideAPI) ask(ctx context.Context, env *check.Env) (version, why string) {
	u, err := url.Parse(s.url)
	if err != nil {
		return "", "no address"
	}
	if !env.Network.Knows(ctx, probe.URLAddress(u)) {
		return "", "not asked: " + u.Hostname() + " does not resolve from here"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return "", probe.LastPart(err)
	}
	a, err := probe.Exchange(ctx, env.Network, req, false)
	if err != nil {
		return "", "version unknown: " + probe.Classify(err).Text
	}
	if a.Status != http.StatusOK || !json.Valid(a.Body) {
		return "", fmt.Sprintf("version unknown: status %d by %s", a.Status, a.By)
	}
	if version = gjson.GetBytes(a.Body, s.path).String(); version == "" {
		return "", "version unknown: no version in the answer"
	}
	return version, ""
}
