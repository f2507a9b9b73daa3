package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleUpgradeUndeclared = gate.Rule{
	ID: "upgrade/undeclared", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a change that the releases' files show and that touches this deployment",
	What:    "The files of the releases in the range differ in a way that meets something in the operator's directory: a service, a variable, a default, a volume, a route, an image, a step to do by hand.",
	Why:     "Release notes leave out about half of what changes.",
	Fix:     "Do what the finding's hint says before the upgrade. Where the compose file is the target's already, or a check of env or proxy tells the same, it is a notice.",
	Example: "1.10.1 has no service db any more, docker-compose.yaml starts it",
}

var ruleUpgradeVersionSkew = gate.Rule{
	ID: "upgrade/version-skew", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "images that do not belong to the target",
	What:    "An image that the compose file or the Helm values declare is not the one that goes with the target release.",
	Why:     "Api, web, workers, plugin daemon and sandbox must match: an older daemon answers 404 to the api's new routes.",
	Fix:     "Set the tags that the finding names.",
	Example: "langgenius/dify-plugin-daemon:0.3.3-local is declared, want 0.4.1-local with Dify 1.10.1",
}

var ruleUpgradeVersionUnknown = gate.Rule{
	ID: "upgrade/version-unknown", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a version that the catalogue does not know",
	What:    "The running or the target version, or an image's tag, is none that the catalogue has.",
	Why:     "What is said of this upgrade rests on the nearest release that is known.",
	Fix:     "Update the gate; name versions as Dify tags them, and pin images to one.",
	Example: "1.19.0 is newer than the catalogue: the newest known release, 1.16.0, stands for it",
}

// upgradeRules are the rules of the kind upgrade.
func upgradeRules() []gate.Rule {
	return []gate.Rule{
		ruleUpgradeUndeclared, ruleUpgradeVersionSkew, ruleUpgradeVersionUnknown,
	}
}
