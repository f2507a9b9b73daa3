package web

import (
	"github.com/dify-gate/dify-gate/gate"
)

func authRules() []gate.Rule {
	rule := func(id, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: gate.Error, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	warning := func(id, title, what, why, fix, example string) gate.Rule {
		r := rule(id, title, what, why, fix, example)
		r.Severity = gate.Warning
		return r
	}
	return []gate.Rule{
		rule("auth/open", "answers without a valid token",
			"A request without a token, or with an invented one, is answered as if it had a right to it.",
			"Anybody who reaches the address can use the end point.",
			"See that the API itself answers, and that no proxy or cache adds a credential or repeats an answer.",
			"auth https://dify.example.com/v1/parameters: status 200 without a token, want 401"),
		rule("auth/rejects-valid", "a caller with a right is refused",
			"The valid token is refused, or an end point that is public wants a login.",
			"Clients that worked before the upgrade do not any more.",
			"Check the token and its app; after a change of Redis, SECRET_KEY or the clock, tokens and sessions are not recognised.",
			"auth https://dify.example.com/v1/parameters: status 401 with the token, want 2xx"),
		rule("auth/route-missing", "the end point is not there",
			"The answer is a 404: nothing can be said of its login.",
			"The proxy lacks the route, or the release has none.",
			"Do what the finding's hint says; gate diagnose URL shows every hop.",
			"auth https://dify.example.com/v1/parameters: status 404 by web without a token, want 401"),
		rule("auth/server-error", "the login crashes",
			"The answer is a 5xx.",
			"Nobody can log in; mostly a dependency of the login, Redis or the database, is broken.",
			"Look at the API's log, at Redis and at the database.",
			"auth https://dify.example.com/v1/parameters: status 500 by api with the token, want 2xx"),
		rule("auth/cookie", "a cookie that the browser does not take or send back",
			"The end point sets a cookie whose attributes do not fit the addresses of pages and API: Domain, SameSite, Secure, or the prefix of its name.",
			"Signing in seems to work and the next request is anonymous again: the page loops, with 401 in the console.",
			"Set COOKIE_DOMAIN to the domain that all hosts share and NEXT_PUBLIC_COOKIE_DOMAIN to 1, and serve all of them by https.",
			"auth https://api.example.com/console/api/login: cookie access_token has no Domain and the pages are on console.example.com, want Domain=example.com"),
		warning("auth/shape", "a refusal in another shape than the API's",
			"The end point refuses with the right status, and the body is not the API's JSON with code, message and status.",
			"Clients and the console read the code to tell an expired login from a missing one; something between may have answered.",
			"See with gate diagnose URL who answered, and switch error pages of the proxy's own off (proxy_intercept_errors).",
			"auth https://dify.example.com/v1/parameters: the 401 without a token is text/html, want JSON with code unauthorized"),
		warning("auth/clock", "the server's clock is off",
			"The Date of the answers and the clock of the gate's machine differ by more than a minute.",
			"Tokens carry their end of validity: they expire early, or count as not yet valid, and single sign-on fails.",
			"Let both hosts follow a time server (timedatectl), and compare each with a third clock: it may be the gate's own that is off.",
			"auth https://dify.example.com/v1/parameters: the server's clock is 421 s behind this machine's, want at most 60 s"),
	}
}
