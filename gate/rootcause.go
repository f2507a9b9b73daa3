package gate

import (
	"fmt"
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
	edges := g.edges()
	explained := make([]bool, len(ran))
	for _, effects := range edges {
		for _, j := range effects {
			explained[j] = true
		}
	}
	causes := []RootCause{}
	covered := make([]bool, len(ran))
	add := func(i int) {
		covered[i] = true
		cause := causeOfCheck(rep, i)
		all := slices.Clone(g.errors[i])
		for _, j := range reach(edges, i) {
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

// causeGraph finds which check explains which. It compares each pair of checks,
// so what a comparison needs is prepared once.
type causeGraph struct {
	ran   []Ran
	rep   *Report
	graph Graph
	// errors are the unwaived error findings of each check.
	errors [][]*Finding
}

func newCauseGraph(ran []Ran, rep *Report, graph Graph) causeGraph {
	g := causeGraph{ran: ran, rep: rep, graph: graph, errors: make([][]*Finding, len(ran))}
	for i, c := range rep.Checks {
		for _, k := range c.Findings {
			if f := &rep.Findings[k]; f.Active() && f.Severity == Error {
				g.errors[i] = append(g.errors[i], f)
			}
		}
	}
	return g
}

func (g causeGraph) failed(i int) bool { return g.rep.Checks[i].Outcome == OutcomeFail }

// edges returns, for each check, those that it explains directly.
func (g causeGraph) edges() map[int][]int {
	edges := map[int][]int{}
	for i := range g.ran {
		for j := range g.ran {
			if i != j && g.explains(i, j) {
				edges[i] = append(edges[i], j)
			}
		}
	}
	return edges
}

func (g causeGraph) explains(i, j int) bool {
	if needs(&g.ran[j], &g.ran[i]) {
		// A chain of skipped checks leads back to the failure that began it.
		return g.failed(i) || strings.HasPrefix(g.ran[i].Result.Skip, "needs ")
	}
	return g.failed(i) && g.failed(j) && g.covers(i, j)
}

// needs reports whether effect was skipped because of cause.
func needs(effect, cause *Ran) bool {
	skip := effect.Result.Skip
	return strings.HasPrefix(skip, "needs ") && strings.HasPrefix(skip, fmt.Sprintf("needs %q,", cause.Check.Name))
}

// covers reports whether check i explains every error of check j.
func (g causeGraph) covers(i, j int) bool {
	for _, e := range g.errors[j] {
		if !slices.ContainsFunc(g.errors[i], func(c *Finding) bool {
			return i < j && c.Cause != "" && c.Cause == e.Cause || samePart(c, e) && g.graph.explains(g.component(i, c), c.Symptom, g.component(j, e), e.Symptom)
		}) {
			return false
		}
	}
	return len(g.errors[j]) > 0
}

// samePart reports whether two findings may be about the same part of what they
// are about: a missing route for one prefix explains nothing of another prefix.
func samePart(a, b *Finding) bool { return a.Part == "" || b.Part == "" || a.Part == b.Part }

// component is what a finding is about: its own word, or that of its check.
func (g causeGraph) component(i int, f *Finding) string {
	if f.Component != "" {
		return f.Component
	}
	return g.ran[i].Check.Component
}

// reach lists what is explained directly or through others, each once.
func reach(edges map[int][]int, from int) []int {
	seen := map[int]bool{from: true}
	var out []int
	queue := []int{from}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, j := range edges[i] {
			if !seen[j] {
				seen[j] = true
				out = append(out, j)
				queue = append(queue, j)
			}
		}
	}
	return out
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
