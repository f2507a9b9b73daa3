package report

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// began is the instant at which every sample run began.
var began = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

func ran(c gate.Check, r gate.Result, startMS, durationMS int) gate.Ran {
	for i := range r.Findings {
		if r.Findings[i].Rule == "" {
			panic("a sample finding without a rule")
		}
	}
	return gate.Ran{Check: c, Result: r, Attempts: 1,
		Start: began.Add(time.Duration(startMS) * time.Millisecond), Duration: time.Duration(durationMS) * time.Millisecond}
}

func at(file string, line, column int) *gate.Location {
	return &gate.Location{File: file, Line: line, Column: column, EndLine: line}
}

// sample is a run as an operator would see it: a missing proxy route that
// explains two end points, changes of two releases, a waiver, a skip, an SLO.
func sample() gate.Report {
	rep := gate.Assemble(sampleRan(), samplePolicy(), gate.RunInfo{Graph: dify.Graph(),
		Tool: gate.Tool{Name: "gate", Version: "0.1.0"}, Started: began, Duration: 2345 * time.Millisecond,
		Upgrade: gate.Upgrade{From: "1.13.0", To: "1.13.2"}, Phase: gate.PhaseAll,
	})
	rep.Rules = map[string]gate.Rule{"proxy/route-missing": {
		ID: "proxy/route-missing", Severity: gate.Error, Phase: gate.PhasePre, Title: "a route of the release is missing in the proxy",
		What: "No location of the proxy takes the prefix, so that / does.", Why: "The web front end answers an API call with a 404.",
		Fix: "Add the location that the finding shows.",
	}}
	for _, r := range gate.WaiverRules() {
		rep.Rules[r.ID] = r
	}
	return rep
}

func samplePolicy() gate.Policy {
	return gate.Policy{FailOn: gate.FailOnError, Waivers: []gate.Waiver{{
		Rule: "changelog/breaking", Match: "HITL", Reason: "we send no HITL mail", Owner: "ops", Expires: began.AddDate(0, 2, 0),
	}, {
		Rule: "env/removed", Reason: "clean up later", Expires: began.AddDate(0, -1, 0), Source: at("gate.yaml", 40, 5),
	}}}
}

func sampleRan() []gate.Ran {
	return []gate.Ran{
		ran(gate.Check{Kind: "changelog", Name: "changelog", Phase: gate.PhasePre}, sampleChangelog(), 1, 38),
		ran(gate.Check{Kind: "proxy", Name: "proxy nginx", Phase: gate.PhasePre, Component: "proxy"}, gate.Result{Findings: []gate.Finding{{
			Rule: "proxy/route-missing", Severity: gate.Error, Symptom: gate.SymptomMisroutes,
			Message:  "the proxy has no location for /triggers, so that / sends it to web, expected one that goes to api:5001",
			Hint:     "add to the server block:\nlocation /triggers {\n  proxy_pass http://api:5001;\n  include proxy.conf;\n}",
			Why:      "release 1.13.1 serves webhooks below /triggers",
			Location: at("docker/nginx/conf.d/default.conf.template", 12, 5),
			Related:  []gate.Location{*at("docker/docker-compose.yaml", 88, 3)}, Subject: "/triggers",
		}}}, 1, 12),
		ran(gate.Check{Kind: "env", Name: "env .env", Phase: gate.PhasePre}, gate.Result{Findings: []gate.Finding{{
			Rule: "env/removed", Severity: gate.Warning, Message: "OLD_KEY is set, but 1.13.2 does not read it", Hint: "delete the line",
			Location: at("docker/.env", 7, 1), Subject: "OLD_KEY",
		}}}, 2, 3),
		ran(gate.Check{Kind: "http", Name: "webhook trigger", Phase: gate.PhasePost, Component: "api"}, notRouted("GET https://dify.example.com/triggers/webhook/x: status 404 by web, expected 404 by api"), 60, 180),
		ran(gate.Check{Kind: "http", Name: "mcp server", Phase: gate.PhasePost, Component: "api"}, notRouted("GET https://dify.example.com/triggers/mcp: status 404 by web, expected 401 by api"), 61, 140),
		ran(gate.Check{Kind: "slo", Name: "slo of the service api", Phase: gate.PhasePost, Component: "api"}, gate.Result{Evidence: map[string]any{
			"percentiles_ms": map[string]float64{"p50": 42, "p90": 120.5, "p95": 180, "p99": 460, "max": 812},
			"histogram_ms": []map[string]any{{"le": 25.0, "count": 31}, {"le": 50.0, "count": 90}, {"le": 100.0, "count": 48},
				{"le": 250.0, "count": 25}, {"le": 500.0, "count": 5}, {"le": 1000.0, "count": 1}},
			"requests": 200,
		}}, 62, 2200),
		ran(gate.Check{Kind: "redis", Name: "redis", Phase: gate.PhasePost, Component: "redis", Source: at("gate.yaml", 31, 7)}, gate.Result{Err: errors.New("redis://redis:6379: the name redis does not resolve")}, 60, 15),
		{Check: gate.Check{Kind: "celery", Name: "celery", Phase: gate.PhasePost, Needs: []string{"redis"}},
			Result: gate.Result{Skip: `needs "redis", which could not be decided`}},
	}
}

func notRouted(message string) gate.Result {
	return gate.Result{
		Findings: []gate.Finding{{Rule: "http/not-found", Severity: gate.Error, Symptom: gate.SymptomNotRouted, Message: message, Hint: "the front end answered: route the path to the api", Subject: message}},
		Evidence: map[string]any{"status": 404, "responder": "web", "timings_ms": map[string]any{"dns": 1.2, "connect": 0.8, "tls": 9.5, "first_byte": 130.0, "total": 141.5}},
	}
}

func sampleChangelog() gate.Result {
	change := func(version, kind, text string, line int) (gate.Change, gate.Finding) {
		l := at("releases.json", line, 3)
		url := "https://github.com/langgenius/dify/releases/tag/" + version
		return gate.Change{Version: version, Kind: kind, Signal: "heading", Text: text, Applies: "unknown", Location: l, URL: url, Sources: []string{"notes"}},
			gate.Finding{Rule: "changelog/" + kind, Severity: gate.Warning, Message: version + " (" + kind + "): " + text, Hint: "read the release notes and do what they ask",
				Location: l, URL: url, Text: text, Version: version, Subject: version + text}
	}
	var res gate.Result
	for i, row := range [][3]string{
		{"1.13.1", "breaking", "HITL email links are signed with a new key"},
		{"1.13.1", "action", "Ensure that a worker consumes the queue `schedule_executor`"},
		{"1.13.2", "migration", "Run flask db upgrade before starting the api"},
	} {
		c, f := change(row[0], row[1], row[2], 12+10*i)
		f.Severity = gate.Error
		res.Changes, res.Findings = append(res.Changes, c), append(res.Findings, f)
	}
	res.Changes[1].Applies, res.Changes[1].Evidence = "yes", []string{"docker/.env:31 CELERY_QUEUES lacks schedule_executor"}
	res.Changes[1].Names.Queues = []string{"schedule_executor"}
	res.RunBook = []gate.Step{
		{Version: "1.13.1", When: "before", Command: "docker compose exec db_postgres pg_dump -U postgres dify > dify.sql", Why: "migrations of this range rewrite tables"},
		{Version: "1.13.2", When: "after", Command: "docker compose exec api flask db upgrade", Why: "MIGRATION_ENABLED is false"},
	}
	res.Upgrade = &gate.Upgrade{Releases: []string{"1.13.1", "1.13.2"}, Coverage: gate.Coverage{Releases: 2, Entries: 46, Changes: 3, Unclassified: 1,
		Listed: []gate.Unclassified{{Version: "1.13.2", Text: "Watch the worker after the upgrade", Location: at("releases.json", 40, 1)}}}}
	return res
}

// crowd5000 is a run with 5,000 checks that each have a finding, half of the errors
// explained by one cause.
var crowd5000 = sync.OnceValue(func() gate.Report { return newCrowd(5000) })

// motley5000 is the same with a group for each finding.
var motley5000 = sync.OnceValue(func() gate.Report {
	rep := newCrowd(5000)
	for i := range rep.Findings {
		rep.Findings[i].Group = fmt.Sprint(i)
	}
	return rep
})

func newCrowd(n int) gate.Report {
	var list []gate.Ran
	list = append(list, ran(gate.Check{Kind: "postgres", Name: "postgres", Phase: gate.PhasePost, Component: "postgres"}, gate.Result{Findings: []gate.Finding{{
		Rule: "postgres/unreachable", Severity: gate.Error, Symptom: gate.SymptomDown, Message: "db:5432: the connection was refused, expected a session", Hint: "start the database"}}}, 0, 5))
	severities := []gate.Severity{gate.Error, gate.Warning, gate.Notice}
	for i := range n {
		f := gate.Finding{Rule: "http/status", Severity: severities[i%3], Message: fmt.Sprintf("GET https://dify.example.com/v1/%d: status 500 by api, expected 200", i), Hint: "read the api's log", Location: at("gate.yaml", 10+i, 7)}
		if i%2 == 0 {
			f.Symptom = gate.SymptomServerError
		}
		list = append(list, ran(gate.Check{Kind: "http", Name: fmt.Sprintf("end point %d", i), Phase: gate.PhasePost, Component: "api"}, gate.Result{Findings: []gate.Finding{f}}, i%977, 10+i%313))
	}
	return gate.Assemble(list, gate.Policy{FailOn: gate.FailOnError}, gate.RunInfo{Graph: dify.Graph(),
		Tool: gate.Tool{Name: "gate", Version: "0.1.0"}, Started: began, Duration: 9 * time.Second, Upgrade: gate.Upgrade{From: "1.13.0", To: "1.13.2"}, Phase: gate.PhaseAll,
	})
}
