package traefikroute

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// object reads a Kubernetes object of Traefik's: IngressRoute and Middleware. Others are another's.
// Source: doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd.
func (r *reader) object(n *yaml.Node) {
	switch textOf(get(n, "kind")) {
	case "IngressRoute":
		r.ingressRoute(n)
	case "Middleware":
		r.labels = nil
		if spec := get(n, "spec"); spec != nil {
			r.flattenBelow(".middlewares."+textOf(get(n, "metadata", "name")), spec)
		}
		for _, l := range r.labels {
			if parts := strings.SplitN(l.key, ".", 5); len(parts) == 5 {
				r.middleware(parts[3], parts[4], l)
			}
		}
	case "List", "IngressRouteList", "MiddlewareList":
		if items := get(n, "items"); items != nil {
			for _, item := range items.Content {
				r.object(item)
			}
		}
	}
}

// flattenBelow makes labels of what stands below a name, which keeps its letters.
func (r *reader) flattenBelow(prefix string, n *yaml.Node) { r.flatten(prefix, n, 2) }

func textOf(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func (r *reader) ingressRoute(n *yaml.Node) {
	name, spec := textOf(get(n, "metadata", "name")), get(n, "spec")
	var entryPoints []string
	for _, e := range items(get(spec, "entryPoints")) {
		entryPoints = append(entryPoints, e.Value)
	}
	routes := items(get(spec, "routes"))
	if len(routes) == 0 {
		r.fail(r.at(n), "IngressRoute %s without routes, want spec.routes", name)
		return
	}
	for i, route := range routes {
		ro := &router{name: fmt.Sprintf("%d of %s", i+1, name), resource: r.at(n), pos: r.at(route), entryPoints: entryPoints, object: true, tls: get(spec, "tls") != nil}
		match := get(route, "match")
		if match == nil {
			r.fail(ro.pos, "a route without match, want one like PathPrefix(`/v1`)")
			continue
		}
		ro.rule, ro.pos = match.Value, r.at(match)
		if priority := textOf(get(route, "priority")); priority != "" {
			var err error
			if ro.priority, err = strconv.Atoi(priority); err != nil {
				r.fail(ro.pos, "priority %q, want a number", priority)
			}
		}
		for _, m := range items(get(route, "middlewares")) {
			ro.middlewares = append(ro.middlewares, textOf(get(m, "name"))+"@kubernetescrd")
		}
		ro.service = "of " + ro.name
		r.c.services[ro.service] = r.objectService(route, ro)
		r.finish(ro, nil, "", ro.resource)
	}
}

// objectService is where a route of an IngressRoute leads.
func (r *reader) objectService(route *yaml.Node, ro *router) *service {
	s := &service{name: ro.service, scheme: "http", pos: ro.pos}
	for _, n := range items(get(route, "services")) {
		name, port := textOf(get(n, "name")), textOf(get(n, "port"))
		if kind := textOf(get(n, "kind")); kind != "" && kind != "Service" {
			ro.doubt = "the " + kind + " " + name + " is not read"
			continue
		}
		if scheme := textOf(get(n, "scheme")); scheme != "" {
			s.scheme = scheme
		}
		if len(s.targets) == 0 {
			s.pos = r.at(n)
		}
		target := name
		if port != "" {
			target = net.JoinHostPort(name, port)
		}
		s.targets = append(s.targets, target)
	}
	return s
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// document reads one document of a file: a compose file, one of the file provider, or an object.
func (r *reader) document(n *yaml.Node, dir string) {
	r.static = r.readStatic(get(n, "services"), dir)
	r.c.secure = append(r.c.secure, r.static.secure()...)
	r.compose(get(n, "services"))
	if http := get(n, "http"); http != nil {
		r.labels = nil
		r.flatten("", http, 0)
		r.container("", routing.Pos{File: r.file, Line: http.Line, Col: http.Column})
	}
	r.object(n)
}
