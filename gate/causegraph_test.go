package gate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// eachPair is what a causeGraph abbreviates: it compares each check with each.
type eachPair struct {
	ran   []Ran
	graph Graph
	*causeGraph
}

func (g eachPair) explainsCheck(i, j int) bool {
	cause, effect := g.ran[i], g.ran[j]
	if strings.HasPrefix(effect.Result.Skip, fmt.Sprintf("needs %q,", cause.Check.Name)) {
		return g.failed(i) || strings.HasPrefix(cause.Result.Skip, "needs ")
	}
	if !g.failed(i) || !g.failed(j) {
		return false
	}
	component := func(c Check, f *Finding) string {
		if f.Component != "" {
			return f.Component
		}
		return c.Component
	}
	for _, e := range g.errors[j] {
		if !slices.ContainsFunc(g.errors[i], func(c *Finding) bool {
			part := c.Part == "" || e.Part == "" || c.Part == e.Part
			return i < j && c.Cause != "" && c.Cause == e.Cause ||
				part && g.graph.explains(component(cause.Check, c), c.Symptom, component(effect.Check, e), e.Symptom)
		}) {
			return false
		}
	}
	return len(g.errors[j]) > 0
}

func (g eachPair) reach(from int) []int {
	seen, queue := map[int]bool{from: true}, []int{from}
	for at := 0; at < len(queue); at++ {
		for j := range g.ran {
			if i := queue[at]; i != j && !seen[j] && g.explainsCheck(i, j) {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	return queue[1:]
}

// randomRun makes up a run in which much explains much.
func randomRun(random *rand.Rand) []Ran {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	ran := make([]Ran, 2+random.IntN(14))
	for i := range ran {
		c := Check{Name: fmt.Sprintf("check \"%d\"", i), Component: pick("a", "b", "c"), Phase: PhasePost}
		res := Result{}
		switch random.IntN(4) {
		case 0:
			res.Skip = fmt.Sprintf("needs %q, which failed", fmt.Sprintf("check \"%d\"", random.IntN(len(ran))))
		default:
			for range random.IntN(4) {
				res.Findings = append(res.Findings, Finding{
					Rule: "r", Severity: Severity(1 + random.IntN(3)), Message: fmt.Sprint(random.Int()), Component: pick("", "", "a", "b"),
					Symptom: Symptom(pick("down", "server-error")), Part: pick("", "", "/api", "/v1"), Cause: pick("", "", "x", "y"),
				})
			}
		}
		ran[i] = Ran{Check: c, Result: res, Attempts: 1}
	}
	return ran
}

// TestCauseGraphIsThatOfEachPair compares the graph with the comparison of each
// pair of checks.
func TestCauseGraphIsThatOfEachPair(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		graph := Graph{}
		for range random.IntN(5) {
			components, symptoms := []string{"a", "b", "c"}, []Symptom{SymptomDown, SymptomServerError}
			graph = append(graph, Explanation{
				Cause: components[random.IntN(3)], Own: symptoms[:1+random.IntN(2)],
				Effect: components[random.IntN(3)], Symptoms: symptoms[random.IntN(2):],
			})
		}
		ran := randomRun(random)
		rep := Assemble(ran, Policy{}, RunInfo{})
		g := newCauseGraph(ran, &rep, graph)
		each := eachPair{ran, graph, g}
		explained := g.explained()
		for i := range ran {
			want := slices.ContainsFunc(indicesOf(ran), func(j int) bool { return j != i && each.explainsCheck(j, i) })
			if explained[i] != want {
				t.Fatalf("seed %d: check %d is explained: %v, want %v", seed, i, explained[i], want)
			}
			if diff := cmp.Diff(each.reach(i), g.reach(i)); diff != "" {
				t.Fatalf("seed %d: check %d explains (-want +got):\n%s", seed, i, diff)
			}
		}
	}
}

func indicesOf(ran []Ran) []int {
	out := make([]int, len(ran))
	for i := range ran {
		out[i] = i
	}
	return out
}

// BenchmarkRootCauses has one cause for all checks.
func BenchmarkRootCauses(b *testing.B) {
	for _, n := range []int{1_000, 12_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var ran []Ran
			for i := range n {
				ran = append(ran, Ran{Check: Check{Name: fmt.Sprint(i), Phase: PhasePost}, Attempts: 1, Result: Result{
					Findings: []Finding{{Rule: "r", Severity: Error, Message: fmt.Sprint(i), Cause: "refused"}},
				}})
			}
			rep := Assemble(ran, Policy{}, RunInfo{})
			for b.Loop() {
				RootCauses(ran, &rep, nil)
			}
		})
	}
}
