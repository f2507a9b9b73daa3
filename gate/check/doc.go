// Package check holds the kinds of checks, one file each: the typed section of
// gate.yaml (the spec), its defaults and validation, its run, and the rules
// that it may report.
//
// A spec is decoded by gate/config, which calls Validate and then Check:
//
//	gate.yaml ──▶ Sections ──Specs──▶ []Spec ──Validate──▶ mistakes with places
//	                                        └──Check(Env)──▶ gate.Check
//
// To add a kind: a file with its spec embedding [Base], its rules as a func
// returning []gate.Rule, a field in [Sections], a line in Sections.Specs, and a
// line in [Rules]. Tests fail when one of them is forgotten.
//
// A spec's struct tags are read by gate/config: yaml, required, enum, help, and
// kind, which resolves and checks what a value refers to. A field that names a
// file of the operator's has kind:"path" (made absolute; a missing one is exit
// 2), patterns kind:"glob", a file or URL kind:"source", addresses kind:"url", what
// is probed kind:"probe"; see the documentation of gate/config. A type that decodes itself also has
// JSONSchema() map[string]any.
//
// Conventions for Run: the context bounds it; findings say "what was seen, want
// what"; a Result.Err means that nothing could be decided; a probe never
// changes the target; every read is bounded; values of type gate.Secret are
// revealed only to the wire, and listed in gate.Check.Secrets.
package check
