package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleVersionMismatch = gate.Rule{
	ID: "version/mismatch", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the deployment does not run the target release",
	What:    "The API's X-Version header names a different release than the target.",
	Why:     "The upgrade did not happen: an old container still runs, or another deployment answers.",
	Fix:     "Pull the images and recreate the containers (docker compose up -d); check that the tag in the compose file is the target's.",
	Example: "version: every answer of the API comes from 1.13.2, expected 1.13.3",
}

var ruleVersionMixed = gate.Rule{
	ID: "version/mixed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "replicas run different releases",
	What:    "The API's answers, over several connections and prefixes, name more than one release.",
	Why:     "Old code runs on the new schema or the other way round; clients see intermittent errors.",
	Fix:     "Finish the rollout: recreate every api container, and check whether a prefix of the proxy leads to an old service.",
	Example: "version: 5 of 12 answers come from 1.13.2, 7 from 1.13.3, expected 1.13.3 alone",
}

var ruleVersionSkew = gate.Rule{
	ID: "version/skew", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a service is too old for the API",
	What:    "A service that the API uses reports a version older than the one in the release's compose file, or older than the release supports.",
	Why:     "Endpoints answer, but whatever uses the service fails: model and tool calls, or the knowledge bases.",
	Fix:     "Upgrade the service to the version of the release's compose file.",
	Example: "version: the plugin daemon is 0.5.2, expected 0.6.3 or newer for 1.16.0",
}

// versionRules are the rules of the kind version.
func versionRules() []gate.Rule {
	return []gate.Rule{
		ruleVersionMismatch, ruleVersionMixed, ruleVersionSkew,
	}
}
