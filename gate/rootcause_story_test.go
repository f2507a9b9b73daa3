package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// failed is a check of a component with error findings; without any it passed.
func failed(name, component string, findings ...Finding) Ran {
	for i := range findings {
		if findings[i].Severity == 0 {
			findings[i].Severity = Error
		}
		findings[i].Message = name + ": " + findings[i].Rule
	}
	return Ran{Check: Check{Kind: "http", Name: name, Phase: PhasePost, Component: component}, Result: Result{Findings: findings}, Attempts: 1, Start: time.Now()}
}

func f(rule string, s Symptom) Finding { return Finding{Rule: rule, Symptom: s} }

// causesOf is "cause: explained explained; cause: …".
func causesOf(rep Report) string {
	var out []string
	for _, c := range rep.RootCauses {
		explains := slices.Clone(c.Explains)
		slices.Sort(explains)
		out = append(out, strings.TrimSpace(c.Check+": "+strings.Join(explains, " ")))
	}
	return strings.Join(out, "; ")
}

func assembled(ran ...Ran) Report {
	return Assemble(ran, Policy{FailOn: FailOnError}, RunInfo{Started: time.Now()})
}

// The first story of the customer: after an upgrade the calls of LLM nodes
// crash, while every end point answers. The plugin daemon, in which models run,
// is older than the release wants.
func TestStoryLLMNodesCrashWhileEndpointsAreFine(t *testing.T) {
	skew := f("version/skew", SymptomOldRelease)
	skew.Component = "plugin_daemon"
	rep := assembled(
		failed("ping", "api"), failed("setup", "api"), failed("signin", "web"), failed("parameters", "api"),
		failed("run of the app", "app", f("app/failed", SymptomServerError)),
		failed("data set", "app", f("dataset/failed", SymptomServerError)),
		failed("version", "release", skew),
	)
	if got, want := causesOf(rep), "version: data set run of the app"; got != want {
		t.Errorf("root causes %q, want %q", got, want)
	}
	if c := rep.RootCauses[0]; c.Rule != "version/skew" || c.Message == "" {
		t.Errorf("cause %+v, want the rule version/skew with its message", c)
	}
	for _, c := range rep.Checks {
		if want := map[string]string{"run of the app": "version", "data set": "version"}[c.Name]; c.ExplainedBy != want {
			t.Errorf("%s: explained by %q, want %q", c.Name, c.ExplainedBy, want)
		}
	}
}

// The second: a change in Redis makes the auth end points fail.
func TestStoryRedisChangeBreaksAuth(t *testing.T) {
	rep := assembled(
		failed("auth console", "api", f("auth/server-error", SymptomServerError)),
		failed("auth key", "api", f("auth/rejects-valid", SymptomLoginRefused)),
		failed("ping", "api"),
		failed("celery", "celery", f("celery/no-worker", SymptomDown)),
		failed("redis", "redis", f("redis/auth", SymptomDown)),
		failed("triggers", "api", f("http/not-found", SymptomNotRouted)),
	)
	if got, want := causesOf(rep), "redis: auth console auth key celery; triggers:"; got != want {
		t.Errorf("root causes %q, want %q", got, want)
	}
}

// The third: the front end's routes swallow paths of the API.
func TestStoryFrontEndSwallowsPaths(t *testing.T) {
	missing := func(prefix string) Finding {
		return Finding{Rule: "http/not-found", Symptom: SymptomNotRouted, Cause: "proxy-lacks-route " + prefix}
	}
	var live []Ran
	for i := range 10 {
		live = append(live, failed(fmt.Sprintf("mcp %d", i), "api", missing("/mcp")))
	}
	live = append(live, failed("trigger", "api", missing("/triggers")), failed("ping", "api"))
	// Without the proxy's files: one cause for each prefix.
	rep := assembled(live...)
	if got, want := causesOf(rep), "mcp 0: mcp 1 mcp 2 mcp 3 mcp 4 mcp 5 mcp 6 mcp 7 mcp 8 mcp 9; trigger:"; got != want {
		t.Errorf("without files: %q, want %q", got, want)
	}
	// With them: the file and its line.
	route := f("proxy/route-missing", "")
	route.Location = &Location{File: "nginx/conf.d/default.conf.template", Line: 12}
	rep = assembled(append(live, failed("proxy", "proxy", route))...)
	if len(rep.RootCauses) != 1 || len(rep.RootCauses[0].Explains) != 11 || rep.RootCauses[0].Location == nil {
		t.Errorf("with files: %+v, want the proxy with its line, explaining 11 checks", rep.RootCauses)
	}
}

func TestRootCausesByGraphNeedsAndKey(t *testing.T) {
	warning := f("redis/memory", "")
	warning.Severity = Warning
	skipped := func(name, reason string, needs ...string) Ran {
		return Ran{Check: Check{Name: name, Needs: needs}, Result: Result{Skip: reason}}
	}
	same := func(key string) Finding { return Finding{Rule: "http/unreachable", Symptom: SymptomDown, Cause: key} }
	both := failed("api 2", "api", f("http/status", SymptomServerError), f("http/header", ""))
	for _, tt := range []struct {
		what string
		ran  []Ran
		want string
	}{
		{"nothing failed", []Ran{failed("a", "api"), failed("redis", "redis", warning)}, ""},
		{"each its own", []Ran{failed("a", "web", f("http/body", "")), failed("b", "web", f("http/body", ""))}, "a:; b:"},
		{"a warning explains nothing", []Ran{failed("a", "api", f("http/status", SymptomServerError)), failed("redis", "redis", warning)}, "a:"},
		{"only what the row names", []Ran{failed("a", "api", f("http/status", SymptomLoginRefused)), failed("pg", "postgres", f("postgres/auth", SymptomDown))}, "a:; pg:"},
		{"every error has to be explained", []Ran{both, failed("pg", "postgres", f("postgres/auth", SymptomDown))}, "api 2:; pg:"},
		{"through another", []Ran{failed("run", "app", f("app/failed", SymptomServerError)), failed("api", "api", f("http/status", SymptomServerError)), failed("pg", "postgres", f("postgres/pool-exhausted", SymptomDown))}, "pg: api run"},
		{"most first", []Ran{failed("x", "web", f("http/body", "")), failed("a", "api", f("http/status", SymptomServerError)), failed("pg", "postgres", f("postgres/auth", SymptomDown))}, "pg: a; x:"},
		{"one address", []Ran{failed("a", "api", same("unreachable h:80")), failed("b", "web", same("unreachable h:80")), failed("c", "web", same("unreachable h:81"))}, "a: b; c:"},
		{"needs, and what needs that", []Ran{failed("a", "x", f("tcp/refused", SymptomDown)), skipped("b", `needs "a", which failed`, "a"), skipped("c", `needs "b", which was skipped: needs "a", which failed`, "b"), skipped("d", "of another reason", "a")}, "a: b c"},
		{"nothing set", []Ran{failed("a", "", f("http/status", SymptomServerError)), failed("b", "", f("http/status", SymptomServerError))}, "a:; b:"},
	} {
		if got := causesOf(assembled(tt.ran...)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestRootCausesLoseNobody(t *testing.T) {
	// Two checks that explain one another: by a row and by a common cause.
	a := failed("a", "api", Finding{Rule: "x/a", Cause: "k", Symptom: SymptomServerError})
	b := failed("b", "redis", Finding{Rule: "x/b", Cause: "k", Symptom: SymptomDown})
	if got := causesOf(assembled(a, b)); got != "a: b" {
		t.Errorf("a circle: %q, want the first to stand for both", got)
	}
	undecided := Ran{Check: Check{Name: "u", Component: "redis"}, Result: Undecided(errors.New("x")), Attempts: 1}
	if got := causesOf(assembled(undecided, failed("a", "api", f("http/status", SymptomServerError)))); got != "a:" {
		t.Errorf("undecided: %q, want it to explain nothing", got)
	}
}

func TestRootCausesCountPolicy(t *testing.T) {
	pg := failed("pg", "postgres", f("postgres/auth", SymptomDown))
	api := failed("api", "api", f("http/status", SymptomServerError))
	rep := Assemble([]Ran{pg, api}, Policy{FailOn: FailOnError, Severity: []SeverityOverride{{Rule: "postgres/*", Severity: Warning}}}, RunInfo{Started: time.Now()})
	if got := causesOf(rep); got != "api:" {
		t.Errorf("with postgres/* a warning: %q, want the api on its own", got)
	}
}
