package proxy

import (
	"cmp"
	"fmt"
	"net"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// address is what to write for a service in these files.
type address struct {
	host      string // host:port
	url       string // the same with a scheme, or the name of an upstream group
	container string // the compose service; "" when it is not known
	note      string // what else has to be done for it to work, "" for nothing
}

// addressOf is the address of a part of Dify: what other prefixes of the part
// have in these files; or else the published port, where the proxy is on the
// host; the compose service that runs the part; the Service of a cluster, called
// as the others are; and last what Dify's own template has.
func (t *Trace) addressOf(service, port string) address {
	book := t.files.book
	if a, ok := t.good[service]; ok {
		return address{host: a.Upstream, url: protocolOf(a) + "://" + cmp.Or(a.Group, a.Upstream), container: book.containerOf(a.Upstream)}
	}
	if service == "api_websocket" && !book.active[service] {
		return t.addressOf("api", port)
	}
	if c, ok := dify.ComponentNamed(service); ok {
		port = cmp.Or(port, c.Port)
	}
	out := address{}
	name := book.names[service]
	host, onHost := t.hostStyle()
	switch {
	case t.inCluster():
		out.host = t.clusterName(service) + ":" + port
	case onHost && book.hostPorts[service] != "":
		out.host = net.JoinHostPort(host, book.hostPorts[service])
	case onHost:
		out.host = net.JoinHostPort(host, port)
		if name != "" {
			out.note = fmt.Sprintf("publish the port of the service %s as well, ports: [\"127.0.0.1:%s:%s\"]: the proxy is not in its network", name, port, port)
		}
	case name != "":
		out.host, out.container = name+":"+port, name
	default:
		out.host = service + ":" + port
		if book.compose && service != "" {
			out.note = fmt.Sprintf("no service of the compose files runs %s: add it first, or write the name that it has", service)
		}
	}
	if service == "" {
		out.host = "SERVICE:PORT"
	}
	out.url = "http://" + out.host
	return out
}

// protocolOf is what the service is asked by. Dify's parts speak plain HTTP.
func protocolOf(a routing.Answer) string { return cmp.Or(a.Protocol, "http") }

// hostStyle reports whether the proxy reaches the services by addresses of the
// host, and by which. Names of the compose network show the contrary.
func (t *Trace) hostStyle() (host string, ok bool) {
	for _, upstream := range t.seen {
		h, _, err := net.SplitHostPort(upstream)
		if err != nil {
			continue
		}
		if _, named := t.files.book.roles[strings.ToLower(h)]; named {
			return "", false
		}
		if host == "" && isAddress(strings.ToLower(h)) {
			host = h
		}
	}
	return host, host != ""
}

// inCluster reports whether upstreams are Services of a Kubernetes cluster.
func (t *Trace) inCluster() bool {
	switch t.files.server {
	case "ingress", "gateway":
		return true
	case "traefik":
		return t.files.objects
	}
	return false
}

// clusterName is the Service of a part, called as those of the other parts are:
// dify-api shows dify-plugin-daemon. A Service's name has no underscore.
func (t *Trace) clusterName(service string) string {
	word := strings.ReplaceAll(service, "_", "-")
	for _, other := range []string{"api", "web", "plugin_daemon"} {
		for _, upstream := range t.seen {
			host, _, _ := strings.Cut(upstream, ":")
			known := strings.ReplaceAll(other, "_", "-")
			if at := strings.LastIndex(host, known); at >= 0 && boundary(host, at, at+len(known)) {
				return host[:at] + word + host[at+len(known):]
			}
		}
	}
	return word
}

// boundary reports whether host[from:to] is a word of a name in kebab case.
func boundary(host string, from, to int) bool {
	return (from == 0 || host[from-1] == '-') && (to == len(host) || host[to] == '-' || host[to] == '.')
}
