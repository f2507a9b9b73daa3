package release

import (
	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
)

// filesNote ends the text of rules whose severity depends on the files.
const filesNote = " It is compared with the operator's files: an error if it applies, a notice if it does not."

var ruleChangelogBreaking = gate.Rule{
	ID: "changelog/breaking", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release in the range changes behaviour",
	What:    "The notes or an advisory say that something works differently, or no longer works, from a release in the range on." + filesNote,
	Why:     "Whatever relied on the old behaviour breaks after the upgrade.",
	Fix:     "Read the entry, change what relies on the old behaviour, then waive the finding with a reason.",
	Example: "1.13.1 (breaking): HITL email content now uses markdown rendering before delivery.",
}

var ruleChangelogAction = gate.Rule{
	ID: "changelog/action", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release in the range needs a manual step",
	What:    "The notes or an advisory ask for a step that no container does automatically." + filesNote,
	Why:     "Without the step a part of the deployment stops working, often silently.",
	Fix:     "Do the step; gate plan prints all steps in order.",
	Example: "1.13.2 (action): Please ensure that your workers listen to the new queue; .env: sets CELERY_QUEUES without workflow_based_app_execution",
}

var ruleChangelogMigration = gate.Rule{
	ID: "changelog/migration", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release in the range migrates data",
	What:    "The database schema or stored data changes. If the operator's files set MIGRATION_ENABLED=true, schema migrations are a notice.",
	Why:     "New code on an old schema returns 500, and a migration may take long on large tables.",
	Fix:     "Back up, plan the time, and run the migrations that do not run automatically.",
	Example: "1.14.1 (migration): This release includes a new database migration",
}

var ruleChangelogRemoval = gate.Rule{
	ID: "changelog/removal", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a release in the range removes something",
	What:    "An endpoint, a variable, a service or the support for a version is removed." + filesNote,
	Why:     "Callers get 404, and a variable that is no longer read has no effect.",
	Fix:     "Find out whether anything of yours uses it. If so, move to its replacement before the upgrade; if not, waive the finding.",
	Example: "1.15.0 (removal): SSRF_SANDBOX_HOST was removed; .env:40 sets it",
}

var ruleChangelogConfig = gate.Rule{
	ID: "changelog/config", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a release in the range changes configuration or defaults",
	What:    "A variable, a default, a service or an image of Dify's own files is new or different.",
	Why:     "Your own compose files and manifests do not change automatically.",
	Fix:     "Compare your files with those of the release.",
	Example: "1.13.3 (config): chore: bump Dify to 1.13.3 and sandbox to 0.2.13",
}

var ruleChangelogDeprecation = gate.Rule{
	ID: "changelog/deprecation", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a release in the range deprecates something",
	What:    "It still works but will be removed. A deprecated variable is an error if the operator's files set it, else a notice.",
	Why:     "The next release may remove it.",
	Fix:     "Move to its replacement.",
	Example: "1.13.1 (deprecation): PUBSUB_* is deprecated in favor of EVENT_BUS_*; .env:7 sets PUBSUB_REDIS_URL",
}

var ruleChangelogSecurity = gate.Rule{
	ID: "changelog/security", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a release in the range fixes a vulnerability",
	What:    "The notes mention a fixed vulnerability, hardening, or a CVE or GHSA id.",
	Why:     "It is a reason to upgrade, and sometimes to rotate secrets.",
	Fix:     "Upgrade; rotate what may have been exposed.",
	Example: "1.14.1 (security): upgraded LiteLLM for CVE-2026-42208",
}

var ruleChangelogRegression = gate.Rule{
	ID: "changelog/regression", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a release in the range fixes what an earlier one broke",
	What:    "The notes say that an earlier release was broken.",
	Why:     "You should not stop at the broken release.",
	Fix:     "Do not stop at the release that it names.",
	Example: "1.13.2 (regression): Knowledge Retrieval node execution failures",
}

var ruleChangelogKnownRegression = gate.Rule{
	ID: "changelog/known-regression", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a later release says that the target is broken",
	What:    "A release after the target fixes what the target broke, or is a hotfix of it.",
	Why:     "The target is known to be bad.",
	Fix:     "Upgrade to the release that the finding names.",
	Example: "1.13.1 is known to be broken; upgrade to 1.13.2",
}

var ruleChangelogDowngrade = gate.Rule{
	ID: "changelog/downgrade", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "the target is older than the running version",
	What:    "The target version is older than the running one. A hotfix (1.10.1-fix.1) is newer than its base version.",
	Why:     "Older code does not know the newer database schema and does not start.",
	Fix:     "Restore the backup of the older version, or choose a newer target.",
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
