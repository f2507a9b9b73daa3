package changelog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// judgement is what a reader decided about a line before any program read it.
type judgement struct{ class, quote string }

// TestJudgedBodies holds the classification on bodies of our own making: each
// NAME.md has NAME.labels, one line a quote, judged by hand with the rule of
// the truth table:
//
//	firm       an operator must know it
//	blocking   firm, and the upgrade fails when it is overlooked
//	tempting   it sounds like one of these and needs nothing
//	border     careful readers would differ; not counted
//
// GATE_BODIES names a further folder of the same form.
func TestJudgedBodies(t *testing.T) {
	folders := []string{"testdata/judged"}
	if more := os.Getenv("GATE_BODIES"); more != "" {
		folders = []string{more}
	}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.md"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no bodies (%v)", folder, err)
		}
		var all score
		for _, file := range files {
			s := judgeBody(t, file)
			t.Logf("%s: %s", filepath.Base(file), s)
			all.add(s)
		}
		t.Logf("%s: %s", folder, all)
		if all.recall() < 0.90 || all.blockingHit < all.blocking || all.tempted() > 0.10 {
			t.Errorf("%s: %s; want recall >= 0.90, of blocking items 1.00, tempting lines <= 0.10", folder, all)
		}
	}
}

// judgeBody reads one body with both line endings and scores it.
func judgeBody(t *testing.T, file string) score {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(filepath.Base(file), ".md")
	version, err := ParseVersion(name)
	if err != nil {
		version = mustVersion(t, "3.1.0")
	}
	labels := readLabels(t, strings.TrimSuffix(file, ".md")+".labels")
	for _, l := range labels {
		if !strings.Contains(squeeze(string(body)), squeeze(l.quote)) {
			t.Errorf("%s: the quote %q does not stand in the body", file, l.quote)
		}
	}
	var first score
	for i, ending := range []string{"\n", "\r\n"} {
		r := Release{Version: version, Tag: version.String(), Body: strings.ReplaceAll(string(body), "\n", ending), File: file, Line: 1, Prerelease: version.Prerelease()}
		reading := Read(SelectRange([]Release{r}, mustVersion(t, "0.0.1"), version), nil)
		s := scoreChanges(t, reading.Changes, labels, i == 0)
		if os.Getenv("GATE_SHOW") != "" && i == 0 {
			showChanges(t, name, reading, labels)
		}
		if i == 0 {
			first = s
		} else if s != first {
			t.Errorf("%s: with CRLF %s, with LF %s, want the same", file, s, first)
		}
	}
	return first
}

func showChanges(t *testing.T, name string, reading Reading, labels []judgement) {
	for _, ch := range reading.Changes {
		known := "NEW "
		for _, l := range labels {
			if tells(ch, l.quote) {
				known = l.class + " "
			}
		}
		t.Logf("%s%s:%d %s (%s) %s %q", known, name, ch.Location.Line, ch.Kind, ch.Signal, ch.Names.Env, ch.Text)
	}
	for _, e := range reading.Coverage.Unclassified {
		t.Logf("UNCLASSIFIED %s:%d %s", name, e.Location.Line, e.Text)
	}
}

func scoreChanges(t *testing.T, changes []Change, labels []judgement, say bool) score {
	t.Helper()
	var s score
	for _, l := range labels {
		var by *Change
		for i := range changes {
			if tells(changes[i], l.quote) {
				by = &changes[i]
				break
			}
		}
		s.count(l.class, by != nil)
		switch {
		case !say:
		case by == nil && (l.class == "firm" || l.class == "blocking"):
			t.Logf("missed (%s): %s", l.class, l.quote)
		case by != nil && l.class == "tempting":
			t.Logf("flagged as %s (%s): %s\n   by %s", by.Kind, by.Signal, l.quote, by.Text)
		case l.class == "border":
			t.Logf("border, found %v: %s", by != nil, l.quote)
		}
	}
	return s
}

// tells applies the scorer's rule: 60 % of the shorter one's words are the
// other's too.
func tells(ch Change, quote string) bool {
	set := wordSet(quote)
	if overlap(set, wordSet(ch.Text)) >= 0.6 {
		return true
	}
	for _, also := range ch.Also {
		if overlap(set, wordSet(also.Text)) >= 0.6 {
			return true
		}
	}
	return false
}

func readLabels(t *testing.T, file string) []judgement {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var labels []judgement
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		class, quote, _ := strings.Cut(line, " ")
		if class != "firm" && class != "blocking" && class != "tempting" && class != "border" || quote == "" {
			t.Fatalf("%s: %q, want a class and a quote", file, line)
		}
		labels = append(labels, judgement{class, quote})
	}
	return labels
}

// squeeze leaves bold signs and line breaks out.
func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "**", "")), " ")
}
