// Package explain says why an answer is what it is, and holds gate diagnose.
//
//	answer + run ──NewAsked──> Asked ──Explain──> Cause
//
// Explain is pure: an answer of the API is judged by its path (api.go, path.go),
// any other by who gave it (others.go). Where the operator's proxy files are
// known, routed.go asks gate/check/proxy where they send the request. Diagnose
// follows one URL by its hops, from the name to the cause (diagnose.go,
// network.go).
package explain
