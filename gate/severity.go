package gate

import "fmt"

// Severity orders findings: Notice < Warning < Error, GitHub's three.
type Severity int

// The severities. The zero value means "not set".
const (
	Notice Severity = iota + 1
	Warning
	Error
)

// ParseSeverity reads notice, warning or error.
func ParseSeverity(s string) (Severity, error) {
	for _, v := range []Severity{Notice, Warning, Error} {
		if v.String() == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("severity %q: want notice, warning or error", s)
}

func (s Severity) String() string {
	switch s {
	case Notice:
		return "notice"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "unset"
}

// MarshalText writes the severity's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the severity's word.
func (s *Severity) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSeverity(string(b))
	return err
}

// Phase says when a check runs: before the deploy, on files and release notes
// alone, or after it, against what is live.
type Phase string

// The phases. PhaseAll only selects; a check has one of the other two.
const (
	PhaseAll  Phase = "all"
	PhasePre  Phase = "pre"
	PhasePost Phase = "post"
)

// ParsePhase reads all, pre or post.
func ParsePhase(s string) (Phase, error) {
	switch p := Phase(s); p {
	case PhaseAll, PhasePre, PhasePost:
		return p, nil
	}
	return "", fmt.Errorf("phase %q: want all, pre or post", s)
}

// UnmarshalText reads the phase's word.
func (p *Phase) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePhase(string(b))
	return err
}

// Outcome is how a check ended.
type Outcome string

// The outcomes. OutcomeError means that the check could not be decided.
const (
	OutcomePass  Outcome = "pass"
	OutcomeWarn  Outcome = "warn"
	OutcomeFail  Outcome = "fail"
	OutcomeError Outcome = "error"
	OutcomeSkip  Outcome = "skip"
)

// Verdict is the answer of a run.
type Verdict string

// The verdicts, see [Decide].
const (
	VerdictPass         Verdict = "pass"
	VerdictWarn         Verdict = "warn"
	VerdictBlock        Verdict = "block"
	VerdictInconclusive Verdict = "inconclusive"
)
