package web

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleHTTPUnreachable = gate.Rule{
	ID: "http/unreachable", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "no HTTP answer",
	What:    "The name did not resolve, the connection failed, or no HTTP answer came back in time.",
	Why:     "Users and API clients of this URL see the same.",
	Fix:     "Check that the service is up, that the port is published, and that the gate reaches the network it is in.",
	Example: "GET https://dify.example.com/v1/parameters: the connection was refused, expected an HTTP answer",
}

var ruleHTTPTLS = gate.Rule{
	ID: "http/tls", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "TLS failure",
	What:    "The TLS handshake failed or the certificate is not trusted.",
	Why:     "Clients that verify certificates refuse the deployment.",
	Fix:     "Renew or correct the certificate and its chain; for a private authority use --ca-cert.",
	Example: "GET https://dify.example.com/: the certificate is not valid for dify.example.com, expected an HTTP answer",
}

var ruleHTTPStatus = gate.Rule{
	ID: "http/status", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an unexpected status",
	What:    "The answer does not have one of the expected statuses.",
	Why:     "The endpoint does not do what its callers rely on.",
	Fix:     "See who answered and read the start of the body. A 502 or 504 comes from the proxy: its upstream is down or slow.",
	Example: "GET https://dify.example.com/console/api/ping: status 502 by nginx, expected 200",
}

var ruleHTTPNotFound = gate.Rule{
	ID: "http/not-found", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an unexpected 404",
	What:    "The answer is an unexpected 404; the finding names who sent it and why.",
	Why:     "After an upgrade a 404 usually means that the proxy lacks a new route of the release, so the web front end answered an API call.",
	Fix:     "Follow the finding's hint; gate diagnose URL shows every hop.",
	Example: "GET https://dify.example.com/triggers/webhook/x: status 404 by web, expected 404 by api",
}

var ruleHTTPHeader = gate.Rule{
	ID: "http/header", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a header is missing or different",
	What:    "An expected header is missing or has a different value.",
	Why:     "Clients and browsers act on headers; proxies add and drop them.",
	Fix:     "Compare with an answer directly from the service, without the proxy.",
	Example: "GET https://dify.example.com/v1/parameters: header Content-Type: text/html, expected application/json",
}

var ruleHTTPJSON = gate.Rule{
	ID: "http/json", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the JSON body is not as expected",
	What:    "The body is not JSON, or a value in it is not the expected one.",
	Why:     "Callers parse this body.",
	Fix:     "Look at the value that the finding names; an HTML page instead of JSON means that another service answered.",
	Example: `GET https://dify.example.com/console/api/setup: step is "not_started", expected "finished"`,
}

var ruleHTTPBody = gate.Rule{
	ID: "http/body", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the body is not as expected",
	What:    "The body does not contain the expected text or pattern.",
	Why:     "The endpoint answers, but with something else.",
	Fix:     "Compare the start of the body, which the finding quotes, with what should be there.",
	Example: `GET https://dify.example.com/: body "maintenance", expected Dify`,
}

var ruleHTTPLatency = gate.Rule{
	ID: "http/latency", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "slower than the limit",
	What:    "The complete answer took longer than expect.latency.",
	Why:     "Slowness right after an upgrade points to a cold cache, a missing index or a busy worker.",
	Fix:     "Look at the phases in the evidence; for a verdict over many requests use the kind slo.",
	Example: "GET https://dify.example.com/: took 1204 ms, expected at most 500 ms",
}

var ruleHTTPResponder = gate.Rule{
	ID: "http/responder", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the wrong service answered",
	What:    "The answer came from a different component than expect.responder names.",
	Why:     "The right status from the wrong component proves nothing.",
	Fix:     "Fix the proxy's route; see gate routes and gate diagnose.",
	Example: "GET https://dify.example.com/v1/parameters: web answered, expected api",
}
