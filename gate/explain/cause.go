package explain

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
)

// Asked is a request, what came back, and what else is known. Only Method, URL,
// Status and Answer are required.
type Asked struct {
	Method string
	URL    *url.URL
	// Base is the path of dify.url, such as "/dify", when it has one.
	Base   string
	Status int
	Header http.Header
	Answer responder.Answer
	// Bearer is set when the request carried an Authorization header.
	Bearer bool
	// Catalogue knows the releases; nil leaves all questions about routes open.
	Catalogue *dify.Catalogue
	// To is the target version; the running one is read from the answer.
	To string
	// Files is where the operator's proxy files send the request; nil without
	// files, or where they do not decide it.
	Files *Routed
	// Unread says why the proxy's files could not be read, "" when they were or
	// when there are none.
	Unread string
	// Reached is how the upstream that the files name answers from here.
	Reached Reach
	// Blocks makes what to paste for a prefix of a service; nil without files.
	Blocks func(prefix, service, port string) proxy.Block
	// Getenv looks up the deployment's own settings; nil without files.
	Getenv func(string) string
}

// Routed is where proxy files send a request.
type Routed struct {
	Service  string      // api, web …: the service behind Upstream, "" when it is another
	Upstream string      // host:port; "" when the proxy answers by itself
	URI      string      // path and query as the upstream sees them
	Server   string      // nginx, apache, ingress or traefik; "" is nginx
	Block    proxy.Block // what a further route looks like there, without its prefix
	Location string      // what took it: "location /v1", "ProxyPass /v1"; "" when nothing did
	All      bool        // it takes every path that nothing else takes
	Changed  string      // the directive that decided or changed the path: "rewrite ^/api/(.*) /$1 break"
	Status   int         // of an answer by the proxy itself
	Protocol string      // by which the upstream is asked: http, https …
	Plain    bool        // the upstream is a part of Dify's that speaks plain HTTP
	Nameless bool        // nothing has the upstream's name
	// ReadTimeout and BodyLimit are nginx's for the place; no Name: not known.
	ReadTimeout, BodyLimit proxy.Setting
	Place                  *gate.Location
}

// The causes, by id. An id is never reused.
const (
	CauseRouteMissing    = "proxy-lacks-route"    // the front end answered: no location for the prefix
	CauseShadowed        = "location-shadowed"    // another location takes the path
	CauseWrongUpstream   = "wrong-upstream"       // the prefix's own location names another service
	CausePrefixStripped  = "prefix-stripped"      // the API saw another path than was asked for
	CauseFilesDisagree   = "files-disagree"       // the files route it rightly, what runs does not
	CauseRouteLater      = "api-older-than-route" // a later release has the route
	CauseRouteRemoved    = "route-removed"        // an older release had it
	CauseRouteUnknown    = "no-such-route"        // no release has it
	CauseMethod          = "wrong-method"
	CauseTrailingSlash   = "trailing-slash"
	CauseDoubledPrefix   = "doubled-prefix" // /v1/v1, /console/api/console/api
	CauseDoubleSlash     = "double-slash"   // /v1//x, answered by a redirect
	CauseBaseURL         = "base-url-wrong" // the client's or a variable's base URL
	CauseSubPath         = "sub-path"       // served below a path that the front end does not know
	CauseUpperCase       = "upper-case"
	CauseNotPublished    = "not-published"    // /health and the like: right as it is
	CauseSwitchedOff     = "switched-off"     // /openapi without OPENAPI_ENABLED
	CauseNormal          = "as-it-should-be"  // what looks like a failure and is none
	CauseResource        = "resource-unknown" // a true 404 of the API
	CauseLogin           = "login-refused"
	CauseNotSetUp        = "not-set-up"
	CauseCrash           = "api-crashed"
	CauseHookUnknown     = "hook-unknown"
	CausePluginStopped   = "plugin-not-running"
	CauseDaemonKey       = "daemon-key-refused"
	CauseDaemonOld       = "daemon-too-old"
	CauseGoProxy         = "foreign-go-proxy"
	CauseOtherServer     = "other-server"     // an edge or a strange server answered
	CauseProxyOwnPage    = "proxy-answers"    // nginx itself: a location without proxy_pass
	CauseUpstreamDown    = "upstream-down"    // 502, 503 by the proxy
	CauseUpstreamSlow    = "upstream-slow"    // 504
	CauseUpstreamScheme  = "upstream-scheme"  // 502: asked by https what speaks http, or the reverse
	CauseSchemeLost      = "scheme-lost"      // 308 by the API from https to http
	CauseBodyLimit       = "body-limit"       // 413 by the proxy
	CauseRefusedByProxy  = "refused-by-proxy" // 401, 403 or 429 by the proxy or the edge itself
	CauseForbidden       = "forbidden"        // 403 by the API
	CausePlainOnTLS      = "plain-on-tls"     // http:// was sent to a port that speaks TLS
	CauseClientCert      = "client-cert"      // the proxy wants a client's certificate
	CausePortBypassed    = "proxy-bypassed"   // port 3000 was asked directly
	CauseWebPathAtAPI    = "web-path-at-api"  // a page's path reached the API
	CausePageUnknown     = "no-such-page"     // the front end's own 404 for a page
	CauseInternalExposed = "internal-exposed" // /inner/api answers from outside
)

// Cause says why a request was answered as it was.
type Cause struct {
	ID string
	// Key is the same for all answers that one change would fix: id and
	// prefix, such as "proxy-lacks-route /triggers".
	Key string
	// Shared words the cause for several prefixes at once, with {} where they
	// stand; Part is this answer's prefix, without a slash at its end.
	Shared, Part string
	// Text is a clause without a full stop: "the proxy has no route for …".
	Text     string
	Evidence []string
	// Fix is what to do, one line.
	Fix string
	// Lines are to be pasted into the proxy's configuration, "" when none are.
	Lines string
	// Place is the line to change, where the files are known.
	Place *gate.Location
	// Fine is set when the answer is what it should be.
	Fine bool
}

// Explain says why. It is pure; a zero Cause means that there is nothing to
// explain or nothing known. The order of the questions is that of the facts:
// an answer of the API is judged by the path, all others by who gave them.
func Explain(a Asked) Cause {
	q := question{Asked: a, path: a.path()}
	q.prefix, q.public = q.publicPrefix(q.path)
	var c Cause
	switch a.Answer.Name {
	case responder.API:
		c = q.byAPI()
	case responder.Web:
		c = q.byWeb()
	case responder.PluginDaemon:
		c = q.byDaemon()
	case responder.Sandbox, responder.Agent, responder.FastAPI:
		c = q.byInner()
	case responder.Go, responder.Traefik:
		c = q.byGo()
	case responder.Nginx, responder.OpenResty, responder.IngressNginx:
		c = q.byNginx()
	default:
		c = q.byOther()
	}
	if c.ID == "" {
		return c
	}
	if c.Key == "" {
		c.Key = strings.TrimSpace(c.ID + " " + q.prefix)
	}
	c.Part = strings.TrimSuffix(q.prefix, "/")
	c.Evidence = append(c.Evidence, a.Answer.Evidence...)
	if a.Unread != "" {
		c.Evidence = append(c.Evidence, a.Unread)
	}
	return c
}

// question is an Asked with what follows from its URL.
type question struct {
	Asked
	path   string           // below the base
	prefix string           // the public prefix that covers the path, "" when none does
	public dify.PublicRoute // of prefix
}

func (a Asked) path() string {
	if a.URL == nil {
		return "/"
	}
	path := a.URL.Path
	if base := strings.TrimSuffix(a.Base, "/"); base != "" && (path == base || strings.HasPrefix(path, base+"/")) {
		path = path[len(base):]
	}
	if path == "" {
		return "/"
	}
	return path
}

// release is the one to hold the request against: the running one where the
// answer tells it, else the target, else the newest known.
func (q question) release() (dify.Release, bool) {
	if q.Catalogue == nil {
		return dify.Release{}, false
	}
	for _, v := range []string{q.Answer.Version, q.To} {
		if r, ok := q.Catalogue.Release(v); ok && (v != q.Answer.Version || q.Answer.Name == responder.API) {
			return r, true
		}
	}
	return q.Catalogue.Newest(), true
}

// publicPrefix is the prefix of Dify's own nginx that covers a path, among all
// releases; the front end's own (/ and /explore) do not count.
func (q question) publicPrefix(path string) (string, dify.PublicRoute) {
	if q.Catalogue == nil {
		return staticPrefix(path), dify.PublicRoute{}
	}
	var best dify.PublicRoute
	for _, p := range q.Catalogue.Newest().PublicRoutes() {
		if p.Service != "web" && underPrefix(path, p.Prefix) && len(p.Prefix) > len(best.Prefix) {
			best = p
		}
	}
	return best.Prefix, best
}

// underPrefix compares by whole segments: /v1 covers /v1/x and not /v10.
func underPrefix(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func staticPrefix(path string) string {
	for _, p := range check.APIPrefixes {
		if underPrefix(path, p) {
			return p
		}
	}
	return ""
}

// Hint is the cause's next step, with the lines to paste after it.
func (c Cause) Hint() string {
	if c.Lines == "" {
		return c.Fix
	}
	return fmt.Sprintf("%s:\n%s", c.Fix, c.Lines)
}

// AddTo puts the cause into a check's evidence.
func (c Cause) AddTo(evidence map[string]any) {
	if c.ID == "" {
		return
	}
	evidence["cause"], evidence["cause_text"], evidence["cause_evidence"] = c.ID, c.Text, c.Evidence
	if c.Lines != "" {
		evidence["add_lines"] = c.Lines
	}
}
