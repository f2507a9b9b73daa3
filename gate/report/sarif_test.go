package report

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// readSARIF decodes a document into the same shape, refusing unknown members.
func readSARIF(t *testing.T, doc string) sarifRun {
	t.Helper()
	var log sarifLog
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %q with %d runs, want 2.1.0 with one", log.Version, len(log.Runs))
	}
	return log.Runs[0]
}

// TestSARIFByItsReadersRules restates the standard's demands on what the gate
// writes, and the limits of GitHub's and GitLab's code scanning.
func TestSARIFByItsReadersRules(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		doc := render(t, "sarif", rep)
		run := readSARIF(t, doc)
		if len(doc) > 10_000_000 || len(run.Results) > 5000 || len(run.Tool.Driver.Rules) > 25_000 {
			t.Errorf("%s: %d bytes, %d results", name, len(doc), len(run.Results))
		}
		if run.Tool.Driver.Version == "" || !strings.HasSuffix(run.Automation.ID, "/") {
			t.Errorf("%s: tool %q, automation %q", name, run.Tool.Driver.Version, run.Automation.ID)
		}
		for _, rule := range run.Tool.Driver.Rules {
			for _, text := range []string{rule.Short.Text, rule.Full.Text, rule.Help.Text} {
				if n := utf8.RuneCountInString(text); n == 0 || n > 1024 {
					t.Errorf("%s: rule %s has a text of %d characters, want 1 to 1024", name, rule.ID, n)
				}
			}
			if tags, _ := rule.Properties["tags"].([]any); len(tags) > 10 || len(rule.Name) > 255 {
				t.Errorf("%s: rule %s with %d tags", name, rule.ID, len(tags))
			}
		}
		for _, r := range run.Results {
			if r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
				t.Fatalf("%s: rule index %d is not %s", name, r.RuleIndex, r.RuleID)
			}
			if n := utf8.RuneCountInString(r.Message.Text); n == 0 || n > 1024 {
				t.Errorf("%s: a message of %d characters, want 1 to 1024", name, n)
			}
			if !slices.Contains([]string{"error", "warning", "note"}, r.Level) || r.Fingerprints["primaryLocationLineHash"] == "" {
				t.Errorf("%s: level %q, fingerprints %v", name, r.Level, r.Fingerprints)
			}
			if len(r.Locations) != 1 {
				t.Fatalf("%s: %d locations, want one", name, len(r.Locations))
			}
			for _, l := range slices.Concat(r.Locations, r.Related) {
				region, uri := l.Physical.Region, l.Physical.Artifact.URI
				u, err := url.Parse(uri)
				if err != nil || uri == "" || u.IsAbs() || strings.HasPrefix(uri, "/") || strings.HasPrefix(uri, "..") {
					t.Errorf("%s: address %q (%v), want one relative to the root", name, uri, err)
				}
				if region.StartLine < 1 || region.EndLine != 0 && region.EndLine < region.StartLine || region.StartColumn < 0 {
					t.Errorf("%s: region %+v", name, region)
				}
			}
		}
	}
}

func TestSARIFTellsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	rep := crowd5000() // and the database's finding: 5,001
	run := readSARIF(t, render(t, "sarif", rep))
	if len(run.Results) != 5000 {
		t.Fatalf("%d results, want 5,000", len(run.Results))
	}
	notes := run.Invocations[0].Notifications
	if len(notes) != 1 || !strings.HasPrefix(notes[0].Message.Text, "1 finding left out") {
		t.Errorf("notifications %+v, want one about the finding left out", notes)
	}
	if run.Results[0].Level != "error" || run.Results[4999].Level != "note" {
		t.Error("the results are not in the order of weight")
	}
	// The limit in bytes counts too. Other tests read the same report.
	rep.Findings = slices.Clone(rep.Findings)
	for i := range rep.Findings {
		if i%2 == 0 {
			rep.Findings[i].Message = strings.Repeat("漢", 3000)
		}
	}
	doc := render(t, "sarif", rep)
	run = readSARIF(t, doc)
	if len(doc) > 10_000_000 || len(run.Results)+len(run.Invocations[0].Notifications) == 0 {
		t.Errorf("%d bytes with %d results", len(doc), len(run.Results))
	}
}

func TestSARIFWaivedAndUndecided(t *testing.T) {
	t.Parallel()
	run := readSARIF(t, render(t, "sarif", sample()))
	waived := 0
	for _, r := range run.Results {
		if len(r.Suppressions) > 0 {
			waived++
			if r.Suppressions[0].Kind != "external" || !strings.Contains(r.Suppressions[0].Justification, "we send no HITL mail") {
				t.Errorf("suppression %+v", r.Suppressions[0])
			}
		}
	}
	if waived != 1 {
		t.Errorf("%d suppressed results, want the waived one", waived)
	}
	if inv := run.Invocations[0]; !inv.Successful || len(inv.Notifications) != 1 || !strings.Contains(inv.Notifications[0].Message.Text, "redis could not be decided") {
		t.Errorf("invocation %+v", inv)
	}
	undecided := gate.Assemble(sampleRan()[6:7], gate.Policy{}, gate.RunInfo{Graph: dify.Graph(), Started: began})
	if inv := readSARIF(t, render(t, "sarif", undecided)).Invocations[0]; inv.Successful {
		t.Error("an inconclusive run claims success")
	}
}

func TestPlacesInTheRepository(t *testing.T) {
	t.Parallel()
	o := Options{Dir: "deploy", Config: "conf/gate.yaml"}
	for _, c := range []struct {
		in   *gate.Location
		want repoPlace
	}{
		{nil, repoPlace{File: "deploy/conf/gate.yaml", Line: 1}},
		{&gate.Location{File: "./.env", Line: 3, Column: 2, EndLine: 3}, repoPlace{File: "deploy/.env", Line: 3, Column: 2}},
		{&gate.Location{File: "../nginx.conf", Line: 0, EndLine: 4}, repoPlace{File: "nginx.conf", Line: 1, EndLine: 4}},
		{&gate.Location{File: "../../x", Line: 2}, repoPlace{File: "deploy/conf/gate.yaml", Line: 1, Lost: "../../x:2"}},
		{&gate.Location{File: "/etc/nginx.conf", Line: 2}, repoPlace{File: "deploy/conf/gate.yaml", Line: 1, Lost: "/etc/nginx.conf:2"}},
		{&gate.Location{File: "https://github.com/a/b", Line: 2}, repoPlace{File: "deploy/conf/gate.yaml", Line: 1, Lost: "https://github.com/a/b:2"}},
	} {
		if got := o.placeIn(c.in); got != c.want {
			t.Errorf("%v: got %+v, want %+v", c.in, got, c.want)
		}
	}
}
