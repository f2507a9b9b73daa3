package changelog

import (
	"os"
	"strings"
	"testing"
)

// TestInventedLines holds the classification to lines of our own making, so
// that the forms do not grow around the texts at hand.
func TestInventedLines(t *testing.T) {
	text, err := os.ReadFile("testdata/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.SplitN(line, " | ", 3)
		if len(part) != 3 {
			t.Fatalf("line %d has %d parts, want 3", i+1, len(part))
		}
		title, listed := strings.CutPrefix(part[1], "^")
		bullet := part[2]
		if listed {
			bullet += " by @some-one in https://github.com/langgenius/dify/pull/41234"
		}
		body := "- " + bullet + "\n"
		if title != "" {
			body = "## " + title + "\n\n" + body
		}
		entries, _ := ParseEntries(Release{Version: mustVersion(t, "1.15.0"), Body: body, Line: 1})
		changes, _ := classify(Release{Version: mustVersion(t, "1.15.0")}, entries, nil)
		got := "-"
		if len(changes) > 0 {
			got = string(changes[0].Kind) + " (" + changes[0].Signal + ")"
		}
		want := strings.Split(part[0], "/")
		ok := false
		for _, w := range want {
			ok = ok || w == "-" && len(changes) == 0 || len(changes) > 0 && string(changes[0].Kind) == strings.TrimSpace(w)
		}
		if !ok {
			t.Errorf("line %d: got %s, want %s: %s", i+1, got, part[0], part[2])
		}
	}
}
