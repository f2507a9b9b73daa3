//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPipesEndInTime: a pipe that nobody writes to ends with the deadline, wherever
// it stands, and in the code of what it stands for.
func TestPipesEndInTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		names string // the file that is a pipe, below the directory
		code  int
		says  string
	}{
		"gate.yaml of run":       {[]string{"run", "--config", "pipe", "--timeout", "1s"}, "pipe", exitUsage, "pipe: not read to its end in time"},
		"gate.yaml of changelog": {[]string{"changelog", "--config", "pipe", "--timeout", "1s", "--from", "1.13.1", "--to", "1.13.2"}, "pipe", exitUsage, "pipe: not read to its end in time"},
		"notes of changelog":     {[]string{"changelog", "--changelog", "pipe", "--timeout", "1s", "--from", "1.13.1", "--to", "1.13.2"}, "pipe", exitInconclusive, "did not stop when its time was over"},
		"notes of run":           {[]string{"run", "--changelog", "pipe", "--timeout", "1s", "--from", "1.13.1", "--to", "1.13.2", "--learn", "off"}, "pipe", exitInconclusive, ""},
		"a report of run":        {[]string{"run", "--dry-run", "--from", "1.13.1", "--to", "1.13.1", "--report", "json=pipe", "--timeout", "2s", "--learn", "off"}, "pipe", exitInternal, "report pipe: nothing read it within 2s, want a reader"},
		"gate.yaml, found":       {[]string{"run"}, "gate.yaml", exitUsage, "gate.yaml: a pipe, want a file"},
		"report":                 {[]string{"waive", "0123456789abcdef", "--reason", "r", "--until", time.Now().AddDate(0, 1, 0).Format(time.DateOnly), "--config", "gate.yaml", "--from-report", "pipe"}, "pipe", exitUsage, "pipe: a pipe, want a file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := syscall.Mkfifo(filepath.Join(dir, c.names), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.names != "gate.yaml" && c.args[0] == "waive" {
				if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte("version: 1\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var stderr bytes.Buffer
			p := &process{
				args: c.args, stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr,
				lookup: func(string) (string, bool) { return "", false }, dir: dir,
			}
			ended := make(chan int, 1)
			go func() { ended <- p.main(t.Context()) }()
			select {
			case code := <-ended:
				if code != c.code || !strings.Contains(stderr.String(), c.says) {
					t.Errorf("exit %d, %q, want %d and %q", code, stderr.String(), c.code, c.says)
				}
			case <-time.After(20 * time.Second):
				t.Error("it does not end")
			}
		})
	}
}
