package gate

import (
	"fmt"
	"slices"
	"testing"
)

// failing is a check of a component with an error finding of a symptom.
func failing(name, component string, symptom Symptom) Ran {
	return Ran{
		Check:    Check{Kind: "fake", Name: name, Component: component, Phase: PhasePost},
		Attempts: 1,
		Result:   Result{Findings: []Finding{{Rule: "fake/" + name, Severity: Error, Message: name + " is down", Hint: "start it", Symptom: symptom}}},
	}
}

// testGraph is a small graph of dependencies.
func testGraph() Graph {
	return Graph{
		{"postgres", []Symptom{SymptomDown}, "api", []Symptom{SymptomServerError}},
		{"migration", []Symptom{SymptomDown}, "api", []Symptom{SymptomServerError}},
		{"postgres", []Symptom{SymptomDown}, "migration", []Symptom{SymptomDown}},
		{"redis", []Symptom{SymptomDown}, "api", []Symptom{SymptomServerError, SymptomLoginRefused}},
	}
}

func TestRootCauses(t *testing.T) {
	t.Parallel()
	skipped := func(name string, needs ...string) Ran {
		return Ran{Check: Check{Kind: "fake", Name: name, Needs: needs}, Result: Result{Skip: fmt.Sprintf("needs %q, which failed", needs[0])}}
	}
	for _, c := range []struct {
		name string
		ran  []Ran
		want map[string][]string // cause: explained
		top  string
	}{
		{"nothing failed", []Ran{{Check: Check{Name: "a"}, Attempts: 1}}, map[string][]string{}, ""},
		{
			"a failure of its own", []Ran{failing("web", "web", SymptomDown)},
			map[string][]string{"web": {}}, "web",
		},
		{
			"the database explains the api's 5xx",
			[]Ran{failing("api 1", "api", SymptomServerError), failing("api 2", "api", SymptomServerError), failing("db", "postgres", SymptomDown)},
			map[string][]string{"db": {"api 1", "api 2"}}, "db",
		},
		{
			"a database that is only not routed explains no 5xx", []Ran{failing("db", "postgres", SymptomNotRouted), failing("api", "api", SymptomServerError)},
			map[string][]string{"db": {}, "api": {}}, "db",
		},
		{
			"but not its 404", []Ran{failing("db", "postgres", SymptomDown), failing("api", "api", "")},
			map[string][]string{"db": {}, "api": {}}, "db",
		},
		{
			"redis also explains refused logins, the database does not",
			[]Ran{failing("redis", "redis", SymptomDown), failing("login", "api", SymptomLoginRefused)},
			map[string][]string{"redis": {"login"}}, "redis",
		},
		{
			"the database and a refused login", []Ran{failing("db", "postgres", SymptomDown), failing("login", "api", SymptomLoginRefused)},
			map[string][]string{"db": {}, "login": {}}, "db",
		},
		{
			"a chain is told by its beginning",
			[]Ran{failing("api", "api", SymptomServerError), failing("migration", "migration", SymptomDown), failing("db", "postgres", SymptomDown)},
			map[string][]string{"db": {"api", "migration"}}, "db",
		},
		{
			"needs that were not met", []Ran{failing("db", "", ""), skipped("api", "db"), skipped("web", "api")},
			map[string][]string{"db": {"api", "web"}}, "db",
		},
		{
			"the cause that explains most comes first",
			[]Ran{failing("web", "web", SymptomDown), failing("db", "postgres", SymptomDown), failing("api", "api", SymptomServerError)},
			map[string][]string{"db": {"api"}, "web": {}}, "db",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rep := Assemble(c.ran, Policy{}, RunInfo{Graph: testGraph()})
			got := map[string][]string{}
			for _, cause := range rep.RootCauses {
				names := slices.Clone(cause.Explains)
				slices.Sort(names)
				got[cause.Check] = names
			}
			if len(got) != len(c.want) {
				t.Fatalf("got causes %v, want %v", got, c.want)
			}
			for cause, explains := range c.want {
				if !slices.Equal(got[cause], explains) {
					t.Errorf("%s explains %v, want %v", cause, got[cause], explains)
				}
			}
			if c.top != "" && rep.RootCauses[0].Check != c.top {
				t.Errorf("got %s first, want %s", rep.RootCauses[0].Check, c.top)
			}
			for _, k := range rep.Checks {
				for cause, explains := range c.want {
					if slices.Contains(explains, k.Name) && k.ExplainedBy != cause {
						t.Errorf("%s is explained by %q, want %q", k.Name, k.ExplainedBy, cause)
					}
				}
			}
		})
	}
}

// TestNoGraphExplainsNothing: the engine knows no dependency of its own.
func TestNoGraphExplainsNothing(t *testing.T) {
	t.Parallel()
	rep := Assemble([]Ran{failing("api", "api", SymptomServerError), failing("db", "postgres", SymptomDown)}, Policy{}, RunInfo{})
	if len(rep.RootCauses) != 2 {
		t.Errorf("got %+v, want each failure as a cause of its own", rep.RootCauses)
	}
}

// TestWaivedCauseExplainsNothing: what is excused is no failure any more.
func TestWaivedCauseExplainsNothing(t *testing.T) {
	t.Parallel()
	ran := []Ran{failing("db", "postgres", SymptomDown), failing("api", "api", SymptomServerError)}
	policy := Policy{Waivers: []Waiver{{Rule: "fake/db", Reason: "known", Expires: onDay("2026-12-01")}}}
	rep := Assemble(ran, policy, RunInfo{Started: day, Graph: testGraph()})
	if len(rep.RootCauses) != 1 || rep.RootCauses[0].Check != "api" || rep.RootCauses[0].Rule != "fake/api" || rep.RootCauses[0].Hint != "start it" {
		t.Errorf("got %+v, want the api alone, with its rule and hint", rep.RootCauses)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	const value = "app-Sup3r/Secret"
	ran := []Ran{{
		Check: Check{Kind: "fake", Name: "a", Secrets: []Secret{NewSecret(value)}, Probes: []string{"GET /?key=app-Sup3r%2FSecret"}},
		Result: Result{
			Findings: []Finding{{Rule: "fake/down", Severity: Error, Message: "echoed " + value, Hint: "use " + value, Text: value}},
			Evidence: map[string]any{"body": value, "deep": []any{map[string]any{"x": value}}, "list": []string{value}},
		},
	}}
	rep := Assemble(ran, Policy{}, RunInfo{})
	for what, text := range map[string]string{
		"message": rep.Findings[0].Message, "hint": rep.Findings[0].Hint, "text": rep.Findings[0].Text, "reason": rep.Checks[0].Reason,
		"probe": rep.Checks[0].Probes[0], "body": rep.Checks[0].Evidence["body"].(string), "cause": rep.RootCauses[0].Message,
		"deep": rep.Checks[0].Evidence["deep"].([]any)[0].(map[string]any)["x"].(string), "list": rep.Checks[0].Evidence["list"].([]string)[0],
	} {
		if len(text) < 3 || !containsMask(text) {
			t.Errorf("%s is %q, want it masked", what, text)
		}
	}
}

func containsMask(s string) bool {
	for i := 0; i+3 <= len(s); i++ {
		if s[i:i+3] == masked {
			return true
		}
	}
	return false
}

// TestPartsOfACause: a missing route explains only its own prefix, and what several
// findings show in part is worded once.
func TestPartsOfACause(t *testing.T) {
	t.Parallel()
	about := func(r Ran, part string) Ran {
		r.Result.Findings[0].Part = part
		return r
	}
	proxy := about(failing("proxy", "proxy", SymptomMisroutes), "/mcp")
	graph := Graph{{"proxy", []Symptom{SymptomMisroutes}, "api", []Symptom{SymptomNotRouted}}}
	rep := Assemble([]Ran{proxy, about(failing("mcp", "api", SymptomNotRouted), "/mcp"), about(failing("hooks", "api", SymptomNotRouted), "/triggers")}, Policy{}, RunInfo{Graph: graph})
	if len(rep.RootCauses) != 2 || rep.RootCauses[0].Check != "proxy" || !slices.Equal(rep.RootCauses[0].Explains, []string{"mcp"}) {
		t.Errorf("got %+v, want the proxy to explain mcp alone", rep.RootCauses)
	}
	var stale []Ran
	for _, part := range []string{"/mcp", "/e", "/triggers"} {
		r := about(failing(part, "api", ""), part)
		r.Result.Findings[0].Cause, r.Result.Findings[0].CauseText = "stale", "nginx sends {} to web"
		stale = append(stale, r)
	}
	rep = Assemble(stale, Policy{}, RunInfo{})
	if len(rep.RootCauses) != 1 || rep.RootCauses[0].Message != "nginx sends /e, /mcp and /triggers to web" || rep.RootCauses[0].Fingerprint == "" {
		t.Errorf("got %+v, want one cause that names all three", rep.RootCauses)
	}
}
