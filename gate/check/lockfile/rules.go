package lockfile

import "github.com/dify-gate/dify-gate/gate"

var ruleUnsupported = gate.Rule{
	ID: "lockfile/unsupported", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a lockfile that cannot be read",
	What:    "The file's name or version is none that the gate can parse.",
	Why:     "What is not read is not checked, and must not look as if it were.",
	Fix:     "Give a file of a supported format, or update the gate.",
	Example: "npm lockfileVersion 4, want package-lock.json or npm-shrinkwrap.json (v1 to v3), …",
}

var ruleSyntax = gate.Rule{
	ID: "lockfile/syntax", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a broken lockfile",
	What:    "The file does not parse, is empty, holds conflict marks, or refers to entries that it does not have.",
	Why:     "An installer stops at it, or quietly resolves everything anew.",
	Fix:     "Restore the file from version control, or let the package manager write it again.",
	Example: "web/yarn.lock: debug wants ms@^2.1.3, which has no entry: the file is cut off or was edited",
}

var ruleIntegrityMissing = gate.Rule{
	ID: "lockfile/integrity-missing", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a package without a usable hash",
	What:    "An entry that is fetched from a registry has no hash, or one that is cut or damaged.",
	Why:     "Without it the installer takes whatever the server sends.",
	Fix:     "Let the package manager write the entry again, from a clean cache.",
	Example: "debug 4.3.4 has no hash, want sha512",
}

var ruleIntegrityWeak = gate.Rule{
	ID: "lockfile/integrity-weak", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a hash that can be forged",
	What:    "The only hash of an entry is SHA-1 or MD5.",
	Why:     "Collisions of both can be made.",
	Fix:     "Let a current version of the package manager write the entry again.",
	Example: "debug 4.3.4 is held by sha1 alone, want sha512",
}

var ruleIntegrityWrong = gate.Rule{
	ID: "lockfile/integrity-wrong", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a hash that the registry contradicts",
	What:    "With online: true the registry's hash of the version is another one.",
	Why:     "The lockfile, the mirror or the package was tampered with, or a version was published anew.",
	Fix:     "Do not install; find out which of the two is right.",
	Example: "debug 4.3.4: the lockfile's hash is not the registry's",
}

var ruleAdvisory = gate.Rule{
	ID: "lockfile/advisory", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a version with a known flaw",
	What:    "With advisories: true the registry knows an advisory against a locked version; one that is neither high nor critical is a warning.",
	Why:     "Who knows the advisory knows how to use the flaw.",
	Fix:     "Update the package, or waive the finding with the reason why the flaw does not reach you.",
	Example: "ms 2.0.0: inefficient regular expression (high), want a version outside of <2.1.1",
}

var ruleInsecureSource = gate.Rule{
	ID: "lockfile/insecure-source", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a package fetched without encryption",
	What:    "An address starts with http: or git:.",
	Why:     "Anybody on the way can replace the package.",
	Fix:     "Use https, or an address inside your own network that speaks it.",
	Example: "debug 4.3.4 comes from http://registry.example/…, want https",
}

var ruleForeignSource = gate.Rule{
	ID: "lockfile/foreign-source", Severity: gate.Warning, Phase: gate.PhasePre,
	Title:   "a package from an unexpected host",
	What:    "An address is on a host that is not among those allowed, or not the one that the rest of the file uses.",
	Why:     "A single entry that points elsewhere is how a lockfile is poisoned.",
	Fix:     "Check the address; if it is right, list its host under hosts.",
	Example: "debug 4.3.4 comes from packages.evil.example, want registry.example",
}

var ruleOutOfStep = gate.Rule{
	ID: "lockfile/out-of-step", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "manifest and lockfile disagree",
	What:    "The manifest asks for something that the lockfile does not answer.",
	Why:     "A frozen install fails, and one that is not frozen installs what nobody has tested.",
	Fix:     "Run the package manager's install and commit the lockfile.",
	Example: "package.json wants debug ^5.0.0, which package-lock.json does not have",
}

var ruleVersion = gate.Rule{
	ID: "lockfile/version", Severity: gate.Error, Phase: gate.PhasePre,
	Title:   "a package in an unwanted version",
	What:    "A package named under packages is locked in another version, or not at all.",
	Why:     "The version was asked for because another one breaks something.",
	Fix:     "Change the manifest's range and install again.",
	Example: "dify-client is locked at 2.1.0, want >=2.3.0",
}
