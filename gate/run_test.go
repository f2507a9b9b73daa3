package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// passing is a check that takes so long and finds nothing.
func passing(name string, d time.Duration, needs ...string) Check {
	return Check{Kind: "fake", Name: name, Phase: PhasePost, Needs: needs, Probes: []string{"GET " + name}, Run: func(ctx context.Context) Result {
		select {
		case <-time.After(d):
			return Result{}
		case <-ctx.Done():
			return Result{Findings: failure(), Retry: RetryTimeout}
		}
	}}
}

func failure() []Finding {
	return []Finding{{Rule: "fake/down", Severity: Error, Message: "down, want up"}}
}

// scripted is a check whose tries yield the results in turn, the last for ever.
func scripted(name string, results ...Result) (Check, *atomic.Int32) {
	var tries atomic.Int32
	c := passing(name, 0)
	c.Interval = time.Second
	c.Run = func(context.Context) Result {
		n := int(tries.Add(1))
		return results[min(n, len(results))-1]
	}
	return c, &tries
}

func mustRun(t *testing.T, ctx context.Context, checks []Check, opts RunOptions) []Ran {
	t.Helper()
	ran, err := Run(ctx, checks, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(ran) != len(checks) {
		t.Fatalf("got %d results for %d checks", len(ran), len(checks))
	}
	for i := range ran {
		if ran[i].Check.Name != checks[i].Name {
			t.Errorf("result %d is of %q, want %q: the order is that of the checks", i, ran[i].Check.Name, checks[i].Name)
		}
	}
	return ran
}

func TestRunAllAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var checks []Check
		for i := range 30 {
			checks = append(checks, passing(fmt.Sprint(i), time.Duration(i+1)*100*time.Millisecond))
		}
		start := time.Now()
		ran := mustRun(t, t.Context(), checks, RunOptions{})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("30 checks took %s, want the slowest one's 3s", took)
		}
		if ran[4].Duration != 500*time.Millisecond || ran[4].Attempts != 1 || !ran[4].Start.Equal(start) {
			t.Errorf("got %+v, want a duration of 500ms, one attempt, the start", ran[4])
		}
	})
}

func TestRunKeepsTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		var checks []Check
		for i := range 20 {
			c := passing(fmt.Sprint(i), 0)
			c.Run = func(context.Context) Result {
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Second)
				now.Add(-1)
				return Result{}
			}
			checks = append(checks, c)
		}
		start := time.Now()
		mustRun(t, t.Context(), checks, RunOptions{Concurrency: 4})
		if took := time.Since(start); took != 5*time.Second || most.Load() != 4 {
			t.Errorf("20 checks of 1s took %s with %d at a time, want 5s with 4", took, most.Load())
		}
	})
}

// TestNeedsHoldNoSlot: a chain that waits must not keep the checks that it
// waits for from running.
func TestNeedsHoldNoSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		checks := []Check{passing("c", time.Second, "b"), passing("b", time.Second, "a"), passing("a", time.Second)}
		start := time.Now()
		ran := mustRun(t, t.Context(), checks, RunOptions{Concurrency: 1})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("a chain of three took %s, want 3s", took)
		}
		if !ran[0].Start.After(ran[1].Start) || !ran[1].Start.After(ran[2].Start) {
			t.Error("a check ran before what it needs")
		}
	})
}

func TestNoCheckDisturbsAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fails, _ := scripted("fails", Result{Findings: failure()})
		crashes := passing("crashes", 0)
		crashes.Run = func(context.Context) Result { panic("index out of range") }
		undecided := passing("undecided", 0)
		undecided.Run = func(context.Context) Result { return Undecided(errors.New("no samples")) }
		ran := mustRun(t, t.Context(), []Check{fails, crashes, undecided, passing("slow", time.Minute)}, RunOptions{})
		if ran[3].Result.Failed() || ran[3].Duration != time.Minute {
			t.Errorf("the slow check ended with %+v, want it to pass", ran[3].Result)
		}
		if err := ran[1].Result.Err; err == nil || err.Error() != "the check crashed: index out of range" {
			t.Errorf("a panic became %v, want an error of the check", err)
		}
		if stack, _ := ran[1].Result.Evidence["stack"].(string); !strings.Contains(stack, "run_test.go") {
			t.Errorf("the evidence of a panic is %q, want where it happened", stack)
		}
	})
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fails, _ := scripted("fails", Result{Findings: failure()})
		undecided, _ := scripted("undecided", Undecided(errors.New("no samples")))
		warns, _ := scripted("warns", Result{Findings: []Finding{{Rule: "fake/slow", Severity: Warning}}})
		left := passing("left", 0)
		left.Skip = "no file"
		checks := []Check{
			fails, undecided, warns, left,
			passing("after fails", 0, "fails"), passing("after undecided", 0, "undecided"),
			passing("after warns", 0, "warns"), passing("after left", 0, "left"), passing("far", 0, "after fails"),
		}
		ran := mustRun(t, t.Context(), checks, RunOptions{})
		want := map[string]string{
			"after fails":     `needs "fails", which failed`,
			"after undecided": `needs "undecided", which could not be decided`,
			"after warns":     "",
			"after left":      `needs "left", which was skipped: no file`,
			"far":             `needs "after fails", which was skipped: needs "fails", which failed`,
		}
		for _, r := range ran {
			if reason, ok := want[r.Check.Name]; ok && r.Result.Skip != reason {
				t.Errorf("%s: got skip %q, want %q", r.Check.Name, r.Result.Skip, reason)
			}
		}
	})
}

func TestRunRefusesBadInput(t *testing.T) {
	t.Parallel()
	for want, checks := range map[string][]Check{
		"fake check without a name": {passing("", 0)},
		`check name "a" stands twice (fake and fake): names are unique over all kinds`: {passing("a", 0), passing("a", 0)},
		`check "a" needs "b", which is not a check of this run`:                        {passing("a", 0, "b")},
		"needs form a cycle: a -> b -> a":                                              {passing("a", 0, "b"), passing("b", 0, "a")},
		"needs form a cycle: a -> a":                                                   {passing("a", 0, "a")},
	} {
		if _, err := Run(t.Context(), checks, RunOptions{}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRetriesByClass(t *testing.T) {
	t.Parallel()
	down := func(r Retry) Result { return Result{Findings: failure(), Retry: r} }
	for _, c := range []struct {
		name          string
		results       []Result
		retries       int
		retryTimeouts bool
		tries         int32
		failed        bool
		pause         time.Duration // at the least
	}{
		{"soon, then fine", []Result{down(RetrySoon), {}}, 2, false, 2, false, time.Second},
		{"soon, for ever", []Result{down(RetrySoon)}, 2, false, 3, true, 2 * time.Second},
		{"soon, none allowed", []Result{down(RetrySoon)}, 0, false, 1, true, 0},
		{"never", []Result{down(RetryNever), {}}, 2, false, 1, true, 0},
		{"a time-out has waited already", []Result{down(RetryTimeout), {}}, 2, false, 1, true, 0},
		{"a time-out, asked for", []Result{down(RetryTimeout), {}}, 2, true, 2, false, time.Second},
		{"soon, then never", []Result{down(RetrySoon), down(RetryNever), {}}, 2, false, 2, true, time.Second},
		{"passes at once", []Result{{}}, 2, false, 1, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				check, tries := scripted("it", c.results...)
				check.Retries, check.RetryTimeouts = c.retries, c.retryTimeouts
				ran := mustRun(t, t.Context(), []Check{check}, RunOptions{})[0]
				if tries.Load() != c.tries || ran.Attempts != int(c.tries) || ran.Result.Failed() != c.failed {
					t.Errorf("got %d tries (%d told), failed %v; want %d, %v", tries.Load(), ran.Attempts, ran.Result.Failed(), c.tries, c.failed)
				}
				// A tenth of jitter may be added to each pause.
				if most := c.pause + c.pause/10 + time.Millisecond; ran.Duration < c.pause || ran.Duration > most {
					t.Errorf("took %s, want %s to %s", ran.Duration, c.pause, most)
				}
			})
		})
	}
}

// TestWait: while --wait lasts, even what no retry would mend is tried again,
// and what came up late has to pass twice in a row.
func TestWait(t *testing.T) {
	t.Parallel()
	down := Result{Findings: failure(), Retry: RetryNever}
	for _, c := range []struct {
		name    string
		results []Result
		phase   Phase
		tries   int32
		failed  bool
	}{
		{"up from the start needs no proof", []Result{{}}, PhasePost, 1, false},
		{"late, and stable", []Result{down, down, {}}, PhasePost, 4, false},
		{"flapping", []Result{down, {}, down, {}, {}}, PhasePost, 5, false},
		{"before the deploy nothing comes up", []Result{down, {}}, PhasePre, 1, true},
		{"undecided counts as not ready", []Result{Undecided(errors.New("no samples")), {}}, PhasePost, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				check, tries := scripted("it", c.results...)
				check.Phase = c.phase
				ran := mustRun(t, t.Context(), []Check{check}, RunOptions{Wait: time.Minute})[0]
				if tries.Load() != c.tries || ran.Result.Failed() != c.failed {
					t.Errorf("got %d tries, failed %v; want %d, %v", tries.Load(), ran.Result.Failed(), c.tries, c.failed)
				}
			})
		})
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		check, tries := scripted("it", Result{Findings: failure()})
		start := time.Now()
		ran := mustRun(t, t.Context(), []Check{check}, RunOptions{Wait: 10 * time.Second})[0]
		if took := time.Since(start); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("took %s, want hardly more than the wait of 10s", took)
		}
		if !ran.Result.Failed() || tries.Load() < 9 {
			t.Errorf("got %d tries, failed %v; want about ten, and the failure", tries.Load(), ran.Result.Failed())
		}
	})
}

func TestCheckTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		check := passing("slow", time.Hour)
		check.Timeout = 2 * time.Second
		start := time.Now()
		ran := mustRun(t, t.Context(), []Check{check}, RunOptions{})[0]
		if took := time.Since(start); took != 2*time.Second || !ran.Result.Failed() {
			t.Errorf("took %s, failed %v; want its own 2s, and its own finding", took, ran.Result.Failed())
		}
	})
}

// TestDeafCheck: one that does not look at its context cannot hold the run.
func TestDeafCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		check := passing("deaf", 0)
		check.Run = func(context.Context) Result { time.Sleep(time.Hour); return Result{} }
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		ran := mustRun(t, ctx, []Check{check, passing("good", time.Second)}, RunOptions{})
		if took := time.Since(start); took != 5*time.Second+grace {
			t.Errorf("took %s, want the deadline and the grace", took)
		}
		if ran[0].Result.Err == nil || ran[1].Result.Failed() {
			t.Errorf("got %v and failed %v, want an error of the deaf one alone", ran[0].Result.Err, ran[1].Result.Failed())
		}
		time.Sleep(2 * time.Hour) // a bubble ends only when all that it started has
	})
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		checks := []Check{passing("done", time.Second), passing("running", time.Hour), passing("waiting", 0, "running"), passing("queued", time.Hour, "done")}
		start := time.Now()
		ran := mustRun(t, ctx, checks, RunOptions{Concurrency: 2})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %s, want the deadline's 3s", took)
		}
		for i, want := range []string{"", "cut off: the run's deadline passed", notRunDeadline, "cut off: the run's deadline passed"} {
			got := ""
			if err := ran[i].Result.Err; err != nil {
				got = err.Error()
			}
			if got != want || ran[i].Result.Skip != "" {
				t.Errorf("%s: got error %q, skip %q; want error %q", ran[i].Check.Name, got, ran[i].Result.Skip, want)
			}
		}
	})
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		checks := []Check{passing("done", time.Second), passing("running", time.Hour), passing("waiting", 0, "running")}
		ran := mustRun(t, ctx, checks, RunOptions{})
		if ran[0].Result.Failed() {
			t.Error("what was done before the interruption failed, want it kept")
		}
		if err := ran[1].Result.Err; err == nil || err.Error() != "cut off: interrupted" || len(ran[1].Result.Findings) > 0 {
			t.Errorf("got %+v for the running one, want an error and no finding: what a cut-off probe saw says nothing", ran[1].Result)
		}
		if ran[2].Result.Skip != notRunInterrupted {
			t.Errorf("got %+v for the waiting one, want %q", ran[2].Result, notRunInterrupted)
		}
		rep := Assemble(ran, Policy{}, RunInfo{Interrupted: true})
		if rep.Verdict == VerdictPass || rep.Verdict == VerdictWarn {
			t.Errorf("an interrupted run ends in %s", rep.Verdict)
		}
	})
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before, tries := scripted("before", Result{Findings: failure()})
		before.Phase = PhasePre
		after, asked := scripted("after", Result{Findings: failure()})
		after.Probes = []string{"GET /a", "GET /b"}
		ran := mustRun(t, t.Context(), []Check{before, after}, RunOptions{DryRun: true, Wait: time.Minute})
		if tries.Load() != 1 || asked.Load() != 0 {
			t.Errorf("pre ran %d times and post %d times, want 1 and 0", tries.Load(), asked.Load())
		}
		if want := "dry run: would send GET /a; GET /b"; ran[1].Result.Skip != want {
			t.Errorf("got %q, want %q", ran[1].Result.Skip, want)
		}
	})
}

func TestObserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		check, _ := scripted("it", Result{Findings: failure(), Retry: RetrySoon}, Result{})
		check.Retries = 1
		skipped := passing("skipped", 0)
		skipped.Skip = "no file"
		var mu sync.Mutex
		var got []string
		mustRun(t, t.Context(), []Check{check, skipped}, RunOptions{Observe: func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprint(e.Check, e.Kind, e.Tries, e.Failed))
		}})
		want := []string{
			fmt.Sprint("it", EventStarted, 0, false), fmt.Sprint("it", EventRetried, 1, true), fmt.Sprint("it", EventFinished, 2, false),
		}
		if !slices.Equal(got, want) {
			t.Errorf("got events %v, want %v", got, want)
		}
	})
}

// TestRunBeginsInOrder: of the checks that could begin, the first that is listed
// does, whatever a heap or a scheduler makes of them.
func TestRunBeginsInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var began []string
	var checks []Check
	for i := range 40 {
		name := fmt.Sprintf("check %02d", i)
		c := Check{Kind: "http", Name: name, Phase: PhasePost, Run: func(context.Context) Result {
			mu.Lock()
			defer mu.Unlock()
			began = append(began, name)
			return Result{}
		}}
		if i%5 == 3 {
			c.Needs = []string{fmt.Sprintf("check %02d", i-2)}
		}
		checks = append(checks, c)
	}
	mustRun(t, t.Context(), checks, RunOptions{Concurrency: 1})
	if len(began) != len(checks) || !slices.IsSorted(began) {
		t.Errorf("began %v, want the order of the list", began)
	}
}
