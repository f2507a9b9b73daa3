package report

import (
	"os"
	"os/exec"
	"testing"
)

// program finds a program that a test needs. Where it is missing the test is
// skipped, but not in CI, where that would hide a test that never runs.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%v: not installed, and CI has to have it", names)
	}
	t.Skipf("%v: not installed", names)
	return ""
}
