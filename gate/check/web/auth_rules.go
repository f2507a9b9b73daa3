package web

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleAuthOpen = gate.Rule{
	ID: "auth/open", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "answers without a valid token",
	What:    "A request without a token, or with an invented one, is answered as if it had a right to it.",
	Why:     "Anybody who reaches the address can use the end point.",
	Fix:     "See that the API itself answers, and that no proxy or cache adds a credential or repeats an answer.",
	Example: "auth https://dify.example.com/v1/parameters: status 200 without a token, want 401",
}

var ruleAuthRejectsValid = gate.Rule{
	ID: "auth/rejects-valid", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a caller with a right is refused",
	What:    "The valid token is refused, or an end point that is public wants a login.",
	Why:     "Clients that worked before the upgrade do not any more.",
	Fix:     "Check the token and its app; after a change of Redis, SECRET_KEY or the clock, tokens and sessions are not recognised.",
	Example: "auth https://dify.example.com/v1/parameters: status 401 with the token, want 2xx",
}

var ruleAuthRouteMissing = gate.Rule{
	ID: "auth/route-missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the end point is not there",
	What:    "The answer is a 404: nothing can be said of its login.",
	Why:     "The proxy lacks the route, or the release has none.",
	Fix:     "Do what the finding's hint says; gate diagnose URL shows every hop.",
	Example: "auth https://dify.example.com/v1/parameters: status 404 by web without a token, want 401",
}

var ruleAuthServerError = gate.Rule{
	ID: "auth/server-error", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the login crashes",
	What:    "The answer is a 5xx.",
	Why:     "Nobody can log in; mostly a dependency of the login, Redis or the database, is broken.",
	Fix:     "Look at the API's log, at Redis and at the database.",
	Example: "auth https://dify.example.com/v1/parameters: status 500 by api with the token, want 2xx",
}

var ruleAuthCookie = gate.Rule{
	ID: "auth/cookie", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a cookie that the browser does not take or send back",
	What:    "The end point sets a cookie whose attributes do not fit the addresses of pages and API: Domain, SameSite, Secure, or the prefix of its name.",
	Why:     "Signing in seems to work and the next request is anonymous again: the page loops, with 401 in the console.",
	Fix:     "Set COOKIE_DOMAIN to the domain that all hosts share and NEXT_PUBLIC_COOKIE_DOMAIN to 1, and serve all of them by https.",
	Example: "auth https://api.example.com/console/api/login: cookie access_token has no Domain and the pages are on console.example.com, want Domain=example.com",
}

var ruleAuthShape = gate.Rule{
	ID: "auth/shape", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a refusal in another shape than the API's",
	What:    "The end point refuses with the right status, and the body is not the API's JSON with code, message and status.",
	Why:     "Clients and the console read the code to tell an expired login from a missing one; something between may have answered.",
	Fix:     "See with gate diagnose URL who answered, and switch error pages of the proxy's own off (proxy_intercept_errors).",
	Example: "auth https://dify.example.com/v1/parameters: the 401 without a token is text/html, want JSON with code unauthorized",
}

var ruleAuthClock = gate.Rule{
	ID: "auth/clock", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "the server's clock is off",
	What:    "The Date of the answers and the clock of the gate's machine differ by more than a minute.",
	Why:     "Tokens carry their end of validity: they expire early, or count as not yet valid, and single sign-on fails.",
	Fix:     "Let both hosts follow a time server (timedatectl), and compare each with a third clock: it may be the gate's own that is off.",
	Example: "auth https://dify.example.com/v1/parameters: the server's clock is 421 s behind this machine's, want at most 60 s",
}
