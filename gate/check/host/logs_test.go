package host

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func patterns(t testing.TB, texts ...string) []check.Pattern {
	t.Helper()
	out := make([]check.Pattern, len(texts))
	for i, text := range texts {
		if err := out[i].UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// apiLog is what Dify's api logs: an old error, and since then an info line, an
// error with its traceback, and a warning.
func apiLog(now time.Time) string {
	line := func(ago time.Duration, level, text string) string {
		at := now.Add(-ago).UTC()
		return fmt.Sprintf("%s,%03d.%03d %s [Dummy-1] [app.py:12] [0af7651916cd43dd] - %s\n", at.Format("2006-01-02 15:04:05"), 616, 616, level, text)
	}
	return line(3*time.Hour, "ERROR", "old trouble") + line(5*time.Minute, "INFO", "Traceback is a word") +
		line(4*time.Minute, "ERROR", "Exception on /console/api/apps [GET]") +
		"Traceback (most recent call last):\n  File \"/app/x.py\", line 1, in y\n    raise KeyError(1)\nKeyError: 1\n" +
		line(3*time.Minute, "WARNING", "slow query")
}

func TestLogs(t *testing.T) {
	t.Parallel()
	zero, one, two := 0, 1, 2
	hour := check.Duration(time.Hour)
	for _, c := range []struct {
		name  string
		spec  Logs
		rules []string
		text  string // in the first finding's message
		line  int
	}{
		{name: "nothing forbidden, errors tolerated", spec: Logs{Forbid: patterns(t, "OutOfMemory")}},
		{name: "a traceback", spec: Logs{Forbid: patterns(t, "Traceback (most")}, rules: []string{"logs/forbidden"}, text: `"Traceback (most" in 1 event, the first at server.log:3, expected none`, line: 3},
		{name: "a regex over the lines of one event", spec: Logs{Forbid: patterns(t, `/(?s)ERROR.*KeyError: \d/`)}, rules: []string{"logs/forbidden"}, line: 3},
		{name: "errors of all time", spec: Logs{}, rules: []string{"logs/errors"}, text: "2 errors, the first at server.log:1, expected at most 0", line: 1},
		{name: "errors since", spec: Logs{Since: hour, MaxErrors: &zero}, rules: []string{"logs/errors"}, text: "1 error of the last 1h0m0s, the first at server.log:3, expected at most 0", line: 3},
		{name: "as many errors as tolerated", spec: Logs{MaxErrors: &two}},
		{name: "one more than tolerated", spec: Logs{MaxErrors: &one}, rules: []string{"logs/errors"}},
		{name: "since the last error", spec: Logs{Since: check.Duration(210 * time.Second)}},
		{name: "both rules", spec: Logs{Since: hour, Forbid: patterns(t, "KeyError"), MaxErrors: &zero}, rules: []string{"logs/errors", "logs/forbidden"}},
		{name: "ignored", spec: Logs{Since: hour, Forbid: patterns(t, "KeyError"), MaxErrors: &zero, Ignore: patterns(t, "/apps")}},
		{name: "a zone that makes all old", spec: Logs{Since: hour, Timezone: "Asia/Tokyo"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := checktest.EnvAt(t, "")
			checktest.PutFile(t, env, "server.log", apiLog(env.Now))
			c.spec.Files = check.Strings{"server.log"}
			res := checktest.Run(t, env, &c.spec)
			checktest.WantRules(t, res, c.rules...)
			if c.rules == nil || t.Failed() {
				return
			}
			f := res.Findings[0]
			if !strings.Contains(f.Message, c.text) || c.line > 0 && (f.Location == nil || f.Location.Line != c.line || f.Location.File != "server.log") {
				t.Errorf("message %q at %+v, want %q at line %d", f.Message, f.Location, c.text, c.line)
			}
			if c.line == 3 && !strings.Contains(f.Text, "KeyError: 1") {
				t.Errorf("text %q, want the whole event", f.Text)
			}
		})
	}
}

// TestLogsFiles: packed and rotated files, JSON lines and what docker compose
// prints are read; files out of reach are findings, and the others still count.
func TestLogsFiles(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(apiLog(env.Now)))
	_ = z.Close()
	checktest.PutFile(t, env, "log/server.log.1.gz", packed.String())
	checktest.PutFile(t, env, "log/json.log", fmt.Sprintf(`{"ts":%q,"severity":"ERROR","message":"boom","stack_trace":"Traceback (most recent call last):\n  x"}`+"\n", env.Now.UTC().Format(time.RFC3339)))
	checktest.PutFile(t, env, "log/compose.log", "worker-1  | "+strings.ReplaceAll(strings.TrimSuffix(apiLog(env.Now), "\n"), "\n", "\nworker-1  | ")+"\n")
	res := checktest.Run(t, env, &Logs{Files: check.Strings{"log/*"}, Since: check.Duration(time.Hour), Forbid: patterns(t, "Traceback (most")})
	checktest.WantRules(t, res, "logs/forbidden")
	if m := res.Findings[0].Message; !strings.Contains(m, "in 3 events") || res.Evidence["files"] != 3 {
		t.Errorf("message %q, evidence %v", m, res.Evidence)
	}

	checktest.PutFile(t, env, "bad/cut.log.gz", packed.String()[:30])
	checktest.PutFile(t, env, "bad/good.log", apiLog(env.Now))
	if err := os.Symlink("/dev/null", filepath.Join(env.WorkDir, "bad/access.log")); err != nil {
		t.Fatal(err)
	}
	res = checktest.Run(t, env, &Logs{Files: check.Strings{"bad/*", "none/*.log", "bad", "missing.log"}, Since: check.Duration(time.Hour)})
	checktest.WantRules(t, res, "logs/errors", "logs/unreadable")
	var got []string
	for _, f := range res.Findings {
		if f.Rule == "logs/unreadable" {
			got = append(got, f.Message)
		}
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{"bad/access.log: ", "bad/cut.log.gz: ", "none/*.log: no file matches", "bad: a directory", "missing.log: no such file or directory"} {
		if !strings.Contains(text, want) {
			t.Errorf("no finding about %q in\n%s", want, text)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d findings, want 5:\n%s", len(got), text)
	}
}

// TestLogsOldFile: a file that nobody has written to since then is not read.
func TestLogsOldFile(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	path := checktest.PutFile(t, env, "old.log", "ERROR: without a time\n")
	spec := &Logs{Files: check.Strings{"old.log"}, Since: check.Duration(time.Hour)}
	checktest.WantRules(t, checktest.Run(t, env, spec), "logs/errors")
	past := env.Now.Add(-2 * time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	res := checktest.Run(t, env, spec)
	checktest.WantRules(t, res)
	if !strings.Contains(res.Skip, "nothing was written to 1 file in the last 1h0m0s") {
		t.Errorf("skip %q, want that nothing writes there", res.Skip)
	}
}

// TestLogsNoText: a Traceback in another encoding, or among NUL bytes, is not found,
// so that the file is not read.
func TestLogsNoText(t *testing.T) {
	t.Parallel()
	text := "2026-11-29 06:00:00,123 ERROR [x] Traceback (most recent call last)\n"
	wide := "\xff\xfe"
	for _, c := range text {
		wide += string([]byte{byte(c), 0})
	}
	for name, content := range map[string]string{"UTF-16": wide, "UTF-16 without a mark": wide[2:], "NUL bytes": strings.Repeat("\x00", 5000), "NUL bytes and text": strings.Repeat("\x00", 100) + text} {
		env := checktest.EnvAt(t, "")
		checktest.PutFile(t, env, "app.log", content)
		res := checktest.Run(t, env, &Logs{Files: check.Strings{"app.log"}, Forbid: patterns(t, "Traceback")})
		if checktest.WantRules(t, res, "logs/unreadable"); t.Failed() {
			t.Fatalf("%s: %+v", name, res)
		}
	}
}

// Credentials in a log stay out of reports, and an empty one proves
// nothing.
func TestLogsSecretsAndEmpty(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	checktest.PutFile(t, env, "a.log", env.Now.Add(time.Hour).UTC().Format(time.DateTime)+",000 ERROR redis://dify:p@ss@redis:6379 refused, Authorization: Bearer app-0123456789\n")
	checktest.PutFile(t, env, "empty.log", "")
	run := func(files ...string) gate.Result {
		return checktest.Run(t, env, &Logs{Files: files, Since: check.Duration(time.Hour)})
	}
	r := run("a.log", "empty.log")
	if got := fmt.Sprintf("%+v", r); len(r.Findings) != 1 || strings.Contains(got, "p@ss") || strings.Contains(got, "app-0123") || !strings.Contains(got, "//***@redis") {
		t.Errorf("got %s, want an error with its credentials replaced", got)
	} else if !strings.Contains(r.Findings[0].Hint, "timezone") {
		t.Errorf("hint %q: want it to tell of a time yet to come", r.Findings[0].Hint)
	}
	if r := run("empty.log"); r.Err != nil || !strings.Contains(r.Skip, "proves nothing") {
		t.Errorf("an empty log: got %+v, want a skip", r)
	}
	checktest.PutFile(t, env, "blank.log", "\n\n  \n")
	if r := run("blank.log"); r.Skip == "" {
		t.Errorf("a log of empty lines: got %+v, want a skip", r)
	}
}

func TestLogsMistakes(t *testing.T) {
	t.Parallel()
	minus := -1
	for want, spec := range map[string]Logs{
		"files is required":  {},
		"max_errors -1":      {Files: check.Strings{"x"}, MaxErrors: &minus},
		"an empty pattern":   {Files: check.Strings{"x"}, Forbid: make([]check.Pattern, 1)},
		`timezone "Mars"`:    {Files: check.Strings{"x"}, Timezone: "Mars"},
		"retries 1000: want": {Files: check.Strings{"x"}, Base: check.Base{Retries: func() *int { n := 1000; return &n }()}},
	} {
		if ms := spec.Validate(); len(ms) != 1 || !strings.Contains(ms[0].Message, want) {
			t.Errorf("mistakes %v, want one with %q", ms, want)
		}
	}
}

// TestLogsFingerprintStays: an event that has moved is the same finding.
func TestLogsFingerprintStays(t *testing.T) {
	t.Parallel()
	var first gate.Finding
	for i := range 2 {
		env := checktest.EnvAt(t, "")
		checktest.PutFile(t, env, "a.log", strings.Repeat("\nINFO: x", i)+"\nERROR: boom\n")
		res := checktest.Run(t, env, &Logs{Files: check.Strings{"a.log"}})
		if i == 0 {
			first = res.Findings[0]
		} else if got := res.Findings[0]; got.Subject != first.Subject || got.Location.Line == first.Location.Line {
			t.Errorf("subject %q at line %d, want %q elsewhere", got.Subject, got.Location.Line, first.Subject)
		}
	}
}
