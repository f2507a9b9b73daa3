package envfile

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// publicURLs compares the addresses that browsers and API clients are given with
// what the deployment publishes: what gate.yaml says, and the ports of nginx.
func (r *envRun) publicURLs() {
	ports, known := r.nginxPorts()
	mine := 0 // addresses that have the host of dify.url
	var strange []given
	for _, name := range browserURLs {
		for _, g := range r.addresses(name) {
			u := parseAddress(g.Text)
			if u == nil || r.isShipped(name, g.Value) || isLocal(u.Hostname()) || r.isService(u.Hostname()) {
				continue
			}
			base, by, whole := r.publicBase(name)
			switch {
			case base != nil && (whole || strings.EqualFold(base.Hostname(), u.Hostname())):
				mine++
				r.compareURL(g, u, base, by)
			case base != nil:
				strange = append(strange, g)
			case known && net.ParseIP(u.Hostname()) != nil && !slices.Contains(ports.of(u.Scheme), portOf(u)):
				r.add(ruleURL, name, fmt.Sprintf("%s is %s://%s, and nginx publishes %s: nothing listens on port %s", g.whose(), u.Scheme, u.Host, ports, portOf(u)),
					fmt.Sprintf("set %s to the address with the port that browsers use", name), g.Place, ports.at)
			}
		}
	}
	r.strangeHosts(mine, strange)
	r.lostPort(ports, known)
}

// publicBase is the address that a variable has to have: that of its part where
// gate.yaml gives it (whole: the host counts as well), else dify.url.
func (r *envRun) publicBase(name string) (base *url.URL, by string, whole bool) {
	part := map[string]struct {
		u  *url.URL
		by string
	}{
		"CONSOLE_API_URL": {r.env.ConsoleURL, "dify.console_url"}, "CONSOLE_WEB_URL": {r.env.ConsoleURL, "dify.console_url"},
		"APP_API_URL": {r.env.AppURL, "dify.app_url"}, "APP_WEB_URL": {r.env.AppURL, "dify.app_url"},
		"SERVICE_API_URL": {r.env.APIURL, "dify.api_url"}, "FILES_URL": {r.env.FilesURL, "dify.files_url"},
	}[name]
	// The pages of a part may be called at its host while the API has one of its
	// own: only the pages' address is sure to be that of gate.yaml.
	if part.u != nil {
		return part.u, part.by, !strings.HasSuffix(name, "_API_URL") || name == "SERVICE_API_URL"
	}
	return r.env.URL, "dify.url", false
}

// compareURL wants the same scheme, host and port.
func (r *envRun) compareURL(g given, u, base *url.URL, by string) {
	is, want := u.Scheme+"://"+u.Host, base.Scheme+"://"+base.Host
	what := ""
	switch {
	case !strings.EqualFold(u.Hostname(), base.Hostname()):
		what = "another host"
	case u.Scheme != base.Scheme:
		what = "another scheme"
	case portOf(u) != portOf(base):
		what = "port " + portOf(u) + " and not " + portOf(base)
	default:
		return
	}
	r.add(ruleURL, g.Name, fmt.Sprintf("%s is %s and %s is %s: links lead to %s, expected %s", g.whose(), is, by, want, what, want),
		fmt.Sprintf("set %s to %s", g.Name, want), g.Place)
}

// strangeHosts reports settings of which none names the host of dify.url: copied
// from another deployment, or from before a move. An API and files may have hosts
// of their own, so that one that does is enough.
func (r *envRun) strangeHosts(mine int, strange []given) {
	if mine > 0 || r.env.URL == nil || isLocal(r.env.URL.Hostname()) || net.ParseIP(r.env.URL.Hostname()) != nil {
		return
	}
	for _, g := range strange {
		if g.Name == "CONSOLE_WEB_URL" {
			r.add(ruleURL, g.Name, fmt.Sprintf("%s is %s, and no URL variable has the host of dify.url, %s: links lead elsewhere", g.whose(), parseAddress(g.Text).Host, r.env.URL.Host),
				"set it to the address that browsers use, or correct --url", g.Place)
		}
	}
}

// lostPort reports links that Dify builds from the request's Host header: Dify's
// nginx hands it on without the port (proxy_set_header Host $host), so that they
// lead to port 80 or 443.
func (r *envRun) lostPort(ports nginxPorts, known bool) {
	base := r.env.URL
	if !known || base == nil || portOf(base) == standardPort(base.Scheme) || !slices.Contains(ports.of(base.Scheme), portOf(base)) {
		return
	}
	var unset []string
	for _, name := range []string{"APP_WEB_URL", "CONSOLE_WEB_URL", "SERVICE_API_URL"} {
		if v, _ := r.value(name); v.Text == "" {
			unset = append(unset, name)
		}
	}
	if !slices.Contains(unset, "APP_WEB_URL") {
		return
	}
	want := base.Scheme + "://" + base.Host
	r.add(ruleURL, "APP_WEB_URL", fmt.Sprintf("nginx publishes port %s and %s is not set: links of published apps lead to port %s", portOf(base), strings.Join(unset, ", "), standardPort(base.Scheme)),
		"set each of them to "+want, ports.at)
}

// nginxPorts are the host's ports at which Dify's nginx is published.
type nginxPorts struct {
	http, https []string
	at          deployment.Place
}

func (p nginxPorts) of(scheme string) []string {
	if scheme == "https" {
		return p.https
	}
	return p.http
}

func (p nginxPorts) String() string {
	var out []string
	for _, port := range p.http {
		out = append(out, port+" for http")
	}
	for _, port := range p.https {
		out = append(out, port+" for https")
	}
	return strings.Join(out, ", ")
}

// nginxPorts finds them in the compose files, else in the variables of Dify's
// own; known is false where another proxy, or none, is in front.
func (r *envRun) nginxPorts() (p nginxPorts, known bool) {
	p.at = r.d.Env["EXPOSE_NGINX_PORT"].Place
	nginx, ok := r.serviceOf("nginx")
	if !ok {
		if len(r.d.Services) > 0 || r.helm() || r.want.release == nil {
			return p, false
		}
		p.http = []string{cmp.Or(r.d.Lookup("EXPOSE_NGINX_PORT"), "80")}
		p.https = []string{cmp.Or(r.d.Lookup("EXPOSE_NGINX_SSL_PORT"), "443")}
		return p, true
	}
	if p.at.File == "" {
		p.at = nginx.Place
	}
	ssl := cmp.Or(nginx.Env["NGINX_SSL_PORT"].Text, "443")
	for _, port := range nginx.Ports {
		switch {
		case port.Host == "":
		case port.Container == ssl:
			p.https = append(p.https, port.Host)
		case port.Container == cmp.Or(nginx.Env["NGINX_PORT"].Text, "80"):
			p.http = append(p.http, port.Host)
		}
	}
	return p, len(p.http)+len(p.https) > 0
}

func portOf(u *url.URL) string { return cmp.Or(u.Port(), standardPort(u.Scheme)) }

func standardPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}
