// Package testserver starts the real servers that tests need: one file a server, each on a free loopback port in a
// temporary directory, stopped when the test ends. A test whose program is not installed is skipped with the reason,
// and fails where the environment has CI=true.
package testserver

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Find is the path of the first of the programs that is installed; without one the test ends.
func Find(t testing.TB, programs ...string) string {
	t.Helper()
	for _, p := range programs {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
		for _, pattern := range []string{"/usr/sbin/", "/usr/local/sbin/", "/usr/lib/postgresql/*/bin/"} {
			if found, _ := filepath.Glob(pattern + p); len(found) > 0 {
				return found[len(found)-1]
			}
		}
	}
	Missing(t, strings.Join(programs, " or ")+" is not installed")
	return ""
}

// Missing ends a test that lacks something of the machine: it is skipped with the reason at a desk, and fails in CI,
// where a skip would hide that it never runs.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s, and CI has to have it", reason)
	}
	t.Skip(reason)
}

// Port is a loopback TCP port that was free a moment ago.
func Port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Await waits until something accepts at addr; log is shown when nothing ever does.
func Await(t testing.TB, addr string, log func() string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nothing listens on %s:\n%s", addr, log())
}
