package changelog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInventedBodies reads whole bodies of our own making. A .want file has a
// line for each change that must be found (kinds, then words of its text or
// names), and a line "not …" for words that must be in no change.
func TestInventedBodies(t *testing.T) {
	files, _ := filepath.Glob("testdata/bodies/*.md")
	if len(files) == 0 {
		t.Fatal("no bodies")
	}
	for _, file := range files {
		for _, ending := range []string{"\n", "\r\n"} {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := Release{Version: mustVersion(t, "3.1.0"), Body: strings.ReplaceAll(string(body), "\n", ending), File: file, Line: 1}
			reading := Read(SelectRange([]Release{r}, mustVersion(t, "1.0.0"), r.Version), nil)
			want, err := os.ReadFile(strings.TrimSuffix(file, ".md") + ".want")
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(strings.TrimSpace(string(want)), "\n") {
				kinds, said, _ := strings.Cut(line, " ")
				checkBody(t, file, reading.Changes, kinds, said)
			}
			if t.Failed() {
				for _, ch := range reading.Changes {
					t.Logf("%s:%d %s (%s) [%s] %s %v", file, ch.Location.Line, ch.Kind, ch.Signal, ch.Context, ch.Text, ch.Names)
				}
				return
			}
		}
	}
}

func checkBody(t *testing.T, file string, changes []Change, kinds, said string) {
	t.Helper()
	for _, ch := range changes {
		text := ch.Text
		for _, also := range ch.Also {
			text += " " + also.Text
		}
		set := wordSet(text)
		all := true
		for w := range wordSet(said) {
			all = all && set[w]
		}
		if !all {
			continue
		}
		if kinds == "not" {
			t.Errorf("%s: %q is a change (%s, %s): %s, want none", file, said, ch.Kind, ch.Signal, ch.Text)
			return
		}
		for _, kind := range strings.Split(kinds, ",") {
			if string(ch.Kind) == kind {
				return
			}
		}
	}
	if kinds != "not" {
		t.Errorf("%s: no change %s with %q", file, kinds, said)
	}
}
