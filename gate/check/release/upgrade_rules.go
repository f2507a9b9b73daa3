package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleUpgradeUndeclared = gate.Rule{
	ID: "upgrade/undeclared", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "an undocumented change that affects this deployment",
	What:    "The files of the releases in the range differ in something that the operator's directory uses: a service, a variable, a default, a volume, a route, an image, or a manual step.",
	Why:     "Release notes leave out about half of what changes.",
	Fix:     "Do what the finding's hint says before the upgrade. It is a notice if the compose file is already the target's, or if a check of env or proxy reports the same.",
	Example: "1.10.1 no longer has the service db, and docker-compose.yaml starts it",
}

var ruleUpgradeVersionSkew = gate.Rule{
	ID: "upgrade/version-skew", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "images that do not match the target",
	What:    "An image in the compose file or the Helm values does not match the target release.",
	Why:     "Api, web, workers, plugin daemon and sandbox must match: an older daemon answers 404 on routes that the new api calls.",
	Fix:     "Set the tags that the finding names.",
	Example: "plugin_daemon runs langgenius/dify-plugin-daemon:0.3.3-local; Dify 1.10.1 needs 0.4.1-local",
}

var ruleUpgradeVersionUnknown = gate.Rule{
	ID: "upgrade/version-unknown", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a version that the gate does not know",
	What:    "The running version, the target version or an image's tag is not in the gate's catalogue of releases.",
	Why:     "The report uses the facts of the nearest known release instead.",
	Fix:     "Update the gate, or let it learn the release (gate learn). Write versions as Dify tags them, and pin images to one.",
	Example: "1.19.0 is newer than the catalogue: the newest known release, 1.16.0, is used instead",
}

// upgradeRules are the rules of the kind upgrade.
func upgradeRules() []gate.Rule {
	return []gate.Rule{
		ruleUpgradeUndeclared, ruleUpgradeVersionSkew, ruleUpgradeVersionUnknown,
	}
}
