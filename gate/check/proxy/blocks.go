package proxy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/traefikroute"
)

// Block is what hands a public prefix to a service, in the language of a proxy.
type Block struct {
	Server  string // nginx, apache, caddy, ingress, gateway or traefik
	Service string // host:port of the service
	Address string // the same with a scheme, or the name of an upstream group
	Prefix  string
	// Over: nginx took the path by a regular expression, which the prefix has to
	// win against.
	Over bool
	// Lines are what the neighbours of an nginx location have, as written. Includes:
	// without any, the other locations include proxy.conf. Version: either sets
	// proxy_http_version.
	Lines             []string
	Includes, Version bool
	// Host and TLS are those of Traefik's other routers, Like what they have besides.
	Host string
	TLS  bool
	Like traefikroute.Like
	// Apart: the Ingress at hand rewrites all its paths, so that the prefix wants one
	// of its own.
	Apart bool
	// Note is what has to be done besides, "" for nothing.
	Note string
}

// block is what to paste for a demand.
func (t *Trace) block(d demand, v verdict) string { return t.blockOf(d, v).String() }

// blockOf is the block for a demand.
func (t *Trace) blockOf(d demand, v verdict) Block {
	b := t.BlockFor(d.block(), d.service, d.port)
	b.Over = byPattern(v.answer)
	if s := v.answer.Server; s != nil && t.files.server == "traefik" {
		if hosts := strings.Fields(s.Name); len(hosts) > 0 { // the router that took the path has the right host
			b.Host = hosts[0]
		}
	}
	if t.files.server == "ingress" && rewritesAll(v.answer) {
		b.Apart = true
		if s := v.answer.Server; s != nil {
			b.Host = s.Name
		}
	}
	return b
}

// rewritesAll reports whether the Ingress that took a path has rewrite-target, which
// holds for all its paths.
func rewritesAll(a routing.Answer) bool {
	return slices.ContainsFunc(a.Steps, func(s routing.Step) bool { return strings.HasPrefix(s.Text, "rewrite ") })
}

// BlockFor is the block for a prefix of a service, as these files would have it.
func (t *Trace) BlockFor(prefix, service, port string) Block {
	b := t.Block()
	at := t.addressOf(service, port)
	b.Prefix, b.Service, b.Address, b.Note = prefix, at.host, at.url, at.note
	if t.files.server == "nginx" {
		if b.Lines = t.neighbour(service); len(b.Lines) > 0 {
			b.Version = t.setsVersion(b.Lines)
		}
	}
	if c, ok := t.files.router.(*traefikroute.Config); ok {
		a, same := t.good[service]
		if !same {
			a = t.anyGood()
		}
		b.Like = c.Like(a, at.container, same)
	}
	return b
}

func (t *Trace) anyGood() routing.Answer {
	for _, service := range []string{"api", "web", "plugin_daemon", "api_websocket"} {
		if a, ok := t.good[service]; ok {
			return a
		}
	}
	return routing.Answer{}
}

// Block is a block for these files, without a prefix and its service.
func (t *Trace) Block() Block {
	b := Block{Server: t.files.server, Includes: t.files.include, Version: t.files.include}
	for _, e := range t.files.router.Entries() {
		b.Host = cmp.Or(b.Host, e.Host)
		b.TLS = b.TLS || e.TLS
	}
	return b
}

// passLine is the one line that hands the prefix on.
func (t *Trace) passLine(d demand) string {
	at := t.addressOf(d.service, d.port)
	switch t.files.server {
	case "apache":
		return fmt.Sprintf("ProxyPass %q %q", d.block(), at.url+d.block())
	case "nginx":
		return "proxy_pass " + at.url + ";"
	case "caddy":
		return "reverse_proxy " + at.host
	case "traefik":
		return t.block(d, verdict{})
	}
	return at.host
}

// String is the text to paste.
func (b Block) String() string {
	text := ""
	switch b.Server {
	case "apache":
		text = b.apache()
	case "caddy":
		text = b.caddy()
	case "ingress":
		text = b.ingress()
	case "gateway":
		text = b.gateway()
	case "traefik":
		text = b.traefik()
	default:
		text = b.nginx()
	}
	if b.Note != "" {
		text += "\n# " + b.Note
	}
	return text
}

func (b Block) nginx() string {
	location := "location "
	if b.Over {
		location += "^~ "
	}
	lines := append([]string{location + b.Prefix + " {", "  proxy_pass " + b.Address + ";"}, indent(b.Lines)...)
	if len(b.Lines) == 0 && b.Includes {
		lines = append(lines, "  include proxy.conf;")
	}
	headers := slices.ContainsFunc(b.Lines, func(l string) bool {
		return strings.HasPrefix(l, "proxy_set_header ") || strings.HasPrefix(l, "include ")
	})
	// A header of its own takes away those of the server.
	own := b.Prefix == "/e/" || b.Prefix == "/socket.io/"
	if !headers && !b.Includes && (own || len(b.Lines) == 0) {
		lines = append(lines, "  proxy_set_header Host $host;", "  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
			"  proxy_set_header X-Forwarded-Proto $scheme;")
	}
	switch b.Prefix {
	case "/e/":
		lines = append(lines, "  proxy_set_header Dify-Hook-Url $scheme://$host$request_uri;")
	case "/socket.io/":
		if !b.Version {
			lines = append(lines, "  proxy_http_version 1.1;")
		}
		lines = append(lines, "  proxy_set_header Upgrade $http_upgrade;", "  proxy_set_header Connection \"upgrade\";")
	}
	return strings.Join(append(lines, "}"), "\n")
}

func indent(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "  " + l
	}
	return out
}

func (b Block) apache() string {
	more := ""
	if b.Prefix == "/socket.io/" {
		more = " upgrade=websocket"
	}
	text := fmt.Sprintf("ProxyPass %q %q%s\nProxyPassReverse %q %q", b.Prefix, b.Address+b.Prefix, more, b.Prefix, b.Address+b.Prefix)
	if b.Prefix == "/e/" { // plugins are told by it which address was called
		text += "\n<IfModule mod_headers.c>\n<Location \"/e/\">\nRequestHeader set Dify-Hook-Url \"expr=%{REQUEST_SCHEME}://%{HTTP_HOST}%{REQUEST_URI}\"\n</Location>\n</IfModule>"
	}
	return text
}

// caddy is a handle: of several, one alone takes a request, the longest path first.
func (b Block) caddy() string {
	matcher := strings.TrimSuffix(b.Prefix, "/") + "/*"
	if b.Prefix == "/" {
		return fmt.Sprintf("handle {\n\treverse_proxy %s\n}", b.Service)
	}
	if b.Prefix == "/e/" {
		return fmt.Sprintf("handle %s {\n\treverse_proxy %s {\n\t\theader_up Dify-Hook-Url {scheme}://{hostport}{uri}\n\t}\n}", matcher, b.Service)
	}
	return fmt.Sprintf("handle %s {\n\treverse_proxy %s\n}", matcher, b.Service)
}

// traefik is the labels of a router and its service, or what stands for them in a
// file or an object.
func (b Block) traefik() string {
	rule := fmt.Sprintf("PathPrefix(`%s`)", b.Prefix)
	if b.Host != "" {
		rule = fmt.Sprintf("Host(`%s`) && %s", b.Host, rule)
	}
	host, port, _ := strings.Cut(b.Service, ":")
	name := "dify-" + strings.ReplaceAll(cmp.Or(strings.Trim(b.Prefix, "/."), "web"), "/", "-")
	name = strings.ReplaceAll(name, ".", "-")
	switch b.Like.Form {
	case traefikroute.Objects:
		return fmt.Sprintf("- kind: Rule\n  match: %s\n  services:\n    - name: %s\n      port: %s", rule, host, port)
	case traefikroute.File:
		lines := []string{"http:", "  routers:", "    " + name + ":", "      rule: " + rule}
		for _, s := range b.Like.Router {
			lines = append(lines, "      "+s)
		}
		if b.Like.Service != "" {
			return strings.Join(append(lines, "      service: "+b.Like.Service), "\n")
		}
		return strings.Join(append(lines, "      service: "+name, "  services:", "    "+name+":", "      loadBalancer: {servers: [{url: '"+b.Address+"'}]}"), "\n")
	}
	lines := []string{"labels of the service " + host + ":"}
	for _, l := range b.Like.Container {
		lines = append(lines, "- "+l)
	}
	router := "- traefik.http.routers." + name + "."
	lines = append(lines, router+"rule="+rule)
	tls := false
	for _, l := range b.Like.Router {
		lines = append(lines, router+l)
		tls = tls || strings.HasPrefix(l, "tls")
	}
	if b.TLS && !tls && len(b.Like.Router) == 0 {
		lines = append(lines, router+"tls=true")
	}
	switch {
	case b.Like.Service != "":
		lines = append(lines, router+"service="+b.Like.Service)
	case !b.Like.Implicit:
		lines = append(lines, router+"service="+name, fmt.Sprintf("- traefik.http.services.%s.loadbalancer.server.port=%s", name, port))
	}
	if len(b.Like.Networks) > 0 {
		lines = append(lines, "networks of the service "+host+", which Traefik's is among:")
		for _, n := range b.Like.Networks {
			lines = append(lines, "- "+n)
		}
	}
	return strings.Join(lines, "\n")
}

// ingress is a path of an Ingress.
func (b Block) ingress() string {
	name, port, _ := strings.Cut(b.Service, ":")
	key := "number"
	if strings.Trim(port, "0123456789") != "" {
		key = "name"
	}
	path := func(path, kind string) string {
		return fmt.Sprintf("- path: %s\n  pathType: %s\n  backend:\n    service:\n      name: %s\n      port:\n        %s: %s", path, kind, name, key, port)
	}
	if !b.Apart {
		return path(b.Prefix, "Prefix")
	}
	// ingress-nginx takes all paths of such a host for expressions, the longest first.
	expression := b.Prefix + "(/|$)(.*)"
	if strings.HasSuffix(b.Prefix, "/") {
		expression = b.Prefix + "(.*)"
	}
	rule, deep := "    - http:", "          "
	if b.Host != "" {
		rule = "    - host: " + b.Host + "\n      http:"
	}
	object := "dify-" + strings.ReplaceAll(cmp.Or(strings.Trim(b.Prefix, "/."), "web"), "/", "-")
	return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: " + strings.ReplaceAll(object, ".", "-") +
		"\n  annotations:\n    nginx.ingress.kubernetes.io/use-regex: \"true\"\nspec:\n  rules:\n" + rule + "\n        paths:\n" +
		deep + strings.ReplaceAll(path(expression, "ImplementationSpecific"), "\n", "\n"+deep)
}

// gateway is a rule of an HTTPRoute, whose backends have numbers for ports.
func (b Block) gateway() string {
	name, port, _ := strings.Cut(b.Service, ":")
	return fmt.Sprintf("- matches:\n    - path:\n        type: PathPrefix\n        value: %s\n  backendRefs:\n    - name: %s\n      port: %s", b.Prefix, name, port)
}
