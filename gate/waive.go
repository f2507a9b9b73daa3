package gate

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Waiver excuses findings for a while.
type Waiver struct {
	Rule string // a rule id, or a glob over them
	// Match is a substring (case does not count) or /regex/ that the message
	// or the quoted text has to hold; empty matches all.
	Match       string
	Fingerprint string
	// Fingerprints are several findings of one rule that are excused together.
	Fingerprints []string
	// Versions reports whether a finding's version is covered, or the target of
	// the run for a finding that has none; nil covers all.
	Versions func(version string) bool
	Reason   string
	Owner    string
	// Expires is the last day on which it holds, in UTC.
	Expires time.Time
	Source  *Location
}

// The rules about waivers themselves.
const (
	RuleWaiverExpired = "waiver/expired"
	RuleWaiverUnused  = "waiver/unused"
)

// WaiverRules documents the rules that the engine itself reports.
func WaiverRules() []Rule {
	return []Rule{
		{
			ID: RuleWaiverExpired, Severity: Error, Phase: PhaseAll,
			Title:   "a waiver has expired",
			What:    "The expires date of a waiver in gate.yaml is in the past, so the waiver no longer applies.",
			Why:     "A waiver is a promise to look again by a certain day. After that day the finding counts again.",
			Fix:     "Fix the finding and delete the waiver, or set a new expires date if the reason is still true.",
			Example: `waiver for changelog/breaking expired on 2026-01-31`,
		},
		{
			ID: RuleWaiverUnused, Severity: Notice, Phase: PhaseAll,
			Title:   "a waiver matches nothing",
			What:    "No finding of this run matches the waiver.",
			Why:     "A leftover waiver may hide a later finding that nobody has reviewed.",
			Fix:     "Delete the waiver, or correct its rule, match or versions.",
			Example: `waiver for proxy/route-missing matches no finding`,
		},
	}
}

// covers reports whether the waiver names the finding, whatever its date, in a run
// to the version to.
func (w Waiver) covers(f Finding, to string) bool {
	if w.Rule != "" {
		if ok, err := path.Match(w.Rule, f.Rule); err != nil || !ok {
			return false
		}
	}
	if w.Fingerprint != "" && !strings.EqualFold(w.Fingerprint, f.Fingerprint) {
		return false
	}
	if len(w.Fingerprints) > 0 && !slices.ContainsFunc(w.Fingerprints, func(one string) bool { return strings.EqualFold(one, f.Fingerprint) }) {
		return false
	}
	if w.Versions != nil && !w.Versions(cmp.Or(f.Version, to)) {
		return false
	}
	return matches(w.Match, f.Message, f.Text)
}

// matches looks for a substring without case, or a /regex/, in any text.
func matches(pattern string, texts ...string) bool {
	if pattern == "" {
		return true
	}
	hit := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(pattern)) }
	if len(pattern) > 1 && pattern[0] == '/' && pattern[len(pattern)-1] == '/' {
		re, err := regexp.Compile(pattern[1 : len(pattern)-1])
		if err != nil {
			return false
		}
		hit = re.MatchString
	}
	for _, s := range texts {
		if hit(s) {
			return true
		}
	}
	return false
}

// Waive marks the findings that a waiver covers on the given day in a run to the
// version to, and returns the findings about the waivers themselves: expired
// ones, and unused ones that the run can tell of; a nil tells never can.
func Waive(findings []Finding, waivers []Waiver, day time.Time, to string, tells func(Waiver) bool) []Finding {
	var about []Finding
	for _, w := range waivers {
		expires := w.Expires.Format(time.DateOnly)
		expired := day.UTC().Format(time.DateOnly) > expires
		used := false
		met := map[string]bool{}
		for i := range findings {
			if !w.covers(findings[i], to) {
				continue
			}
			used = true
			met[strings.ToLower(findings[i].Fingerprint)] = true
			if !expired && findings[i].Waived == nil {
				findings[i].Waived = &Waived{Reason: w.Reason, Owner: w.Owner, Expires: expires}
			}
		}
		switch {
		case expired:
			about = append(about, w.finding(RuleWaiverExpired, Error,
				fmt.Sprintf("waiver for %s expired on %s", w.label(), expires),
				"fix the finding and delete the waiver, or set a new expires date"))
		case !used && tells != nil && tells(w):
			about = append(about, w.finding(RuleWaiverUnused, Notice,
				fmt.Sprintf("waiver for %s matches no finding", w.label()),
				"delete it, or correct its rule, match or versions"))
		case used && tells != nil && tells(w):
			if idle := w.idle(met); len(idle) > 0 {
				about = append(about, w.finding(RuleWaiverUnused, Notice,
					fmt.Sprintf("%d of %d fingerprints of the waiver for %s match no finding: %s", len(idle), len(w.Fingerprints), w.Rule, strings.Join(idle[:min(5, len(idle))], ", ")),
					"delete them from the waiver"))
			}
		}
	}
	return about
}

// tells reports whether a run would have met what a waiver excuses: every check
// that may report its rule has looked. A run of a part knows nothing of rules that
// none of its checks has, nor of a bare fingerprint.
func tells(ran []Ran, partial bool) func(Waiver) bool {
	return func(w Waiver) bool {
		if w.Rule == "" {
			return !partial
		}
		listed := false
		for _, r := range ran {
			if !slices.ContainsFunc(r.Check.Rules, func(rule string) bool { ok, _ := path.Match(w.Rule, rule); return ok }) {
				continue
			}
			listed = true
			if r.Result.Skip != "" || r.Result.Err != nil {
				return false
			}
		}
		return listed || !partial
	}
}

// idle are the fingerprints of a list that no finding has.
func (w Waiver) idle(met map[string]bool) []string {
	var out []string
	for _, one := range w.Fingerprints {
		if !met[strings.ToLower(one)] {
			out = append(out, one)
		}
	}
	return out
}

func (w Waiver) label() string {
	switch {
	case w.Fingerprint != "":
		return "fingerprint " + w.Fingerprint
	case len(w.Fingerprints) > 0:
		return fmt.Sprintf("%s by fingerprint (%d)", w.Rule, len(w.Fingerprints))
	case w.Match != "":
		return fmt.Sprintf("%s %q", w.Rule, w.Match)
	}
	return w.Rule
}

func (w Waiver) finding(rule string, s Severity, message, hint string) Finding {
	return Finding{Rule: rule, Severity: s, Message: message, Hint: hint, Location: w.Source, Subject: w.label()}
}
