package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// causeGraph knows which check explains which. Its edges are not written down:
// of 12,000 checks that fail alike each explains all after it. Failed checks are
// put together instead, by what their errors look like, and what looks alike
// explains alike.
type causeGraph struct {
	rep *Report
	// errors are the unwaived error findings of each check.
	errors [][]*Finding
	// waiting are the checks that were skipped because of a check.
	waiting map[int][]int
	// shapes and classes are the failed checks with errors, put together by the
	// components, symptoms and parts of their errors, and also by their causes.
	shapes, classes []*alike
	// shapeOf and classOf are the places of a check in these.
	shapeOf, classOf map[int]int
}

// alike are failed checks that a graph cannot tell apart.
type alike struct {
	errors  []errorKey
	members []int // in ascending order
	// explains are the places of what these explain: a shape explains all members
	// of another, a class those that are listed after its own.
	explains []int
}

// errorKey is what counts of an error; in a shape the cause is empty.
type errorKey struct {
	component string
	symptom   Symptom
	part      string
	cause     string
}

func (a errorKey) compare(b errorKey) int {
	return cmp.Or(strings.Compare(a.component, b.component), strings.Compare(string(a.symptom), string(b.symptom)),
		strings.Compare(a.part, b.part), strings.Compare(a.cause, b.cause))
}

// explains reports whether an error explains another by the graph's rows. Both
// may be about the same part of what they are about: a missing route for one
// prefix explains nothing of another prefix.
func (a errorKey) explains(graph Graph, b errorKey) bool {
	samePart := a.part == "" || b.part == "" || a.part == b.part
	return samePart && graph.explains(a.component, a.symptom, b.component, b.symptom)
}

func newCauseGraph(ran []Ran, rep *Report, graph Graph) *causeGraph {
	g := &causeGraph{rep: rep, errors: make([][]*Finding, len(ran)), waiting: map[int][]int{}, shapeOf: map[int]int{}, classOf: map[int]int{}}
	places := make(map[string]int, len(ran))
	for i, r := range ran {
		places[r.Check.Name] = i
	}
	shapes, classes := map[string]int{}, map[string]int{}
	for i, r := range ran {
		keys := g.readErrors(i, r.Check)
		if name, ok := neededBy(r.Result.Skip); ok {
			// A chain of skipped checks leads back to the failure that began it.
			if on, ok := places[name]; ok && on != i && (g.failed(on) || strings.HasPrefix(ran[on].Result.Skip, "needs ")) {
				g.waiting[on] = append(g.waiting[on], i)
			}
			continue
		}
		if g.failed(i) && len(keys) > 0 {
			g.classOf[i] = group(&g.classes, classes, keys, i)
			for k := range keys {
				keys[k].cause = ""
			}
			g.shapeOf[i] = group(&g.shapes, shapes, keys, i)
		}
	}
	g.relateShapes(graph)
	g.relateClasses(graph)
	return g
}

// neededBy returns the check for which a check was skipped; see [runner.unmet].
func neededBy(skip string) (string, bool) {
	rest, ok := strings.CutPrefix(skip, "needs ")
	if !ok {
		return "", false
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil || !strings.HasPrefix(rest[len(quoted):], ",") {
		return "", false
	}
	name, err := strconv.Unquote(quoted)
	return name, err == nil
}

func (g *causeGraph) failed(i int) bool { return g.rep.Checks[i].Outcome == OutcomeFail }

// readErrors notes the unwaived errors of a check, and returns what counts of
// them. The component of one is its own word, or that of its check.
func (g *causeGraph) readErrors(i int, c Check) []errorKey {
	var out []errorKey
	for _, k := range g.rep.Checks[i].Findings {
		f := &g.rep.Findings[k]
		if !f.Active() || f.Severity != Error {
			continue
		}
		g.errors[i] = append(g.errors[i], f)
		component := f.Component
		if component == "" {
			component = c.Component
		}
		out = append(out, errorKey{component, f.Symptom, f.Part, f.Cause})
	}
	return out
}

// group adds a check to those with the same errors, and returns their place.
func group(all *[]*alike, known map[string]int, errors []errorKey, check int) int {
	errors = slices.Clone(errors)
	slices.SortFunc(errors, errorKey.compare)
	errors = slices.Compact(errors)
	key := fmt.Sprintf("%q", errors)
	place, ok := known[key]
	if !ok {
		place = len(*all)
		known[key] = place
		*all = append(*all, &alike{errors: errors})
	}
	(*all)[place].members = append((*all)[place].members, check)
	return place
}

// relateShapes notes which shape explains which by the graph's rows.
func (g *causeGraph) relateShapes(graph Graph) {
	for _, cause := range g.shapes {
		for to, effect := range g.shapes {
			if covers(graph, cause.errors, effect.errors) {
				cause.explains = append(cause.explains, to)
			}
		}
	}
}

// relateClasses notes which class explains which because they share a cause.
func (g *causeGraph) relateClasses(graph Graph) {
	byCause := map[string][]int{}
	for place, class := range g.classes {
		for _, cause := range causesOf(class.errors) {
			byCause[cause] = append(byCause[cause], place)
		}
	}
	for _, class := range g.classes {
		var among []int
		for _, cause := range causesOf(class.errors) {
			among = append(among, byCause[cause]...)
		}
		slices.Sort(among)
		for _, to := range slices.Compact(among) {
			if covers(graph, class.errors, g.classes[to].errors) {
				class.explains = append(class.explains, to)
			}
		}
	}
}

// causesOf are the causes that errors name, each once.
func causesOf(errors []errorKey) []string {
	var out []string
	for _, e := range errors {
		if e.cause != "" {
			out = append(out, e.cause)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covers reports whether each of the effects has a cause in common with one of
// the causes, or is explained by it.
func covers(graph Graph, causes, effects []errorKey) bool {
	for _, e := range effects {
		if !slices.ContainsFunc(causes, func(c errorKey) bool {
			return c.cause != "" && c.cause == e.cause || c.explains(graph, e)
		}) {
			return false
		}
	}
	return true
}

// explained reports, for each check, whether another explains it.
func (g *causeGraph) explained() []bool {
	out := make([]bool, len(g.rep.Checks))
	for _, effects := range g.waiting {
		for _, j := range effects {
			out[j] = true
		}
	}
	for place, shape := range g.shapes {
		for _, to := range shape.explains {
			if members := g.shapes[to].members; to != place || len(members) > 1 {
				for _, j := range members {
					out[j] = true
				}
			}
		}
	}
	for _, class := range g.classes {
		for _, to := range class.explains {
			members := g.classes[to].members
			for _, j := range members[after(members, class.members[0]):] {
				out[j] = true
			}
		}
	}
	return out
}

// after is the place of the first member behind a check.
func after(members []int, check int) int { return sort.SearchInts(members, check+1) }

// reach lists what a check explains directly or through others, each once, the
// direct ones first.
func (g *causeGraph) reach(from int) []int {
	seen := map[int]bool{from: true}
	whole := map[int]bool{} // shapes of which all members are seen
	seenTo := map[int]int{} // of a class all members behind this check are seen
	queue := []int{from}
	for at := 0; at < len(queue); at++ {
		i := queue[at]
		next := slices.Clone(g.waiting[i])
		if shape, ok := g.shapeOf[i]; ok {
			for _, to := range g.shapes[shape].explains {
				if !whole[to] {
					whole[to] = true
					next = append(next, g.shapes[to].members...)
				}
			}
			for _, to := range g.classes[g.classOf[i]].explains {
				end, ok := seenTo[to]
				if !ok {
					end = math.MaxInt - 1
				}
				if i < end {
					members := g.classes[to].members
					next = append(next, members[after(members, i):after(members, end)]...)
					seenTo[to] = i
				}
			}
		}
		slices.Sort(next)
		for _, j := range next {
			if !seen[j] {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	return queue[1:]
}
