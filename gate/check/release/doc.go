// Package release holds the kinds that compare two releases, or a deployment with
// a release: changelog, upgrade, client and version.
//
// The kind changelog (changelog.go) reads the notes of the range, and evaluates
// the conditions of each change against the operator's files (match.go,
// match_env.go): yes, no or unknown, with evidence. findings.go makes findings of
// the changes, with the severity that the answer gives them; hint.go words the
// edit that would fix what was seen.
//
// The kind upgrade (upgrade.go) compares the operator's files with what the
// releases' own files changed: images (images.go), services, variables and
// routes (delta.go), and steps to do by hand (steps.go).
//
// The kind client (client.go) looks up in the target's routes what the
// operator's own clients call (client_calls.go).
//
// The kind version (version.go) asks the live deployment which release answers,
// and the services beside the API for theirs (skew.go). running.go asks once
// for the version that runs, before the checks are made.
package release
