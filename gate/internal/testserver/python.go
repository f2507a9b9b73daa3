package testserver

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Python runs a program with Debian's Python until the test ends. The program
// listens on PORT; it is up when it answers HTTP. A machine that lacks one of
// the modules skips the test.
func Python(t testing.TB, program string, modules ...string) string {
	t.Helper()
	python := Find(t, "python3")
	if _, err := os.Stat("/usr/bin/python3"); err == nil {
		python = "/usr/bin/python3" // Debian's own, which sees Debian's packages
	}
	for _, m := range modules {
		if exec.Command(python, "-c", "import "+m).Run() != nil {
			Missing(t, "Python's "+m+" is not installed")
		}
	}
	port := Port(t)
	file := filepath.Join(t.TempDir(), "server.py")
	if err := os.WriteFile(file, fmt.Appendf(nil, "PORT = %d\n%s", port, program), 0o600); err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	p := Start(t, Command{Path: python, Args: []string{file}})
	p.Wait(func() error {
		resp, err := http.Get(url)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	})
	return url
}
