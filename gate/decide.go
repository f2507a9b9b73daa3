package gate

import (
	"fmt"
	"strings"
)

// FailOn is the severity from which a finding blocks.
type FailOn string

// The values of fail_on.
const (
	FailOnError   FailOn = "error"
	FailOnWarning FailOn = "warning"
	FailOnNever   FailOn = "never"
)

// ParseFailOn reads error, warning or never.
func ParseFailOn(s string) (FailOn, error) {
	switch f := FailOn(s); f {
	case FailOnError, FailOnWarning, FailOnNever:
		return f, nil
	}
	return "", fmt.Errorf("fail-on %q: want error, warning or never", s)
}

func (f FailOn) blocks(s Severity) bool {
	switch f {
	case FailOnNever:
		return false
	case FailOnWarning:
		return s >= Warning
	}
	return s >= Error
}

// Decide is the one place where findings become a verdict, and says in a line
// each why.
//
// Block: an unwaived finding that is not known, at or above fail_on. Inconclusive: else, a check
// that could not be decided and is not allow_failure, a run that was cut short,
// or nothing to rest on. Warn: else, any warning (or an error that fail_on never lets pass).
// Pass: else.
func Decide(checks []CheckReport, findings []Finding, rests RestsOn, failOn FailOn, interrupted bool) (Verdict, []string) {
	var blocking, warnings int
	for _, f := range findings {
		switch {
		case !f.Active(), f.Known:
		case failOn.blocks(f.Severity):
			blocking++
		case f.Severity >= Warning:
			warnings++
		}
	}
	var undecided []string
	for _, c := range checks {
		if c.Outcome == OutcomeError && !c.AllowFailure {
			undecided = append(undecided, fmt.Sprintf("%q could not be decided: %s", c.Name, c.Reason))
		}
	}
	if interrupted {
		undecided = append(undecided, "the run was cut short")
	}
	undecided = append(undecided, rests.Missing...)
	switch {
	case blocking > 0:
		return VerdictBlock, append([]string{plural(blocking, "finding") + " at or above fail_on " + string(orError(failOn))}, undecided...)
	case len(undecided) > 0:
		return VerdictInconclusive, undecided
	case warnings > 0:
		return VerdictWarn, []string{plural(warnings, "warning")}
	}
	return VerdictPass, nil
}

func orError(f FailOn) FailOn {
	if f == "" {
		return FailOnError
	}
	return f
}

func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// outcomeOf is a check's outcome and, for all but pass, its reason.
func outcomeOf(ran Ran, findings []Finding) (Outcome, string) {
	if ran.Result.Skip != "" {
		return OutcomeSkip, ran.Result.Skip
	}
	worst := Worst(findings)
	switch {
	case worst == Error:
		reason := firstMessage(findings, Error)
		if ran.Result.Err != nil {
			reason += "; and could not be finished: " + ran.Result.Err.Error()
		}
		return OutcomeFail, reason
	case ran.Result.Err != nil:
		return OutcomeError, oneLine(ran.Result.Err.Error())
	case worst == Warning:
		return OutcomeWarn, firstMessage(findings, Warning)
	case ran.Attempts > 1:
		return OutcomePass, fmt.Sprintf("passed at try %d", ran.Attempts)
	}
	return OutcomePass, ""
}

func firstMessage(findings []Finding, s Severity) string {
	for _, f := range findings {
		if f.Active() && f.Severity == s {
			return f.Message
		}
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
