package gate

import (
	"slices"
	"strings"
)

// Symptom classes a finding, so that a failure elsewhere can explain it.
type Symptom string

// The symptoms that the checks give to their findings.
const (
	// SymptomDown: the component itself does not answer as it should.
	SymptomDown Symptom = "down"
	// SymptomServerError: a 5xx.
	SymptomServerError Symptom = "server-error"
	// SymptomLoginRefused: a credential that should be accepted is not.
	SymptomLoginRefused Symptom = "login-refused"
	// SymptomNotRouted: the answer came from another component than expected.
	SymptomNotRouted Symptom = "not-routed"
	// SymptomMisroutes: the component sends requests to another one than it should.
	SymptomMisroutes Symptom = "misroutes"
	// SymptomOldRelease: what answers is too old for what was asked.
	SymptomOldRelease Symptom = "old-release"
)

// Explanation is a row of a [Graph]: a failure of the component Cause with one of
// its Own symptoms explains a finding with one of the Symptoms in the component
// Effect. A cause explains only what it can, so each row names both sides.
type Explanation struct {
	Cause    string
	Own      []Symptom
	Effect   string
	Symptoms []Symptom
}

// Graph is what the components of a deployment depend on. It must have no cycle.
// The engine is handed one, and knows none of its own; the components are those
// of [Check.Component] and [Finding.Component].
type Graph []Explanation

// explains reports whether a failure of cause with the symptom own explains a
// symptom in effect.
func (g Graph) explains(cause string, own Symptom, effect string, s Symptom) bool {
	return cause != "" && slices.ContainsFunc(g, func(e Explanation) bool {
		return e.Cause == cause && slices.Contains(e.Own, own) && e.Effect == effect && slices.Contains(e.Symptoms, s)
	})
}

// RootCauses returns the failures that no other failure explains, those that
// explain most first, and marks the explained checks in the report. A failure
// that neither explains nor is explained is its own cause with no explains.
//
// One failure explains another in three ways: the other was skipped because it
// needs it; the graph has a row for each of the other's errors; or all
// of the other's errors have the same [Finding.Cause] as one of its own (then
// the check listed first is the cause of both). It is pure but for those marks.
func RootCauses(ran []Ran, rep *Report, graph Graph) []RootCause {
	g := newCauseGraph(ran, rep, graph)
	explained := g.explained()
	causes := []RootCause{}
	covered := make([]bool, len(ran))
	add := func(i int) {
		covered[i] = true
		cause := causeOfCheck(rep, i)
		all := slices.Clone(g.errors[i])
		for _, j := range g.reach(i) {
			covered[j] = true
			all = append(all, g.errors[j]...)
			cause.Explains = append(cause.Explains, rep.Checks[j].Name)
			if rep.Checks[j].ExplainedBy == "" {
				rep.Checks[j].ExplainedBy = cause.Check
			}
		}
		if text := sharedText(all, cause.Fingerprint); text != "" {
			cause.Message = text
		}
		causes = append(causes, cause)
	}
	for i := range ran {
		if g.failed(i) && !explained[i] {
			add(i)
		}
	}
	// Failures that explain one another in a circle: the first is named.
	for i := range ran {
		if g.failed(i) && !covered[i] {
			add(i)
		}
	}
	slices.SortStableFunc(causes, func(a, b RootCause) int { return len(b.Explains) - len(a.Explains) })
	return causes
}

// causeOfCheck words the cause by the check's worst finding.
func causeOfCheck(rep *Report, i int) RootCause {
	c := rep.Checks[i]
	cause := RootCause{Check: c.Name, Message: c.Reason, Explains: []string{}}
	for _, k := range c.Findings {
		if f := rep.Findings[k]; f.Active() && f.Severity == Error {
			cause.Rule, cause.Message, cause.Hint, cause.Location, cause.Fingerprint = f.Rule, f.Message, f.Hint, f.Location, f.Fingerprint
			break
		}
	}
	return cause
}

// sharedText words a cause that several findings show in part: the text of the
// finding with the fingerprint, with all parts that have the same cause. It is
// empty where there is only one part, or no such text.
func sharedText(findings []*Finding, fingerprint string) string {
	at := slices.IndexFunc(findings, func(f *Finding) bool { return f.Fingerprint == fingerprint })
	if at < 0 || findings[at].Cause == "" || findings[at].CauseText == "" {
		return ""
	}
	var parts []string
	for _, f := range findings {
		if f.Cause == findings[at].Cause && f.Part != "" && !slices.Contains(parts, f.Part) {
			parts = append(parts, f.Part)
		}
	}
	if len(parts) < 2 {
		return ""
	}
	slices.Sort(parts)
	last := len(parts) - 1
	return strings.ReplaceAll(findings[at].CauseText, "{}", strings.Join(parts[:last], ", ")+" and "+parts[last])
}
