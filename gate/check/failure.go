package check

import (
	"fmt"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Result is the result of a check that could not use its server: a finding of
// the rule about the subject, or no decision where nothing can be said of the
// server. want says what the server is expected to be.
func Result(f probe.PeerFailure, rule gate.Rule, subject, want string) gate.Result {
	if f.Err != nil {
		return gate.Result{Err: f.Err, Retry: f.Retry}
	}
	found := rule.Finding(fmt.Sprintf("%s: %s, expected %s", subject, f.Text, want), f.Hint)
	found.Subject, found.Symptom = subject, gate.SymptomDown
	return gate.Result{Findings: []gate.Finding{found}, Retry: f.Retry, Evidence: map[string]any{"error": f.Text}}
}
