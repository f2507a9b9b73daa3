package check

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// asked joins an answer with what the run knows of the deployment.
func (e *Env) asked(method string, a answer) Asked {
	q := Asked{Method: method, URL: a.url, Status: a.status, Header: a.header, Answer: a.by, Bearer: a.bearer, To: e.To}
	q.Base = e.basePath()
	if c, err := dify.Load(); err == nil {
		q.Catalogue = c
	}
	// The files speak of dify.url alone; without one, of whatever is asked.
	if a.url != nil && (e.URL == nil || e.Component(a.url) != "") {
		q.Files = e.routed(method, a.url)
	}
	// An answer by gunicorn's own hand came past nginx, which puts its name in that
	// place; other proxies leave it. The api's own port is behind them all.
	direct := strings.HasPrefix(a.header.Get("Server"), "gunicorn")
	if q.Files != nil && direct && (q.Files.Server == "nginx" || a.url.Port() == "5001") {
		q.Files = nil
	}
	q.Upstreams = e.upstreams()
	return q
}

// hint is the cause's next step, with the lines to paste after it.
func (c Cause) hint() string {
	if c.Lines == "" {
		return c.Fix
	}
	return fmt.Sprintf("%s:\n%s", c.Fix, c.Lines)
}

// addTo puts the cause into a check's evidence.
func (c Cause) addTo(evidence map[string]any) {
	if c.ID == "" {
		return
	}
	evidence["cause"], evidence["cause_text"], evidence["cause_evidence"] = c.ID, c.Text, c.Evidence
	if c.Lines != "" {
		evidence["add_lines"] = c.Lines
	}
}

// basePath is the path of dify.url without a slash at its end.
func (e *Env) basePath() string {
	if e.URL == nil {
		return ""
	}
	return strings.TrimSuffix(e.URL.Path, "/")
}
