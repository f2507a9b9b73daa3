package check

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Env is what checks share: the network, and what is known of the deployment.
type Env struct {
	Network *probe.Network
	// URL is dify.url, nil when it is not set. The others are nil where they do
	// not differ from it.
	URL, ConsoleURL, APIURL, AppURL, FilesURL *url.URL
	// Dir is the operator's Dify directory, "" when there is none.
	Dir string
	// WorkDir is the directory that places in reports are relative to.
	WorkDir string
	// APIKey is the app key for the end-to-end run.
	APIKey gate.Secret
	// From and To are the resolved versions, "" when there are none.
	From, To string
	// Catalogue is what the run knows of releases; nil is the built-in one.
	Catalogue *dify.Catalogue
	// Sources has by release where facts that are not built in were read, or why
	// none were.
	Sources map[string]string
	// Operator holds what Deployment read.
	Operator Operator
	// Proxy holds what gate/check/proxy made of the proxy's files in Dir.
	Proxy Once
	// Now is the instant of the run, for whatever depends on a date.
	Now time.Time
	// Baseline is the earlier report that figures are compared with, nil for none.
	Baseline *gate.Baseline
	// Getenv reads the process environment.
	Getenv func(string) string
}

// Facts are what the run knows of releases: the built-in catalogue, and what was
// learned or given over it.
func (e *Env) Facts() (*dify.Catalogue, error) {
	if e.Catalogue != nil {
		return e.Catalogue, nil
	}
	return dify.Load()
}

// Resolve makes an absolute URL of an entry's url, which may be a path below
// dify.url.
func (e *Env) Resolve(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		var perr *url.Error
		if errors.As(err, &perr) {
			err = perr.Err // the text holds the URL, and with it a password
		}
		return nil, fmt.Errorf("url %q: %w", gate.RedactURL(raw), err)
	}
	if u.IsAbs() {
		if u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("url %q: scheme %s, want http or https", gate.RedactURL(raw), u.Scheme)
		}
		if u.Host == "" {
			return nil, fmt.Errorf("url %q: no host, want http://HOST/PATH", gate.RedactURL(raw))
		}
		return u, nil
	}
	if e.URL == nil {
		return nil, fmt.Errorf("url %q is a path, and dify.url (--url) is not set: want either that or a whole URL", raw)
	}
	base := *e.URL
	base.Path = strings.TrimSuffix(base.Path, "/") + "/" + strings.TrimPrefix(u.Path, "/")
	base.RawPath, base.RawQuery, base.Fragment = "", u.RawQuery, ""
	return &base, nil
}

// ServiceAPI is the base of the service API: what an entry says, else /v1 where
// the deployment has it.
func (e *Env) ServiceAPI(raw string) (*url.URL, error) {
	if raw != "" || e.APIURL == nil {
		return e.Resolve(cmp.Or(raw, "/v1"))
	}
	return e.APIURL.JoinPath("v1"), nil
}

// APIPrefixes are the public prefixes that Dify's API serves
// (docker/nginx/conf.d/default.conf.template of 0.15.0 to 1.16.0).
var APIPrefixes = []string{"/console/api", "/api", "/v1", "/files", "/mcp", "/triggers", "/openapi", "/socket.io"}

// Component names the part of the deployment that should answer a URL: api
// under an API prefix of dify.url, plugin_daemon under /e/, web for the rest
// of it, and "" for any other host.
func (e *Env) Component(u *url.URL) string {
	for _, base := range []*url.URL{e.URL, e.ConsoleURL, e.APIURL, e.AppURL, e.FilesURL} {
		if base == nil || !strings.EqualFold(base.Host, u.Host) {
			continue
		}
		path := "/" + strings.TrimPrefix(strings.TrimPrefix(u.Path, strings.TrimSuffix(base.Path, "/")), "/")
		for _, p := range APIPrefixes {
			if path == p || strings.HasPrefix(path, p+"/") {
				return "api"
			}
		}
		if strings.HasPrefix(path, "/e/") {
			return "plugin_daemon"
		}
		return "web"
	}
	return ""
}
