// Package envfile holds the kind env: an operator's env file, and whether it fits
// the target release.
//
// envfile.go reads the operator's directory and runs the parts in order; target.go
// finds what to compare with, a file or the catalogue's release. The parts
// report lines that Compose refuses (envfile.go), variables that nothing sets
// (missing.go), new, removed and changed ones (compare.go), published secrets
// (secrets.go), settings that must agree (pairs.go), URLs and cookie domains
// that contradict each other (urls.go), and services that are named and do not
// start (profiles.go).
package envfile
