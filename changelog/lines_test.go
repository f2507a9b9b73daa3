package changelog

import (
	"os"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

// line is a sentence of our own making and what it is.
type line struct {
	number  int
	kinds   []string // any of them is right; "-" is no change
	heading string
	text    string
	listed  bool // in a list of pull requests
}

// readLines reads "kind/kind | heading | line" lines.
func readLines(t *testing.T, file string) []line {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []line
	for i, s := range strings.Split(string(text), "\n") {
		if s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		part := strings.SplitN(s, " | ", 3)
		if len(part) != 3 {
			t.Fatalf("%s:%d has %d parts, want 3", file, i+1, len(part))
		}
		l := line{number: i + 1, kinds: strings.Split(strings.ReplaceAll(part[0], " ", ""), "/"), text: part[2]}
		l.heading, l.listed = strings.CutPrefix(part[1], "^")
		list = append(list, l)
	}
	return list
}

// read reads the line as the only bullet of a release.
func (l line) read(t *testing.T) []Change {
	t.Helper()
	bullet := l.text
	if l.listed {
		bullet += " by @some-one in https://github.com/langgenius/dify/pull/41234"
	}
	body := "- " + bullet + "\n"
	if l.heading != "" {
		body = "## " + l.heading + "\n\n" + body
	}
	r := Release{Version: mustVersion(t, "1.15.0"), Body: body, Line: 1}
	entries, _ := ParseEntries(r)
	changes, _ := newJudge(model.Default()).classify(r, entries, nil)
	return changes
}

// verdicts compares what was found with what is right: whether it is a change,
// and of which kind.
func (l line) verdicts(t *testing.T) (change, kind bool) {
	changes := l.read(t)
	for _, want := range l.kinds {
		if want == "-" && len(changes) == 0 {
			return true, true
		}
		if want != "-" && len(changes) > 0 {
			change = true
			for _, ch := range changes {
				kind = kind || string(ch.Kind) == want
			}
		}
	}
	return change, kind
}

// TestInventedLines: the model was trained on these lines among others, so it
// must know nearly all of them; a retraining that forgets them fails here.
func TestInventedLines(t *testing.T) {
	t.Parallel()
	lines := readLines(t, "testdata/lines.txt")
	change, kind, asked := 0, 0, 0
	for _, l := range lines {
		isChange, isKind := l.verdicts(t)
		if isChange {
			change++
		} else {
			t.Logf("line %d: want %v: %s", l.number, l.kinds, l.text)
		}
		if l.kinds[0] == "-" {
			continue
		}
		asked++
		if isKind {
			kind++
		}
	}
	if 100*change < 94*len(lines) || 100*kind < 80*asked {
		t.Errorf("%d of %d lines are judged right, and %d of %d of the right kind; want 94 %% and 80 %%", change, len(lines), kind, asked)
	}
}

// TestUnseenLines reads sentences that no training saw.
func TestUnseenLines(t *testing.T) {
	t.Parallel()
	lines := readLines(t, "testdata/unseen.txt")
	right := 0
	for _, l := range lines {
		if ok, _ := l.verdicts(t); ok {
			right++
		} else {
			t.Logf("line %d: want %v: %s", l.number, l.kinds, l.text)
		}
	}
	if 100*right < 80*len(lines) {
		t.Errorf("%d of %d unseen lines are judged right, want 80 %%", right, len(lines))
	}
}
