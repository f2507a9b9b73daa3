package kinds

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/envfile"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// Profile makes the checks that nobody should have to write: from the target
// release, the operator's directory and the public address. What is not known
// is left out. Each has a name of its own, by which gate.yaml overrides it
// (same kind and name) and --skip switches it off.
func Profile(env *check.Env) []check.Spec {
	p := newProfile(env)
	var out []check.Spec
	if env.Dir != "" {
		out = append(out, p.files()...)
	}
	if env.URL != nil {
		out = append(out, p.routes()...)
		out = append(out, p.browser()...)
	}
	if env.URL != nil && !env.APIKey.Empty() {
		out = append(out, &web.App{Base: check.Base{Name: "app"}}) // the key is the consent
	}
	out = append(out, p.unreadDirectory()...)
	if p.d != nil {
		out = append(out, p.databases()...)
		out = append(out, p.caches()...)
		out = append(out, p.services()...)
		out = append(out, p.store()...)
	}
	return out
}

// profile is what the built-in checks are made from.
type profile struct {
	env     *check.Env
	d       *deployment.Deployment // nil without a readable directory
	release *dify.Release          // nil without a target: then the newest known
}

func newProfile(env *check.Env) *profile {
	p := &profile{env: env}
	if d, err := env.Deployment(); err == nil {
		p.d = d
	}
	if c, err := env.Facts(); err == nil {
		newest := c.Newest()
		p.release = &newest
		for _, version := range []string{env.To, env.From} {
			if version == "" {
				continue
			}
			if k, err := c.Resolve(version); err == nil {
				p.release = &k.Release
			}
			break
		}
	}
	return p
}

// unreadDirectory is a check of the post phase that is undecided where the
// operator's files are there and cannot be read: which servers to look at stands in
// them. The pre phase has findings of its own for that, and may not be part of the run.
func (p *profile) unreadDirectory() []check.Spec {
	reasons := p.env.Unread()
	if len(reasons) == 0 {
		return nil
	}
	return []check.Spec{unread{&envfile.EnvFile{Base: check.Base{Name: "settings of what is live"}}, reasons[0]}}
}

// lookup returns an effective setting of the deployment, "" when unknown.
func (p *profile) lookup(name string) string {
	if p.d == nil {
		return ""
	}
	return p.d.Lookup(name)
}

// files are the checks of the operator's files.
func (p *profile) files() []check.Spec {
	return []check.Spec{&envfile.EnvFile{Base: check.Base{Name: "env"}}, &proxy.Proxy{Base: check.Base{Name: "proxy"}}}
}

// routes are the public routes of the release and who must answer each.
func (p *profile) routes() []check.Spec {
	if p.release == nil {
		return nil
	}
	var out []check.Spec
	for _, probe := range p.release.Probes(p.lookup) {
		h := &web.HTTP{Base: check.Base{Name: probe.Name}, URL: p.at(probe), Method: probe.Method}
		for _, s := range probe.Status {
			h.Expect.Status = append(h.Expect.Status, strconv.Itoa(s))
		}
		if probe.Body != "" {
			h.Expect.Body = check.Pattern{Text: probe.Body}
		}
		for path, want := range probe.JSON {
			if h.Expect.JSON == nil {
				h.Expect.JSON = map[string]check.Want{}
			}
			h.Expect.JSON[path] = check.Want{Value: want}
		}
		if not, ok := strings.CutPrefix(probe.Responder, "!"); ok {
			h.Expect.Status = check.Statuses{"1xx", "2xx", "3xx", "4xx", "5xx"}
			out = append(out, &web.Private{HTTP: h, Component: not})
			continue
		}
		h.Expect.Responder = probe.Responder
		out = append(out, h)
	}
	return out
}

// at is a probe's address: below the part of the deployment that it belongs
// to, where that has a URL of its own.
func (p *profile) at(probe dify.Probe) string {
	base := p.env.URL
	for name, u := range map[string]*url.URL{"console": p.env.ConsoleURL, "service": p.env.APIURL, "app": p.env.AppURL, "files": p.env.FilesURL} {
		if probe.Base == name && u != nil {
			base = u
		}
	}
	return strings.TrimSuffix(base.String(), "/") + probe.Path
}

// browser are the checks of what a browser needs of the deployment.
func (p *profile) browser() []check.Spec {
	var out []check.Spec
	for _, host := range p.hosts() {
		out = append(out, &web.TLS{Base: check.Base{Name: "tls " + host}, Address: host})
	}
	out = append(out, &web.Auth{Base: check.Base{Name: "service API rejects anonymous calls"}, URL: p.at(dify.Probe{Base: "service", Path: "/v1/parameters"})})
	out = append(out, p.crossing("console cors", "CONSOLE_WEB_URL", "CONSOLE_API_URL", "/console/api/system-features", p.env.ConsoleURL)...)
	return append(out, p.crossing("web app cors", "APP_WEB_URL", "APP_API_URL", "/api/system-features", p.env.AppURL)...)
}

// crossing checks CORS where the files say that pages and API have different
// origins. Where they share one, a browser asks for no permission, and what the
// API would answer does not matter.
func (p *profile) crossing(name, pages, api, path string, base *url.URL) []check.Spec {
	page, err := url.Parse(p.lookup(pages))
	if err != nil || page.Host == "" {
		return nil
	}
	server, err := url.Parse(p.lookup(api))
	if err != nil || server.Host == "" || page.Scheme == server.Scheme && strings.EqualFold(page.Host, server.Host) {
		return nil
	}
	if base == nil {
		base = &url.URL{Scheme: server.Scheme, Host: server.Host}
	}
	return []check.Spec{&web.CORS{
		Base: check.Base{Name: name}, URL: strings.TrimSuffix(base.String(), "/") + path,
		Origin: page.Scheme + "://" + page.Host, Credentials: true,
	}}
}

// hosts are the https addresses of the deployment, each once.
func (p *profile) hosts() []string {
	var out []string
	for _, u := range []*url.URL{p.env.URL, p.env.ConsoleURL, p.env.APIURL, p.env.AppURL, p.env.FilesURL} {
		if u == nil || u.Scheme != "https" {
			continue
		}
		if host := check.HostPort(u); !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}
