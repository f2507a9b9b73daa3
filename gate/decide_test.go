package gate

import (
	"errors"
	"testing"
)

// TestDecide is the table of verdicts (design: verdict, settled questions).
func TestDecide(t *testing.T) {
	t.Parallel()
	finding := func(s Severity) Finding { return Finding{Rule: "fake/down", Severity: s} }
	waived := func(s Severity) Finding {
		return Finding{Rule: "fake/down", Severity: s, Waived: &Waived{Reason: "known"}}
	}
	undecided := CheckReport{Name: "u", Outcome: OutcomeError, Reason: "no samples"}
	allowed := undecided
	allowed.AllowFailure = true
	skipped := CheckReport{Name: "s", Outcome: OutcomeSkip}
	for _, c := range []struct {
		name        string
		checks      []CheckReport
		findings    []Finding
		failOn      FailOn
		interrupted bool
		want        Verdict
	}{
		{"nothing", nil, nil, FailOnError, false, VerdictPass},
		{"a notice", nil, []Finding{finding(Notice)}, FailOnError, false, VerdictPass},
		{"a notice, strict", nil, []Finding{finding(Notice)}, FailOnWarning, false, VerdictPass},
		{"a warning", nil, []Finding{finding(Warning)}, FailOnError, false, VerdictWarn},
		{"a warning, strict", nil, []Finding{finding(Warning)}, FailOnWarning, false, VerdictBlock},
		{"an error", nil, []Finding{finding(Error)}, FailOnError, false, VerdictBlock},
		{"an error, by default", nil, []Finding{finding(Error)}, "", false, VerdictBlock},
		{"an error, never", nil, []Finding{finding(Error)}, FailOnNever, false, VerdictWarn},
		{"a waived error", nil, []Finding{waived(Error)}, FailOnError, false, VerdictPass},
		{"a waived warning, strict", nil, []Finding{waived(Warning)}, FailOnWarning, false, VerdictPass},
		{"undecided", []CheckReport{undecided}, nil, FailOnError, false, VerdictInconclusive},
		{"undecided, never", []CheckReport{undecided}, nil, FailOnNever, false, VerdictInconclusive},
		{"undecided and a warning", []CheckReport{undecided}, []Finding{finding(Warning)}, FailOnError, false, VerdictInconclusive},
		{"undecided and an error", []CheckReport{undecided}, []Finding{finding(Error)}, FailOnError, false, VerdictBlock},
		{"undecided, allowed to fail", []CheckReport{allowed}, nil, FailOnError, false, VerdictPass},
		{"skipped", []CheckReport{skipped}, nil, FailOnError, false, VerdictPass},
		{"interrupted", nil, nil, FailOnError, true, VerdictInconclusive},
		{"interrupted, but sure", nil, []Finding{finding(Error)}, FailOnError, true, VerdictBlock},
	} {
		got, reasons := Decide(c.checks, c.findings, RestsOn{}, c.failOn, c.interrupted)
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if (got == VerdictPass) != (len(reasons) == 0) {
			t.Errorf("%s: %s with reasons %q, want some for all but pass", c.name, got, reasons)
		}
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	warning := []Finding{{Severity: Warning, Message: "slow, want fast"}}
	broken := []Finding{{Severity: Error, Message: "down, want up"}}
	for _, c := range []struct {
		name   string
		ran    Ran
		find   []Finding
		want   Outcome
		reason string
	}{
		{"pass", Ran{Attempts: 1}, nil, OutcomePass, ""},
		{"late", Ran{Attempts: 3}, nil, OutcomePass, "passed at try 3"},
		{"warn", Ran{Attempts: 1}, warning, OutcomeWarn, "slow, want fast"},
		{"fail", Ran{Attempts: 1}, broken, OutcomeFail, "down, want up"},
		{"error", Ran{Attempts: 1, Result: Undecided(errors.New("no\nsamples"))}, nil, OutcomeError, "no samples"},
		{"fail and error", Ran{Attempts: 1, Result: Undecided(errors.New("cut"))}, broken, OutcomeFail, "down, want up; and could not be finished: cut"},
		{"skip", Ran{Result: Result{Skip: "no file"}}, nil, OutcomeSkip, "no file"},
		{"waived", Ran{Attempts: 1}, []Finding{{Severity: Error, Waived: &Waived{}}}, OutcomePass, ""},
	} {
		if got, reason := outcomeOf(c.ran, c.find); got != c.want || reason != c.reason {
			t.Errorf("%s: got %s %q, want %s %q", c.name, got, reason, c.want, c.reason)
		}
	}
}

func TestParseWords(t *testing.T) {
	t.Parallel()
	if _, err := ParseFailOn("errors"); err == nil || err.Error() != `fail-on "errors": want error, warning or never` {
		t.Errorf("got %v", err)
	}
	if _, err := ParseSeverity("warn"); err == nil || err.Error() != `severity "warn": want notice, warning or error` {
		t.Errorf("got %v", err)
	}
	if _, err := ParsePhase("later"); err == nil || err.Error() != `phase "later": want all, pre or post` {
		t.Errorf("got %v", err)
	}
	for _, s := range []Severity{Notice, Warning, Error} {
		if got, err := ParseSeverity(s.String()); err != nil || got != s {
			t.Errorf("got %v, %v for %s", got, err, s)
		}
	}
}
