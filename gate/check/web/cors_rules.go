package web

import "github.com/dify-gate/dify-gate/gate"

var ruleCORSRefused = gate.Rule{
	ID: "cors/refused", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the browser blocks the call",
	What:    "The server supports CORS, but does not allow the origin, a method, a header or credentials.",
	Why:     "The console or the web app loads, but all its calls fail in the browser, while curl works.",
	Fix:     "Add the origin to CONSOLE_CORS_ALLOW_ORIGINS or WEB_API_CORS_ALLOW_ORIGINS; set the headers in one place only, the application or the proxy.",
	Example: "cors https://api.example.com/console/api/setup: origin https://console.example.com is not allowed (Access-Control-Allow-Origin: none)",
}

var ruleCORSMissing = gate.Rule{
	ID: "cors/missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "no answer has CORS headers",
	What:    "None of the answers, to a preflight or to a request, has an Access-Control header.",
	Why:     "No script of another origin can use the endpoint.",
	Fix:     "Check that the API answers (and not the web front end), and that the proxy forwards OPTIONS and keeps all headers.",
	Example: "cors https://api.example.com/v1/parameters: no answer has an Access-Control header, expected origin https://console.example.com allowed",
}

var ruleCORSWildcardCredentials = gate.Rule{
	ID: "cors/wildcard-credentials", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "any origin, with credentials",
	What:    "Any origin is allowed together with credentials: by *, which browsers reject, or by reflecting every origin.",
	Why:     "With * the login fails in every browser; with a reflected origin any website can act as the user who visits it.",
	Fix:     "List the origins by name where cookies are used.",
	Example: "cors https://api.example.com/console/api/setup: any origin (*) is allowed together with credentials, which every browser rejects",
}

var ruleCORSTooOpen = gate.Rule{
	ID: "cors/too-open", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "more origins than expected are allowed",
	What:    "Any origin, or one that must be refused, is allowed without credentials.",
	Why:     "Any website can read what the endpoint returns without a login.",
	Fix:     "List the origins by name, unless the endpoint is public on purpose.",
	Example: "cors https://api.example.com/v1/parameters: origin https://evil.example is allowed",
}
