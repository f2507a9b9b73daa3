// Package dify knows what each release of Dify needs.
//
// The catalogue is data: it is generated from the files of the releases
// themselves (compose file, env examples, nginx templates), from tables that
// were derived from the sources, and from the hand-written facts.json beside
// this file, and is embedded as gzipped JSON. It is decoded at the first call
// of [Load], so a command that needs no facts pays nothing for them.
//
//	release folders + tables + facts.json
//	   └─ go generate (internal/generate) ─> catalogue.json.gz
//	        └─ Load ─> *Catalogue ─> Release(version) ─> views of one release
//	                       └─ Compare(from, to) ─> Delta
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
