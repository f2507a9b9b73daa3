package explain

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
)

// byWeb explains an answer of the front end.
func (q question) byWeb() Cause {
	if q.Answer.Kind != responder.UnknownPath && q.prefix == "" {
		return Cause{}
	}
	if c, ok := q.doubled(); ok && q.prefix == "" {
		return c
	}
	switch {
	case q.prefix != "":
		return q.routeMissing()
	case q.path == "/health", q.path == "/threads", q.path == "/db-pool-stat":
		return Cause{
			ID: CauseNotPublished, Fine: true, Text: "Dify's nginx does not publish " + q.path + ": it only exists on the api container's port 5001",
			Fix: "probe GET /console/api/ping from outside, or http://api:5001" + q.path + " inside the network",
		}
	case underPrefix(q.path, "/inner/api"):
		return Cause{ID: CauseNotPublished, Fine: true, Text: "the API's inner interface is not public, as it should be", Fix: "do nothing"}
	}
	if lower, _ := q.publicPrefix(strings.ToLower(q.path)); lower != "" {
		return Cause{ID: CauseUpperCase, Text: "paths are case-sensitive: the prefix is " + lower, Fix: "write " + lower + " in lower case"}
	}
	if sub, ok := q.belowSubPath(); ok {
		return Cause{
			ID: CauseSubPath, Text: "the front end got the path with " + sub + " in front, and has no base path at run time",
			Fix: "give Dify its own host name; a sub-path needs a web image built with NEXT_PUBLIC_BASE_PATH",
		}
	}
	if r, ok := q.release(); ok {
		if full, found := q.withPrefix(r); found {
			return Cause{ID: CauseBaseURL, Text: fmt.Sprintf("the path lacks its prefix: the API serves %s", full), Fix: "request " + full + ": the base URL must end in " + strings.TrimSuffix(full, q.path)}
		}
	}
	return Cause{ID: CausePageUnknown, Text: "the front end has no such page", Fix: "check the path; it is under none of the API's prefixes"}
}

// routeMissing: a public prefix ended at the front end.
func (q question) routeMissing() Cause {
	since := ""
	if q.public.Since != "" {
		since = ", which Dify has since " + q.public.Since
	}
	c := Cause{
		ID:    CauseRouteMissing,
		Text:  fmt.Sprintf("the proxy in front has no route for %s%s, so the web front end answered", q.prefix, since),
		Fix:   fmt.Sprintf("add a location for %s to the proxy that sends it to %s, and reload it; in a Kubernetes Ingress: path %s, pathType Prefix, service %s", q.prefix, q.public.Service, strings.TrimSuffix(q.prefix, "/"), q.public.Service),
		Lines: q.block(q.public),
	}
	if q.Files == nil {
		// Without files all that is known is that one proxy lacks them.
		c.Key, c.Shared = CauseRouteMissing+" "+q.host(), "the proxy in front has no route for {}, so the web front end answered"
	}
	if q.URL != nil && q.URL.Port() == "3000" {
		return Cause{ID: CausePortBypassed, Text: "port 3000 is the front end itself: the proxy, which routes " + q.prefix + ", was bypassed", Fix: "use the proxy's address (port 80 or 443), or set CONSOLE_API_URL and APP_API_URL to it"}
	}
	if target, ok := q.target(); ok && q.prefixLaterThan(target) {
		return Cause{ID: CauseRouteLater, Text: fmt.Sprintf("Dify has %s from %s on, and this is %s", q.prefix, q.public.Since, target.Version()), Fix: "upgrade, or do not use it yet"}
	}
	if q.Files == nil {
		return c
	}
	if q.Files.Server == "apache" {
		c.Fix = fmt.Sprintf("put the lines for %s before %s, because Apache uses the first match, and reload it", q.prefix, cmp.Or(q.Files.Location, "those of the others"))
	}
	switch {
	case q.Files.Service == q.public.Service || q.Files.Service == "api" && q.public.Service == "api_websocket":
		return Cause{
			ID: CauseFilesDisagree, Place: q.place(), Key: CauseFilesDisagree + " " + q.host(),
			Shared:   fmt.Sprintf("%s still runs an old configuration: {} go to web, but the files send them elsewhere", cmp.Or(q.Files.Server, "nginx")),
			Text:     fmt.Sprintf("the proxy's files send %s to %s, but the front end answered: the running configuration differs from the files", q.prefix, q.Files.Upstream),
			Evidence: []string{"in the files " + q.Files.Location + " takes the path"},
			Fix:      q.takeUp() + "; if you did, another proxy in front answers: check each hop",
		}
	case strings.HasSuffix(q.Files.Location, " "+strings.TrimSuffix(q.prefix, "/")), strings.HasSuffix(q.Files.Location, " "+q.prefix):
		c.ID, c.Place = CauseWrongUpstream, q.place()
		c.Text = fmt.Sprintf("%s sends %s to %s, which is not %s", q.Files.Location, q.path, cmp.Or(q.Files.Upstream, "no service"), q.public.Service)
		c.Fix = "correct the upstream of the location for " + q.prefix
		c.Evidence = []string{"by the proxy's files"}
	case q.Files.Location != "" && !q.Files.All:
		c.ID, c.Place = CauseShadowed, q.place()
		c.Text = fmt.Sprintf("%s takes %s and sends it to %s", q.Files.Location, q.path, cmp.Or(q.Files.Upstream, "no service"))
		c.Fix = "change the location for " + q.prefix + " so that it wins: ^~ beats regular expressions, = and longer prefixes beat shorter ones"
		c.Evidence = []string{"by the proxy's files"}
	default:
		c.Place = q.place()
		c.Evidence = []string{"by the proxy's files " + cmp.Or(q.Files.Location, "location /") + " takes it"}
	}
	return c
}

// host is the host and port that was asked.
func (q question) host() string {
	if q.URL == nil {
		return ""
	}
	return q.URL.Host
}

// takeUp is how the proxy comes to run by its files.
func (q question) takeUp() string {
	switch q.Files.Server {
	case "", "nginx":
		return "recreate the nginx container (it renders its template only when it starts)"
	case "ingress":
		return "apply the manifest"
	}
	return "reload " + q.Files.Server
}

// target is the release that was to be deployed, where it is known.
func (q question) target() (dify.Release, bool) {
	if q.Catalogue == nil || q.To == "" {
		return dify.Release{}, false
	}
	return q.Catalogue.Release(q.To)
}

func (q question) prefixLaterThan(r dify.Release) bool {
	for _, p := range r.PublicRoutes() {
		if p.Prefix == q.prefix {
			return false
		}
	}
	return true
}

// byDaemon explains an answer of the plugin daemon.
func (q question) byDaemon() Cause {
	hook := strings.HasPrefix(q.path, "/e/")
	switch q.Answer.Kind {
	case responder.HookUnknown:
		return Cause{ID: CauseHookUnknown, Fine: true, Text: "the plugin daemon has no endpoint with this id; /e/ reaches it", Fix: "copy the endpoint's URL from the plugin's page again: ids change when a plugin is reinstalled"}
	case responder.NotRunning:
		return Cause{ID: CausePluginStopped, Text: "the plugin behind the endpoint is not running: " + q.Answer.Message, Fix: "look at the plugin daemon's log; install the plugin again if it does not start"}
	case responder.KeyRefused:
		return Cause{ID: CauseDaemonKey, Text: "the plugin daemon refused the key", Fix: "PLUGIN_DAEMON_KEY of the api and SERVER_KEY of plugin_daemon have to be the same"}
	case responder.UnknownPath:
		switch {
		case strings.HasPrefix(q.path, "/e") && !hook:
			return Cause{ID: CauseShadowed, Text: "a location /e without its slash takes " + q.path + " to the plugin daemon", Fix: "write location /e/ and give /explore to the web service", Place: q.place()}
		case hook:
			return Cause{ID: CauseHookUnknown, Fine: true, Text: "the plugin daemon knows no such endpoint; /e/ reaches it", Fix: "copy the endpoint's URL from the plugin's page again"}
		case q.public.Service == "api" || webPage(q.path):
			return Cause{ID: CauseShadowed, Text: "the proxy sends " + q.path + " to the plugin daemon", Fix: "give only /e/ to the plugin daemon", Lines: q.block(q.public), Place: q.place()}
		}
		return Cause{
			ID: CauseDaemonOld, Text: "the plugin daemon has no route " + q.path,
			Fix: "run the plugin daemon that the release names in its compose file; PLUGIN_DAEMON_URL is port 5002, not the debug port 5003",
		}
	}
	return Cause{}
}

// byInner explains answers of services that no proxy should show.
func (q question) byInner() Cause {
	if q.prefix == "" || q.Answer.Kind == responder.OK && q.Status < 300 {
		return Cause{}
	}
	return Cause{
		ID: CauseOtherServer, Text: fmt.Sprintf("%s answered instead of %s", q.Answer.Name, cmp.Or(q.public.Service, "api")),
		Fix: "correct the upstream of the location for " + q.prefix, Lines: q.block(q.public), Place: q.place(),
	}
}

// byGo explains Go's own 404: Traefik, or a service that is not Dify's.
func (q question) byGo() Cause {
	if q.Answer.Kind == responder.UpstreamDown || q.Answer.Kind == responder.UpstreamSlow {
		return q.upstream()
	}
	return Cause{
		ID: CauseGoProxy, Text: "a Go server that is not Dify's answered: Traefik without a rule for this host and path, or another service on the port",
		Fix: "compare the router's rule (Host and PathPrefix) with the URL, and check with docker ps or ss -ltnp which process has the port",
	}
}

// byNginx explains nginx's own pages.
func (q question) byNginx() Cause {
	switch q.Answer.Kind {
	case responder.UpstreamDown, responder.UpstreamSlow:
		return q.upstream()
	case responder.TooLarge:
		return q.tooLarge()
	case responder.Invalid:
		return q.refusedByTLS()
	case responder.Login, responder.Forbidden, responder.TooMany:
		return q.refused()
	case responder.UnknownPath:
	default:
		return Cause{}
	}
	if q.Answer.Confidence == responder.Guess {
		return q.byOther()
	}
	c := Cause{
		ID: CauseProxyOwnPage, Text: fmt.Sprintf("%s itself answered: the location that takes the path has no proxy_pass", q.Answer.Name),
		Fix: "find the location, root or try_files that takes " + q.path, Lines: q.block(q.public), Place: q.place(),
	}
	switch {
	case q.Answer.Name == responder.IngressNginx:
		c.Text = "no rule of the ingress takes this host and path"
		c.Fix = fmt.Sprintf("add the path %s to the Ingress, and compare its host with the URL's", orSlash(strings.TrimSuffix(q.prefix, "/")))
		c.Lines = ""
	case q.Files != nil && q.Files.Upstream != "":
		c.ID, c.Key = CauseFilesDisagree, CauseFilesDisagree+" "+q.host()
		c.Shared = "nginx still runs an old configuration: it answers {} by itself, and the files send them to services"
		c.Text = fmt.Sprintf("the files send the path to %s, but nginx answered by itself: the running configuration differs from the files, or another nginx is in front", q.Files.Upstream)
		c.Fix = q.takeUp() + "; if you did, check each hop: another nginx in front answers"
		c.Lines = ""
	case q.Files != nil && q.Files.Location != "":
		c.Text = fmt.Sprintf("nginx itself answered: %s takes the path (%s)", q.Files.Location, q.Files.Changed)
		c.Fix = fmt.Sprintf("make the location for %s forward the path; if %s is a different one, the right location must win over it", orSlash(q.prefix), q.Files.Location)
	case q.Files != nil:
		c.Text = "nginx itself answered: no location takes the path, so nginx looked for a file"
		c.Fix, c.Lines = "add a location for "+orSlash(q.prefix), q.block(q.publicOrWeb())
	case path.Ext(q.path) != "":
		c.Text = fmt.Sprintf("nginx itself answered: a location for files like *%s takes the path instead of %s", path.Ext(q.path), orSlash(q.prefix))
		c.Fix = "use ^~ in the locations of the API's prefixes, so that a regular expression for static files does not win"
	}
	return c
}

// refused explains a 401, 403 or 429 that never reached the API.
func (q question) refused() Cause {
	who := q.Answer.Name
	c := Cause{ID: CauseRefusedByProxy, Place: q.place()}
	switch q.Answer.Kind {
	case responder.Login:
		c.Text = "" + who + " itself asks for a login in front of the API"
		c.Fix = "exempt the API's prefixes from it (nginx: auth_basic off): their clients need the Authorization header for their own key"
	case responder.TooMany:
		c.Text = "a rate limit of " + who + " itself refused the request"
		c.Fix = "raise the limit for the API's prefixes, or exempt the client's address"
	default:
		c.Text = who + " itself refused the request: a rule for addresses or clients, a challenge, or a directory without an index"
		c.Fix = "check the deny, allow and WAF rules of " + who + ", and exempt the API's prefixes from challenges for browsers: API clients cannot solve them"
	}
	return c
}

// refusedByTLS explains the pages of nginx's statuses 495 to 497, which reach
// the client as 400.
func (q question) refusedByTLS() Cause {
	said := q.Answer.Message
	switch {
	case strings.Contains(said, "plain HTTP request was sent to HTTPS port"):
		return Cause{ID: CausePlainOnTLS, Text: "the port speaks TLS and got plain HTTP", Fix: "use https://, and find what produces the http:// address (a *_URL variable, a redirect without X-Forwarded-Proto)"}
	case strings.Contains(said, "SSL certificate"):
		return Cause{ID: CauseClientCert, Text: "the proxy requires a client certificate: " + said, Fix: "use --client-cert and --client-key, signed by the authority of the proxy's ssl_client_certificate"}
	}
	return Cause{}
}

// byOther explains answers of edges and strangers.
func (q question) byOther() Cause {
	who := q.Answer.Name
	switch q.Answer.Kind {
	case responder.UpstreamDown, responder.UpstreamSlow:
		if who != responder.Unknown {
			return q.upstream()
		}
		return Cause{ID: CauseUpstreamDown, Text: "a proxy got no answer from its upstream", Fix: "check that the service is up, and check each hop"}
	case responder.NoRoute:
		return Cause{ID: CauseProxyOwnPage, Text: "no route of Caddy takes the path: it answers 200 with an empty body", Fix: "add a handle or reverse_proxy for " + orSlash(q.prefix)}
	case responder.Login, responder.Forbidden, responder.TooMany:
		if who == responder.Unknown || q.Answer.Confidence == responder.Guess {
			return Cause{}
		}
		return q.refused()
	case responder.UnknownPath:
	default:
		return Cause{}
	}
	if who == responder.Unknown {
		return Cause{ID: CauseOtherServer, Text: "a server that is not part of Dify answered", Fix: "find out what listens on the address (docker ps, ss -ltnp), and what the name resolves to"}
	}
	c := Cause{
		ID: CauseOtherServer, Text: who + " answered by itself: it has no route for this host and path", Place: q.place(),
		Fix: fmt.Sprintf("add a route for %s to %s, or check the host name", orSlash(q.prefix), who),
	}
	if q.Files != nil && q.Files.Location != "" {
		c.Text = fmt.Sprintf("%s answered by itself: %s takes the path", who, q.Files.Location)
	}
	if who == responder.Apache {
		c.Lines = q.block(q.publicOrWeb())
	}
	return c
}
