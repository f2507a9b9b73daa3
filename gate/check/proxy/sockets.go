package proxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// socketPrefix is the one prefix of Dify's that browsers open a web socket at.
const socketPrefix = "/socket.io/"

// sockets reports a route for web sockets that does not hand the wish for one on:
// the browser's hello is then answered as a plain request. Other proxies than nginx
// and Apache do it by themselves.
func (t *Trace) sockets() {
	if !t.collaborates() {
		return
	}
	for _, a := range t.socketRoutes {
		var lacks string
		switch t.files.server {
		case "nginx":
			lacks = t.upgradeHeaders(a)
		case "apache":
			lacks = t.upgradeParameter()
		}
		if lacks == "" || a.Location == nil {
			continue
		}
		lines := "proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection \"upgrade\";"
		if t.files.server == "apache" {
			lines = "upgrade=websocket at the end of its ProxyPass (Apache 2.4.47 and later)"
		}
		f := ruleUpgradeMissing.Finding(fmt.Sprintf("%s is handed to %s without %s: no web socket can be opened, and editing together does not work", socketPrefix, a.Upstream, lacks),
			"add to "+t.locationText(a)+":\n"+lines)
		f.Location, f.Subject = placeOf(a.Location.Pos), socketPrefix
		if !slices.ContainsFunc(t.findings, func(o gate.Finding) bool { return o.Rule == f.Rule }) {
			t.findings = append(t.findings, f)
		}
	}
}

// upgradeHeaders is what nginx does not hand on, "" for nothing. Headers of a
// location replace those of the blocks around it.
func (t *Trace) upgradeHeaders(a routing.Answer) string {
	upgrade, connection := false, false
	for _, o := range t.inForce(a.Location, "proxy_set_header") {
		if len(o.words) != 3 {
			continue
		}
		switch strings.ToLower(o.words[1]) {
		case "upgrade":
			upgrade = o.words[2] != ""
		case "connection":
			connection = connection || o.words[2] != "" && !strings.EqualFold(o.words[2], "close")
		}
	}
	switch {
	case !upgrade && !connection:
		return "the headers Upgrade and Connection"
	case !upgrade:
		return "the header Upgrade"
	case !connection:
		return "the header Connection"
	}
	return ""
}

var apacheUpgrade = lazyregexp.New(`(?i)\bupgrade=(websocket|any)\b|\bwss?://|%\{HTTP:Upgrade\}`)

// upgradeParameter is what Apache's files lack to hand web sockets on.
func (t *Trace) upgradeParameter() string {
	for _, file := range t.files.paths {
		if data, err := readfile.Text(file, maxProbe); err != nil || apacheUpgrade().Match(data) {
			return ""
		}
	}
	return "the parameter upgrade=websocket"
}

// collaborates reports whether the operator's files say that workflows are edited
// together, which alone needs web sockets: with a service for them, or a setting that
// is not the compose file's default.
func (t *Trace) collaborates() bool {
	d := t.files.deployment
	if d == nil {
		return false
	}
	v, ok := effective(d, "api", "ENABLE_COLLABORATION_MODE")
	return t.files.book.active["api_websocket"] || ok && v.Source != deployment.FromDefault && strings.EqualFold(v.Text, "true")
}
