package gate

import (
	"context"
	"sync"
	"testing"
	"time"
)

// TestNeedsGoByOutcome: a check whose errors the policy takes for less has not
// failed, so what needs it runs.
func TestNeedsGoByOutcome(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	waiver := Waiver{Rule: "http/*", Reason: "known", Expires: day}
	old := Waiver{Rule: "http/*", Reason: "known", Expires: day.AddDate(0, 0, -1)}
	for name, c := range map[string]struct {
		mend   func(*Check)
		policy Policy
		want   Outcome
	}{
		"error":          {func(*Check) {}, Policy{}, OutcomeSkip},
		"severity":       {func(c *Check) { c.Severity = Warning }, Policy{}, OutcomePass},
		"allow_failure":  {func(c *Check) { c.AllowFailure = true }, Policy{}, OutcomePass},
		"policy":         {func(*Check) {}, Policy{Severity: []SeverityOverride{{"http/*", Warning}}}, OutcomePass},
		"waived":         {func(*Check) {}, Policy{Waivers: []Waiver{waiver}}, OutcomePass},
		"expired waiver": {func(*Check) {}, Policy{Waivers: []Waiver{old}}, OutcomeSkip},
		"never":          {func(*Check) {}, Policy{FailOn: FailOnNever}, OutcomeSkip},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := Check{Kind: "http", Name: "first", Phase: PhasePost, Run: func(context.Context) Result {
				return Result{Findings: []Finding{{Rule: "http/status", Severity: Error, Message: "status 500, want 200"}}}
			}}
			c.mend(&first)
			second := Check{Kind: "http", Name: "second", Phase: PhasePost, Needs: []string{"first"}, Run: func(context.Context) Result { return Result{} }}
			ran, err := Run(t.Context(), []Check{first, second}, RunOptions{
				Failed: func(k Check, res Result) bool { return c.policy.Fails(k, res, day, "1.14.0") },
			})
			if err != nil {
				t.Fatal(err)
			}
			rep := Assemble(ran, c.policy, RunInfo{Started: day})
			if got := rep.Checks[1].Outcome; got != c.want {
				t.Errorf("the check that needs it: got %s (%s), want %s", got, rep.Checks[1].Reason, c.want)
			}
		})
	}
}

// TestSeverityOfTheRuleItself: a glob that stands first does not hide the line
// about the rule.
func TestSeverityOfTheRuleItself(t *testing.T) {
	t.Parallel()
	p := Policy{Severity: []SeverityOverride{{"changelog/*", Notice}, {"changelog/b*", Warning}, {"changelog/breaking", Error}}}
	for rule, want := range map[string]Severity{"changelog/breaking": Error, "changelog/action": Notice, "http/status": Warning} {
		if got := p.severityOf(Finding{Rule: rule, Severity: Warning}); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
}

// TestWaiverVersionsOfTheTarget: a finding of no release is one of the upgrade
// to the target.
func TestWaiverVersionsOfTheTarget(t *testing.T) {
	t.Parallel()
	w := Waiver{Rule: "proxy/*", Versions: func(v string) bool { return v == "1.14.0" }}
	f := Finding{Rule: "proxy/route-missing"}
	if !w.covers(f, "1.14.0") || w.covers(f, "1.15.0") || w.covers(f, "") {
		t.Error("want the waiver to hold for the target 1.14.0 alone")
	}
	if f.Version = "1.13.1"; w.covers(f, "1.14.0") {
		t.Error("the finding has a release of its own, want that to count")
	}
}

// TestInterruptedFiles: a pre check that the end of the run cut off says so, and
// what it had found stands.
func TestInterruptedFiles(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Add(2)
	cut := func(findings ...Finding) func(context.Context) Result {
		return func(ctx context.Context) Result {
			both.Done()
			both.Wait()
			cancel()
			<-ctx.Done()
			return Result{Err: ctx.Err(), Findings: findings}
		}
	}
	ran, err := Run(ctx, []Check{
		{Kind: "changelog", Name: "empty", Phase: PhasePre, Run: cut()},
		{Kind: "changelog", Name: "found", Phase: PhasePre, Run: cut(Finding{Rule: "changelog/breaking", Severity: Error})},
	}, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := ran[0].Result.Err.Error(); got != "cut off: interrupted" {
		t.Errorf("got %q, want cut off: interrupted", got)
	}
	if len(ran[1].Result.Findings) != 1 {
		t.Error("what was found is lost")
	}
}
