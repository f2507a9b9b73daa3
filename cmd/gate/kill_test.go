package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/report"
)

// kills is how often the gate is killed at a random moment of its run; at a
// desk a part of that has to do.
func kills() int {
	if os.Getenv("CI") == "true" {
		return 100
	}
	return 40
}

// TestKilledLeavesWholeReports: a report file is whole or not there, whenever
// the process is killed.
func TestKilledLeavesWholeReports(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer target.Close()
	dir := t.TempDir()
	var config strings.Builder
	config.WriteString("version: 1\nchecks:\n  http:\n")
	for i := range 150 {
		fmt.Fprintf(&config, "    - {name: check %d, url: %s/%d, retries: 0}\n", i, target.URL, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(config.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", "--quiet"}
	whole := map[string]func(string) bool{}
	for _, f := range report.Formats() {
		args = append(args, "--report", f.Name+"=out."+f.Name)
		whole["out."+f.Name] = wholeReport(f.Name)
	}
	// run starts the gate and kills it after a while; it tells how many reports
	// are there.
	run := func(after time.Duration) (there int) {
		cmd := exec.Command("gate", args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		for name, ok := range whole {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if os.IsNotExist(err) {
				continue
			}
			there++
			if err != nil || !ok(string(data)) {
				t.Errorf("%s: %d bytes that are no whole report (%v)", name, len(data), err)
			}
			_ = os.Remove(filepath.Join(dir, name))
		}
		return there
	}
	begun := time.Now()
	if n := run(time.Minute); n != len(whole) {
		t.Fatalf("a run that nobody kills writes %d reports, want %d", n, len(whole))
	}
	full := time.Since(begun)
	none, some, all := 0, 0, 0
	for range kills() {
		switch n := run(time.Duration(rand.Int64N(int64(full) * 5 / 4))); n {
		case 0:
			none++
		case len(whole):
			all++
		default:
			some++
		}
	}
	t.Logf("killed %d times within %v: no report %d times, some %d, all %d", kills(), full*5/4, none, some, all)
}

// wholeReport tells of each format whether a document is a whole one.
func wholeReport(format string) func(string) bool {
	switch format {
	case "patch":
		return func(s string) bool { return s == "" } // no finding of these checks has a fix
	case "json", "sarif", "codequality":
		return func(s string) bool { return json.Valid([]byte(s)) }
	}
	end := map[string]string{"junit": "</testsuites>\n", "html": "</html>\n", "metrics": "# EOF\n", "markdown": "</sub>\n", "dotenv": "GATE_REPORT_PATH=out.json\n"}[format]
	return func(s string) bool { return end != "" && strings.HasSuffix(strings.TrimSpace(s)+"\n", end) }
}
