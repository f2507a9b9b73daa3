package envfile

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleSyntax = gate.Rule{
	ID: "env/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a file that Docker Compose cannot read",
	What:    "A line of the env file is not an assignment, or the compose file is not valid.",
	Why:     "Docker Compose refuses to start anything.",
	Fix:     "Correct the line; values with spaces or # need quotes.",
	Example: ".env line 12: the quoted value has no end, expected a closing quote",
}

var ruleMissing = gate.Rule{
	ID: "env/missing", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a variable that nothing sets",
	What:    "The compose file or an nginx template uses a variable that neither the env file nor a default sets.",
	Why:     "Compose replaces it with an empty string or refuses to start; nginx rejects the rendered file.",
	Fix:     "Set the variable in .env, or pass it to the service that uses it.",
	Example: "NGINX_SOCKET_IO_UPSTREAM is used by nginx/default.conf.template and is not passed to the nginx service",
}

var ruleNew = gate.Rule{
	ID: "env/new", Severity: gate.Notice, Phase: gate.PhasePre,
	Title:   "a variable that is new in the target",
	What:    "The target's .env.example has a variable that the env file does not set.",
	Why:     "Its default applies, which may not fit this deployment.",
	Fix:     "Read what it does in the target's .env.example, and set it if the default does not fit.",
	Example: "TRIGGER_URL is new since 1.10.0 with the default http://localhost, .env does not set it",
}

var ruleRemoved = gate.Rule{
	ID: "env/removed", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a variable that no longer exists",
	What:    "The env file sets a variable that the target release no longer reads.",
	Why:     "The setting has no effect after the upgrade.",
	Fix:     "Remove it, or rename it where the finding names its successor.",
	Example: "WORKFLOW_PARALLEL_DEPTH_LIMIT no longer exists in 1.9.1 (last in 1.9.0)",
}

var ruleDefaultChanged = gate.Rule{
	ID: "env/default-changed", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "an old default is still set",
	What:    "The env file sets a variable to a former default, and the target has a different one.",
	Why:     "A value that was copied from an old example overrides the default that the new release relies on.",
	Fix:     "Set it to the new default, or keep your value on purpose.",
	Example: "DB_HOST is db, an old default; the default in 1.10.1 is db_postgres",
}

var rulePublicSecret = gate.Rule{
	ID: "env/public-secret", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a public default secret is in use",
	What:    "A secret still has the public default from Dify's repository.",
	Why:     "Everybody knows it: attackers can forge sessions and open databases and internal interfaces.",
	Fix:     "Set your own value on all sides that use it, as the finding says: a database's password changes in the database first, and a new SECRET_KEY logs everybody out.",
	Example: "SECRET_KEY still has the public default from Dify's repository",
}

var ruleInconsistent = gate.Rule{
	ID: "env/inconsistent", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "settings that do not agree",
	What:    "Two settings that must agree differ, or a setting names a service that is not started.",
	Why:     "One side rejects the other, or links and cookies point to the wrong place.",
	Fix:     "Make both sides agree as the finding says.",
	Example: "COMPOSE_PROFILES starts no database: DB_HOST is db_postgres, behind the profile postgresql",
}

var ruleURL = gate.Rule{
	ID: "env/url", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "an address that the deployment does not publish",
	What:    "The scheme, host or port of a public URL variable differs from what nginx publishes, or from dify.url.",
	Why:     "Links to published apps, invitations, plugin callbacks and signed file links point to an address where nothing listens.",
	Fix:     "Set the variable to the address that browsers use, with the port unless it is 80 or 443.",
	Example: "APP_WEB_URL is http://192.0.2.10 and dify.url is http://192.0.2.10:9090, expected the port 9090",
}

// rules are the rules of the kind env.
func rules() []gate.Rule {
	return []gate.Rule{
		ruleSyntax, ruleMissing, ruleNew, ruleRemoved, ruleDefaultChanged, rulePublicSecret, ruleInconsistent, ruleURL,
	}
}
