package settings

import "github.com/dify-gate/dify-gate/gate"

var ruleSyntax = gate.Rule{
	ID: "settings/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a settings file that does not parse",
	What:    "The file is empty, broken, or has a key twice.",
	Why:     "The application does not start, or uses its defaults.",
	Fix:     "Fix the file at the place that the finding names.",
	Example: "config.yaml: key \"prefix\" appears twice, first on line 2",
}

var ruleSchema = gate.Rule{
	ID: "settings/schema", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a setting that the schema rejects",
	What:    "The effective settings break the JSON Schema: an unknown key, a wrong type, a value out of range.",
	Why:     "The application rejects or ignores what its schema does not know.",
	Fix:     "Correct the setting at the place that the finding names.",
	Example: "config.yaml: api.port: got string, expected integer",
}

var ruleValue = gate.Rule{
	ID: "settings/value", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a setting has an unexpected value",
	What:    "The effective value, including the environment, is not the expected one.",
	Why:     "Something else in the deployment relies on the value.",
	Fix:     "Set the value in the file or in the variable named.",
	Example: "api.prefix is \"/v2\" (DIFY_API_PREFIX), expected \"/v1\"",
}

var ruleOverridden = gate.Rule{
	ID: "settings/overridden", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "the environment wins over the file",
	What:    "A variable overrides a value of the file with a different one.",
	Why:     "Editing the file has no effect, and people look for the reason in the wrong place.",
	Fix:     "Remove the variable, or set both to the same value.",
	Example: "api.prefix: config.yaml says \"/v1\", DIFY_API_PREFIX says \"/v2\" and wins",
}

var rulePrefixMismatch = gate.Rule{
	ID: "settings/prefix-mismatch", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "application and proxy disagree on the API's prefix",
	What:    "The effective prefix differs from the one that the proxy serves.",
	Why:     "Every call gets a 404, from whichever side does not know the path.",
	Fix:     "Set the same value in the file, the environment and the proxy.",
	Example: "api.prefix is \"/v2\" (DIFY_API_PREFIX), config.yaml says \"/v1\", the route is \"/v1\": expected one value",
}
