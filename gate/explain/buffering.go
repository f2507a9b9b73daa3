package explain

import (
	"fmt"
	"net/url"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
)

// Held says where a stream of events is held back, by the proxy's files.
type Held struct {
	Text string         // "" when the files say nothing of it
	At   *gate.Location // the line, or the location that lacks it
	// Collects: it is that location.
	Collects bool
}

// HeldBack finds what holds back the stream of an answer to a POST request: nginx
// collects what an upstream sends by HTTP/1.0 unless proxy_buffering is off for the
// location; the pieces of an answer by HTTP/1.1 it hands on (tried with nginx 1.22).
// Where the files do neither, another proxy in front of them collects.
func HeldBack(env *check.Env, u *url.URL) Held {
	trace, _ := readProxy(env)
	if trace == nil {
		return Held{}
	}
	return heldBack(trace, u)
}

func heldBack(trace *proxy.Trace, u *url.URL) Held {
	if trace.Server() != "nginx" {
		return Held{}
	}
	a := trace.Route("POST", u)
	if a.Location == nil || a.Upstream == "" {
		return Held{}
	}
	behind := a.Upstream
	if trace.Service(a.Upstream) == "nginx" {
		behind += ", Dify's own nginx, which does not collect"
	}
	buffering, version := trace.Setting(a.Location, "proxy_buffering"), trace.Setting(a.Location, "proxy_http_version")
	switch {
	case buffering.Value == "off":
		return Held{Text: fmt.Sprintf("location %s has proxy_buffering off (%s:%d), so another proxy in front of it collects the events", a.Location.Name, buffering.At.File, buffering.At.Line), At: buffering.At}
	case version.Value != "" && version.Value != "1.0":
		return Held{Text: fmt.Sprintf("location %s asks by HTTP/%s and hands each event on, so gzip, or another proxy in front of it, collects them", a.Location.Name, version.Value), At: version.At}
	case buffering.Value == "":
		return Held{Text: fmt.Sprintf("location %s hands on to %s by HTTP/1.0 and does not set proxy_buffering off: nginx collects then, by default", a.Location.Name, behind), At: placeOf(a.Location.Pos), Collects: true}
	}
	return Held{Text: fmt.Sprintf("location %s hands on to %s by HTTP/1.0 with proxy_buffering %s", a.Location.Name, behind, buffering.Value), At: buffering.At, Collects: true}
}
