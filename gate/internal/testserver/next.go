package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// nextApp is a front end of one page.
var nextApp = map[string]string{
	"package.json":   `{"private": true, "dependencies": {"next": "15.5.6", "react": "19.1.1", "react-dom": "19.1.1"}}`,
	"pages/index.js": "export default function Page() { return 'the front end' }\n",
}

// Next builds and starts a real Next.js from npm's registry and returns its
// URL. Where npm cannot reach its registry the test is skipped, except in CI.
func Next(t testing.TB) string {
	t.Helper()
	npm, node := Find(t, "npm"), Find(t, "node")
	dir := t.TempDir()
	for name, text := range nextApp {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next := filepath.Join(dir, "node_modules", "next", "dist", "bin", "next")
	if out, err := inNext(dir, npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"); err != nil {
		Missing(t, fmt.Sprintf("npm cannot install Next.js: %v\n%s", err, out))
	}
	if out, err := inNext(dir, node, next, "build"); err != nil {
		t.Fatalf("next build: %v\n%s", err, out)
	}
	port := Port(t)
	run(t, fmt.Sprintf("127.0.0.1:%d", port), node, next, "start", dir, "--hostname", "127.0.0.1", "--port", fmt.Sprint(port))
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

// inNext runs a program in the app's directory.
func inNext(dir, program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1", "CI=true")
	return cmd.CombinedOutput()
}
