package proxy

import "github.com/dify-gate/dify-gate/gate"

// The rules of proxy.
var (
	ruleSyntax = gate.Rule{
		ID: "proxy/syntax", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the proxy would reject its configuration",
		What:    "A file does not parse, a directive is unknown, misplaced or incomplete, or a template's variable has no value.",
		Why:     "The proxy does not start, or keeps running with its old configuration.",
		Fix:     "Fix the line that the finding names.",
		Example: `unknown "nginx_socket_io_upstream" variable: nothing sets it`,
	}
	ruleRouteMissing = gate.Rule{
		ID: "proxy/route-missing", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "a public path has no route",
		What:    "The proxy has no location for a prefix that the target release publishes, so the one for / takes it, or none does.",
		Why:     "The web front end answers with its own 404, and the API never sees the request.",
		Fix:     "Add the location that the hint shows.",
		Example: "/triggers (public since 1.10.0) has no route of its own: location / takes it, and it goes to web:3000; it belongs to api:5001",
	}
	rulePrefixTruncated = gate.Rule{
		ID: "proxy/prefix-truncated", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the prefix is stripped on the way",
		What:    "The upstream gets the path without its prefix, because of a rewrite or a proxy_pass that ends in a path.",
		Why:     "Dify's services only know their paths with the prefix, and answer 404.",
		Fix:     "Pass the path unchanged: proxy_pass without a path, and no rewrite.",
		Example: "/api/passport reaches api:5001 as /passport",
	}
	rulePathRewritten = gate.Rule{
		ID: "proxy/path-rewritten", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the path is changed on the way",
		What:    "The upstream gets a different path than the client sent: another prefix, a double slash, or no query.",
		Why:     "The service answers 404, redirects, or misses its parameters.",
		Fix:     "Pass the path unchanged.",
		Example: "/v1/parameters reaches api:5001 as /v1//parameters",
	}
	ruleWrongUpstream = gate.Rule{
		ID: "proxy/wrong-upstream", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "a path goes to the wrong service",
		What:    "The location that takes a public path sends it to the wrong service, or answers by itself. It is the location for its prefix, or another one that wins over it.",
		Why:     "That service does not know the path.",
		Fix:     "Use the service that the hint shows.",
		Example: "/explore goes to plugin_daemon:5002 by location /explore; it belongs to web:3000",
	}
	ruleUpstreamUnknown = gate.Rule{
		ID: "proxy/upstream-unknown", Severity: gate.Error, Phase: gate.PhasePre,
		Title:   "the upstream's name does not exist",
		What:    "The host of a proxy_pass is not a service, container name or network alias of the compose files, and not an address. It is a warning where no path of Dify goes to it.",
		Why:     "nginx does not start when a name in its configuration does not resolve; with a variable in the name, it answers 502.",
		Fix:     "Use the name of a service of the compose file.",
		Example: "/v1 goes to apii:5001, and no service of the compose files is called that; it belongs to api:5001",
	}
	ruleRouteShadowed = gate.Rule{
		ID: "proxy/route-shadowed", Severity: gate.Warning, Phase: gate.PhasePre,
		Title:   "a route may lose to another one",
		What:    "The right location exists, but another one takes some of its paths. No route of the release has these paths, but clients may request them. Usually it is a regular expression for static files.",
		Why:     "These paths do not reach the service.",
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
	Title:   "a proxy whose configuration the gate cannot read",
	What:    "A compose image, a file name or an object's kind shows a proxy that the gate only knows by name: HAProxy, Envoy, Apache APISIX, Kong and others.",
	Why:     "A missing route is not found before the deploy.",
	Fix:     "Compare its routes with those of gate routes, and probe the deployment with the gate afterwards.",
	Example: "HAProxy is in use (haproxy.cfg), and the gate does not read its configuration",
}

func rules() []gate.Rule {
	return []gate.Rule{ruleSyntax, ruleRouteMissing, rulePrefixTruncated, rulePathRewritten, ruleWrongUpstream, ruleUpstreamUnknown, ruleRouteShadowed, ruleUpgradeMissing, ruleUnread}
}
