package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleClientRouteRemoved = gate.Rule{
	ID: "client/route-removed", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a client calls a route that the target has removed",
	What:    "A client's request uses a route of an older release: the target has removed or renamed it, or accepts other methods.",
	Why:     "The client gets 404 or 405 as soon as the upgrade is live.",
	Fix:     "Change the client to the route that the finding names; do it before the upgrade if both releases have it.",
	Example: "GET /v1/datasets/{id}/documents/{id}/upload-file: removed in 1.9.0 (last in 1.8.1)",
}

var ruleClientRouteUnknown = gate.Rule{
	ID: "client/route-unknown", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a client calls a route that the target does not know",
	What:    "A client's request uses a route that the target does not have: it never existed, a later release adds it, or the method is not accepted.",
	Why:     "The answer is 404 or 405; often the path or the base URL has a typo.",
	Fix:     "Compare with the nearest routes that the finding names.",
	Example: "POST /v1/chat-message: no release has it, the nearest is POST /v1/chat-messages",
}

// clientRules are the rules of the kind client.
func clientRules() []gate.Rule {
	return []gate.Rule{
		ruleClientRouteRemoved, ruleClientRouteUnknown,
	}
}
