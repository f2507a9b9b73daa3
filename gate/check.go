package gate

import (
	"context"
	"time"
)

// Check is one unit that runs and yields a result. Kinds build it from their
// typed section of gate.yaml; the engine knows nothing else of them.
type Check struct {
	Kind string // http, redis, proxy …
	Name string // unique in a run
	// Phase is PhasePre or PhasePost.
	Phase Phase
	// Severity, when set, replaces that of the check's error findings.
	Severity Severity
	// Timeout bounds one try; 0 means that only the run's deadline bounds it.
	Timeout time.Duration
	// Retries is how many further tries a passing trouble may get.
	Retries int
	// RetryTimeouts lets a try that timed out be followed by another: true when
	// the operator asked for retries by name. A time-out has already waited.
	RetryTimeouts bool
	// Interval is the pause between tries; a tenth of jitter is added.
	Interval time.Duration
	// Needs names checks that have to pass first; otherwise this one is skipped.
	Needs        []string
	Tags         []string
	AllowFailure bool
	// Source is where in gate.yaml the check stands; nil for a built-in one.
	Source *Location
	// Component is the part of the deployment that the check looks at: api,
	// web, postgres, redis … RootCauses joins checks by it.
	Component string
	// Probes says what Run would send, a line each: "GET https://…". A dry run
	// prints them. Required in the post phase.
	Probes []string
	// Skip, when set, is the reason why the check is not run at all.
	Skip string
	// LeftOut is set when the user's selection took the check out of the run.
	LeftOut bool
	// Secrets are masked wherever a report would show them.
	Secrets []Secret
	// Rules are the ids of the rules that Run may report; --only and --skip
	// select by them.
	Rules []string
	// Mistake, when set, is what the entry lacks to be carried out at all, such as
	// a base for its relative URL: bad input, unless the check is left out.
	Mistake error
	// Run carries the check out. It must respect ctx.
	Run func(ctx context.Context) Result
}

// Result is what one run of a check yields.
type Result struct {
	Findings []Finding
	// Evidence is shown with the check: status, responder, timings_ms …
	// Values must be encodable as JSON.
	Evidence map[string]any
	// Err is set when the check could not be decided.
	Err error
	// Skip is the reason why nothing was checked, found out only now.
	Skip string
	// SkipGroup is the same in a few words that other checks share, "" when the
	// reason is short itself: the verdict says by it what it does not rest on.
	SkipGroup string
	// Retry is the class of the trouble, if any.
	Retry Retry
	// Upgrade, Changes and RunBook are set by the changelog check alone.
	Upgrade *Upgrade
	Changes []Change
	RunBook []Step
}

// Failed reports whether the result holds an error finding or no decision.
func (r Result) Failed() bool {
	if r.Err != nil {
		return true
	}
	for _, f := range r.Findings {
		if f.Severity == Error {
			return true
		}
	}
	return false
}

// Undecided is a Result for a check that could not be carried out.
func Undecided(err error) Result { return Result{Err: err} }

// Retry is the class of a trouble, by whether a further try can help.
type Retry int

// The classes. RetryNever stands for answers that will not change by asking
// again (401, 404, a wrong body); --wait tries even those again.
const (
	RetryNever   Retry = iota
	RetrySoon          // refused, reset, 502, 503, 504
	RetryTimeout       // no answer within the timeout
)
