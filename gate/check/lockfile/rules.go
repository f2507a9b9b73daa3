package lockfile

import "github.com/dify-gate/dify-gate/gate"

var ruleUnsupported = gate.Rule{
	ID: "lockfile/unsupported", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a lockfile that cannot be read",
	What:    "The gate cannot parse a file of this name or version.",
	Why:     "What is not read is not checked, and must not look like a pass.",
	Fix:     "Give a file of a supported format, or update the gate.",
	Example: "npm lockfileVersion 4, expected package-lock.json or npm-shrinkwrap.json (v1 to v3), …",
}

var ruleSyntax = gate.Rule{
	ID: "lockfile/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a broken lockfile",
	What:    "The file does not parse, is empty, contains conflict markers, or refers to entries that it does not have.",
	Why:     "An installer fails on it, or silently resolves everything again.",
	Fix:     "Restore the file from version control, or rewrite it with the package manager.",
	Example: "web/yarn.lock: debug requires ms@^2.1.3, which has no entry: the file is truncated or was edited",
}

var ruleIntegrityMissing = gate.Rule{
	ID: "lockfile/integrity-missing", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a package without a usable hash",
	What:    "An entry that is fetched from a registry has no hash, or a truncated or damaged one.",
	Why:     "Without it the installer accepts whatever the server sends.",
	Fix:     "Rewrite the entry with the package manager, from a clean cache.",
	Example: "debug 4.3.4 has no hash, expected sha512",
}

var ruleIntegrityWeak = gate.Rule{
	ID: "lockfile/integrity-weak", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a hash that can be forged",
	What:    "The only hash of an entry is SHA-1 or MD5.",
	Why:     "Attackers can make collisions for both.",
	Fix:     "Rewrite the entry with a current version of the package manager.",
	Example: "debug 4.3.4 has only a sha1 hash, expected sha512",
}

var ruleIntegrityWrong = gate.Rule{
	ID: "lockfile/integrity-wrong", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a hash that differs from the registry's",
	What:    "With online: true, the registry has a different hash for the version.",
	Why:     "The lockfile, the mirror or the package was tampered with, or a version was published again.",
	Fix:     "Do not install. Find out which of the two is right.",
	Example: "debug 4.3.4: the lockfile's hash is not the registry's",
}

var ruleAdvisory = gate.Rule{
	ID: "lockfile/advisory", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a version with a known vulnerability",
	What:    "With advisories: true, the registry has an advisory for a locked version; one that is neither high nor critical is a warning.",
	Why:     "Attackers read advisories too.",
	Fix:     "Update the package, or waive the finding with the reason why the flaw does not affect you.",
	Example: "ms 2.0.0: inefficient regular expression (high), expected a version outside of <2.1.1",
}

var ruleInsecureSource = gate.Rule{
	ID: "lockfile/insecure-source", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a package fetched without encryption",
	What:    "An address starts with http: or git:.",
	Why:     "Anybody between you and the server can replace the package.",
	Fix:     "Use https, or an address inside your own network that speaks it.",
	Example: "debug 4.3.4 comes from http://registry.example/…, expected https",
}

var ruleForeignSource = gate.Rule{
	ID: "lockfile/foreign-source", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a package from an unexpected host",
	What:    "An address is on a host that is not allowed, or not the one that the rest of the file uses.",
	Why:     "A single entry that points elsewhere is how attackers poison a lockfile.",
	Fix:     "Check the address; if it is correct, list its host under hosts.",
	Example: "debug 4.3.4 comes from packages.evil.example, expected registry.example",
}

var ruleOutOfStep = gate.Rule{
	ID: "lockfile/out-of-step", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "manifest and lockfile disagree",
	What:    "The manifest requires something that the lockfile does not have.",
	Why:     "A frozen install fails; any other install picks versions that nobody has tested.",
	Fix:     "Run the package manager's install and commit the lockfile.",
	Example: "package.json requires debug ^5.0.0, which package-lock.json does not have",
}

var ruleVersion = gate.Rule{
	ID: "lockfile/version", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a package has a version that is not allowed",
	What:    "A package listed under packages is locked at a different version, or not at all.",
	Why:     "The range is there because other versions break something.",
	Fix:     "Change the manifest's range and install again.",
	Example: "dify-client is locked at 2.1.0, expected >=2.3.0",
}
