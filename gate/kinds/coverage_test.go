package kinds

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCoverage holds docs/coverage.md against the rules and the tests: each row
// names a rule of its kind, and a test (or a script of the command line) whose
// file names the rule; each rule has a row.
func TestCoverage(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"*_test.go", "../explain/*_test.go", "../check/*/*_test.go", "../../cmd/gate/testdata/script/*.txtar"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, want files", pattern, err)
		}
		files = append(files, found...)
	}
	sources := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources[name] = string(text)
	}
	listed := map[string]bool{}
	for _, line := range strings.Split(string(doc), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[3], "/") {
			continue
		}
		kind, rule, test := strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])
		listed[rule] = true
		if !strings.HasPrefix(rule, kind+"/") {
			t.Errorf("%s is no rule of %s", rule, kind)
		}
		found := false
		for name, text := range sources {
			is := filepath.Base(name) == test || strings.Contains(text, "func "+test+"(t *testing.T)")
			found = found || is && strings.Contains(text, rule)
		}
		if !found {
			t.Errorf("%s: no test %s in a file that names the rule", rule, test)
		}
	}
	for _, r := range Rules() {
		if !listed[r.ID] {
			t.Errorf("%s has no row in docs/coverage.md", r.ID)
		}
		delete(listed, r.ID)
	}
	for rule := range listed {
		t.Errorf("docs/coverage.md names %s, which is no rule", rule)
	}
}
