package gate

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC)

func onDay(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWaiverCovers(t *testing.T) {
	t.Parallel()
	finding := Finding{
		Rule: "changelog/breaking", Message: "1.13.1: HITL email content changes", Text: "**Breaking**: templates",
		Fingerprint: "0123456789abcdef", Version: "1.13.1",
	}
	only := func(v string) func(string) bool { return func(s string) bool { return s == v } }
	for name, c := range map[string]struct {
		waiver Waiver
		want   bool
	}{
		"the rule":             {Waiver{Rule: "changelog/breaking"}, true},
		"a glob":               {Waiver{Rule: "changelog/*"}, true},
		"every rule":           {Waiver{Rule: "*/*"}, true},
		"another rule":         {Waiver{Rule: "changelog/action"}, false},
		"the beginning of it":  {Waiver{Rule: "changelog/break"}, false},
		"match, without case":  {Waiver{Rule: "changelog/*", Match: "hitl EMAIL"}, true},
		"match in the text":    {Waiver{Rule: "changelog/*", Match: "templates"}, true},
		"match of nothing":     {Waiver{Rule: "changelog/*", Match: "queue"}, false},
		"regex":                {Waiver{Rule: "changelog/*", Match: `/^1\.13\.\d+: HITL/`}, true},
		"regex counts case":    {Waiver{Rule: "changelog/*", Match: `/hitl/`}, false},
		"a broken regex":       {Waiver{Rule: "changelog/*", Match: `/(/`}, false},
		"fingerprint":          {Waiver{Fingerprint: "0123456789ABCDEF"}, true},
		"another fingerprint":  {Waiver{Fingerprint: "ffff"}, false},
		"fingerprint and rule": {Waiver{Rule: "http/*", Fingerprint: "0123456789abcdef"}, false},
		"the version":          {Waiver{Rule: "changelog/*", Versions: only("1.13.1")}, true},
		"another version":      {Waiver{Rule: "changelog/*", Versions: only("1.14.0")}, false},
	} {
		if got := c.waiver.covers(finding, "1.14.0"); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestWaive(t *testing.T) {
	t.Parallel()
	waivers := []Waiver{
		{Rule: "a/*", Reason: "today is its last day", Expires: onDay("2026-11-25")},
		{Rule: "b/*", Reason: "over", Expires: onDay("2026-11-24"), Source: &Location{File: "gate.yaml", Line: 7}},
		{Rule: "c/*", Reason: "of no use", Expires: onDay("2027-01-01")},
		{Rule: "a/x", Reason: "second", Expires: onDay("2027-01-01")},
	}
	findings := []Finding{{Rule: "a/x", Severity: Error}, {Rule: "b/x", Severity: Error}}
	about := Waive(findings, waivers, day, "1.14.0", tells(nil, false))
	if w := findings[0].Waived; w == nil || w.Reason != "today is its last day" || w.Expires != "2026-11-25" {
		t.Errorf("got %+v, want the first waiver, on its last day", w)
	}
	if findings[1].Waived != nil {
		t.Error("an expired waiver waives, want nothing")
	}
	rules := []string{}
	for _, f := range about {
		rules = append(rules, f.Rule)
	}
	if want := []string{RuleWaiverExpired, RuleWaiverUnused}; !slices.Equal(rules, want) {
		t.Fatalf("got %v, want %v", rules, want)
	}
	if f := about[0]; f.Severity != Error || f.Location == nil || f.Location.Line != 7 || !strings.Contains(f.Message, "expired on 2026-11-24") {
		t.Errorf("got %+v, want an error at the waiver's place", f)
	}
	if f := about[1]; f.Severity != Notice || !strings.Contains(f.Message, "c/*") {
		t.Errorf("got %+v, want a notice about c/*", f)
	}
	if about := Waive(nil, waivers[2:3], day, "1.14.0", tells(nil, true)); len(about) != 0 {
		t.Errorf("got %+v from a partial run, which cannot tell", about)
	}
}

func TestAssembleWaivesAndCounts(t *testing.T) {
	t.Parallel()
	ran := []Ran{
		{Check: Check{Kind: "fake", Name: "a", Phase: PhasePost}, Attempts: 1, Result: Result{Findings: []Finding{{Rule: "fake/down", Severity: Error, Message: "down"}}}},
		{Check: Check{Kind: "fake", Name: "b", Phase: PhasePost, AllowFailure: true}, Attempts: 1, Result: Result{Findings: []Finding{{Rule: "fake/down", Severity: Error, Message: "gone"}}}},
		{Check: Check{Kind: "fake", Name: "c", Phase: PhasePost, Severity: Notice}, Attempts: 1, Result: Result{Findings: []Finding{{Rule: "fake/down", Severity: Error, Message: "off"}}}},
		{Check: Check{Kind: "fake", Name: "d", Phase: PhasePost}, Attempts: 1, Result: Result{Findings: []Finding{{Rule: "fake/slow", Severity: Warning, Message: "slow"}}}},
	}
	policy := Policy{
		Severity: []SeverityOverride{{Rule: "fake/slow", Severity: Error}, {Rule: "fake/*", Severity: Error}},
		Waivers:  []Waiver{{Rule: "fake/down", Match: "down", Reason: "known", Expires: onDay("2026-12-01")}},
	}
	rep := Assemble(ran, policy, RunInfo{Started: day, Phase: PhaseAll})
	got := map[string]Outcome{}
	for _, c := range rep.Checks {
		got[c.Name] = c.Outcome
	}
	if got["a"] != OutcomePass || got["b"] != OutcomeWarn || got["c"] != OutcomePass || got["d"] != OutcomeFail {
		t.Errorf("got outcomes %v, want a pass (waived), b warn (allow_failure), c pass (severity notice), d fail (policy)", got)
	}
	if rep.Verdict != VerdictBlock || rep.Counts.Findings != 3 || rep.Counts.Waived != 1 {
		t.Errorf("got %s with %+v, want block, 3 findings, 1 waived", rep.Verdict, rep.Counts)
	}
	// Findings: the worst first, waived ones last; checks refer to them.
	last := rep.Findings[len(rep.Findings)-1]
	if rep.Findings[0].Rule != "fake/slow" || last.Waived == nil {
		t.Errorf("got the order %+v", rep.Findings)
	}
	for _, c := range rep.Checks {
		for _, i := range c.Findings {
			if rep.Findings[i].Check != c.Name {
				t.Errorf("check %s refers to a finding of %s", c.Name, rep.Findings[i].Check)
			}
		}
	}
}

// TestFingerprint: the same finding in the next run keeps it, though its line
// moved; another check's has another.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	one := func(check, subject string, line int) string {
		ran := []Ran{{Check: Check{Kind: "fake", Name: check}, Result: Result{Findings: []Finding{{
			Rule: "fake/down", Severity: Error, Message: "down", Subject: subject, Location: &Location{File: "f", Line: line},
		}}}}}
		return Assemble(ran, Policy{}, RunInfo{}).Findings[0].Fingerprint
	}
	if a, b := one("a", "x", 1), one("a", "x", 9); a != b || len(a) != 16 {
		t.Errorf("got %s and %s, want the same 16 digits", a, b)
	}
	if a, b := one("a", "x", 1), one("b", "x", 1); a == b {
		t.Error("two checks share a fingerprint")
	}
	if a, b := one("a", "x", 1), one("a", "y", 1); a == b {
		t.Error("two subjects share a fingerprint")
	}
	live := func(source *Location) Finding {
		ran := []Ran{{Check: Check{Kind: "fake", Name: "a", Phase: PhasePost, Source: source}, Result: Result{Findings: []Finding{{Rule: "fake/down", Severity: Error, Message: "down"}}}}}
		return Assemble(ran, Policy{}, RunInfo{}).Findings[0]
	}
	source := Location{File: "gate.yaml", Line: 7, Column: 5, EndLine: 9}
	placed, bare := live(&source), live(nil)
	if placed.Location == nil || *placed.Location != source || bare.Location != nil || placed.Fingerprint != bare.Fingerprint {
		t.Errorf("a live finding is at %v, and without an entry at %v, want the entry's place, nowhere, and one fingerprint", placed.Location, bare.Location)
	}
	if a, b := one("a", "", 1), one("a", "", 9); a != b {
		t.Error("without a subject the line counts, want file and message")
	}
}

// TestUnusedInAPart: a run of a part tells of a waiver whose checks looked, and of
// no other.
func TestUnusedInAPart(t *testing.T) {
	t.Parallel()
	looked := Ran{Check: Check{Kind: "env", Rules: []string{"env/missing", "env/new"}}}
	skipped := Ran{Check: Check{Kind: "http", Rules: []string{"http/status"}}, Result: Result{Skip: "left out"}}
	failed := Ran{Check: Check{Kind: "proxy", Rules: []string{"proxy/syntax"}}, Result: Undecided(errors.New("cut"))}
	for _, c := range []struct {
		waiver  Waiver
		partial bool
		want    bool
	}{
		{Waiver{Rule: "env/missing"}, true, true},
		{Waiver{Rule: "env/*"}, true, true},
		{Waiver{Rule: "http/status"}, true, false},
		{Waiver{Rule: "http/status"}, false, false},
		{Waiver{Rule: "proxy/syntax"}, false, false},
		{Waiver{Rule: "*/*"}, true, false},
		{Waiver{Rule: "tcp/refused"}, true, false},
		{Waiver{Rule: "tcp/refused"}, false, true},
		{Waiver{Fingerprint: "0123456789abcdef"}, true, false},
		{Waiver{Fingerprint: "0123456789abcdef"}, false, true},
	} {
		if got := tells([]Ran{looked, skipped, failed}, c.partial)(c.waiver); got != c.want {
			t.Errorf("%s in a part (%v): got %v, want %v", c.waiver.label(), c.partial, got, c.want)
		}
	}
}

// TestWaiveByFingerprints: a list excuses what it names and no other finding of the
// rule, and says what of it matches nothing.
func TestWaiveByFingerprints(t *testing.T) {
	t.Parallel()
	findings := []Finding{
		{Rule: "http/status", Fingerprint: "aaaaaaaaaaaaaaaa"}, {Rule: "http/status", Fingerprint: "bbbbbbbbbbbbbbbb"}, {Rule: "http/json", Fingerprint: "aaaaaaaaaaaaaaaa"},
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	w := Waiver{Rule: "http/status", Fingerprints: []string{"AAAAAAAAAAAAAAAA", "cccccccccccccccc"}, Reason: "r", Expires: day.AddDate(0, 1, 0)}
	about := Waive(findings, []Waiver{w}, day, "", func(Waiver) bool { return true })
	if findings[0].Waived == nil || findings[1].Waived != nil || findings[2].Waived != nil {
		t.Errorf("waived: %+v", findings)
	}
	if len(about) != 1 || about[0].Rule != RuleWaiverUnused || !strings.Contains(about[0].Message, "1 of 2") || !strings.Contains(about[0].Message, "cccccccccccccccc") {
		t.Errorf("about the waiver: %+v", about)
	}
}
