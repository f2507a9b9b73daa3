package envfile

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// hostURLs are the variables that hold scheme and host only: the front end and
// the api add the path themselves (web/docker/entrypoint.sh, api/configs).
var hostURLs = []string{"CONSOLE_API_URL", "CONSOLE_WEB_URL", "SERVICE_API_URL", "APP_API_URL", "APP_WEB_URL", "FILES_URL", "TRIGGER_URL", "MARKETPLACE_API_URL"}

// browserURLs are those that a browser or an API client has to reach.
var browserURLs = []string{"CONSOLE_API_URL", "CONSOLE_WEB_URL", "SERVICE_API_URL", "APP_API_URL", "APP_WEB_URL", "FILES_URL", "TRIGGER_URL", "ENDPOINT_URL_TEMPLATE", "NEXT_PUBLIC_SOCKET_URL"}

// webURLs are those whose scheme a browser compares with that of the page.
var webURLs = []string{"CONSOLE_WEB_URL", "CONSOLE_API_URL", "APP_WEB_URL", "APP_API_URL"}

// urls reports URL variables that contradict each other.
func (r *envRun) urls() {
	for _, name := range hostURLs {
		r.urlForm(name)
	}
	r.urlSchemes()
	r.urlHosts()
	r.cookieDomain()
	r.daemonPort()
}

// daemonPort finds the api pointed at the port that the plugin daemon takes
// debugged plugins on, which answers no HTTP (langgenius/dify#36529).
func (r *envRun) daemonPort() {
	v := r.d.Env["PLUGIN_DAEMON_URL"]
	u, err := url.Parse(v.Text)
	if err != nil || u.Port() == "" {
		return
	}
	debugging := cmp.Or(r.d.Lookup("PLUGIN_DEBUGGING_PORT"), "5003")
	if u.Port() == debugging && u.Port() != r.d.Lookup("PLUGIN_DAEMON_PORT") {
		r.add(ruleInconsistent, "PLUGIN_DAEMON_URL", fmt.Sprintf("PLUGIN_DAEMON_URL ends in the debugging port %s, want the port of its HTTP API, %s", debugging, cmp.Or(r.d.Lookup("PLUGIN_DAEMON_PORT"), "5002")),
			"set PLUGIN_DAEMON_URL to http://plugin_daemon:5002", v.Place)
	}
}

// urlOf parses a URL variable; nil when it is unset, no URL, or just what the
// target ships.
func (r *envRun) urlOf(name string) (*url.URL, deployment.Value) {
	v, ok := r.d.Env[name]
	if !ok || v.Text == "" || r.isShipped(name, v) {
		return nil, v
	}
	u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(v.Text))
	if err != nil || u.Host == "" {
		return nil, v
	}
	return u, v
}

// isShipped reports whether a value is the target's own default.
func (r *envRun) isShipped(name string, v deployment.Value) bool {
	if r.want.release == nil {
		return v.Source == deployment.FromDefault
	}
	d, ok := r.want.release.EnvVar(name)
	return ok && (d.Default.Is(v.Raw) || d.Default.Is(v.Text))
}

// urlForm wants scheme://host[:port] and nothing behind it.
func (r *envRun) urlForm(name string) {
	v, ok := r.d.Env[name]
	if !ok || v.Text == "" || r.isShipped(name, v) {
		return
	}
	u, err := url.Parse(v.Text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		r.add(ruleInconsistent, name, fmt.Sprintf("%s is no http or https URL, want https://HOST", name), "write scheme and host, or leave it empty", v.Place)
	case strings.Trim(u.Path, "/") != "":
		r.add(ruleInconsistent, name, fmt.Sprintf("%s ends in the path %s, want scheme and host only: Dify appends its own path", name, u.Path),
			fmt.Sprintf("%s=%s://%s", name, u.Scheme, u.Host), v.Place)
	case u.Path == "/":
		r.add(ruleInconsistent, name, fmt.Sprintf("%s ends in a slash, want none: Dify appends its own path and the slash doubles", name),
			fmt.Sprintf("%s=%s://%s", name, u.Scheme, u.Host), v.Place)
	}
}

// urlSchemes wants one scheme for the pages and the APIs they call: a browser
// blocks http from an https page, and cookies do not pass.
func (r *envRun) urlSchemes() {
	var first *url.URL
	var at deployment.Value
	for _, name := range webURLs {
		u, v := r.urlOf(name)
		if u == nil {
			continue
		}
		if first == nil {
			first, at = u, v
			continue
		}
		if u.Scheme != first.Scheme {
			r.add(ruleInconsistent, "scheme", fmt.Sprintf("%s is %s and %s is %s, want one scheme: a browser blocks or loses what crosses", at.Name, first.Scheme, v.Name, u.Scheme),
				"use https for all of them", v.Place, at.Place)
			return
		}
	}
}

// urlHosts finds addresses that only the compose network or the host itself
// knows where browsers need them, in a deployment that is public otherwise.
func (r *envRun) urlHosts() {
	public := ""
	if r.env.URL != nil && !isLocal(r.env.URL.Hostname()) {
		public = "dify.url is " + r.env.URL.Host
	}
	for _, name := range browserURLs {
		if u, _ := r.urlOf(name); u != nil && !isLocal(u.Hostname()) && !r.isService(u.Hostname()) && public == "" {
			public = name + " is " + u.Host
		}
	}
	for _, name := range browserURLs {
		v, ok := r.d.Env[name]
		if !ok || v.Text == "" {
			continue
		}
		u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(v.Text))
		if err != nil || u.Host == "" {
			continue
		}
		switch {
		case r.isService(u.Hostname()) && !r.isShipped(name, v):
			r.add(ruleInconsistent, name, fmt.Sprintf("%s names the container %s, want an address that browsers reach", name, u.Hostname()), "use the public address", v.Place)
		case isLocal(u.Hostname()) && public != "":
			f := r.add(ruleInconsistent, name, fmt.Sprintf("%s is %s://%s while %s, want the public address", name, u.Scheme, u.Host, public), "set it to the public address", v.Place)
			f.Severity = gate.Warning // only what uses this one variable breaks
			if r.isShipped(name, v) {
				f.Severity = gate.Notice // many deployments use none of it
			}
		}
	}
}

// isLocal reports whether a host is the machine itself.
func isLocal(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "0.0.0.0" || host == "::1"
}

// isService reports whether a host is a service of the compose network.
func (r *envRun) isService(host string) bool {
	if _, ok := r.d.Service(host); ok {
		return true
	}
	return host == "api" || host == "nginx" || host == "web"
}

// cookieDomain compares COOKIE_DOMAIN with the hosts of console and API: the
// session's cookies must reach both (Dify 1.10.0 and later).
func (r *envRun) cookieDomain() {
	cookie, known := r.d.Env["COOKIE_DOMAIN"]
	if r.want.release != nil {
		if _, has := r.want.release.EnvVar("COOKIE_DOMAIN"); !has {
			return
		}
	} else if !known {
		return
	}
	web, webAt := r.urlOf("CONSOLE_WEB_URL")
	api, apiAt := r.urlOf("CONSOLE_API_URL")
	domain := strings.TrimPrefix(cookie.Text, ".")
	if domain == "" {
		if web != nil && api != nil && !strings.EqualFold(web.Hostname(), api.Hostname()) {
			r.add(ruleInconsistent, "COOKIE_DOMAIN", fmt.Sprintf("CONSOLE_WEB_URL (%s) and CONSOLE_API_URL (%s) have different hosts and COOKIE_DOMAIN is empty: nobody can sign in", web.Hostname(), api.Hostname()),
				"set COOKIE_DOMAIN to the domain that both hosts share, and NEXT_PUBLIC_COOKIE_DOMAIN to 1", webAt.Place, apiAt.Place)
		}
		return
	}
	for _, side := range []struct {
		u *url.URL
		v deployment.Value
	}{{web, webAt}, {api, apiAt}} {
		if side.u == nil {
			continue
		}
		host := strings.ToLower(side.u.Hostname())
		if host != strings.ToLower(domain) && !strings.HasSuffix(host, "."+strings.ToLower(domain)) {
			r.add(ruleInconsistent, "COOKIE_DOMAIN", fmt.Sprintf("COOKIE_DOMAIN is %s and %s has the host %s: browsers refuse the cookie", domain, side.v.Name, host),
				"set COOKIE_DOMAIN to the domain that all hosts share, or leave it empty", cookie.Place, side.v.Place)
			return
		}
	}
}
