// Package envfile holds the kind env: an operator's env file, and whether it fits
// the target release.
//
// envfile.go reads the operator's directory and runs the parts in order; target.go
// finds what to compare with, a file or the catalogue's release; effective.go says
// what each service gets for a variable, which is what all rules judge. The parts
// report lines that Compose refuses (envfile.go), variables that nothing sets
// (missing.go), new, removed and changed ones (compare.go), published secrets
// (secrets.go, secret_use.go, stores.go), settings that must agree (pairs.go), the
// queue and its workers (broker.go, queues.go), URLs and cookie domains that
// contradict each other (urls.go, cookies.go) or what the deployment publishes
// (published.go), and servers that are named and not there (hosts.go,
// database_type.go).
package envfile
