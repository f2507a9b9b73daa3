package explain

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// NewAsked joins an answer with what the run knows of the deployment.
func NewAsked(e *check.Env, method string, a probe.Answer) Asked {
	q := Asked{Method: method, URL: a.URL, Status: a.Status, Header: a.Header, Answer: a.By, Bearer: a.Bearer, To: e.To}
	q.Base = basePath(e)
	if c, err := e.Facts(); err == nil {
		q.Catalogue = c
	}
	if d, err := e.Deployment(); err == nil {
		q.Getenv = d.Lookup
	}
	var trace *proxy.Trace
	if trace, q.Unread = readProxy(e); trace != nil {
		q.Blocks = trace.BlockFor
		// The files speak of dify.url alone; without one, of whatever is asked.
		if a.URL != nil && (e.URL == nil || e.Component(a.URL) != "") {
			q.Files = routed(trace, method, a.URL)
		}
	}
	// An answer by gunicorn's own hand came past nginx, which puts its name in that
	// place; other proxies leave it. The api's own port is behind them all.
	direct := strings.HasPrefix(a.Header.Get("Server"), "gunicorn")
	if q.Files != nil && direct && (q.Files.Server == "nginx" || a.URL.Port() == "5001") {
		q.Files = nil
	}
	return q
}

// basePath is the path of dify.url without a slash at its end.
func basePath(e *check.Env) string {
	if e.URL == nil {
		return ""
	}
	return strings.TrimSuffix(e.URL.Path, "/")
}
