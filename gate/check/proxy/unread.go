package proxy

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// unreadProxy is a proxy that is seen and whose configuration is not read.
type unreadProxy struct {
	name string // "HAProxy"
	what string // "the image haproxy:3.0 of the service edge", "haproxy.cfg"
	at   *gate.Location
}

// unreadImages are images of proxies by the end of their names, without tag and
// registry. A proxy with a server is one whose files the gate reads, if they are
// there.
var unreadImages = []struct{ image, name, server string }{
	{"haproxy", "HAProxy", ""}, {"envoy", "Envoy", ""}, {"apisix", "Apache APISIX", ""}, {"kong", "Kong", ""}, {"kong-gateway", "Kong", ""},
	{"nginx-proxy-manager", "Nginx Proxy Manager", ""}, {"nginx-proxy", "nginx-proxy", ""}, {"swag", "SWAG", "nginx"}, {"cloudflared", "Cloudflare Tunnel", ""},
	{"zoraxy", "Zoraxy", ""}, {"tyk-gateway", "Tyk", ""}, {"krakend", "KrakenD", ""}, {"varnish", "Varnish", ""}, {"squid", "", ""},
	{"caddy", "Caddy", "caddy"}, {"caddy-docker-proxy", "Caddy by its labels", ""}, {"traefik", "Traefik", "traefik"}, {"httpd", "Apache", "apache"},
}

// unreadFiles are file names of proxies that are not read.
var unreadFiles = []struct{ pattern, name string }{
	{"haproxy*.cfg", "HAProxy"}, {"envoy*.y*ml", "Envoy"}, {"envoy*.json", "Envoy"}, {"apisix*.y*ml", "Apache APISIX"}, {"kong*.y*ml", "Kong"},
	{"caddy*.json", "Caddy's JSON"}, {"lighttpd*.conf", "lighttpd"}, {"*.vcl", "Varnish"}, {"krakend*.json", "KrakenD"}, {"traefik*.toml", "Traefik's TOML"},
}

// unreadKinds are kinds of Kubernetes objects that route and are not read.
var unreadKinds = []struct{ kind, name string }{
	{"IngressRouteTCP", "Traefik's IngressRouteTCP"}, {"IngressRouteUDP", "Traefik's IngressRouteUDP"}, {"TraefikService", "Traefik's TraefikService"},
	{"TCPRoute", "the Gateway API's TCPRoute"}, {"TLSRoute", "the Gateway API's TLSRoute"}, {"GRPCRoute", "the Gateway API's GRPCRoute"},
	{"VirtualService", "Istio's VirtualService"}, {"HTTPProxy", "Contour's HTTPProxy"}, {"ApisixRoute", "Apache APISIX's ApisixRoute"},
	{"KongIngress", "Kong's KongIngress"}, {"VirtualServer", "NGINX Ingress Controller's VirtualServer"},
}

// findUnread lists the proxies that are seen in a directory and not read: by a
// service's image, a file's name, an object's kind. read are the servers whose
// files were found.
func findUnread(env *check.Env, dir string, d *deployment.Deployment, read []string) []unreadProxy {
	var out []unreadProxy
	add := func(u unreadProxy) {
		if u.name != "" && !slices.ContainsFunc(out, func(o unreadProxy) bool { return o.name == u.name }) {
			out = append(out, u)
		}
	}
	for _, pattern := range unreadFiles {
		for _, folder := range []string{"", "*"} {
			found, _ := readfile.Glob(filepath.Join(dir, folder, pattern.pattern)) // what reads files reports a folder that may not be read
			for _, file := range found {
				shown := check.ShowPath(env, file)
				add(unreadProxy{pattern.name, shown, &gate.Location{File: shown, Line: 1}})
			}
		}
	}
	if d != nil {
		for _, s := range d.Services {
			image, _ := deployment.SplitImage(s.Image)
			for _, known := range unreadImages {
				if image[strings.LastIndexByte(image, '/')+1:] == known.image && s.Active && !slices.Contains(read, known.server) {
					add(unreadProxy{known.name, fmt.Sprintf("the image %s of the service %s", s.Image, s.Name), env.Place(s.ImageAt)})
				}
			}
		}
	}
	f := &finder{dir: dir, texts: map[string]string{}}
	for _, known := range unreadKinds {
		files, err := f.glob(manifests, func(text string) bool { return hasKind(text, known.kind) })
		if err != nil || len(files) == 0 {
			continue // a folder that may not be read is reported by what looks for readable files
		}
		shown := check.ShowPath(env, files[0])
		add(unreadProxy{known.name, shown, &gate.Location{File: shown, Line: lineOfKind(f.text(files[0]), known.kind)}})
	}
	return out
}

// lineOfKind is the line on which a manifest names the kind.
func lineOfKind(text, kind string) int {
	for i, line := range strings.Split(text, "\n") {
		if hasKind(line, kind) {
			return i + 1
		}
	}
	return 1
}

func (u unreadProxy) finding() gate.Finding {
	f := ruleUnread.Finding(fmt.Sprintf("%s is in use (%s), and the gate does not read its configuration: where it sends the paths of the release is not checked", u.name, u.what),
		"compare its routes with those that `gate routes` lists for the release, and probe them after the deploy (gate run --phase post --url …)")
	f.Location, f.Subject = u.at, u.name
	return f
}
