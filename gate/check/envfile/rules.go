package envfile

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleSyntax = gate.Rule{
	ID: "env/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a file that Docker Compose cannot read",
	What:    "A line of the env file is no assignment, or the compose file is not one.",
	Why:     "Docker Compose refuses to start anything.",
	Fix:     "Correct the line; values with spaces or # need quotes.",
	Example: ".env line 12: the quoted value has no end, want a closing quote",
}

var ruleMissing = gate.Rule{
	ID: "env/missing", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a variable that nothing sets",
	What:    "The compose file or an nginx template uses a variable that neither the env file nor a default sets.",
	Why:     "Compose puts an empty text in its place or refuses to start; nginx refuses the rendered file.",
	Fix:     "Set the variable in .env, or pass it to the service that uses it.",
	Example: "NGINX_SOCKET_IO_UPSTREAM is used by nginx/default.conf.template and not passed to the nginx service, want a value",
}

var ruleNew = gate.Rule{
	ID: "env/new", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a variable that is new in the target",
	What:    "The target's example has a variable that the env file does not set.",
	Why:     "Its default applies, which may not be what this deployment wants.",
	Fix:     "Read what it does in the target's example, and set it where the default does not fit.",
	Example: "TRIGGER_URL is new since 1.10.0 with the default http://localhost, .env does not set it",
}

var ruleRemoved = gate.Rule{
	ID: "env/removed", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a variable that the target no longer knows",
	What:    "The env file sets a variable that the target does not have any more.",
	Why:     "The setting has no effect after the upgrade.",
	Fix:     "Remove it, and look for the variable that took its place.",
	Example: "WORKFLOW_PARALLEL_DEPTH_LIMIT is gone in 1.9.1, .env still sets it",
}

var ruleDefaultChanged = gate.Rule{
	ID: "env/default-changed", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "an old default is pinned",
	What:    "The env file sets a variable to what was the default, and the target ships another one.",
	Why:     "A value that was copied from an old example overrides what the new release relies on.",
	Fix:     "Take the new default over, unless the old value is meant.",
	Example: "DB_HOST is db, the old default, want db_postgres as in 1.10.1 or a value of your own",
}

var rulePublicSecret = gate.Rule{
	ID: "env/public-secret", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a published secret is in use",
	What:    "A secret has the value that Dify publishes in its example.",
	Why:     "Everybody knows it: sessions can be forged, databases and internal interfaces opened.",
	Fix:     "Generate an own value, for example with openssl rand -base64 42, and set it on both sides that use it.",
	Example: "SECRET_KEY has the value that Dify publishes, want an own one",
}

var ruleInconsistent = gate.Rule{
	ID: "env/inconsistent", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "settings that do not agree",
	What:    "Two settings that belong together differ, or a setting names something that is not started.",
	Why:     "One side refuses the other, or links and cookies lead to the wrong place.",
	Fix:     "Make both sides agree as the finding says.",
	Example: "COMPOSE_PROFILES starts no database: DB_HOST is db_postgres, behind the profile postgresql",
}

var ruleURL = gate.Rule{
	ID: "env/url", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "an address that the deployment does not publish",
	What:    "Scheme, host or port of a public URL variable is not what nginx publishes, or not that of dify.url.",
	Why:     "Links of published apps, invitations, callbacks of plugins and signed links of files lead to where nobody listens.",
	Fix:     "Set the variable to the address that browsers use, with the port where it is not 80 or 443.",
	Example: "APP_WEB_URL is http://192.0.2.10 and dify.url is http://192.0.2.10:9090, want the port 9090",
}

// rules are the rules of the kind env.
func rules() []gate.Rule {
	return []gate.Rule{
		ruleSyntax, ruleMissing, ruleNew, ruleRemoved, ruleDefaultChanged, rulePublicSecret, ruleInconsistent, ruleURL,
	}
}
