package report

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
)

// upgrade is a run over the files of an old release, as an operator meets it: a
// route that is missing, images to change, public secrets, new variables, notes.
func upgrade(releases int) gate.Report {
	var own []gate.Finding
	add := func(n int, rule string, severity gate.Severity, impact gate.Impact, message, hint string) {
		for i := range n {
			own = append(own, gate.Finding{Rule: rule, Severity: severity, Impact: impact, Location: at("docker/.env", 10+i, 1),
				Message: fmt.Sprintf(message, i), Hint: strings.ReplaceAll(hint, "#", fmt.Sprint(i)), Subject: fmt.Sprint(rule, message, i)})
		}
	}
	add(9, "env/public-secret", gate.Error, "", "SECRET_%d still has the public default of Dify's repository", "generate SECRET_# with openssl rand -hex 32")
	add(4, "upgrade/version-skew", gate.Error, "", "service_%d runs langgenius/dify-api:1.13.3, and Dify 1.14.2 needs another image", "set the tag to 1.14.#")
	add(1, "proxy/route-missing", gate.Error, "", "/socket.io/%d has no route of its own: location / takes it to web:3000, and it belongs to api_websocket:5001",
		"add to the server:\nlocation /socket.io/ {\n  proxy_pass http://api_websocket:5001;\n  include proxy.conf;\n}")
	add(1, "upgrade/undeclared", gate.Warning, gate.ImpactBreaks, "nginx uses NGINX_SOCKET_IO_UPSTREAM_%d, which nothing sets: nginx would refuse to start", "take over the nginx service")
	add(3, "env/default-changed", gate.Warning, "", "GRAPH_%d is 1, and the new default is 3", "set it to the new default, or keep yours on purpose")
	add(4, "env/removed", gate.Warning, "", "OLD_%d no longer exists in 1.14.2", "remove it")
	add(33, "env/new", gate.Notice, "", "NEW_%d is new since 1.14.0", "set it if the default does not fit")
	var notes gate.Result
	for v := range releases {
		for i, kind := range []string{"action", "config", "config", "security", "security", "deprecation"} {
			version, text := fmt.Sprintf("1.14.%d", v), fmt.Sprintf("%d. a line of the notes that asks an operator for something or other, and goes on and on", i)
			severity := gate.Warning
			switch kind {
			case "action":
				severity = gate.Error
			case "security":
				severity = gate.Notice
			}
			notes.Changes = append(notes.Changes, gate.Change{Version: version, Kind: kind, Text: text, Applies: map[bool]string{true: "no", false: "unknown"}[kind == "deprecation"]})
			notes.Findings = append(notes.Findings, gate.Finding{Rule: "changelog/" + kind, Severity: severity, Message: version + ": " + text, Hint: "read the entry",
				Text: text, Version: version, Location: at("notes.md", 10*v+i, 1), Subject: version + text})
		}
		notes.RunBook = append(notes.RunBook, gate.Step{Version: fmt.Sprint(v), When: "before", Command: "docker compose exec db pg_dump", Why: "migrations"})
	}
	list := make([]string, releases)
	notes.Upgrade = &gate.Upgrade{Releases: list, Coverage: gate.Coverage{Releases: releases, Entries: 200, Changes: len(notes.Changes)}}
	// A note that names a default is one with the finding of that variable.
	notes.Changes = append(notes.Changes, gate.Change{Version: "1.14.0", Kind: "config", Text: "GRAPH_1 is 3 now", Applies: "unknown", Names: gate.Names{Env: []string{"GRAPH_1"}}})
	notes.Findings = append(notes.Findings, gate.Finding{Rule: "changelog/config", Severity: gate.Warning, Message: "GRAPH_1 is 3 now", Text: "GRAPH_1 is 3 now", Version: "1.14.0", Hint: "compare"})
	ran := []gate.Ran{
		ran(gate.Check{Kind: "changelog", Name: "changelog", Phase: gate.PhasePre}, notes, 1, 10),
		ran(gate.Check{Kind: "env", Name: "env", Phase: gate.PhasePre}, gate.Result{Findings: own}, 1, 10),
	}
	for i := range 11 {
		ran = append(ran, gate.Ran{Check: gate.Check{Kind: "lockfile", Name: fmt.Sprintf("lockfile %d", i), Phase: gate.PhasePre}, Result: gate.Result{Skip: "no lockfile was found"}})
	}
	return gate.Assemble(ran, gate.Policy{FailOn: gate.FailOnError}, gate.RunInfo{Tool: gate.Tool{Name: "gate", Version: "0.1.0"}, Started: began, URL: "https://user:pw@dify.example.com/x",
		Upgrade: gate.Upgrade{From: "1.13.3", To: "1.14.2"}, Phase: gate.PhasePre})
}

func textOf(t *testing.T, rep gate.Report, o TextOptions) string {
	t.Helper()
	return string(rendered(t, func(w io.Writer) error { return Text(w, rep, o) }))
}

// TestTextFitsAScreen: the text keeps to its lines, shows what breaks first, and
// no error is left out.
func TestTextFitsAScreen(t *testing.T) {
	t.Parallel()
	for releases, limit := range map[int]int{3: 60, 14: 120} {
		rep := upgrade(releases)
		doc := textOf(t, rep, TextOptions{})
		if n := strings.Count(doc, "\n"); n > limit {
			t.Errorf("%d releases: %d lines, want at most %d:\n%s", releases, n, limit, doc)
		}
		for _, line := range strings.Split(doc, "\n")[1:] {
			if columns(line) > pipeWidth {
				t.Errorf("%d releases: a line of %d columns: %s", releases, columns(line), line)
			}
		}
		order := regexp.MustCompile(`(?s)breaks with this upgrade.*proxy/route-missing.*location /socket\.io/ \{.*4 × upgrade/version-skew.*would refuse to start.*may break.*9 × env/public-secret`)
		if !order.MatchString(doc) {
			t.Errorf("%d releases: not in order:\n%s", releases, doc)
		}
		if strings.Contains(doc, "changelog/deprecation") || !strings.Contains(doc, "1 finding that others cover, "+count(releases, "release note")+" that do not apply here") {
			t.Errorf("%d releases: what does not apply is shown, or not counted:\n%s", releases, doc)
		}
		all := textOf(t, rep, TextOptions{Verbose: true})
		for _, f := range rep.Findings {
			if !strings.Contains(all, f.Fingerprint) {
				t.Errorf("%d releases: -v lacks %s", releases, f.Message)
			}
		}
	}
}

// TestCommentFitsAScreen counts the lines of a comment with its folds closed.
func TestCommentFitsAScreen(t *testing.T) {
	t.Parallel()
	for _, rep := range []gate.Report{upgrade(3), upgrade(14), crowd5000(), motley5000(), sample()} {
		lines, deep := 0, 0
		for _, line := range strings.Split(render(t, "markdown", rep), "\n") {
			switch {
			case strings.HasPrefix(line, "<details>"):
				lines, deep = lines+1, deep+1
			case strings.HasPrefix(line, "</details>"):
				deep--
			case deep == 0:
				lines++
			}
		}
		if lines > 60 {
			t.Errorf("%d lines, want at most 60", lines)
		}
	}
	doc := render(t, "markdown", upgrade(3))
	if first := strings.Index(doc, "/socket.io/0 has no route"); first < 0 || first > strings.Index(doc, "service_0 runs") || first > strings.Index(doc, "<details>") {
		t.Error("the comment does not begin with what breaks")
	}
}

// TestImpactInEveryFormat: what this upgrade does not change is quieter than what
// it breaks.
func TestImpactInEveryFormat(t *testing.T) {
	t.Parallel()
	rep := upgrade(3)
	if f := rep.Findings[0]; f.Rule != "proxy/route-missing" || f.Impact != gate.ImpactBreaks {
		t.Errorf("the first finding is %+v", f)
	}
	annotations := string(rendered(t, func(w io.Writer) error { return Annotations(w, rep, AnnotationOptions{}) }))
	commands := runnerCommands(annotations)
	if !strings.HasPrefix(commands[0].data, "/socket.io/0 has no route") || !strings.Contains(annotations, "would refuse to start") || !strings.Contains(annotations, "9 × env/public-secret") {
		t.Errorf("annotations:\n%s", annotations)
	}
	run := readSARIF(t, render(t, "sarif", rep))
	if r := run.Results[0]; r.Level != "error" || r.Rank != 90 {
		t.Errorf("the first result has level %s and rank %v", r.Level, r.Rank)
	}
	for _, r := range run.Results {
		if r.RuleID == "env/public-secret" && (r.Level != "warning" || r.Rank != 40) {
			t.Errorf("a public secret has level %s and rank %v, want warning and 40", r.Level, r.Rank)
		}
	}
	var items []qualityItem
	if err := json.Unmarshal([]byte(render(t, "codequality", rep)), &items); err != nil {
		t.Fatal(err)
	}
	severities := map[string]string{}
	for _, item := range items {
		severities[item.CheckName] = item.Severity
	}
	for rule, want := range map[string]string{"proxy/route-missing": "blocker", "env/public-secret": "minor", "env/removed": "major", "env/new": "", "changelog/security": ""} {
		if severities[rule] != want {
			t.Errorf("code quality: %s is %q, want %q", rule, severities[rule], want)
		}
	}
	junit := render(t, "junit", rep)
	if suite := regexp.MustCompile(`<testsuite name="gate pre: env"[^>]* tests="55" failures="14"`); !suite.MatchString(junit) {
		t.Errorf("junit has no suite with a case a finding:\n%s", junit[:min(len(junit), 3000)])
	}
	page := render(t, "html", rep)
	if !strings.Contains(page, "dify.example.com") || strings.Contains(page, "user:pw") {
		t.Error("the page does not say the host, or says too much")
	}
}

// TestLinksAreNamedByTheirHost: a release note's link is none of ours.
func TestLinksAreNamedByTheirHost(t *testing.T) {
	t.Parallel()
	rep := sample()
	for i := range rep.Changes {
		rep.Changes[i].URL = "https://evil.example/release"
	}
	for i := range rep.Findings {
		rep.Findings[i].URL = "https://evil.example/source"
	}
	doc := render(t, "markdown", rep)
	if !strings.Contains(doc, "[evil.example](<https://evil.example/release>)") || strings.Contains(doc, "[release]") || strings.Contains(doc, "[source]") {
		t.Error("markdown labels the link of a note as its own")
	}
	if page := render(t, "html", rep); !strings.Contains(page, `>evil.example</a>`) || strings.Contains(page, `>release notes</a>`) {
		t.Error("the page labels the link of a note as its own")
	}
}
