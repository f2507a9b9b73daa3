// Package settings holds the kind settings: it checks an application's settings
// file, with the environment's overrides applied.
//
// A run reads the file, applies the overrides and then makes three comparisons
// of the effective values:
//
//	file, env ──▶ effective ─┬─▶ schema.go   with a JSON Schema
//	                         ├─▶ compare.go  with the values wanted
//	                         └─▶ compare.go  of the API prefix with the route and the proxy's files
//
// settings.go holds the entry, its validation, the reading and the overrides,
// rules.go the rules.
package settings
