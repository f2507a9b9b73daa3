package explain

import (
	"errors"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// readProxy is the reading of the proxy's files. trace is nil without files;
// unread says why files that are there could not be read.
func readProxy(e *check.Env) (trace *proxy.Trace, unread string) {
	trace, err := proxy.Read(e)
	var syntax routing.Errors
	switch {
	case err == nil:
		return trace, ""
	case errors.Is(err, check.ErrNoDir), errors.Is(err, proxy.ErrNoProxyFiles):
		return nil, ""
	case errors.As(err, &syntax):
		return nil, "the proxy's files cannot be followed: " + syntax[0].Error()
	}
	return nil, "the proxy's files could not be read: " + err.Error()
}

// routed is where the proxy's files send a request; nil when they do not decide
// it.
func routed(trace *proxy.Trace, method string, u *url.URL) *Routed {
	a := trace.Route(method, u)
	r := &Routed{Server: trace.Server(), Block: trace.Block(), Status: a.Status, URI: a.URI, Upstream: a.Upstream, Place: placeOf(a.Decided)}
	switch a.Kind {
	case routing.Proxied:
		r.Service = trace.Service(a.Upstream)
		r.Protocol, r.Plain, r.Nameless = a.Protocol, trace.SpeaksPlain(a.Upstream), !trace.Knows(a.Upstream)
		if r.Server == "nginx" {
			r.ReadTimeout, r.BodyLimit = trace.Setting(a.Location, "proxy_read_timeout"), trace.Setting(a.Location, "client_max_body_size")
		}
	case routing.Local, routing.Static, routing.Closed, routing.Redirect:
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
			r.Place = placeOf(a.Location.Pos)
		}
	}
	for _, s := range a.Steps {
		if s.Note == "" && s.Pos != a.Decided {
			continue
		}
		r.Changed = s.Text
		word, _, _ := strings.Cut(strings.ToLower(s.Text), " ")
		rewrites := word == "rewrite" || word == "rewriterule" || word == "middleware"
		if rewrites || strings.HasPrefix(word, "proxy") {
			r.Place = placeOf(s.Pos)
		}
		if rewrites {
			break
		}
	}
	return r
}

func placeOf(p routing.Pos) *gate.Location {
	if p.File == "" {
		return nil
	}
	return &gate.Location{File: p.File, Line: p.Line, Column: p.Col}
}
