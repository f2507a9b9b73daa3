package explain

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// proxyConfig reads the proxy's files below the operator's directory. The error
// is errNoDir without one.
func proxyConfig(e *check.Env) (routing.Router, error) {
	if e.Dir == "" {
		return nil, check.ErrNoDir
	}
	e.Proxy.Once.Do(func() { e.Proxy.Config, e.Proxy.Server, e.Proxy.Err = readProxy(e) })
	return e.Proxy.Config, e.Proxy.Err
}

func readProxy(e *check.Env) (routing.Router, string, error) {
	p := &proxy.Proxy{}
	files, err := p.FindFiles(e)
	if err != nil {
		return nil, "", err
	}
	server := p.ServerOf(files)
	if server == "nginx" {
		config, err := nginxroute.Load(files, nginxroute.Options{Env: proxyEnv(e)})
		return config, server, err
	}
	router, _, err := p.Load(e, p.DeploymentOf(e, files), server, files, nil)
	return router, server, err
}

// proxyEnv are the variables of the nginx container, those that the compose
// file gives it before the defaults.
func proxyEnv(e *check.Env) map[string]string {
	env := map[string]string{}
	if d, err := e.Deployment(); err == nil {
		for name, v := range d.Env {
			env[name] = v.Text
		}
		if s, ok := d.Service("nginx"); ok && len(s.Env) > 0 {
			for name, v := range s.Env {
				env[name] = v.Text
			}
			return env
		}
	}
	return nginxroute.WithDefaults(env)
}

// routed asks the proxy's files where they send a request; nil when there are
// none or when they do not decide it.
func routed(e *check.Env, method string, u *url.URL) *Routed {
	config, err := proxyConfig(e)
	if err != nil {
		return nil
	}
	req := nginxroute.Request{Method: method, Scheme: u.Scheme, Host: u.Host, URI: u.RequestURI(), Stat: nginxroute.NoFiles, Header: http.Header{}}
	a := config.Route(req)
	if a.Kind == nginxroute.Refused && u.Scheme == "https" {
		// TLS ends in front of this proxy.
		req.Scheme = "http"
		a = config.Route(req)
	}
	r := &Routed{Server: e.Proxy.Server, Status: a.Status, URI: a.URI, Upstream: a.Upstream, Place: positioned(e, a.Decided)}
	switch a.Kind {
	case nginxroute.Proxied:
		if r.Service = serviceBehind(e, a.Upstream); r.Service == "" {
			r.Service = learned(e, config)[a.Upstream]
		}
	case nginxroute.Local, nginxroute.Static, nginxroute.Closed, nginxroute.Redirect:
		r.Upstream, r.URI = "", ""
	default:
		return nil
	}
	if a.Location != nil {
		r.Location, r.All = a.Location.Name, proxy.TakesAll(a.Location)
		if r.Server == "nginx" {
			r.Location = "location " + a.Location.Name
		}
		if r.Place == nil || r.Server == "apache" && r.Upstream == "" { // a "ProxyPass /x !", not the host around it
			r.Place = positioned(e, a.Location.Pos)
		}
	}
	for _, s := range a.Steps {
		if s.Note != "" || s.Pos == a.Decided {
			r.Changed = s.Text
			word, _, _ := strings.Cut(strings.ToLower(s.Text), " ")
			rewrites := word == "rewrite" || word == "rewriterule" || word == "middleware"
			if rewrites || strings.HasPrefix(word, "proxy") {
				r.Place = positioned(e, s.Pos)
			}
			if rewrites {
				break
			}
		}
	}
	return r
}

func positioned(e *check.Env, p nginxroute.Pos) *gate.Location {
	if p.File == "" {
		return nil
	}
	return &gate.Location{File: check.ShowPath(e, p.File), Line: p.Line, Column: p.Col}
}

// images tell a service by the image that it runs, whatever it is called.
var images = []struct{ part, service string }{
	{"dify-api", "api"}, {"dify-web", "web"}, {"dify-plugin-daemon", "plugin_daemon"}, {"dify-sandbox", "sandbox"},
}

// serviceBehind names the part of Dify behind host:port, "" when it is none.
func serviceBehind(e *check.Env, upstream string) string {
	host, port, err := net.SplitHostPort(upstream)
	if err != nil {
		host = upstream
	}
	for _, known := range []string{"api", "web", "plugin_daemon", "api_websocket", "sandbox"} {
		if host == known {
			return known
		}
	}
	if d, err := e.Deployment(); err == nil {
		if s := serviceNamed(d, host); s != "" {
			return s
		}
	}
	// Published or loopback ports: Dify's own numbers say who it is.
	return map[string]string{"5001": "api", "3000": "web", "5002": "plugin_daemon"}[port]
}

func serviceNamed(d *deployment.Deployment, host string) string {
	s, ok := d.Service(host)
	if !ok {
		return ""
	}
	for _, i := range images {
		if strings.Contains(s.Image, i.part) {
			return i.service
		}
	}
	return ""
}

// upstreams are the addresses that the files use, by service.
func upstreams(e *check.Env) map[string]string {
	config, err := proxyConfig(e)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for _, address := range slices.Sorted(maps.Keys(learned(e, config))) {
		service := learned(e, config)[address]
		if known := serviceBehind(e, address); known != "" {
			service = known
		}
		if out[service] == "" {
			out[service] = address
		}
	}
	return out
}

// learned tells the services by what the files send to them, for upstreams
// whose names say nothing: the same address behind two of the API's prefixes
// is the API, another one behind / is the front end, a third behind /e/ the
// plugin daemon.
func learned(e *check.Env, config routing.Router) map[string]string {
	to := func(path string) string {
		a := config.Route(nginxroute.Request{URI: path, Stat: nginxroute.NoFiles})
		if a.Kind != nginxroute.Proxied {
			return ""
		}
		return a.Upstream
	}
	out := map[string]string{}
	root, hook := to("/signin"), to("/e/x/")
	count := map[string]int{}
	for _, path := range []string{"/console/api/ping", "/v1/parameters", "/api/passport", "/files/x"} {
		if address := to(path); address != "" && address != root {
			count[address]++
		}
	}
	for address, n := range count {
		if n >= 2 {
			out[address] = "api"
		}
	}
	if hook != "" && hook != root && out[hook] == "" {
		out[hook] = "plugin_daemon"
	}
	if root != "" && out[root] == "" {
		out[root] = "web"
	}
	return out
}
