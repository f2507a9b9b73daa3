package web

import "github.com/dify-gate/dify-gate/gate"

var ruleOpenAPIUnreadable = gate.Rule{
	ID: "openapi/unreadable", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the API description cannot be read",
	What:    "The URL does not answer, or the document is not OpenAPI or Swagger, or describes nothing.",
	Why:     "Clients cannot be generated from it.",
	Fix:     "Check who answers the URL; enable the document (SWAGGER_UI_ENABLED for Dify).",
	Example: "GET https://dify.example.com/v1/openapi.json: status 404 by web, expected an OpenAPI document",
}

var ruleOpenAPIRouteMissing = gate.Rule{
	ID: "openapi/route-missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a documented operation is missing",
	What:    "The server answers 404 or 405 for an operation that it documents, or the document lacks one that the baseline had.",
	Why:     "Clients that follow the documentation fail.",
	Fix:     "Check the proxy first (gate diagnose), then the server's version.",
	Example: "GET /v1/parameters is documented and answers 404 by web",
}

var ruleOpenAPIRouteUnreachable = gate.Rule{
	ID: "openapi/route-unreachable", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a documented operation fails",
	What:    "The server answers 5xx, or not at all, for a documented operation.",
	Why:     "The route exists but does not work.",
	Fix:     "Read the server's log; a 502 or 504 comes from the proxy.",
	Example: "GET /v1/info is documented and answers 502 by nginx",
}
