// Package dify knows what each release of Dify needs.
//
// The catalogue is data: it is packed from releases/*.json, which the package
// learn read out of the releases' own source trees, and from the hand-written
// facts.json beside this file, and is embedded as gzipped JSON. It is decoded at
// the first call of [Load], so a command that needs no facts pays nothing.
//
//	releases/*.json + facts.json
//	   └─ go generate (internal/generate) ─> catalogue.json.gz
//	        └─ Load ─> *Catalogue ─> Release(version) ─> views of one release
//	             │        └─ Compare(from, to) ─> Delta, Describe ─> in words
//	Facts ───────┴─ Layer ─> a catalogue with releases that are not built in
//
// What changes from release to release is kept as a history: one entry for
// each release that brought a change. A [Release] is the view of all of them
// at one release. Versions are looked up as Dify writes its tags ("1.10.1",
// without a v); which of two versions is newer is decided by the position in
// [Catalogue.Versions], never by parsing.
//
// Published secrets are kept as SHA-256 sums, never as text, so that no report
// can print one.
package dify

//go:generate go run ./internal/generate
