package proxy

import (
	"net/http"
	"net/url"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Server is whose files they are: nginx, apache, ingress or traefik.
func (t *Trace) Server() string { return t.files.server }

// Route is where the files send a request that comes from outside, and lets
// nobody in. A URL with https also finds a proxy that TLS ends in front of.
func (t *Trace) Route(method string, u *url.URL) routing.Answer {
	req := routing.Request{Method: method, Scheme: u.Scheme, Host: u.Host, URI: u.RequestURI(), Stat: routing.NoFiles, Header: http.Header{}}
	a := t.files.router.Route(req)
	if a.Kind == routing.Refused && u.Scheme == "https" {
		req.Scheme = "http"
		a = t.files.router.Route(req)
	}
	return a
}

// Service is the part of Dify behind an upstream's address, by its name, its
// image, its port, or all that the files send to it; "" for any other.
func (t *Trace) Service(upstream string) string {
	role, _ := t.files.book.resolve(upstream)
	if role == "" {
		role = t.roles[upstream]
	}
	if role == "front" {
		return ""
	}
	return role
}

// Upstreams are the addresses at which the files reach the parts of Dify, by
// the part's name.
func (t *Trace) Upstreams() map[string]string {
	out := map[string]string{}
	for service, a := range t.good {
		out[service] = a.Upstream
	}
	return out
}
