package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleVersionMismatch = gate.Rule{
	ID: "version/mismatch", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "what answers is not the target release",
	What:    "The API says in its header X-Version that it is another release than the one to be deployed.",
	Why:     "The upgrade did not happen: an old container still runs, or another deployment answers.",
	Fix:     "Pull the images and recreate the containers (docker compose up -d); see that the tag in the compose file is the target's.",
	Example: "version: every answer of the API comes from 1.13.2, want 1.13.3",
}

var ruleVersionMixed = gate.Rule{
	ID: "version/mixed", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "replicas differ",
	What:    "Answers of the API, over several connections and prefixes, name more than one release.",
	Why:     "Old code works on the new schema and the other way round; clients see errors that come and go.",
	Fix:     "Finish the roll-out: recreate every api container, and see whether one prefix of the proxy leads to an old service.",
	Example: "version: 5 of 12 answers come from 1.13.2, 7 from 1.13.3, want 1.13.3 alone",
}

var ruleVersionSkew = gate.Rule{
	ID: "version/skew", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "a service is too old for the API",
	What:    "A service beside the API reports a version older than the release's own compose file has or than it can work with.",
	Why:     "End points answer while what runs through the service fails: calls of models and tools, or the knowledge.",
	Fix:     "Upgrade the service to the version that the release names.",
	Example: "version: the plugin daemon is 0.5.2, want 0.6.3 or newer for 1.16.0",
}

// versionRules are the rules of the kind version.
func versionRules() []gate.Rule {
	return []gate.Rule{
		ruleVersionMismatch, ruleVersionMixed, ruleVersionSkew,
	}
}
