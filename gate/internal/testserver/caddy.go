package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Caddy starts a Caddy with the Caddyfile text, which has to listen on addr, and waits until it does. It gets no
// certificates and has no admin interface.
func Caddy(t testing.TB, dir, addr, text string) {
	t.Helper()
	file := caddyFile(t, dir, "{\n\tadmin off\n\tauto_https off\n}\n"+text)
	run(t, addr, Find(t, "caddy"), "run", "--config", file, "--adapter", "caddyfile")
}

// CaddyTest is nil when Caddy takes the Caddyfile text.
func CaddyTest(t testing.TB, dir, text string) error {
	t.Helper()
	out, err := exec.Command(Find(t, "caddy"), "adapt", "--config", caddyFile(t, dir, text), "--adapter", "caddyfile").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func caddyFile(t testing.TB, dir, text string) string {
	t.Helper()
	file := filepath.Join(dir, "Caddyfile.test")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
