package proxy

import (
	"cmp"
	"fmt"
	"strings"
)

// upstream is the address to write for a service: what other prefixes of the
// service have in these files, or else what Dify's own template has.
func (t *Trace) upstream(d demand) string {
	if a, ok := t.good[d.service]; ok {
		return a.Protocol + "://" + cmp.Or(a.Group, a.Upstream)
	}
	return "http://" + d.want()
}

// passLine is the one line that hands the prefix on.
func (t *Trace) passLine(d demand) string {
	switch t.files.server {
	case "apache":
		return fmt.Sprintf("ProxyPass %q %q", d.block(), t.upstream(d)+d.block())
	case "nginx":
		return "proxy_pass " + t.upstream(d) + ";"
	case "traefik":
		return t.block(d)
	}
	return t.upstream(d)
}

// block is what to paste for a prefix.
func (t *Trace) block(d demand) string {
	b := t.Block()
	b.Service, b.Address, b.Prefix = t.serviceOf(d), t.upstream(d), d.block()
	return b.String()
}

// Block is a block for these files, without a prefix and its service.
func (t *Trace) Block() Block {
	b := Block{Server: t.files.server, Includes: t.files.include}
	for _, e := range t.files.router.Entries() {
		b.Host = cmp.Or(b.Host, e.Host)
		b.TLS = b.TLS || e.TLS
	}
	return b
}

// serviceOf is the service's address as the other prefixes have it.
func (t *Trace) serviceOf(d demand) string {
	if a, ok := t.good[d.service]; ok {
		return a.Upstream
	}
	return d.want()
}

// Block is what hands a public prefix to a service, in the language of a proxy.
type Block struct {
	Server  string // nginx, apache, ingress or traefik
	Service string // host:port of the service
	Address string // the same with a scheme, or the name of an upstream group
	Prefix  string
	// Over: nginx took the path by a regular expression, which the prefix has to
	// win against.
	Over bool
	// Includes: the other locations of nginx include proxy.conf.
	Includes bool
	// Host and TLS are those of Traefik's other routers.
	Host string
	TLS  bool
}

// String is the text to paste.
func (b Block) String() string {
	switch b.Server {
	case "apache":
		return fmt.Sprintf("ProxyPass %q %q\nProxyPassReverse %q %q", b.Prefix, b.Address+b.Prefix, b.Prefix, b.Address+b.Prefix)
	case "ingress":
		return b.ingress()
	case "traefik":
		return b.traefik()
	}
	return b.nginx()
}

func (b Block) nginx() string {
	location := "location "
	if b.Over {
		location += "^~ "
	}
	lines := []string{location + b.Prefix + " {", "  proxy_pass " + b.Address + ";"}
	switch b.Prefix {
	case "/e/":
		lines = append(lines, "  proxy_set_header Dify-Hook-Url $scheme://$host$request_uri;")
	case "/socket.io/":
		lines = append(lines, "  proxy_http_version 1.1;", "  proxy_set_header Upgrade $http_upgrade;", "  proxy_set_header Connection \"upgrade\";")
	}
	if b.Includes {
		lines = append(lines, "  include proxy.conf;")
	} else {
		lines = append(lines, "  proxy_set_header Host $host;", "  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
			"  proxy_set_header X-Forwarded-Proto $scheme;")
	}
	return strings.Join(append(lines, "}"), "\n")
}

// traefik is the labels of a router and its service.
func (b Block) traefik() string {
	rule := fmt.Sprintf("PathPrefix(`%s`)", b.Prefix)
	if b.Host != "" {
		rule = fmt.Sprintf("Host(`%s`) && %s", b.Host, rule)
	}
	name := "dify-" + strings.ReplaceAll(strings.Trim(b.Prefix, "/."), "/", "-")
	service, port, _ := strings.Cut(b.Service, ":")
	lines := []string{"labels of the service " + service + ":", fmt.Sprintf("- traefik.http.routers.%s.rule=%s", name, rule), fmt.Sprintf("- traefik.http.routers.%s.service=%s", name, name)}
	if b.TLS {
		lines = append(lines, fmt.Sprintf("- traefik.http.routers.%s.tls=true", name))
	}
	return strings.Join(append(lines, fmt.Sprintf("- traefik.http.services.%s.loadbalancer.server.port=%s", name, port)), "\n")
}

// ingress is a path of an Ingress.
func (b Block) ingress() string {
	name, port, _ := strings.Cut(b.Service, ":")
	key := "number"
	if strings.Trim(port, "0123456789") != "" {
		key = "name"
	}
	return fmt.Sprintf("- path: %s\n  pathType: Prefix\n  backend:\n    service:\n      name: %s\n      port:\n        %s: %s", b.Prefix, name, key, port)
}
