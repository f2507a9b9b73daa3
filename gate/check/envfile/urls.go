package envfile

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
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

// urlReaders are the roles that read a variable, where that is not the api and
// its workers: the pages' addresses for calls are the web container's.
var urlReaders = map[string][]string{
	"CONSOLE_API_URL": {"web", "api", "api_websocket", "worker"}, "APP_API_URL": frontend, "NEXT_PUBLIC_SOCKET_URL": frontend,
	"MARKETPLACE_API_URL": {"web", "api", "worker"}, "NEXT_PUBLIC_COOKIE_DOMAIN": frontend,
}

// addresses are the effective values of a URL variable.
func (r *envRun) addresses(name string) []given {
	readers, ok := urlReaders[name]
	if !ok {
		readers = backend
	}
	return r.effective(name, readers...)
}

// urls reports URL variables that contradict each other, or the deployment.
func (r *envRun) urls() {
	for _, name := range hostURLs {
		for _, g := range r.addresses(name) {
			r.urlForm(g)
		}
	}
	r.urlSchemes()
	r.urlHosts()
	r.cookieDomain()
	r.daemonPort()
	r.publicURLs()
}

// daemonPort finds the api pointed at the port that the plugin daemon takes
// debugged plugins on, which answers no HTTP (langgenius/dify#36529).
func (r *envRun) daemonPort() {
	v, _ := r.value("PLUGIN_DAEMON_URL")
	u, err := url.Parse(v.Text)
	if err != nil || u.Port() == "" {
		return
	}
	debugging := cmp.Or(r.d.Lookup("PLUGIN_DEBUGGING_PORT"), "5003")
	if u.Port() == debugging && u.Port() != r.d.Lookup("PLUGIN_DAEMON_PORT") {
		r.add(ruleInconsistent, "PLUGIN_DAEMON_URL", fmt.Sprintf("PLUGIN_DAEMON_URL ends in the debugging port %s; its HTTP API is on port %s", debugging, cmp.Or(r.d.Lookup("PLUGIN_DAEMON_PORT"), "5002")),
			"set PLUGIN_DAEMON_URL to http://plugin_daemon:5002", v.Place)
	}
}

// parseAddress reads a URL that may hold Dify's placeholders; nil when it is
// none.
func parseAddress(text string) *url.URL {
	u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(text))
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// urlOf parses the first value of a URL variable; nil when it is unset, no URL,
// or just what the target ships.
func (r *envRun) urlOf(name string) (*url.URL, given) {
	for _, g := range r.addresses(name) {
		if g.Text == "" || r.isShipped(name, g.Value) {
			continue
		}
		return parseAddress(g.Text), g
	}
	return nil, given{}
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
func (r *envRun) urlForm(g given) {
	if g.Text == "" || r.isShipped(g.Name, g.Value) {
		return
	}
	u, err := url.Parse(g.Text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s is not an http or https URL", g.whose()), "write the scheme and the host (https://HOST), or leave it empty", g.Place)
	case strings.Trim(u.Path, "/") != "":
		r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s ends in the path %s, and Dify appends its own path", g.whose(), u.Path),
			g.assign(u.Scheme+"://"+u.Host), g.Place)
	case u.Path == "/":
		r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s ends in a slash: Dify appends its own path, so that the slash doubles", g.whose()),
			g.assign(u.Scheme+"://"+u.Host), g.Place)
	}
}

// urlSchemes wants one scheme for the pages and the APIs they call: a browser
// blocks http from an https page, and cookies do not pass.
func (r *envRun) urlSchemes() {
	var first *url.URL
	var at given
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
			r.add(ruleInconsistent, "scheme", fmt.Sprintf("%s is %s and %s is %s: a browser blocks requests and loses cookies between the two schemes", at.Name, first.Scheme, v.Name, u.Scheme),
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
		for _, g := range r.addresses(name) {
			r.urlHost(g, public)
		}
	}
}

func (r *envRun) urlHost(g given, public string) {
	u := parseAddress(g.Text)
	if u == nil {
		return
	}
	switch {
	case r.isService(u.Hostname()) && !r.isShipped(g.Name, g.Value):
		r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s names the container %s, which browsers cannot reach", g.whose(), u.Hostname()),
			"use the public address, or leave it empty if the proxy serves everything on one host", g.Place)
	case isLocal(u.Hostname()) && public != "":
		f := r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s is %s://%s while %s", g.whose(), u.Scheme, u.Host, public), "set it to the public address", g.Place)
		f.Severity = gate.Warning // only what uses this one variable breaks
		if r.isShipped(g.Name, g.Value) {
			f.Severity = gate.Notice // many deployments use none of it
		}
	}
}

// isLocal reports whether a host is the machine itself.
func isLocal(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "0.0.0.0" || host == "::1"
}

// isService reports whether a host is a name of the compose network: of a
// service, its container or an alias.
func (r *envRun) isService(host string) bool {
	for _, s := range r.d.Services {
		if slices.Contains(s.Hosts, host) {
			return true
		}
	}
	if strings.HasSuffix(host, ".svc") || strings.Contains(host, ".svc.") {
		return true // of a Kubernetes cluster
	}
	return host == "api" || host == "nginx" || host == "web"
}
