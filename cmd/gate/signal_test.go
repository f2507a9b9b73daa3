//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// terms is how often each command gets a signal; CI has the time for more.
func terms() int {
	if os.Getenv("CI") == "true" {
		return 13 // of eight commands: a hundred
	}
	return 5
}

// TestSignalEndsEveryCommand sends SIGTERM or SIGINT at random moments: the command
// ends within two seconds, by the signal before it listens and with 130 or its own
// code after, and what it wrote is whole.
func TestSignalEndsEveryCommand(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	t.Cleanup(silent.CloseClientConnections)
	config := fmt.Sprintf("version: 1\ndify: {profile: none}\nchecks:\n  http:\n    - {name: a, url: %s/a, timeout: 20s}\n    - {name: b, url: %s/b, timeout: 20s}\n", silent.URL, silent.URL)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"run":                 {"run", "--format", "json", "--report", "json=gate.json", "--report", "html=gate.html"},
		"run, a pipe":         {"run", "--config", pipe},
		"changelog":           {"changelog", "--from", "1.13.1", "--to", "1.13.2", "--changelog", silent.URL, "--format", "json"},
		"changelog, a pipe":   {"changelog", "--from", "1.13.1", "--to", "1.13.2", "--changelog", pipe, "--format", "json"},
		"diagnose":            {"diagnose", silent.URL, "--timeout", "30s"},
		"validate, a pipe":    {"validate", "--config", pipe},
		"serve":               {"serve", "--token", serveToken, "--listen", "127.0.0.1:0"},
		"serve, during a run": {"serve", "--token", serveToken, "--listen", freePort(t)},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range terms() {
				where := t.TempDir() // each run has a directory of its own
				if err := os.WriteFile(filepath.Join(where, "gate.yaml"), []byte(config), 0o644); err != nil {
					t.Fatal(err)
				}
				sig := []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}[i%2]
				signalled(t, where, args, sig, name == "serve, during a run")
			}
		})
	}
}

// signalled starts the gate, sends a signal after up to 400 ms, and judges what is
// left.
func signalled(t *testing.T, dir string, args []string, sig syscall.Signal, ask bool) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("gate", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	after := time.Duration(rand.Int64N(int64(400 * time.Millisecond)))
	if ask {
		go askVerdict(args[len(args)-1])
		after += 300 * time.Millisecond
	}
	time.Sleep(after)
	sent := time.Now()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	kill.Stop()
	took := time.Since(sent)
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode() // -1: ended by the signal
	}
	// On a machine under load a process may wait for its turn.
	if took > 2*time.Second+processorDelay() || code != 130 && code != -1 && (args[0] != "serve" || code != 0) {
		t.Errorf("%s after %s: code %d, %s later; stderr: %s", sig, after, code, took, stderr.String())
	}
	if code == 130 && strings.Contains(strings.Join(args, " "), "--format json") && stdout.Len() > 0 && !json.Valid(stdout.Bytes()) {
		t.Errorf("%s after %s: stdout is half a document: %s", sig, after, stdout.String())
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, _ := os.ReadFile(filepath.Join(dir, f.Name()))
		format := strings.TrimPrefix(filepath.Ext(f.Name()), ".")
		if strings.HasPrefix(f.Name(), ".gate-") || strings.HasPrefix(f.Name(), "gate.") && format != "yaml" && !wholeReport(format)(string(data)) {
			t.Errorf("%s after %s left %s, %d bytes that are no whole report", sig, after, f.Name(), len(data))
		}
	}
}

// processorDelay is how long a sleep of no time takes here and now, many times over.
func processorDelay() time.Duration {
	begun := time.Now()
	for range 20 {
		time.Sleep(time.Microsecond)
	}
	return time.Since(begun)
}

// askVerdict asks a service for a run that does not end; it gives up with it.
func askVerdict(address string) {
	for range 100 {
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/v1/verdict", nil)
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+serveToken)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// freePort is an address on which nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
