package web

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleAuthOpen = gate.Rule{
	ID: "auth/open", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "it answers without a valid token",
	What:    "A request without a token, or with an invalid one, gets a successful answer.",
	Why:     "Anybody who can reach the address can use the endpoint.",
	Fix:     "Check that the API itself answers, and that no proxy or cache adds credentials or replays an answer.",
	Example: "auth https://dify.example.com/v1/parameters: status 200 without a token, expected 401",
}

var ruleAuthRejectsValid = gate.Rule{
	ID: "auth/rejects-valid", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an authorised caller is refused",
	What:    "The valid token is refused, or a public endpoint requires a login.",
	Why:     "Clients that worked before the upgrade no longer work.",
	Fix:     "Check the token and its app; after a change of Redis, SECRET_KEY or the clock, tokens and sessions are not recognised.",
	Example: "auth https://dify.example.com/v1/parameters: status 401 with the token, expected 2xx",
}

var ruleAuthRouteMissing = gate.Rule{
	ID: "auth/route-missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the endpoint does not exist",
	What:    "The answer is a 404, so its login cannot be checked.",
	Why:     "The proxy lacks the route, or the release has none.",
	Fix:     "Follow the finding's hint; gate diagnose URL shows every hop.",
	Example: "auth https://dify.example.com/v1/parameters: status 404 by web without a token, expected 401",
}

var ruleAuthServerError = gate.Rule{
	ID: "auth/server-error", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the login crashes",
	What:    "The answer is a 5xx.",
	Why:     "Nobody can log in. Usually a dependency of the login, Redis or the database, is broken.",
	Fix:     "Read the API's log, and check Redis and the database.",
	Example: "auth https://dify.example.com/v1/parameters: status 500 by api with the token, expected 2xx",
}

var ruleAuthCookie = gate.Rule{
	ID: "auth/cookie", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a cookie that the browser rejects or does not send back",
	What:    "The endpoint sets a cookie whose attributes (Domain, SameSite, Secure, or the prefix of its name) do not fit the addresses of the pages and the API.",
	Why:     "The login seems to work, but the next request is anonymous again: the page loops, with 401 in the console.",
	Fix:     "Set COOKIE_DOMAIN to the domain that all hosts share and NEXT_PUBLIC_COOKIE_DOMAIN to 1, and serve all of them by https.",
	Example: "auth https://api.example.com/console/api/login: cookie access_token has no Domain and the pages are on console.example.com, expected Domain=example.com",
}

var ruleAuthShape = gate.Rule{
	ID: "auth/shape", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "a refusal that does not have the API's format",
	What:    "The endpoint refuses with the right status, but the body is not the API's JSON with code, message and status.",
	Why:     "Clients and the console read the code to distinguish an expired login from a missing one. Something in between may have answered.",
	Fix:     "Run gate diagnose URL to see who answered, and turn off the proxy's own error pages (proxy_intercept_errors).",
	Example: "auth https://dify.example.com/v1/parameters: the 401 without a token is text/html, expected JSON with code unauthorized",
}

var ruleAuthClock = gate.Rule{
	ID: "auth/clock", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "the server's clock is off",
	What:    "The Date header of the answers differs from the clock of the gate's machine by more than a minute.",
	Why:     "Tokens expire early or are not yet valid, and single sign-on fails.",
	Fix:     "Synchronise both hosts with a time server (timedatectl), and compare each with a third clock: the gate's own clock may be wrong.",
	Example: "auth https://dify.example.com/v1/parameters: the server's clock is 421 s behind this machine's, expected at most 60 s",
}
