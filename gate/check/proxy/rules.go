package proxy

import "github.com/dify-gate/dify-gate/gate"

// The rules of proxy.
var (
	ruleSyntax = gate.Rule{
		ID: "proxy/syntax", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the proxy would refuse its configuration",
		What:    "A file does not parse, a directive is unknown, misplaced or incomplete, or a template's variable has no value.",
		Why:     "The proxy does not start, or goes on with its old configuration.",
		Fix:     "Mend the line that is named.",
		Example: `unknown "nginx_socket_io_upstream" variable: nothing sets it`,
	}
	ruleRouteMissing = gate.Rule{
		ID: "proxy/route-missing", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "a public path has no route",
		What:    "No location is there for a prefix that the target release publishes, so the one for / takes it, or none does.",
		Why:     "The front end answers with its own 404, whatever the API would say.",
		Fix:     "Add the location that the hint shows.",
		Example: "/triggers (public since 1.10.0) has no location: location / sends it to web:3000, want api:5001",
	}
	rulePrefixTruncated = gate.Rule{
		ID: "proxy/prefix-truncated", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the prefix is cut off on the way",
		What:    "The upstream sees the path without its prefix: by a rewrite, or a proxy_pass that ends in a path.",
		Why:     "Dify's services know their paths with the prefix only, and answer 404.",
		Fix:     "Hand the path on unchanged: proxy_pass without a path, no rewrite.",
		Example: "/api/passport reaches api:5001 as /passport, want it unchanged",
	}
	rulePathRewritten = gate.Rule{
		ID: "proxy/path-rewritten", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the path is changed on the way",
		What:    "The upstream sees another path than the client sent: another prefix, a doubled slash, or no query.",
		Why:     "The service answers 404, redirects, or misses its parameters.",
		Fix:     "Hand the path on unchanged.",
		Example: "/v1/parameters reaches api:5001 as /v1//parameters, want it unchanged",
	}
	ruleWrongUpstream = gate.Rule{
		ID: "proxy/wrong-upstream", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "a path goes to the wrong service",
		What:    "What takes a public path hands it to another service than the release has it in, or answers by itself: the location for its prefix, or another one that wins over it.",
		Why:     "That service does not know the path.",
		Fix:     "Name the service that the hint shows.",
		Example: "/explore goes to plugin_daemon:5002, want web:3000",
	}
	ruleUpstreamUnknown = gate.Rule{
		ID: "proxy/upstream-unknown", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the upstream's name leads nowhere",
		What:    "The host of a proxy_pass is no service, container name or network alias of the compose files, and no address; a warning where no path of Dify goes to it.",
		Why:     "nginx does not start when a name of its configuration does not resolve; with a variable in it, it answers 502.",
		Fix:     "Name a service of the compose file.",
		Example: "/v1 goes to apii:5001, which no service of the compose files is called, want api:5001",
	}
	ruleRouteShadowed = gate.Rule{
		ID: "proxy/route-shadowed", Severity: gate.Warning, Phase: gate.PhasePre,
		Title:   "a route may lose to another",
		What:    "A right location is there, and another one would take paths of it that no route of the release has, but a client may ask for: a regular expression for files, as a rule.",
		Why:     "The paths that it takes do not reach the service.",
		Fix:     "Mark the prefix with ^~, or narrow the pattern.",
		Example: `/_next/static/chunks/main.js is taken by location ~* \.(js|svg)$ before location /`,
	}
)

var ruleUpgradeMissing = gate.Rule{
	ID: "proxy/upgrade-missing", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a route for web sockets that opens none",
	What:    "/socket.io/ is handed on without the headers Upgrade and Connection (nginx), or without upgrade=websocket (Apache), in a deployment whose files have api_websocket or ENABLE_COLLABORATION_MODE=true.",
	Why:     "The browser asks for a web socket, and the API gets a plain request: editing together does not work.",
	Fix:     "Set proxy_http_version 1.1, Upgrade $http_upgrade and Connection \"upgrade\" in the location.",
	Example: "/socket.io/ is handed to api_websocket:5001 without the headers Upgrade and Connection",
}

var ruleUnread = gate.Rule{
	ID: "proxy/unread", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a proxy is there whose configuration is not read",
	What:    "A compose image, a file's name or an object's kind shows a proxy that the gate knows by name only: HAProxy, Envoy, Apache APISIX, Kong and others.",
	Why:     "A route that it lacks is not found before the deploy.",
	Fix:     "Compare its routes with those of gate routes, and let the gate probe the deployment afterwards.",
	Example: "HAProxy is here (haproxy.cfg), and the gate does not read its configuration",
}

func rules() []gate.Rule {
	return []gate.Rule{ruleSyntax, ruleRouteMissing, rulePrefixTruncated, rulePathRewritten, ruleWrongUpstream, ruleUpstreamUnknown, ruleRouteShadowed, ruleUpgradeMissing, ruleUnread}
}
