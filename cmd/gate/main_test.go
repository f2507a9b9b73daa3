package main

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts two programs on PATH. "gate" is the real binary, built once and
// without the race detector, which makes a start five times slower: scripts test
// what a command says. "gate-race" is the main of this test binary, with the
// detector when the tests have it, for tests in which much happens at once.
func TestMain(m *testing.M) {
	testscript.Main(builtGate{m}, map[string]func(){"gate-race": main})
}

// builtGate builds the gate before the tests run.
type builtGate struct{ m *testing.M }

func (b builtGate) Run() int {
	dir, err := os.MkdirTemp("", "gate-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// The stamp of the version control needs git, and differs from commit to commit.
	build := exec.Command("go", "build", "-buildvcs=false", "-o", dir+string(os.PathSeparator), ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return b.m.Run()
}

// program is the path of a program that a test needs. Without it the test is
// skipped at a desk, and fails in CI, where a skip would hide that it never runs.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%v, and CI has to have it", err)
	}
	t.Skip(err)
	return ""
}
