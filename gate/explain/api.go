package explain

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
)

// byAPI explains an answer of Dify's API.
func (q question) byAPI() Cause {
	switch q.Answer.Kind {
	case responder.Missing:
		return q.resource()
	case responder.UnknownPath:
		return q.unknownPath()
	case responder.Method:
		return q.wrongMethod()
	case responder.Redirect:
		return q.redirectByAPI()
	case responder.NotSetUp:
		return Cause{ID: CauseNotSetUp, Text: "the first-run setup was not finished", Fix: "open /install (with INIT_PASSWORD, if it is set) and create the first account"}
	case responder.Login:
		return q.login()
	case responder.Forbidden:
		return q.forbidden()
	case responder.Crash:
		return Cause{
			ID: CauseCrash, Key: CauseCrash + " " + q.host(),
			Text: "the API crashed on the request", Shared: "the API crashes on requests below {}",
			Fix: "read the api container's log for the traceback; after an upgrade compare the database's alembic_version with the release's head first",
		}
	case responder.Invalid:
		if strings.Contains(q.Answer.Message, "request plugin daemon") {
			return Cause{ID: CauseDaemonOld, Text: "the API could not use the plugin daemon: " + q.Answer.Message, Fix: "check the plugin daemon's version, PLUGIN_DAEMON_URL (port 5002) and PLUGIN_DAEMON_KEY"}
		}
	case responder.OK:
		if underPrefix(q.path, "/inner/api") {
			return q.exposed()
		}
	}
	return Cause{}
}

// resource is a true 404: the route is there.
func (q question) resource() Cause {
	c := Cause{ID: CauseResource, Text: "the API has the route, and answered: " + q.Answer.Message, Fix: "check the id or the app in the request; the routing is right"}
	switch m := q.Answer.Message; {
	case underPrefix(q.path, "/inner/api"):
		return q.exposed()
	case strings.Contains(m, "Conversation Not Exist"), strings.Contains(m, "Message Not Exist"):
		c.Fix = "send the same user that started the conversation; if it was deleted, start a new one; web app conversations do not exist in the service API"
	case underPrefix(q.path, "/triggers"):
		c.Fix = "publish the workflow again and compare the webhook's id; the proxy routes /triggers correctly"
	case strings.Contains(m, "signature"):
		c.Fix = "request a new link: the signature is missing, expired or made with another SECRET_KEY"
	}
	return c
}

func (q question) exposed() Cause {
	return Cause{
		ID: CauseInternalExposed, Text: "the API's inner interface can be reached through the proxy",
		Fix: "remove the location that sends /inner/api to the API: only the plugin daemon inside the network needs it",
	}
}

// unknownPath explains Flask's HTML page: no blueprint knows the path as it
// arrived.
func (q question) unknownPath() Cause {
	if q.Files != nil && q.Files.URI != "" && cutQuery(q.Files.URI) != q.fullPath() {
		return q.stripped()
	}
	if c, ok := q.doubled(); ok {
		return c
	}
	if c, ok := q.exception(); ok {
		return c
	}
	if underPrefix(q.path, "/inner/api") {
		return q.exposed()
	}
	r, known := q.release()
	if !known {
		return Cause{ID: CauseRouteUnknown, Text: "the API does not know the path", Fix: "compare the path with the API's documentation for the running version"}
	}
	match := r.Lookup(q.Method, q.path)
	if strings.HasSuffix(q.path, "/") && len(q.path) > 1 && match.Fate == dify.RouteThere && !strings.HasSuffix(match.Route.Path, "/") {
		return Cause{ID: CauseTrailingSlash, Text: "the path ends in a slash, the API's route does not", Fix: "request " + strings.TrimRight(q.path, "/")}
	}
	running := "the running " + r.Version()
	if q.Answer.Version == "" {
		running = r.Version()
	}
	switch match.Fate {
	case dify.RouteThere, dify.RouteOtherMethod:
		return Cause{
			ID: CausePrefixStripped,
			Text: fmt.Sprintf("%s has %s, but its API did not recognise the path that arrived: something on the way changes it",
				running, match.Route.Path),
			Fix:      "look for a rewrite, or a proxy_pass that ends in a path, in the location for " + orSlash(q.prefix) + "; Dify's own location passes the path unchanged",
			Evidence: []string{"the catalogue has the route " + match.Route.Method + " " + match.Route.Path + " since " + match.Route.Since},
			Lines:    q.block(q.public),
		}
	case dify.RouteLater:
		return Cause{
			ID: CauseRouteLater, Text: fmt.Sprintf("the route first exists in %s, and %s answered", match.Route.Since, r.Version()),
			Fix: fmt.Sprintf("upgrade the API to %s or later; if you did, an old container still answers", match.Route.Since),
		}
	case dify.RouteRemoved:
		return Cause{
			ID: CauseRouteRemoved, Text: fmt.Sprintf("the route was removed after %s, and %s answered", match.Route.Until, r.Version()),
			Fix: "change the client" + nearest(r, q, match),
		}
	}
	return q.strangePath(r, match)
}

// strangePath explains a path that no release of the API ever had.
func (q question) strangePath(r dify.Release, match dify.Match) Cause {
	if sub, ok := q.belowSubPath(); ok {
		return Cause{
			ID: CauseSubPath, Text: fmt.Sprintf("the path reached the API with the extra prefix %s", sub),
			Fix: "give Dify its own host name, because it has no base path at run time, or strip " + sub + " in the proxy for the API's prefixes",
		}
	}
	if q.prefix == "" {
		if full, ok := q.withPrefix(r); ok {
			return Cause{
				ID: CausePrefixStripped, Text: fmt.Sprintf("the API got %s without the prefix: it serves %s", q.path, full),
				Fix: "request " + full + ", and look for a rewrite or a proxy_pass with a path in front of the API",
			}
		}
		return Cause{
			ID: CauseWebPathAtAPI, Text: "the path does not belong to the API, but the API answered",
			Fix: "let the proxy send / to the web service; CONSOLE_WEB_URL and APP_WEB_URL must be the address of the web front end, not the API",
		}
	}
	if full, ok := q.otherPrefix(r); ok && q.prefix != "/v1" {
		return Cause{
			ID: CauseBaseURL, Text: fmt.Sprintf("the path has the wrong prefix: the API serves %s", full),
			Fix: "use /api for the web app (APP_API_URL) and /console/api for the console (CONSOLE_API_URL)",
		}
	}
	return Cause{
		ID: CauseRouteUnknown, Text: fmt.Sprintf("no release of Dify's API has %s %s", q.Method, q.path),
		Fix: "check the path against the API's documentation" + nearest(r, q, match),
	}
}

func nearest(r dify.Release, q question, m dify.Match) string {
	near := r.Nearest(q.Method, q.path, m)
	if len(near) == 0 {
		return ""
	}
	return "; the most similar route is " + near[0].Method + " " + near[0].Path
}

// exception knows the paths whose HTML 404 is right.
func (q question) exception() (Cause, bool) {
	switch {
	case q.path == "/v1" || q.path == "/v1/":
		return Cause{
			ID: CauseNormal, Fine: true, Text: "the index of /v1 has been a 404 since 1.8.0; the answer proves that /v1 reaches the API",
			Fix: "probe GET /v1/parameters without a key instead: 401 is success",
		}, true
	case underPrefix(q.path, "/openapi") && !q.before("1.15.0"):
		return Cause{
			ID: CauseSwitchedOff, Fine: true, Text: "the prefix reaches the API, which answers 404 under /openapi until OPENAPI_ENABLED is true",
			Fix: "set OPENAPI_ENABLED=true for the api service to enable the interface",
		}, true
	}
	return Cause{}, false
}

// before tells whether the answering release is known to be older.
func (q question) before(version string) bool {
	if q.Catalogue == nil {
		return false
	}
	running, ok1 := q.Catalogue.Release(q.Answer.Version)
	other, ok2 := q.Catalogue.Release(version)
	return ok1 && ok2 && running.Before(other)
}

func (q question) wrongMethod() Cause {
	if q.Method == "GET" && underPrefix(q.path, "/mcp") {
		return Cause{ID: CauseNormal, Fine: true, Text: "GET is refused under /mcp by design; the answer proves that /mcp reaches the API", Fix: "use POST, as MCP clients do"}
	}
	c := Cause{ID: CauseMethod, Text: "the API has the path, but not with " + q.Method, Fix: "use the method that the API's documentation names"}
	if r, ok := q.release(); ok {
		m := r.Lookup(q.Method, q.path)
		if len(m.Methods) > 0 {
			c.Fix = "use " + strings.Join(m.Methods, " or ")
		}
		if m.Fate == dify.RouteRemoved {
			c.Text += ", which it had up to " + m.Route.Until
		}
		if m.Fate == dify.RouteLater {
			c.Text += ", which it has from " + m.Route.Since + " on"
		}
	}
	return c
}

// redirectByAPI explains Werkzeug's 308 for doubled slashes.
func (q question) redirectByAPI() Cause {
	doubled := strings.Contains(q.path, "//")
	to, err := url.Parse(q.Header.Get("Location"))
	switch {
	case err == nil && to.Scheme == "http" && q.URL != nil && q.URL.Scheme == "https":
		return q.schemeLost(to.Path == q.path)
	case doubled && q.Files == nil, doubled && cutQuery(q.Files.URI) == q.fullPath():
		return Cause{
			ID: CauseDoubleSlash, Text: "the path has a double slash, and the API redirects to the single one",
			Fix: "remove the slash at the end of the client's base URL: many clients drop the body of a POST on a redirect",
		}
	case err == nil && to.Path == q.path && q.path != "":
		return Cause{
			ID: CausePrefixStripped, Text: "the API redirects to the requested path: it received it with a double slash",
			Fix: "use proxy_pass without a path in the location for " + orSlash(q.prefix), Lines: q.block(q.public), Place: q.place(),
		}
	}
	return Cause{}
}

func (q question) login() Cause {
	c := Cause{ID: CauseLogin, Text: "the API refused the credential: " + q.Answer.Message}
	switch m := q.Answer.Message; {
	case strings.Contains(m, "CSRF"):
		c.Text = "the CSRF token is missing: " + m
		c.Fix = "send X-CSRF-Token with the cookies (since 1.9.2); with console and API on different hosts set COOKIE_DOMAIN and NEXT_PUBLIC_COOKIE_DOMAIN"
	case strings.Contains(m, "Authorization header must be provided") && q.Bearer:
		c.Text = "an Authorization header was sent, but none that begins with Bearer reached the API"
		c.Fix = "send Authorization: Bearer KEY; if you do, a proxy on the way removes or replaces the header: its own login, or a proxy_set_header Authorization"
	case strings.Contains(m, "must be provided"), strings.Contains(m, "is missing"):
		c.Fine = true
		c.Text = "the API requires a credential, as it should: " + m
		c.Fix = "send a key, or expect the 401, which is right without one"
	default:
		c.Fix = "check the key: an app's key for /v1, a data set's key for /v1/datasets, a passport for /api, a session for /console/api"
	}
	return c
}

func (q question) forbidden() Cause {
	c := Cause{ID: CauseForbidden, Text: "the API knows the caller and refused: " + cmp.Or(q.Answer.Message, "no reason given"), Fix: "check the permissions of the key or the account; the routing is right"}
	if strings.Contains(q.Answer.Message, "API service has been disabled") {
		c.Fix = "enable the app's service API on its overview page"
	}
	return c
}

// stripped is a path that the files change before the API sees it.
func (q question) stripped() Cause {
	fix := "pass the path unchanged: no rewrite, and a proxy_pass without a path"
	if q.Files.Server == "apache" {
		fix = "pass the path unchanged: no RewriteRule, and the same path on both sides of ProxyPass"
	}
	return Cause{
		ID:       CausePrefixStripped,
		Text:     fmt.Sprintf("%s changes the path to %s before the API gets it", cmp.Or(q.Files.Changed, q.Files.Location), cutQuery(q.Files.URI)),
		Evidence: []string{"the proxy's files: " + q.Files.Location + " sends " + q.Files.URI + " to " + q.Files.Upstream},
		Fix:      fix,
		Lines:    q.block(q.public),
		Place:    q.place(),
	}
}

func cutQuery(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	return path
}

func (q question) fullPath() string {
	if q.URL == nil {
		return "/"
	}
	return q.URL.EscapedPath()
}

func orSlash(prefix string) string {
	if prefix == "" {
		return "/"
	}
	return prefix
}
