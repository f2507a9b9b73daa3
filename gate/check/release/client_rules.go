package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleClientRouteRemoved = gate.Rule{
	ID: "client/route-removed", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a client calls a route that the target does not have any more",
	What:    "A request that a client makes meets a route of an older release: the target has dropped it, renamed it, or takes other methods.",
	Why:     "The client gets 404 or 405 as soon as the upgrade is live.",
	Fix:     "Change the client to the route that the finding names, before the upgrade where both releases have it.",
	Example: "GET /v1/datasets/{id}/documents/{id}/upload-file: gone in 1.9.0, last in 1.8.1",
}

var ruleClientRouteUnknown = gate.Rule{
	ID: "client/route-unknown", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a client calls a route that the target does not know",
	What:    "A request that a client makes meets no route of the target: none ever existed, a later release brings it, or the method is not taken.",
	Why:     "The answer is 404 or 405; often it is a slip in the path or in the base URL.",
	Fix:     "Compare with the nearest routes that the finding names.",
	Example: "POST /v1/chat-message: no release has it, the nearest is POST /v1/chat-messages",
}

// clientRules are the rules of the kind client.
func clientRules() []gate.Rule {
	return []gate.Rule{
		ruleClientRouteRemoved, ruleClientRouteUnknown,
	}
}
