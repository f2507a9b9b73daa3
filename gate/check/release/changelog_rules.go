package release

import (
	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
)

// filesNote ends the text of rules whose severity depends on the files.
const filesNote = " It is held against the operator's files: an error where it applies, a notice where it does not."

var ruleChangelogBreaking = gate.Rule{
	ID: "changelog/breaking", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release of the range changes behaviour that something may rely on",
	What:    "The notes, or an advisory, say that something works differently or not at all from a release of the range on." + filesNote,
	Why:     "What relied on the old behaviour breaks after the upgrade.",
	Fix:     "Read the entry, change what relies on the old behaviour, then waive the finding with a reason.",
	Example: "1.13.1 (breaking): HITL email content now uses markdown rendering before delivery.",
}

var ruleChangelogAction = gate.Rule{
	ID: "changelog/action", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release of the range asks for something to be done by hand",
	What:    "The notes, or an advisory, ask the operator for a step that no container takes by itself." + filesNote,
	Why:     "Without the step a part of the deployment stops working, often silently.",
	Fix:     "Do the step; gate changelog prints the commands in order.",
	Example: "1.13.2 (action): Please ensure that your workers listen to the new queue; .env: sets CELERY_QUEUES without workflow_based_app_execution",
}

var ruleChangelogMigration = gate.Rule{
	ID: "changelog/migration", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release of the range migrates data",
	What:    "The database schema or stored data changes. Where MIGRATION_ENABLED=true is found in the operator's files, the schema's migrations are a notice.",
	Why:     "New code on an old schema answers 500, and a migration may take long on large tables.",
	Fix:     "Back up, plan the time, and run what does not run by itself.",
	Example: "1.14.1 (migration): This release includes a new database migration",
}

var ruleChangelogRemoval = gate.Rule{
	ID: "changelog/removal", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release of the range removes something",
	What:    "An end point, a variable, a service or the support for a version is gone." + filesNote,
	Why:     "Callers get 404, and a variable that is no longer read changes nothing.",
	Fix:     "Move to what replaces it before the upgrade.",
	Example: "1.15.0 (removal): SSRF_SANDBOX_HOST is gone; .env:40 sets it",
}

var ruleChangelogConfig = gate.Rule{
	ID: "changelog/config", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a release of the range changes configuration or defaults",
	What:    "A variable, a default, a service or an image of the shipped set-up is new or different.",
	Why:     "Own compose files and manifests do not get it by themselves.",
	Fix:     "Compare your own files with the release's.",
	Example: "1.13.3 (config): chore: bump Dify to 1.13.3 and sandbox to 0.2.13",
}

var ruleChangelogDeprecation = gate.Rule{
	ID: "changelog/deprecation", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a release of the range deprecates something",
	What:    "It still works and will be removed. A deprecated variable that the operator's files set is an error, one that they do not set a notice.",
	Why:     "The next release may drop it.",
	Fix:     "Move to what replaces it.",
	Example: "1.13.1 (deprecation): PUBSUB_* is deprecated in favor of EVENT_BUS_*; .env:7 sets PUBSUB_REDIS_URL",
}

var ruleChangelogSecurity = gate.Rule{
	ID: "changelog/security", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a release of the range closes a hole",
	What:    "The notes tell of a mended vulnerability, a hardening, a CVE or GHSA id.",
	Why:     "It is a reason to upgrade, and sometimes to rotate secrets.",
	Fix:     "Upgrade; rotate what may have been exposed.",
	Example: "1.14.1 (security): upgraded LiteLLM for CVE-2026-42208",
}

var ruleChangelogRegression = gate.Rule{
	ID: "changelog/regression", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a release of the range mends what an earlier one broke",
	What:    "The notes say that an earlier release was broken.",
	Why:     "Stopping at the broken release would be a mistake.",
	Fix:     "Do not stop at the release that it names.",
	Example: "1.13.2 (regression): Knowledge Retrieval node execution failures",
}

var ruleChangelogKnownRegression = gate.Rule{
	ID: "changelog/known-regression", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a later release says that the target is broken",
	What:    "A release after the target mends what the target broke, or is a fix release of it.",
	Why:     "The target is known to be bad.",
	Fix:     "Go to the release that the finding names.",
	Example: "1.13.1 is known to be broken, go to 1.13.2",
}

var ruleChangelogDowngrade = gate.Rule{
	ID: "changelog/downgrade", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "the target is older than what runs",
	What:    "The target version comes before the running one. A fix release (1.10.1-fix.1) comes after its plain version.",
	Why:     "Older code does not know the newer database schema and does not start.",
	Fix:     "Restore the backup that was made with the older version, or choose a newer target.",
	Example: "1.13.2 -> 1.13.1 is a downgrade",
}

// ruleOfChange is the rule that reports a change of a kind.
var ruleOfChange = map[changelog.Kind]gate.Rule{
	changelog.Breaking:    ruleChangelogBreaking,
	changelog.Action:      ruleChangelogAction,
	changelog.Migration:   ruleChangelogMigration,
	changelog.Removal:     ruleChangelogRemoval,
	changelog.Config:      ruleChangelogConfig,
	changelog.Deprecation: ruleChangelogDeprecation,
	changelog.Security:    ruleChangelogSecurity,
	changelog.Regression:  ruleChangelogRegression,
}

// changelogRules are the rules of the kind changelog.
func changelogRules() []gate.Rule {
	return []gate.Rule{
		ruleChangelogBreaking, ruleChangelogAction, ruleChangelogMigration, ruleChangelogRemoval, ruleChangelogConfig, ruleChangelogDeprecation, ruleChangelogSecurity, ruleChangelogRegression, ruleChangelogKnownRegression, ruleChangelogDowngrade,
	}
}
