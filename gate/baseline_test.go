package gate

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var baselineDay = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// runWith is a report of one run with these findings of the check "a".
func runWith(t *testing.T, started time.Time, base *Baseline, findings ...Finding) Report {
	t.Helper()
	return Assemble([]Ran{{Check: Check{Kind: "http", Name: "a", Phase: PhasePost}, Result: Result{Findings: findings}}}, Policy{},
		RunInfo{Tool: Tool{Name: "gate", Version: "test"}, Started: started, Phase: PhasePost, URL: "https://dify.example.com", Baseline: base})
}

func baselineOf(t *testing.T, rep Report) *Baseline {
	t.Helper()
	data, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseBaseline(data, "before.json", "https://dify.example.com/", rep.Started.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	slow := Finding{Rule: "http/latency", Severity: Warning, Message: "slow", Subject: "GET /slow"}
	down := Finding{Rule: "http/status", Severity: Error, Message: "status 500", Subject: "GET /v1"}
	other := Finding{Rule: "http/status", Severity: Error, Message: "status 502", Subject: "GET /console"}
	graver, wider := slow, down
	graver.Severity = Error
	wider.Related = []Location{{File: "one.conf"}}
	before := runWith(t, baselineDay, nil, slow, down)
	base := baselineOf(t, before)
	later := baselineDay.Add(3 * time.Hour)
	for name, c := range map[string]struct {
		findings           []Finding
		verdict            Verdict
		known, fresh, gone int
	}{
		"the same again":      {[]Finding{slow, down}, VerdictPass, 2, 0, 0},
		"one more":            {[]Finding{slow, down, other}, VerdictBlock, 2, 1, 0},
		"one gone":            {[]Finding{slow}, VerdictPass, 1, 0, 1},
		"all gone":            {nil, VerdictPass, 0, 0, 2},
		"graver":              {[]Finding{graver, down}, VerdictBlock, 1, 1, 0},
		"at more places":      {[]Finding{slow, wider}, VerdictBlock, 1, 1, 0},
		"twice what was once": {[]Finding{slow, down, down}, VerdictBlock, 2, 1, 0},
	} {
		rep := runWith(t, later, base, c.findings...)
		s := rep.RestsOn.Baseline
		if rep.Verdict != c.verdict || s == nil || s.Known != c.known || s.New != c.fresh || s.Fixed != c.gone || rep.Counts.Known != c.known {
			t.Errorf("%s: %s, %+v, counts %+v; want %s with %d known, %d new, %d fixed", name, rep.Verdict, s, rep.Counts, c.verdict, c.known, c.fresh, c.gone)
		}
		if text := rep.RestsOn.String(); !strings.Contains(text, "before.json, 3 hours old") || strings.Contains(text, "nothing new") != (c.fresh == 0) {
			t.Errorf("%s: %s", name, text)
		}
	}
	// What a check that did not look had found is not fixed.
	rep := Assemble([]Ran{{Check: Check{Kind: "http", Name: "a", Phase: PhasePost}, Result: Result{Skip: "out of reach"}}}, Policy{}, RunInfo{Started: later, Phase: PhasePost, Baseline: base})
	if len(rep.Fixed) > 0 || rep.Verdict != VerdictInconclusive {
		t.Errorf("skipped: fixed %+v, %s; want none, inconclusive", rep.Fixed, rep.Verdict)
	}
}

func TestBaselineCompares(t *testing.T) {
	t.Parallel()
	at := func(started time.Time, base *Baseline, p99 float64, responder string) Report {
		return Assemble([]Ran{
			{Check: Check{Kind: "slo", Name: "slo", Phase: PhasePost}, Result: Result{Evidence: map[string]any{"percentiles_ms": map[string]float64{"p99": p99}}}},
			{Check: Check{Kind: "http", Name: "h", Phase: PhasePost}, Result: Result{Evidence: map[string]any{"responder": responder, "status": 200}}},
		}, Policy{}, RunInfo{Tool: Tool{Name: "gate"}, Started: started, Phase: PhasePost, Baseline: base})
	}
	base := baselineOf(t, at(baselineDay, nil, 120, "api"))
	got := fmt.Sprint(at(baselineDay.Add(time.Hour), base, 180, "web").Compared)
	if want := "[{slo slo p99 ms 120 180} {http h responder  api web}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBaselineIsRefused(t *testing.T) {
	t.Parallel()
	good := `{"schema":1,"tool":{"name":"gate"},"started":"2026-11-01T12:00:00Z","url":"https://dify.example.com","checks":[],"findings":[]}`
	for text, says := range map[string]string{
		"":                                    "not JSON",
		"[]":                                  "no report of the gate",
		"{}":                                  "no report of the gate",
		`{"a":` + strings.Repeat("[", 200000): "nested deeper than 500 levels",
		`{"a":"\\\"` + strings.Repeat("[", 200000) + `"}`:                          "no report of the gate",
		strings.Replace(good, `"schema":1`, `"schema":2`, 1):                       "schema 2, want 1",
		strings.Replace(good, "2026-11-01", "2026-12-01", 1):                       "in the future",
		strings.Replace(good, "2026-11-01T12:00:00Z", "yesterday", 1):              "RFC 3339",
		strings.Replace(good, "dify.example.com", "other.example.com", 1):          "same deployment",
		strings.Replace(good, `"findings":[]`, `"findings":[{"severity":"x"}]`, 1): "finding 1",
	} {
		_, err := ParseBaseline([]byte(text), "b", "https://dify.example.com", baselineDay.Add(time.Hour))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: error %v, want one with %q", text, err, says)
		}
	}
	if _, err := ParseBaseline([]byte(good), "b", "https://user:pw@dify.example.com/", baselineDay.Add(time.Hour)); err != nil {
		t.Errorf("the same deployment: %v", err)
	}
}

func BenchmarkBaseline(b *testing.B) {
	rep := Report{Schema: ReportSchema, Tool: Tool{Name: "gate"}, Started: baselineDay, Checks: []CheckReport{{Kind: "http", Name: "a", Outcome: OutcomeFail}}}
	for i := range 50_000 {
		rep.Findings = append(rep.Findings, Finding{Rule: "http/status", Check: "a", Severity: Error, Message: strings.Repeat("m", 100), Hint: strings.Repeat("h", 100), Fingerprint: fmt.Sprintf("%016x", i)})
	}
	data, err := json.Marshal(rep)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		base, err := ParseBaseline(data, "b", "", baselineDay.Add(time.Hour))
		if err != nil {
			b.Fatal(err)
		}
		base.apply(rep.Findings, nil)
	}
}
