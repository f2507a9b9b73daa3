package envfile

import (
	"github.com/dify-gate/dify-gate/gate"
)

func rules() []gate.Rule {
	rule := func(id string, severity gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: severity, Phase: gate.PhasePre, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("env/syntax", gate.Error, "a file that Docker Compose cannot read",
			"A line of the env file is no assignment, or the compose file is not one.",
			"Docker Compose refuses to start anything.",
			"Correct the line; values with spaces or # need quotes.",
			".env line 12: the quoted value has no end, want a closing quote"),
		rule("env/missing", gate.Error, "a variable that nothing sets",
			"The compose file or an nginx template uses a variable that neither the env file nor a default sets.",
			"Compose puts an empty text in its place or refuses to start; nginx refuses the rendered file.",
			"Set the variable in .env, or pass it to the service that uses it.",
			"NGINX_SOCKET_IO_UPSTREAM is used by nginx/default.conf.template and not passed to the nginx service, want a value"),
		rule("env/new", gate.Notice, "a variable that is new in the target",
			"The target's example has a variable that the env file does not set.",
			"Its default applies, which may not be what this deployment wants.",
			"Read what it does in the target's example, and set it where the default does not fit.",
			"TRIGGER_URL is new since 1.10.0 with the default http://localhost, .env does not set it"),
		rule("env/removed", gate.Warning, "a variable that the target no longer knows",
			"The env file sets a variable that the target does not have any more.",
			"The setting has no effect after the upgrade.",
			"Remove it, and look for the variable that took its place.",
			"WORKFLOW_PARALLEL_DEPTH_LIMIT is gone in 1.9.1, .env still sets it"),
		rule("env/default-changed", gate.Warning, "an old default is pinned",
			"The env file sets a variable to what was the default, and the target ships another one.",
			"A value that was copied from an old example overrides what the new release relies on.",
			"Take the new default over, unless the old value is meant.",
			"DB_HOST is db, the old default, want db_postgres as in 1.10.1 or a value of your own"),
		rule("env/public-secret", gate.Error, "a published secret is in use",
			"A secret has the value that Dify publishes in its example.",
			"Everybody knows it: sessions can be forged, databases and internal interfaces opened.",
			"Generate an own value, for example with openssl rand -base64 42, and set it on both sides that use it.",
			"SECRET_KEY has the value that Dify publishes, want an own one"),
		rule("env/inconsistent", gate.Error, "settings that do not agree",
			"Two settings that belong together differ, or a setting names something that is not started.",
			"One side refuses the other, or links and cookies lead to the wrong place.",
			"Make both sides agree as the finding says.",
			"COMPOSE_PROFILES starts no database: DB_HOST is db_postgres, behind the profile postgresql"),
	}
}
