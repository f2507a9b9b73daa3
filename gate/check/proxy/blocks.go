package proxy

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// upstream is the address to write for a service: what other prefixes of the
// service have in these files, or else what Dify's own template has.
func (t *tracing) upstream(d demand) string {
	if a, ok := t.good[d.service]; ok {
		return a.Protocol + "://" + cmp.Or(a.Group, a.Upstream)
	}
	return "http://" + d.want()
}

// passLine is the one line that hands the prefix on.
func (t *tracing) passLine(d demand) string {
	switch t.files.server {
	case "apache":
		return fmt.Sprintf("ProxyPass %q %q", d.block(), t.upstream(d)+d.block())
	case "nginx":
		return "proxy_pass " + t.upstream(d) + ";"
	case "traefik":
		return TraefikBlock(t.files.router, t.serviceOf(d), d.block())
	}
	return t.upstream(d)
}

// block is what to paste for a prefix.
func (t *tracing) block(d demand) string {
	switch t.files.server {
	case "apache":
		return ApacheBlock(t.upstream(d), d.block())
	case "ingress":
		return IngressBlock(t.serviceOf(d), d.block())
	case "traefik":
		return TraefikBlock(t.files.router, t.serviceOf(d), d.block())
	}
	lines := []string{"location " + d.block() + " {", "  proxy_pass " + t.upstream(d) + ";"}
	switch d.block() {
	case "/e/":
		lines = append(lines, "  proxy_set_header Dify-Hook-Url $scheme://$host$request_uri;")
	case "/socket.io/":
		lines = append(lines, "  proxy_http_version 1.1;", "  proxy_set_header Upgrade $http_upgrade;", "  proxy_set_header Connection \"upgrade\";")
	}
	if t.files.include {
		lines = append(lines, "  include proxy.conf;")
	} else {
		lines = append(lines, "  proxy_set_header Host $host;", "  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
			"  proxy_set_header X-Forwarded-Proto $scheme;")
	}
	return strings.Join(append(lines, "}"), "\n")
}

// ApacheBlock are the lines for a prefix; address has the scheme.
func ApacheBlock(address, prefix string) string {
	return fmt.Sprintf("ProxyPass %q %q\nProxyPassReverse %q %q", prefix, address+prefix, prefix, address+prefix)
}

// TraefikBlock are the labels for a prefix, with the host that the files name.
func TraefikBlock(router routing.Router, address, prefix string) string {
	rule, tls := fmt.Sprintf("PathPrefix(`%s`)", prefix), false
	var entries []routing.Entry
	if router != nil {
		entries = router.Entries()
	}
	for _, e := range entries {
		if e.Host != "" && !strings.Contains(rule, "Host(") {
			rule = fmt.Sprintf("Host(`%s`) && %s", e.Host, rule)
		}
		tls = tls || e.TLS
	}
	name := "dify-" + strings.ReplaceAll(strings.Trim(prefix, "/."), "/", "-")
	service, port, _ := strings.Cut(address, ":")
	lines := []string{"labels of the service " + service + ":", fmt.Sprintf("- traefik.http.routers.%s.rule=%s", name, rule), fmt.Sprintf("- traefik.http.routers.%s.service=%s", name, name)}
	if tls {
		lines = append(lines, fmt.Sprintf("- traefik.http.routers.%s.tls=true", name))
	}
	return strings.Join(append(lines, fmt.Sprintf("- traefik.http.services.%s.loadbalancer.server.port=%s", name, port)), "\n")
}

// IngressBlock is a path of an Ingress; address is host:port of the service.
func IngressBlock(address, prefix string) string {
	name, port, _ := strings.Cut(address, ":")
	key := "number"
	if strings.Trim(port, "0123456789") != "" {
		key = "name"
	}
	return fmt.Sprintf("- path: %s\n  pathType: Prefix\n  backend:\n    service:\n      name: %s\n      port:\n        %s: %s", prefix, name, key, port)
}

// serviceOf is the service's address as the other prefixes have it.
func (t *tracing) serviceOf(d demand) string {
	if a, ok := t.good[d.service]; ok {
		return a.Upstream
	}
	return d.want()
}
