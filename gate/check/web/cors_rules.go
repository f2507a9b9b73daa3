package web

import "github.com/dify-gate/dify-gate/gate"

var ruleCORSRefused = gate.Rule{
	ID: "cors/refused", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the browser will refuse it",
	What:    "The server speaks CORS, and does not allow the origin, a method, a header or credentials.",
	Why:     "The console or the web app loads, and all its calls fail in the browser while curl works.",
	Fix:     "Add the origin to CONSOLE_CORS_ALLOW_ORIGINS or WEB_API_CORS_ALLOW_ORIGINS; let one side alone, app or proxy, set the headers.",
	Example: "cors https://api.example.com/console/api/setup: origin https://console.example.com is not allowed (Access-Control-Allow-Origin: none), want it allowed",
}

var ruleCORSMissing = gate.Rule{
	ID: "cors/missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "no answer speaks CORS",
	What:    "None of the answers, to a preflight or to a request, has an Access-Control header.",
	Why:     "No script of another origin can use the end point.",
	Fix:     "See that the API answers (and not the web front end), and that the proxy passes OPTIONS on and drops no headers.",
	Example: "cors https://api.example.com/v1/parameters: no answer has an Access-Control header, want origin https://console.example.com allowed",
}

var ruleCORSWildcardCredentials = gate.Rule{
	ID: "cors/wildcard-credentials", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "any origin, with credentials",
	What:    "Any origin is allowed together with credentials: by *, which browsers refuse, or by repeating whatever origin asked.",
	Why:     "With * the login fails in every browser; with the repeated origin any web site can act as the user who visits it.",
	Fix:     "List the origins by name where cookies are used.",
	Example: "cors https://api.example.com/console/api/setup: * together with credentials, want the origins listed by name",
}

var ruleCORSTooOpen = gate.Rule{
	ID: "cors/too-open", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "more origins than wanted are allowed",
	What:    "Any origin, or one that is to be refused, is allowed, without credentials.",
	Why:     "Any web site can read what the end point tells without a login.",
	Fix:     "List the origins by name, unless the end point is meant for everybody.",
	Example: "cors https://api.example.com/v1/parameters: origin https://evil.example is allowed, want it refused",
}
