package explain

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
)

// basePrefixes are the prefixes that clients and variables put into base URLs.
var basePrefixes = []string{"/console/api", "/api/v1", "/api", "/v1"}

// doubled finds a base URL that holds a prefix which is added once more, or
// the wrong prefix before the right one.
func (q question) doubled() (Cause, bool) {
	for _, first := range basePrefixes {
		rest, ok := strings.CutPrefix(q.path, first)
		if !ok || !strings.HasPrefix(rest, "/") {
			continue
		}
		for _, second := range basePrefixes {
			if !underPrefix(rest, second) || !q.plausible(first, second, rest) {
				continue
			}
			right := rest
			return Cause{
				ID: CauseDoubledPrefix, Key: CauseDoubledPrefix + " " + first + second,
				Text: fmt.Sprintf("the path holds %s before %s: the base URL has a path where none belongs", first, second),
				Fix:  doubledFix(first, second, right),
			}, true
		}
	}
	return Cause{}, false
}

// plausible keeps true routes from being taken for doubled ones: below
// /console/api there are routes that begin with /api-…, and none with /api/.
func (q question) plausible(first, second, rest string) bool {
	if first == second || q.Catalogue == nil {
		return true
	}
	r, _ := q.release()
	if m := r.Lookup("", q.path); m.Fate == dify.RouteThere {
		return false
	}
	// /api/v1/x: either the doubled one or a client of another product.
	return second != "/api/v1" || r.Lookup("", rest).Fate != dify.RouteUnknown || strings.HasPrefix(rest, "/api/v1")
}

func doubledFix(first, second, right string) string {
	switch {
	case first == "/console/api" && second == "/console/api":
		return "take the path off CONSOLE_API_URL: it holds scheme and host alone, Dify adds /console/api"
	case first == "/api/v1":
		return "take the path off MARKETPLACE_API_URL: Dify adds /api/v1"
	case first == "/api" && second == "/api":
		return "take the path off APP_API_URL: it holds scheme and host alone, Dify adds /api"
	case first == "/v1" && second == "/v1":
		return "the client adds /v1 by itself: take it off its base URL, or off the path"
	}
	return "the service API is at " + right + ": correct the client's base URL"
}

// belowSubPath finds a known prefix deeper in the path: /dify/v1/parameters.
func (q question) belowSubPath() (string, bool) {
	if q.prefix != "" {
		return "", false // /v1/x/files is no sub-path
	}
	for i := 1; i < len(q.path); i++ {
		if q.path[i] != '/' {
			continue
		}
		prefix, _ := q.publicPrefix(q.path[i:])
		if prefix == "" && !webPage(q.path[i:]) {
			continue
		}
		return q.path[:i], true
	}
	return "", false
}

// webPages are pages of the front end that people and probes ask for.
var webPages = []string{"/signin", "/install", "/apps", "/datasets", "/explore", "/tools", "/app", "/chat", "/chatbot", "/completion", "/workflow", "/account", "/activate", "/_next"}

func webPage(path string) bool {
	for _, p := range webPages {
		if underPrefix(path, p) {
			return true
		}
	}
	return false
}

// otherPrefix finds a path below the wrong prefix of two that are told apart by
// variables: the web app's /api and the console's /console/api.
func (q question) otherPrefix(r dify.Release) (string, bool) {
	rest := strings.TrimPrefix(q.path, q.prefix)
	for _, p := range []string{"/api", "/console/api", "/v1"} {
		if p == q.prefix {
			continue
		}
		if m := r.Lookup(q.Method, p+rest); m.Fate == dify.RouteThere {
			return p + rest, true
		}
	}
	return "", false
}

// withPrefix finds the prefix that a path lost: /chat-messages is
// /v1/chat-messages. The service API is asked first, it is what clients call.
func (q question) withPrefix(r dify.Release) (string, bool) {
	if len(q.path) < 2 {
		return "", false
	}
	for _, p := range []string{"/v1", "/console/api", "/api", "/mcp", "/triggers", "/files"} {
		if m := r.Lookup(q.Method, p+q.path); m.Fate == dify.RouteThere || m.Fate == dify.RouteOtherMethod {
			return p + q.path, true
		}
	}
	return "", false
}

// place is where the files decided the request.
func (q question) place() *gate.Location {
	if q.Files == nil {
		return nil
	}
	return q.Files.Place
}

// publicOrWeb is the public route that covers the path, the front end's for all
// that no other does.
func (q question) publicOrWeb() dify.PublicRoute {
	if q.prefix == "" {
		return dify.PublicRoute{Prefix: "/", Service: "web"}
	}
	return q.public
}

// block is what to paste for a public route into the proxy that answered.
func (q question) block(p dify.PublicRoute) string {
	if p.Prefix == "" {
		return ""
	}
	port := p.Port
	if c, ok := dify.ComponentNamed(p.Service); ok && port == "" {
		port = c.Port
	}
	var b proxy.Block
	switch {
	case q.Files != nil && q.Blocks != nil:
		b = q.Blocks(p.Prefix, p.Service, port)
		b.Over = strings.HasPrefix(q.Files.Location, "location ~")
		return b.String()
	case q.Files != nil:
		b = q.Files.Block
		b.Over = strings.HasPrefix(q.Files.Location, "location ~")
	case q.Answer.Name == responder.Apache, q.Answer.Name == responder.Caddy:
		b.Server = q.Answer.Name
	}
	b.Service, b.Prefix = p.Service+":"+port, p.Prefix
	b.Address = "http://" + b.Service
	return b.String()
}
