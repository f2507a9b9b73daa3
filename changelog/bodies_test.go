package changelog

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInventedBodies reads whole bodies of our own making, which no training
// saw. A .want file has a line for each change that must be found (kinds, then
// words of its text or names), and a line "not …" for words that must be in no
// change. What is found must not depend on the line endings.
func TestInventedBodies(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/bodies/*.md")
	if len(files) == 0 {
		t.Fatal("no bodies")
	}
	right, all := 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".md") + ".want")
		if err != nil {
			t.Fatal(err)
		}
		lf, crlf := readBody(t, string(body)), readBody(t, strings.ReplaceAll(string(body), "\n", "\r\n"))
		for line := range strings.Lines(string(want)) {
			kinds, said, _ := strings.Cut(strings.TrimSpace(line), " ")
			all++
			wrong := checkBody(lf.Changes, kinds, said)
			if wrong == "" {
				right++
			} else {
				t.Logf("%s: %s", file, wrong)
			}
			if (checkBody(crlf.Changes, kinds, said) == "") != (wrong == "") {
				t.Errorf("%s: %q is read in another way with CRLF", file, said)
			}
		}
	}
	if 100*right < 90*all {
		t.Errorf("%d of %d are right, want 90 %%", right, all)
	}
}

// checkBody says what is wrong about the words of one line, or "".
func checkBody(changes []Change, kinds, said string) string {
	for _, ch := range changes {
		text := ch.Text
		for _, also := range ch.Also {
			text += " " + also.Text
		}
		if overlap(wordSet(said), wordSet(text)) < 1 || common(wordSet(said), wordSet(text)) < len(wordSet(said)) {
			continue
		}
		if kinds == "not" {
			return fmt.Sprintf("%q is a change (%s, %s): %s, want none", said, ch.Kind, ch.Signal, ch.Text)
		}
		if slices.Contains(strings.Split(kinds, ","), string(ch.Kind)) {
			return ""
		}
	}
	if kinds == "not" {
		return ""
	}
	return fmt.Sprintf("no change %s with %q", kinds, said)
}
