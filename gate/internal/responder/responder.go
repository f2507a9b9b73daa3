package responder

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// The names of all responders.
const (
	API          = "api"           // Dify's API (Flask)
	Web          = "web"           // Dify's front end (Next.js)
	PluginDaemon = "plugin_daemon" // Dify's plugin daemon (gin)
	Sandbox      = "sandbox"       // Dify's code sandbox (gin)
	Agent        = "agent"         // Dify's agent back end (FastAPI), by its own document
	Nginx        = "nginx"
	OpenResty    = "openresty"
	IngressNginx = "ingress-nginx"
	Apache       = "apache"
	Caddy        = "caddy"
	Traefik      = "traefik"
	HAProxy      = "haproxy"
	Envoy        = "envoy"
	Kong         = "kong"
	Cloudflare   = "cloudflare"
	AWS          = "aws"
	Azure        = "azure"
	Squid        = "squid"
	FastAPI      = "fastapi"
	Go           = "go" // net/http's own 404; Traefik sends the same
	Unknown      = "unknown"
)

// Names lists every name that [Identify] can give.
func Names() []string {
	return []string{
		API, Web, PluginDaemon, Sandbox, Agent, Nginx, OpenResty, IngressNginx, Apache, Caddy, Traefik,
		HAProxy, Envoy, Kong, Cloudflare, AWS, Azure, Squid, FastAPI, Go, Unknown,
	}
}

// Response is what of an answer is looked at. Path is the path that was asked
// for; it may be empty, and only breaks ties between programs whose pages are
// the same.
type Response struct {
	Status int
	Proto  string // HTTP/1.1, HTTP/2.0
	Reason string // the reason phrase without the number; HTTP/2 has none
	Header http.Header
	Body   []byte // the beginning of the body is enough
	Path   string
}

// From takes a response as net/http has it, with as much of the body as was
// read. The reason phrase is what follows the number in resp.Status.
func From(resp *http.Response, body []byte) Response {
	r := Response{Status: resp.StatusCode, Proto: resp.Proto, Header: resp.Header, Body: body}
	if _, reason, ok := strings.Cut(resp.Status, " "); ok {
		r.Reason = strings.TrimSpace(reason)
	}
	if resp.Request != nil && resp.Request.URL != nil {
		r.Path = resp.Request.URL.Path
	}
	return r
}

// Confidence says how much a name is worth.
type Confidence string

// The confidences. Sure: nothing else looks like that. Likely: a well-known
// page or shape without its own header. Guess: only what any hop can add.
const (
	Sure   Confidence = "sure"
	Likely Confidence = "likely"
	Guess  Confidence = "guess"
)

// Answer says who answered, and what sort of an answer it was.
type Answer struct {
	Name       string
	Confidence Confidence
	// Evidence says what was seen, a short phrase each, the decisive one first.
	Evidence []string
	// Through is the proxy that the answer passed last, where a header tells.
	Through string
	// Kind is the sort of the answer.
	Kind Kind
	// Version is X-Version, the running release of the API, or the plugin
	// daemon's own.
	Version string
	// Message is the answer's own first sentence, without Flask's "did you
	// mean" (which quotes the right path and misleads); may be empty.
	Message string
}

// String is the name, with the doubt where there is one: "nginx (a guess)".
func (a Answer) String() string {
	if a.Confidence == Guess && a.Name != Unknown {
		return a.Name + " (a guess)"
	}
	return a.Name
}

// fingerprint recognises one responder. see returns what was seen, nil when it
// does not match.
type fingerprint struct {
	name       string
	confidence Confidence
	see        func(view) []string
}

// fingerprints are in the order in which they are tried: marks of the origin,
// pages that a proxy writes itself, shapes without a mark, headers of a hop.
var fingerprints = sync.OnceValue(func() []fingerprint {
	return slices.Concat(difyMarks(), proxyPages(), cloudPages(), difyShapes(), serverHeaders())
})

// Identify tells who answered.
func Identify(r Response) Answer {
	v := newView(r)
	a := Answer{Name: Unknown, Confidence: Guess}
	for _, f := range fingerprints() {
		if seen := f.see(v); seen != nil {
			a.Name, a.Confidence, a.Evidence = f.name, f.confidence, seen
			break
		}
	}
	if a.Name == Unknown {
		a.Evidence = v.seen()
	}
	if s := v.serverName(); s != "" && s != a.Name && !origins(s) {
		a.Through = s
	}
	a.Version = clip(v.header("X-Version"), 64)
	a.Kind, a.Message = kindOf(a.Name, v)
	if a.Name == PluginDaemon && a.Version == "" {
		a.Version = clip(v.text("version"), 64)
	}
	return a
}

// seen describes an answer that nobody is known to give.
func (v view) seen() []string {
	out := []string{strings.TrimSpace(fmt.Sprintf("status %d %s", v.Status, clip(v.Reason, 40)))}
	for _, name := range []string{"Server", "Via", "X-Powered-By", "Content-Type"} {
		if s := v.header(name); s != "" {
			out = append(out, fmt.Sprintf("%s: %s", name, clip(s, 80)))
		}
	}
	if v.body == "" {
		return append(out, "an empty body")
	}
	return append(out, "the body starts "+quote(v.body))
}
