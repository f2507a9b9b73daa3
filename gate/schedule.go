package gate

import (
	"container/heap"
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
)

// schedule carries out the checks: each begins when what it needs has passed and
// a slot is free, of those that could begin the first that is listed. It returns
// when all are dealt with.
func (r *runner) schedule(ctx context.Context) {
	s := &schedule{runner: r, waits: make([]int, len(r.checks)), needed: make([][]int, len(r.checks)), settled: make([]bool, len(r.checks))}
	for i, c := range r.checks {
		for _, name := range c.Needs {
			on := r.order[name]
			s.needed[on] = append(s.needed[on], i)
			s.waits[i]++
		}
	}
	for i, c := range r.checks {
		switch reason := r.unasked(c); {
		case reason != "":
			s.settle(ctx, i, Ran{Check: c, Result: Result{Skip: reason}})
		case s.waits[i] == 0 && !s.settled[i]:
			s.ready = append(s.ready, i) // in order: a heap already
		}
	}
	// The zero group on purpose: WithContext would let the first error cancel
	// the siblings. Each closure owns its slot of ran and returns nil.
	var group errgroup.Group
	finished := make(chan int)
	for running := 0; ; {
		for running < r.opts.Concurrency && len(s.ready) > 0 && ctx.Err() == nil {
			i := heap.Pop(&s.ready).(int)
			running++
			group.Go(func() error {
				r.ran[i] = r.tries(ctx, r.checks[i])
				finished <- i
				return nil
			})
		}
		if running == 0 {
			break
		}
		i := <-finished
		running--
		s.settle(ctx, i, r.ran[i])
	}
	_ = group.Wait() // no closure returns an error
	// What is left was not begun when the run ended.
	for i, c := range r.checks {
		if !s.settled[i] {
			r.ran[i] = notRun(ctx, c)
		}
	}
}

// schedule is the state of a run; only one goroutine has it.
type schedule struct {
	*runner
	waits   []int   // how many needed checks are open, by check
	needed  [][]int // who needs a check
	settled []bool
	ready   indices // what could begin
}

// settle notes what became of a check, and with it of those that need it: they
// become ready, or are skipped at once.
func (s *schedule) settle(ctx context.Context, i int, ran Ran) {
	if s.settled[i] {
		return
	}
	s.ran[i], s.settled[i] = ran, true
	if len(s.needed[i]) == 0 || ctx.Err() != nil {
		return // after the end nothing begins, for that reason and no other
	}
	reason := s.unmet(i)
	for _, j := range s.needed[i] {
		s.waits[j]--
		switch {
		case s.settled[j]:
		case s.unasked(s.checks[j]) != "":
			// It says why by itself.
		case reason != "":
			s.settle(ctx, j, Ran{Check: s.checks[j], Result: Result{Skip: reason}})
		case s.waits[j] == 0:
			heap.Push(&s.ready, j)
		}
	}
}

// unasked says why a check is not part of the run, "" when it is.
func (r *runner) unasked(c Check) string {
	switch {
	case c.Skip != "":
		return c.Skip
	case r.opts.DryRun && c.Phase == PhasePost:
		return "dry run: would send " + strings.Join(c.Probes, "; ")
	}
	return ""
}

// unmet says why check i does not let its dependents run, or "".
func (r *runner) unmet(i int) string {
	needed := r.ran[i]
	switch {
	case needed.Result.Skip != "":
		return fmt.Sprintf("needs %q, which was skipped: %s", needed.Check.Name, needed.Result.Skip)
	case needed.Result.Err != nil:
		return fmt.Sprintf("needs %q, which could not be decided", needed.Check.Name)
	case r.opts.Failed(needed.Check, needed.Result):
		return fmt.Sprintf("needs %q, which failed", needed.Check.Name)
	}
	return ""
}

// indices is a heap of places in the list of checks.
type indices []int

func (h indices) Len() int           { return len(h) }
func (h indices) Less(i, j int) bool { return h[i] < h[j] }
func (h indices) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *indices) Push(x any) { *h = append(*h, x.(int)) }

// Pop is for container/heap.
func (h *indices) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// index maps names to places and rejects what cannot be scheduled.
func index(checks []Check) (map[string]int, error) {
	order := make(map[string]int, len(checks))
	for i, c := range checks {
		if c.Name == "" {
			return nil, fmt.Errorf("%s check without a name", c.Kind)
		}
		if j, dup := order[c.Name]; dup {
			return nil, fmt.Errorf("check name %q stands twice (%s and %s): names are unique over all kinds", c.Name, checks[j].Kind, c.Kind)
		}
		order[c.Name] = i
	}
	for _, c := range checks {
		for _, n := range c.Needs {
			if _, ok := order[n]; !ok {
				return nil, fmt.Errorf("check %q needs %q, which is not a check of this run", c.Name, n)
			}
		}
	}
	return order, acyclic(checks, order)
}

// acyclic reports a cycle in needs.
func acyclic(checks []Check, order map[string]int) error {
	const visiting, visited = 1, 2
	state := make([]int, len(checks))
	var visit func(i int, path []string) error
	visit = func(i int, path []string) error {
		path = append(path, checks[i].Name)
		switch state[i] {
		case visited:
			return nil
		case visiting:
			return fmt.Errorf("needs form a cycle: %s", strings.Join(path, " -> "))
		}
		state[i] = visiting
		for _, n := range checks[i].Needs {
			if err := visit(order[n], path); err != nil {
				return err
			}
		}
		state[i] = visited
		return nil
	}
	for i := range checks {
		if err := visit(i, nil); err != nil {
			return err
		}
	}
	return nil
}
