package release

import (
	"github.com/dify-gate/dify-gate/gate"
)

func changelogRules() []gate.Rule {
	rule := func(id string, severity gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: "changelog/" + id, Severity: severity, Phase: gate.PhasePre, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	const held = " It is held against the operator's files: an error where it applies, a notice where it does not."
	return []gate.Rule{
		rule("breaking", gate.Error, "a release of the range changes behaviour that something may rely on",
			"The notes, or an advisory, say that something works differently or not at all from a release of the range on."+held,
			"What relied on the old behaviour breaks after the upgrade.",
			"Read the entry, change what relies on the old behaviour, then waive the finding with a reason.",
			"1.13.1 (breaking): HITL email content now uses markdown rendering before delivery."),
		rule("action", gate.Error, "a release of the range asks for something to be done by hand",
			"The notes, or an advisory, ask the operator for a step that no container takes by itself."+held,
			"Without the step a part of the deployment stops working, often silently.",
			"Do the step; gate changelog prints the commands in order.",
			"1.13.2 (action): Please ensure that your workers listen to the new queue; .env: sets CELERY_QUEUES without workflow_based_app_execution"),
		rule("migration", gate.Error, "a release of the range migrates data",
			"The database schema or stored data changes. Where MIGRATION_ENABLED=true is found in the operator's files, the schema's migrations are a notice.",
			"New code on an old schema answers 500, and a migration may take long on large tables.",
			"Back up, plan the time, and run what does not run by itself.",
			"1.14.1 (migration): This release includes a new database migration"),
		rule("removal", gate.Error, "a release of the range removes something",
			"An end point, a variable, a service or the support for a version is gone."+held,
			"Callers get 404, and a variable that is no longer read changes nothing.",
			"Move to what replaces it before the upgrade.",
			"1.15.0 (removal): SSRF_SANDBOX_HOST is gone; .env:40 sets it"),
		rule("config", gate.Warning, "a release of the range changes configuration or defaults",
			"A variable, a default, a service or an image of the shipped set-up is new or different.",
			"Own compose files and manifests do not get it by themselves.",
			"Compare your own files with the release's.",
			"1.13.3 (config): chore: bump Dify to 1.13.3 and sandbox to 0.2.13"),
		rule("deprecation", gate.Warning, "a release of the range deprecates something",
			"It still works and will be removed. A deprecated variable that the operator's files set is an error, one that they do not set a notice.",
			"The next release may drop it.",
			"Move to what replaces it.",
			"1.13.1 (deprecation): PUBSUB_* is deprecated in favor of EVENT_BUS_*; .env:7 sets PUBSUB_REDIS_URL"),
		rule("security", gate.Notice, "a release of the range closes a hole",
			"The notes tell of a mended vulnerability, a hardening, a CVE or GHSA id.",
			"It is a reason to upgrade, and sometimes to rotate secrets.",
			"Upgrade; rotate what may have been exposed.",
			"1.14.1 (security): upgraded LiteLLM for CVE-2026-42208"),
		rule("regression", gate.Notice, "a release of the range mends what an earlier one broke",
			"The notes say that an earlier release was broken.",
			"Stopping at the broken release would be a mistake.",
			"Do not stop at the release that it names.",
			"1.13.2 (regression): Knowledge Retrieval node execution failures"),
		rule("known-regression", gate.Warning, "a later release says that the target is broken",
			"A release after the target mends what the target broke, or is a fix release of it.",
			"The target is known to be bad.",
			"Go to the release that the finding names.",
			"1.13.1 is known to be broken, go to 1.13.2"),
		rule("downgrade", gate.Error, "the target is older than what runs",
			"The target version comes before the running one. A fix release (1.10.1-fix.1) comes after its plain version.",
			"Older code does not know the newer database schema and does not start.",
			"Restore the backup that was made with the older version, or choose a newer target.",
			"1.13.2 -> 1.13.1 is a downgrade"),
	}
}
