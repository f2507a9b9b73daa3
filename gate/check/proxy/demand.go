package proxy

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// demand is a prefix that has to reach a service, with requests that show
// whether it does.
type demand struct {
	prefix  string
	public  string // the public prefix that a path named by hand belongs to
	service string // as Dify calls it; "" for a path that only has to reach some service
	port    string
	since   string
	samples []samplePath // the first stands for the prefix
}

// samplePath is a request below a demand's prefix.
type samplePath struct {
	method, path string
	guess        bool // no route of the release: clients may ask for it, or may not
}

// demands are what the entry's routes ask for.
func (p *Proxy) demands(r dify.Release) []demand {
	public := r.PublicRoutes()
	if len(p.Routes) > 0 && p.Routes[0] != "auto" {
		var out []demand
		for _, w := range p.Routes {
			out = append(out, demandOf(w, public))
		}
		return out
	}
	var out []demand
	for _, pr := range public {
		d := demand{prefix: pr.Prefix, service: pr.Service, port: pr.Port, since: pr.Since}
		d.samples = append([]samplePath{{method: "GET", path: firstSample(pr.Prefix)}}, moreSamples(pr, public, r)...)
		out = append(out, d)
	}
	return out
}

// demandOf reads "/path" or "/path -> service".
func demandOf(word string, public []dify.PublicRoute) demand {
	path, service, _ := strings.Cut(word, "->")
	d := demand{prefix: strings.TrimSpace(path), service: strings.TrimSpace(service)}
	d.samples = []samplePath{{method: "GET", path: d.prefix}}
	if pr, ok := publicFor(d.prefix, public); ok && d.service == "" {
		d.service, d.port, d.since, d.public = pr.Service, pr.Port, pr.Since, pr.Prefix
	} else {
		for _, other := range public {
			if other.Service == d.service {
				d.port = other.Port
			}
		}
	}
	return d
}

// block is the prefix to write a route for: all of a public one, however little
// of it was asked for.
func (d demand) block() string {
	if d.public != "" && d.public != "/" {
		return d.public
	}
	return d.prefix
}

// publicFor is the longest public prefix of a path.
func publicFor(path string, public []dify.PublicRoute) (dify.PublicRoute, bool) {
	best, ok := dify.PublicRoute{}, false
	for _, pr := range public {
		if strings.HasPrefix(path, pr.Prefix) && len(pr.Prefix) > len(best.Prefix) {
			best, ok = pr, true
		}
	}
	return best, ok
}

// firstSample is a request that people know for the prefix.
func firstSample(prefix string) string {
	switch prefix {
	case "/":
		return "/signin"
	case "/api":
		return "/api/passport?app=x"
	case "/console/api":
		return "/console/api/setup?x=1"
	case "/v1":
		return "/v1/parameters?user=x"
	case "/files":
		return "/files/1b4e28ba/file-preview?sign=x"
	case "/mcp":
		return "/mcp/server/x/mcp"
	case "/triggers":
		return "/triggers/webhook/x"
	case "/explore":
		return "/explore/apps"
	case "/socket.io/":
		return "/socket.io/?EIO=4&transport=polling"
	case "/openapi":
		return "/openapi/v1/apps?page=1"
	}
	return strings.TrimSuffix(prefix, "/") + "/x?y=1"
}

// moreSamples are the API's routes below the prefix, and a path with a file's
// ending, which patterns for static files like to take. A path that begins
// with a longer public prefix belongs to that one.
func moreSamples(pr dify.PublicRoute, public []dify.PublicRoute, r dify.Release) []samplePath {
	if pr.Prefix == "/" { // many a proxy has the front end's files by itself
		return []samplePath{{"GET", "/_next/static/chunks/main.js", true}, {"GET", "/logo/logo.png", true}}
	}
	if pr.Service == "web" {
		return nil
	}
	base := strings.TrimSuffix(pr.Prefix, "/")
	out := []samplePath{{"GET", base + "/x/preview.png", true}, {"POST", base + "/x/y", true}}
	for _, api := range r.Routes() {
		// Many a proxy answers a browser's preflight by itself, rightly.
		if api.Method != "OPTIONS" && strings.HasPrefix(api.Path, base+"/") {
			if own, _ := publicFor(api.Path, public); own.Prefix == pr.Prefix {
				out = append(out, samplePath{method: api.Method, path: concretePath(api.Path)})
			}
		}
	}
	return out
}

// concretePath puts values instead of a route's parameters. The catalogue
// writes them as Flask does, <uuid:id>, and as {?} where a prefix of the
// application's own is not known.
func concretePath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		for {
			before, rest, ok := cutParameter(s)
			if !ok {
				break
			}
			s = before + rest
		}
		segments[i] = s
	}
	return strings.Join(segments, "/")
}

// cutParameter finds the first parameter of a segment. before ends with a value
// for it.
func cutParameter(s string) (before, rest string, ok bool) {
	open := strings.IndexAny(s, "<{")
	if open < 0 {
		return s, "", false
	}
	end := strings.IndexAny(s[open:], ">}")
	if end < 0 {
		return s[:open] + "x", "", true
	}
	name := s[open+1 : open+end]
	return s[:open] + parameterValue(name), s[open+end+1:], true
}

func parameterValue(name string) string {
	kind, _, typed := strings.Cut(name, ":")
	switch {
	case typed && kind == "uuid":
		return "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
	case typed && kind == "int":
		return "1"
	case typed && kind == "path":
		return "a/b"
	case strings.HasSuffix(name, "extension"): // of a tool's files: images, mostly
		return "png"
	}
	return "x"
}
