package gate

import "slices"

// Symptom classes a finding, so that a failure elsewhere can explain it.
type Symptom string

// The symptoms that the built-in graph knows.
const (
	// SymptomDown: the component itself does not answer as it should.
	SymptomDown Symptom = "down"
	// SymptomServerError: a 5xx.
	SymptomServerError Symptom = "server-error"
	// SymptomLoginRefused: a credential that should be accepted is not.
	SymptomLoginRefused Symptom = "login-refused"
	// SymptomNotRouted: the answer came from another component than wanted.
	SymptomNotRouted Symptom = "not-routed"
)

// explanation is a row of the built-in graph: trouble in the component cause
// explains a finding with the symptom in the component effect.
type explanation struct {
	cause, effect string
	symptoms      []Symptom
}

// graph is what the parts of a Dify deployment depend on.
func graph() []explanation {
	server := []Symptom{SymptomServerError}
	return []explanation{
		{"postgres", "api", server},
		{"mysql", "api", server},
		{"migration", "api", server},
		{"redis", "api", []Symptom{SymptomServerError, SymptomLoginRefused}},
		{"postgres", "migration", []Symptom{SymptomDown}},
		{"mysql", "migration", []Symptom{SymptomDown}},
		{"redis", "celery", []Symptom{SymptomDown}},
		{"proxy", "api", []Symptom{SymptomNotRouted}},
		{"plugin_daemon", "api", server},
		{"api", "app", []Symptom{SymptomDown, SymptomServerError}},
		{"postgres", "app", server},
		{"redis", "app", server},
		{"celery", "app", []Symptom{SymptomDown, SymptomServerError}},
	}
}

// RootCauses returns the failures that no other failure explains, those that
// explain most first, and marks the explained checks in the report. A failure
// that neither explains nor is explained is its own cause with no explains.
func RootCauses(ran []Ran, rep *Report) []RootCause {
	edges := explains(ran, rep)
	explained := make([]bool, len(ran))
	for _, effects := range edges {
		for _, j := range effects {
			explained[j] = true
		}
	}
	causes := []RootCause{}
	for i := range ran {
		if rep.Checks[i].Outcome != OutcomeFail || explained[i] {
			continue
		}
		cause := causeOfCheck(rep, i)
		for _, j := range reach(edges, i) {
			cause.Explains = append(cause.Explains, rep.Checks[j].Name)
			if rep.Checks[j].ExplainedBy == "" {
				rep.Checks[j].ExplainedBy = cause.Check
			}
		}
		causes = append(causes, cause)
	}
	slices.SortStableFunc(causes, func(a, b RootCause) int { return len(b.Explains) - len(a.Explains) })
	return causes
}

// explains returns, for each failed check, the failed checks that it explains.
func explains(ran []Ran, rep *Report) map[int][]int {
	edges := map[int][]int{}
	rows := graph()
	for i := range ran {
		if rep.Checks[i].Outcome != OutcomeFail {
			continue
		}
		for j := range ran {
			if i != j && (needs(ran[j], ran[i]) || rep.Checks[j].Outcome == OutcomeFail && covered(rows, ran[i], ran[j])) {
				edges[i] = append(edges[i], j)
			}
		}
	}
	return edges
}

// needs tells whether effect was skipped because it needs cause.
func needs(effect, cause Ran) bool {
	return effect.Result.Skip != "" && slices.Contains(effect.Check.Needs, cause.Check.Name)
}

// covered tells whether cause explains every error finding of effect.
func covered(rows []explanation, cause, effect Ran) bool {
	errors := 0
	for _, f := range effect.Result.Findings {
		if f.Severity != Error {
			continue
		}
		errors++
		if !slices.ContainsFunc(rows, func(e explanation) bool {
			return e.cause == cause.Check.Component && e.effect == effect.Check.Component && slices.Contains(e.symptoms, f.Symptom)
		}) {
			return false
		}
	}
	return errors > 0
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
			cause.Rule, cause.Message, cause.Hint, cause.Location = f.Rule, f.Message, f.Hint, f.Location
			break
		}
	}
	return cause
}
