package gate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"
)

// RunOptions say how Run schedules.
type RunOptions struct {
	// Concurrency is how many checks run at a time; below 1 means 32.
	Concurrency int
	// Wait is for how long after the start a check of the post phase that does
	// not pass is tried again, whatever its class.
	Wait time.Duration
	// DryRun lists the checks of the post phase instead of running them.
	DryRun bool
	// Failed, when set, reports whether a result is a failure by the run's policy,
	// so that what needs the check is skipped; by default [Result.Failed] does.
	// It is called concurrently.
	Failed func(Check, Result) bool
	// Observe, when set, is told of each step; it is called concurrently.
	Observe func(Event)
}

// Event is a step of a run, for progress displays.
type Event struct {
	Kind   EventKind
	Check  string
	At     time.Time
	Tries  int
	Failed bool // for EventRetried and EventFinished
}

// EventKind is the sort of an Event.
type EventKind int

// The kinds of events.
const (
	EventStarted EventKind = iota + 1
	EventRetried
	EventFinished
)

// Ran is a check that was dealt with: run, skipped or cut off.
type Ran struct {
	Check    Check
	Result   Result
	Attempts int
	Start    time.Time // zero when it was not run
	Duration time.Duration
}

// The words for what the end of the run left undone.
const (
	notRunInterrupted = "not run: interrupted"
	notRunDeadline    = "not run: the run's deadline had passed"
)

// Run carries out all checks at once and returns them in the order given. No
// check cancels another; a panic becomes the check's error. It ends early only
// when ctx does: what was running then is an error, what had not begun is
// skipped (interrupted) or an error (deadline). The error is for bad input
// alone: names that are empty or not unique, needs that do not exist or form a
// cycle.
func Run(ctx context.Context, checks []Check, opts RunOptions) ([]Ran, error) {
	order, err := index(checks)
	if err != nil {
		return nil, err
	}
	if opts.Concurrency < 1 {
		opts.Concurrency = 32
	}
	if opts.Failed == nil {
		opts.Failed = func(_ Check, res Result) bool { return res.Failed() }
	}
	r := &runner{opts: opts, checks: checks, ran: make([]Ran, len(checks)), order: order, waitTo: time.Now().Add(opts.Wait)}
	r.schedule(ctx)
	return r.ran, nil
}

type runner struct {
	opts   RunOptions
	checks []Check
	ran    []Ran
	order  map[string]int
	waitTo time.Time
}

func notRun(ctx context.Context, c Check) Ran {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return Ran{Check: c, Result: Undecided(errors.New(notRunDeadline))}
	}
	return Ran{Check: c, Result: Result{Skip: notRunInterrupted}}
}

// tries runs a check until it passes, or no further try is due. A check that
// only came up while the gate watched has to pass twice in a row.
func (r *runner) tries(ctx context.Context, c Check) Ran {
	ran := Ran{Check: c, Start: time.Now()}
	r.observe(Event{Kind: EventStarted, Check: c.Name, At: ran.Start})
	waiting := r.opts.Wait > 0 && c.Phase == PhasePost
	passes, failedBefore := 0, false
	for {
		ran.Attempts++
		ran.Result = attempt(ctx, c)
		failed := ran.Result.Failed()
		if failed {
			passes, failedBefore = 0, true
		} else {
			passes++
		}
		again := false
		switch {
		case ctx.Err() != nil:
		case failed:
			again = retryable(c, ran) || waiting && time.Now().Before(r.waitTo)
		case waiting && failedBefore && passes < 2:
			again = true
		}
		if !again {
			break
		}
		r.observe(Event{Kind: EventRetried, Check: c.Name, At: time.Now(), Tries: ran.Attempts, Failed: failed})
		if !sleep(ctx, jitter(c.Interval)) {
			break
		}
	}
	ran.Duration = time.Since(ran.Start)
	if ctx.Err() != nil && cutOff(c, ran.Result) {
		ran.Result = Undecided(fmt.Errorf("cut off: %w", causeOf(ctx)))
	}
	r.observe(Event{Kind: EventFinished, Check: c.Name, At: time.Now(), Tries: ran.Attempts, Failed: ran.Result.Failed()})
	return ran
}

// cutOff reports whether a result came about because the run ended: what a
// cut-off probe saw says nothing of the target, while what was read of files
// stands.
func cutOff(c Check, res Result) bool {
	if c.Phase == PhasePost {
		return res.Failed()
	}
	return len(res.Findings) == 0 && (errors.Is(res.Err, context.Canceled) || errors.Is(res.Err, context.DeadlineExceeded))
}

func causeOf(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return errors.New("the run's deadline passed")
	}
	return errors.New("interrupted")
}

// retryable reports whether the class of the trouble is worth a further try.
func retryable(c Check, ran Ran) bool {
	if ran.Attempts > c.Retries {
		return false
	}
	return ran.Result.Retry == RetrySoon || ran.Result.Retry == RetryTimeout && c.RetryTimeouts
}

// grace is how long a check may take to notice that its time is over; one that
// blocks where no context reaches (a named pipe, a hung disk) is left behind.
const grace = time.Second

// attempt is one try within the check's timeout.
func attempt(ctx context.Context, c Check) Result {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	result := make(chan Result, 1)
	go func() { result <- guarded(ctx, c) }()
	select {
	case res := <-result:
		return res
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case res := <-result:
		return res
	case <-timer.C:
		return Undecided(errors.New("the check did not stop when its time was over"))
	}
}

// guarded carries a check out. A panic is an error of this check, never the end
// of the run.
func guarded(ctx context.Context, c Check) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = Result{
				Err:      fmt.Errorf("the check crashed: %v", p),
				Evidence: map[string]any{"stack": firstLines(string(debug.Stack()), 20)},
			}
		}
	}()
	if c.Mistake != nil {
		return Undecided(c.Mistake)
	}
	return c.Run(ctx)
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + rand.N(d/10+1)
}

// sleep waits and reports whether ctx outlived the pause.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *runner) observe(e Event) {
	if r.opts.Observe != nil {
		r.opts.Observe(e)
	}
}
