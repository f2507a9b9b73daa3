package settings

import "github.com/dify-gate/dify-gate/gate"

var ruleSyntax = gate.Rule{
	ID: "settings/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a settings file that does not parse",
	What:    "The file is empty, broken, or holds a key twice.",
	Why:     "The application stops at start, or takes its defaults.",
	Fix:     "Mend the file at the place named.",
	Example: "config.yaml: key \"prefix\" stands twice, first in line 2",
}

var ruleSchema = gate.Rule{
	ID: "settings/schema", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a setting that the schema refuses",
	What:    "The effective settings break the JSON Schema: an unknown key, a wrong type, a value out of range.",
	Why:     "The application refuses or ignores what its schema does not know.",
	Fix:     "Correct the setting at the place named.",
	Example: "config.yaml: api.port: got string, want integer",
}

var ruleValue = gate.Rule{
	ID: "settings/value", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a setting has another value than wanted",
	What:    "The effective value, environment included, is not the expected one.",
	Why:     "Something else in the deployment relies on the value.",
	Fix:     "Set the value in the file or in the variable named.",
	Example: "api.prefix is \"/v2\" (DIFY_API_PREFIX), want \"/v1\"",
}

var ruleOverridden = gate.Rule{
	ID: "settings/overridden", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "the environment wins over the file",
	What:    "A variable overrides a value of the file with another one.",
	Why:     "Who edits the file sees no effect, and looks for the reason in the wrong place.",
	Fix:     "Remove the variable, or make both say the same.",
	Example: "api.prefix: config.yaml says \"/v1\", DIFY_API_PREFIX says \"/v2\" and wins",
}

var rulePrefixMismatch = gate.Rule{
	ID: "settings/prefix-mismatch", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "application and proxy disagree on the API's prefix",
	What:    "The effective prefix is not the one that the proxy serves.",
	Why:     "Every call gets a 404, from whichever side does not know the path.",
	Fix:     "Make the file, the environment and the proxy say the same.",
	Example: "api.prefix is \"/v2\" (DIFY_API_PREFIX), config.yaml says \"/v1\", the route is \"/v1\": want one value",
}
