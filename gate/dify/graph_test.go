package dify_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// failed is a check of a component with error findings; without any it passed.
func failed(name, component string, findings ...gate.Finding) gate.Ran {
	for i := range findings {
		if findings[i].Severity == 0 {
			findings[i].Severity = gate.Error
		}
		findings[i].Message = name + ": " + findings[i].Rule
	}
	return gate.Ran{Check: gate.Check{Kind: "http", Name: name, Phase: gate.PhasePost, Component: component}, Result: gate.Result{Findings: findings}, Attempts: 1, Start: time.Now()}
}

func f(rule string, s gate.Symptom) gate.Finding { return gate.Finding{Rule: rule, Symptom: s} }

// causesOf is "cause: explained explained; cause: …".
func causesOf(rep gate.Report) string {
	var out []string
	for _, c := range rep.RootCauses {
		explains := slices.Clone(c.Explains)
		slices.Sort(explains)
		out = append(out, strings.TrimSpace(c.Check+": "+strings.Join(explains, " ")))
	}
	return strings.Join(out, "; ")
}

func assembled(ran ...gate.Ran) gate.Report {
	return gate.Assemble(ran, gate.Policy{FailOn: gate.FailOnError}, gate.RunInfo{Started: time.Now(), Graph: dify.Graph()})
}

// The first story of the customer: after an upgrade the calls of LLM nodes
// crash, while every endpoint answers. The plugin daemon, in which models run,
// is older than the release wants.
func TestStoryLLMNodesCrashWhileEndpointsAreFine(t *testing.T) {
	skew := f("version/skew", gate.SymptomOldRelease)
	skew.Component = "plugin_daemon"
	rep := assembled(
		failed("ping", "api"), failed("setup", "api"), failed("signin", "web"), failed("parameters", "api"),
		failed("run of the app", "app", f("app/failed", gate.SymptomServerError)),
		failed("data set", "app", f("dataset/failed", gate.SymptomServerError)),
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
		failed("auth console", "api", f("auth/server-error", gate.SymptomServerError)),
		failed("auth key", "api", f("auth/rejects-valid", gate.SymptomLoginRefused)),
		failed("ping", "api"),
		failed("celery", "celery", f("celery/no-worker", gate.SymptomDown)),
		failed("redis", "redis", f("redis/auth", gate.SymptomDown)),
		failed("triggers", "api", f("http/not-found", gate.SymptomNotRouted)),
	)
	if got, want := causesOf(rep), "redis: auth console auth key celery; triggers:"; got != want {
		t.Errorf("root causes %q, want %q", got, want)
	}
}

// The third: the front end's routes swallow paths of the API.
func TestStoryFrontEndSwallowsPaths(t *testing.T) {
	missing := func(prefix string) gate.Finding {
		return gate.Finding{Rule: "http/not-found", Symptom: gate.SymptomNotRouted, Cause: "proxy-lacks-route " + prefix}
	}
	var live []gate.Ran
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
	route := f("proxy/route-missing", gate.SymptomMisroutes)
	route.Location = &gate.Location{File: "nginx/conf.d/default.conf.template", Line: 12}
	rep = assembled(append(live, failed("proxy", "proxy", route))...)
	if len(rep.RootCauses) != 1 || len(rep.RootCauses[0].Explains) != 11 || rep.RootCauses[0].Location == nil {
		t.Errorf("with files: %+v, want the proxy with its line, explaining 11 checks", rep.RootCauses)
	}
}

func TestGraphNeedsAndKey(t *testing.T) {
	warning := f("redis/memory", "")
	warning.Severity = gate.Warning
	skipped := func(name, reason string, needs ...string) gate.Ran {
		return gate.Ran{Check: gate.Check{Name: name, Needs: needs}, Result: gate.Result{Skip: reason}}
	}
	same := func(key string) gate.Finding {
		return gate.Finding{Rule: "http/unreachable", Symptom: gate.SymptomDown, Cause: key}
	}
	both := failed("api 2", "api", f("http/status", gate.SymptomServerError), f("http/header", ""))
	for _, tt := range []struct {
		what string
		ran  []gate.Ran
		want string
	}{
		{"nothing failed", []gate.Ran{failed("a", "api"), failed("redis", "redis", warning)}, ""},
		{"each its own", []gate.Ran{failed("a", "web", f("http/body", "")), failed("b", "web", f("http/body", ""))}, "a:; b:"},
		{"a warning explains nothing", []gate.Ran{failed("a", "api", f("http/status", gate.SymptomServerError)), failed("redis", "redis", warning)}, "a:"},
		{"only what the row names", []gate.Ran{failed("a", "api", f("http/status", gate.SymptomLoginRefused)), failed("pg", "postgres", f("postgres/auth", gate.SymptomDown))}, "a:; pg:"},
		{"every error has to be explained", []gate.Ran{both, failed("pg", "postgres", f("postgres/auth", gate.SymptomDown))}, "api 2:; pg:"},
		{"through another", []gate.Ran{failed("run", "app", f("app/failed", gate.SymptomServerError)), failed("api", "api", f("http/status", gate.SymptomServerError)), failed("pg", "postgres", f("postgres/pool-exhausted", gate.SymptomDown))}, "pg: api run"},
		{"most first", []gate.Ran{failed("x", "web", f("http/body", "")), failed("a", "api", f("http/status", gate.SymptomServerError)), failed("pg", "postgres", f("postgres/auth", gate.SymptomDown))}, "pg: a; x:"},
		{"one address", []gate.Ran{failed("a", "api", same("unreachable h:80")), failed("b", "web", same("unreachable h:80")), failed("c", "web", same("unreachable h:81"))}, "a: b; c:"},
		{"needs, and what needs that", []gate.Ran{failed("a", "x", f("tcp/refused", gate.SymptomDown)), skipped("b", `needs "a", which failed`, "a"), skipped("c", `needs "b", which was skipped: needs "a", which failed`, "b"), skipped("d", "of another reason", "a")}, "a: b c"},
		{"nothing set", []gate.Ran{failed("a", "", f("http/status", gate.SymptomServerError)), failed("b", "", f("http/status", gate.SymptomServerError))}, "a:; b:"},
	} {
		if got := causesOf(assembled(tt.ran...)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestGraphLosesNobody(t *testing.T) {
	// Two checks that explain one another: by a row and by a common cause.
	a := failed("a", "api", gate.Finding{Rule: "x/a", Cause: "k", Symptom: gate.SymptomServerError})
	b := failed("b", "redis", gate.Finding{Rule: "x/b", Cause: "k", Symptom: gate.SymptomDown})
	if got := causesOf(assembled(a, b)); got != "a: b" {
		t.Errorf("a circle: %q, want the first to stand for both", got)
	}
	undecided := gate.Ran{Check: gate.Check{Name: "u", Component: "redis"}, Result: gate.Undecided(errors.New("x")), Attempts: 1}
	if got := causesOf(assembled(undecided, failed("a", "api", f("http/status", gate.SymptomServerError)))); got != "a:" {
		t.Errorf("undecided: %q, want it to explain nothing", got)
	}
}

func TestGraphCountsPolicy(t *testing.T) {
	pg := failed("pg", "postgres", f("postgres/auth", gate.SymptomDown))
	api := failed("api", "api", f("http/status", gate.SymptomServerError))
	rep := gate.Assemble([]gate.Ran{pg, api}, gate.Policy{FailOn: gate.FailOnError, Severity: []gate.SeverityOverride{{Rule: "postgres/*", Severity: gate.Warning}}}, gate.RunInfo{Started: time.Now(), Graph: dify.Graph()})
	if got := causesOf(rep); got != "api:" {
		t.Errorf("with postgres/* a warning: %q, want the api on its own", got)
	}
}

// TestGraphHasNoCycle: in a circle each failure would explain the others, and
// which one is named would be an accident.
func TestGraphHasNoCycle(t *testing.T) {
	graph := dify.Graph()
	var visit func(component string, path []string)
	visit = func(component string, path []string) {
		if slices.Contains(path, component) {
			t.Fatalf("a cycle: %s", strings.Join(append(path, component), " → "))
		}
		for _, row := range graph {
			if row.Cause == component {
				visit(row.Effect, append(path, component))
			}
		}
	}
	for _, row := range graph {
		visit(row.Cause, nil)
	}
}
