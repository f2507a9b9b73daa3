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
	Example: "GET https://dify.example.com/v1/parameters: the connection was refused, want an HTTP answer",
}

var ruleHTTPTLS = gate.Rule{
	ID: "http/tls", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "TLS trouble",
	What:    "The TLS handshake failed or the certificate is not trusted.",
	Why:     "Clients that verify certificates refuse the deployment.",
	Fix:     "Renew or correct the certificate and its chain; for a private authority give --ca-cert.",
	Example: "GET https://dify.example.com/: the certificate is not valid for dify.example.com, want an HTTP answer",
}

var ruleHTTPStatus = gate.Rule{
	ID: "http/status", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "another status than wanted",
	What:    "The answer's status is none of those expected.",
	Why:     "The end point does not do what its callers rely on.",
	Fix:     "Read who answered and the body's first lines; a 502 or 504 comes from the proxy, and its upstream is down or slow.",
	Example: "GET https://dify.example.com/console/api/ping: status 502 by nginx, want 200",
}

var ruleHTTPNotFound = gate.Rule{
	ID: "http/not-found", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an unwanted 404",
	What:    "The answer is a 404 that was not wanted; the finding names who gave it and why.",
	Why:     "After an upgrade a 404 mostly means that the proxy lacks the release's new route, and that the web front end answered an API call.",
	Fix:     "Do what the finding's hint says; gate diagnose URL shows every hop.",
	Example: "GET https://dify.example.com/triggers/webhook/x: status 404 by web, want 404 by api",
}

var ruleHTTPHeader = gate.Rule{
	ID: "http/header", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a header is missing or different",
	What:    "A header that was expected is not there or holds something else.",
	Why:     "Clients and browsers act on headers; proxies add and drop them.",
	Fix:     "Compare with an answer taken directly from the service, past the proxy.",
	Example: "GET https://dify.example.com/v1/parameters: header Content-Type: text/html, want application/json",
}

var ruleHTTPJSON = gate.Rule{
	ID: "http/json", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the JSON body is not as wanted",
	What:    "The body is no JSON, or a value in it is not the one wanted.",
	Why:     "Callers parse this body.",
	Fix:     "Look at the value named; an HTML page in the place of JSON means that another service answered.",
	Example: `GET https://dify.example.com/console/api/setup: step is "not_started", want "finished"`,
}

var ruleHTTPBody = gate.Rule{
	ID: "http/body", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the body is not as wanted",
	What:    "The body does not hold the text or pattern wanted.",
	Why:     "The end point answers, but with something else.",
	Fix:     "Compare the beginning of the body, which the finding quotes, with what should be there.",
	Example: `GET https://dify.example.com/: body "maintenance", want Dify`,
}

var ruleHTTPLatency = gate.Rule{
	ID: "http/latency", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "slower than wanted",
	What:    "The complete answer took longer than expect.latency.",
	Why:     "Slowness right after an upgrade points to a cold cache, a missing index or a busy worker.",
	Fix:     "Look at the phases in the evidence; for a verdict over many requests use the kind slo.",
	Example: "GET https://dify.example.com/: took 1204 ms, want at most 500 ms",
}

var ruleHTTPResponder = gate.Rule{
	ID: "http/responder", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "somebody else answered",
	What:    "The answer came from another component than expect.responder names.",
	Why:     "A right status from the wrong component is no proof of anything.",
	Fix:     "Mend the proxy's route, see gate routes and gate diagnose.",
	Example: "GET https://dify.example.com/v1/parameters: web answered, want api",
}
