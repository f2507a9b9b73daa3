//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// TestInterrupt sends a signal into the middle of a run: 130, one whole report
// with what is known, and the checks not run marked so.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{}, 10)
			s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					arrived <- struct{}{}
					<-r.Context().Done()
				}
			}))
			defer s.Close()
			dir := t.TempDir()
			// One at a time, so that the slow one holds up the last.
			text := strings.ReplaceAll(`
version: 1
run: {concurrency: 2}
checks:
  http:
    - {name: quick, url: "URL/ok"}
    - {name: slow, url: "URL/slow", needs: [quick]}
    - {name: waits, url: "URL/ok", needs: [slow]}
`, "URL", s.URL)
			if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			cmd := exec.Command("gate-race", "run", "--format", "json", "--report", "junit=gate.xml")
			cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-arrived:
			case <-time.After(30 * time.Second):
				_ = cmd.Process.Kill()
				t.Fatal("the slow check never began")
			}
			sent := time.Now()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			// As timeout(1) does, which signals the process and then its group.
			for range 20 {
				time.Sleep(200 * time.Microsecond)
				_ = cmd.Process.Signal(sig)
			}
			err := cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Fatalf("got %v, want exit 130; stderr: %s", err, stderr.String())
			}
			// GitHub's runner kills 10 s after the first signal.
			if took := time.Since(sent); took > 7*time.Second {
				t.Errorf("the report took %s, want less than 7s", took)
			}
			var rep gate.Report
			if err := json.Unmarshal(stdout.Bytes(), &rep); err != nil {
				t.Fatalf("stdout is not one document: %v\n%s", err, stdout.String())
			}
			got := map[string]gate.Outcome{}
			reasons := map[string]string{}
			for _, c := range rep.Checks {
				got[c.Name], reasons[c.Name] = c.Outcome, c.Reason
			}
			if got["quick"] != gate.OutcomePass || got["slow"] != gate.OutcomeError || got["waits"] != gate.OutcomeSkip {
				t.Errorf("got outcomes %v, want quick pass, slow error, waits skip", got)
			}
			if !strings.Contains(reasons["slow"], "interrupted") || !strings.Contains(reasons["waits"], "interrupted") {
				t.Errorf("got reasons %v, want the interruption in them", reasons)
			}
			if rep.Verdict != gate.VerdictInconclusive || !rep.Interrupted {
				t.Errorf("got verdict %s, interrupted %v, want inconclusive, true", rep.Verdict, rep.Interrupted)
			}
			if _, err := os.Stat(filepath.Join(dir, "gate.xml")); err != nil {
				t.Errorf("the report file was not written: %v", err)
			}
		})
	}
}
