package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
)

func TestProgressLines(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := progressState{total: 50, done: 12, failed: 2, slowest: "migration", slowestTook: 1800 * time.Millisecond, running: map[string]activity{
		"late": {since: now.Add(-100 * time.Millisecond)}, "slo": {since: now.Add(-2100 * time.Millisecond), tries: 1},
	}}
	got := strings.Join(s.lines(3*time.Second, now, 80, false), "\n")
	want := "████░░░░░░░░░░░░░░░░ 12 of 50 checks, 2 failed, 3.0 s\n" +
		"   2.1 s  try 2: slo\n" +
		"   0.1 s  late\n" +
		"  slowest so far: migration with 1.8 s"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Hundreds run at a time: the longest are named, the rest counted. A name
	// from a pull request moves no cursor and breaks no line.
	for i := range 300 {
		s.running[fmt.Sprintf("\x1b[2J\r\n検査%d %s", i, strings.Repeat("x", 200))] = activity{since: now}
	}
	for _, columns := range []int{0, 30, 80, 200} {
		lines := s.lines(time.Hour, now, columns, false)
		if len(lines) != 2+progressRunning+1 || !strings.Contains(lines[5], "298 more") {
			t.Errorf("%d columns: %q", columns, lines)
		}
		for _, line := range lines {
			if strings.ContainsAny(line, "\x1b\r\n") || runewidth.StringWidth(line) >= max(columns, 24) {
				t.Errorf("%d columns: %q", columns, line)
			}
		}
	}
}

func TestRedrawTakesBackWhatItDrew(t *testing.T) {
	t.Parallel()
	if got := redraw(3, []string{"a", "b"}); got != "\r\x1b[2A\x1b[Ja\nb" {
		t.Errorf("%q", got)
	}
	if got := redraw(0, nil) + redraw(1, nil); got != "\r\x1b[J\r\x1b[J" {
		t.Errorf("%q", got)
	}
}

// TestProgressOnATerminal runs the binary under script(1), which gives it a
// terminal: what runs is named while it runs, and at the end nothing of it is
// left before the report. Piped or with -q nothing is drawn.
func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	script := program(t, "script")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(900 * time.Millisecond)
		}
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	config := strings.ReplaceAll("version: 1\nchecks:\n  http:\n    - {name: quick one, url: \"URL/ok\"}\n    - {name: slow one, url: \"URL/slow\"}\n", "URL", server.URL)
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	onTerminal := func(command string, env ...string) string {
		cmd := exec.Command(script, "-qec", "stty cols 80; "+command, "/dev/null")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), append([]string{"TERM=xterm"}, env...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	out := onTerminal("gate run")
	drawn, report, found := strings.Cut(out, "slowest so far: quick one with")
	if !found || !strings.Contains(drawn, "1 of 2 checks") || !strings.Contains(drawn, "s  slow one") {
		t.Errorf("while it runs the terminal shows %q", out)
	}
	// The last thing before the report takes the whole block away: it has three
	// lines.
	if end := strings.LastIndex(report, "\r\x1b[2A\x1b[J"); end < 0 || !strings.HasPrefix(report[end:], "\r\x1b[2A\x1b[Jverdict:") {
		t.Errorf("at the end the terminal shows %q", report)
	}
	if !strings.Contains(drawn, "\x1b[32m") {
		t.Errorf("no colour in %q", drawn)
	}
	for command, env := range map[string]string{"gate run -q": "", "gate run 2>err.txt": "", "gate run": "TERM=dumb"} {
		if out := onTerminal(command, env); strings.Contains(out, "slow one") && strings.Contains(out, "\x1b[J") {
			t.Errorf("%s %s draws %q", env, command, out)
		}
	}
	if out := onTerminal("gate run", "NO_COLOR=1"); strings.Contains(out, "\x1b[3") || !strings.Contains(out, "slow one") {
		t.Errorf("with NO_COLOR the terminal shows %q", out)
	}
}
