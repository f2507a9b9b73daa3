package check

import (
	"fmt"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Result makes the result of a check that could not use its server.
func Result(f probe.PeerFailure, kind, subject string, rules []gate.Rule, want string) gate.Result {
	if f.Err != nil {
		return gate.Result{Err: f.Err, Retry: f.Retry}
	}
	found := Finding(rules, kind+"/"+f.Rule, fmt.Sprintf("%s: %s, want %s", subject, f.Text, want), f.Hint)
	found.Subject, found.Symptom = subject, gate.SymptomDown
	return gate.Result{Findings: []gate.Finding{found}, Retry: f.Retry, Evidence: map[string]any{"error": f.Text}}
}
