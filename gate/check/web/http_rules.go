package web

import (
	"github.com/dify-gate/dify-gate/gate"
)

func httpRules() []gate.Rule {
	rule := func(id, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: gate.Error, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("http/unreachable", "no HTTP answer",
			"The name did not resolve, the connection failed, or no HTTP answer came back in time.",
			"Users and API clients of this URL see the same.",
			"Check that the service is up, that the port is published, and that the gate reaches the network it is in.",
			"GET https://dify.example.com/v1/parameters: the connection was refused, want an HTTP answer"),
		rule("http/tls", "TLS trouble",
			"The TLS handshake failed or the certificate is not trusted.",
			"Clients that verify certificates refuse the deployment.",
			"Renew or correct the certificate and its chain; for a private authority give --ca-cert.",
			"GET https://dify.example.com/: the certificate is not valid for dify.example.com, want an HTTP answer"),
		rule("http/status", "another status than wanted",
			"The answer's status is none of those expected.",
			"The end point does not do what its callers rely on.",
			"Read who answered and the body's first lines; a 502 or 504 comes from the proxy, and its upstream is down or slow.",
			"GET https://dify.example.com/console/api/ping: status 502 by nginx, want 200"),
		rule("http/not-found", "an unwanted 404",
			"The answer is a 404 that was not wanted; the finding names who gave it and why.",
			"After an upgrade a 404 mostly means that the proxy lacks the release's new route, and that the web front end answered an API call.",
			"Do what the finding's hint says; gate diagnose URL shows every hop.",
			"GET https://dify.example.com/triggers/webhook/x: status 404 by web, want 404 by api"),
		rule("http/header", "a header is missing or different",
			"A header that was expected is not there or holds something else.",
			"Clients and browsers act on headers; proxies add and drop them.",
			"Compare with an answer taken directly from the service, past the proxy.",
			"GET https://dify.example.com/v1/parameters: header Content-Type: text/html, want application/json"),
		rule("http/json", "the JSON body is not as wanted",
			"The body is no JSON, or a value in it is not the one wanted.",
			"Callers parse this body.",
			"Look at the value named; an HTML page in the place of JSON means that another service answered.",
			`GET https://dify.example.com/console/api/setup: step is "not_started", want "finished"`),
		rule("http/body", "the body is not as wanted",
			"The body does not hold the text or pattern wanted.",
			"The end point answers, but with something else.",
			"Compare the beginning of the body, which the finding quotes, with what should be there.",
			`GET https://dify.example.com/: body "maintenance", want Dify`),
		rule("http/latency", "slower than wanted",
			"The complete answer took longer than expect.latency.",
			"Slowness right after an upgrade points to a cold cache, a missing index or a busy worker.",
			"Look at the phases in the evidence; for a verdict over many requests use the kind slo.",
			"GET https://dify.example.com/: took 1204 ms, want at most 500 ms"),
		rule("http/responder", "somebody else answered",
			"The answer came from another component than expect.responder names.",
			"A right status from the wrong component is no proof of anything.",
			"Mend the proxy's route, see gate routes and gate diagnose.",
			"GET https://dify.example.com/v1/parameters: web answered, want api"),
	}
}
