package logevent

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// events renders the events of a text: line, time of day, level, number of
// lines and the first of them.
func events(t testing.TB, text string, zone *time.Location) []string {
	t.Helper()
	r := NewReader(strings.NewReader(text), zone, now)
	out := []string{}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		at := "-"
		if e.Unix != 0 {
			at = time.Unix(e.Unix, 0).UTC().Format("01-02 15:04:05")
		}
		first, _, _ := strings.Cut(string(e.Text), "\n")
		out = append(out, fmt.Sprintf("%d %s %s %d %.40s", e.Line, at, []string{"none", "debug", "info", "warning", "error"}[e.Level], strings.Count(string(e.Text), "\n")+1, first))
	}
}

const traceback = `Traceback (most recent call last):
  File "/app/api/services/app.py", line 12, in run
    raise ValueError("x")
ValueError: x
`

func TestHeaders(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`2026-11-25 07:08:49,616.616 ERROR [Thread-1] [app.py:12] - boom`:                   "11-25 07:08:49 error",
		`2026-11-25 07:08:49,616.616 INFO [Thread-1] [app.py:12] [0af7651916cd43dd] - fine`: "11-25 07:08:49 info",
		`[2026-11-25 07:08:49,616: ERROR/MainProcess] Task tasks.x raised unexpected`:       "11-25 07:08:49 error",
		`[2026-11-25 07:08:49,616: WARNING/ForkPoolWorker-1] careful`:                       "11-25 07:08:49 warning",
		`[2026-11-25 07:08:49 +0200] [7] [CRITICAL] WORKER TIMEOUT (pid:9)`:                 "11-25 05:08:49 error",
		`2026/11/25 07:08:49 [emerg] 31#31: host not found in upstream`:                     "11-25 07:08:49 error",
		`2026/11/25 07:08:49 [notice] 1#1: start worker processes`:                          "11-25 07:08:49 info",
		`[GIN] 2026/11/25 - 07:08:49 | 500 |     1.2ms |   10.0.0.9 | POST     "/plugin/x"`: "11-25 07:08:49 error",
		`[GIN] 2026/11/25 - 07:08:49 | 200 |     1.2ms |   10.0.0.9 | GET      "/error"`:    "11-25 07:08:49 info",
		`time=2026-11-25T07:08:49.616+01:00 level=ERROR msg="init failed"`:                  "11-25 06:08:49 error",
		`2026/11/25 07:08:49 run.go:127: [ERROR]start environment failed`:                   "11-25 07:08:49 error",
		`2026/11/25 07:08:49 INFO listening level=debug`:                                    "11-25 07:08:49 info",
		`2026-11-25 07:08:49.616 UTC [12] ERROR:  relation "x" does not exist`:              "11-25 07:08:49 error",
		`2026-11-25 07:08:49.616 UTC [12] LOG:  checkpoint starting`:                        "11-25 07:08:49 info",
		`1:M 25 Nov 2026 07:08:49.616 # WARNING overcommit_memory is set to 0`:              "11-25 07:08:49 warning",
		`Nov 25 07:08:49 host dify[12]: ERROR: x`:                                           "11-25 07:08:49 error",
		`Dec  3 07:08:49 host dify[12]: of last year`:                                       "12-03 07:08:49 none",
		`ERROR:    Exception in ASGI application`:                                           "- error",
		`INFO:     127.0.0.1:1 - "GET / HTTP/1.1" 200 OK`:                                   "- info",
		`[ERROR] x`:                          "- error",
		`ERROR handling is documented there`: "- none",
		`the error was harmless`:             "- none",
		`10.0.0.9 - - [25/Nov/2026:07:08:49 +0000] "GET /error HTTP/1.1" 500 1 "-" "-"`:                       "11-25 07:08:49 none",
		`{"ts":"2026-11-25T07:08:49.1Z","severity":"ERROR","message":"m","stack_trace":""}`:                   "11-25 07:08:49 error",
		`{"level":50,"time":1795590529000,"msg":"m"}`:                                                         "11-25 07:08:49 error",
		`{"log":"2026-11-25 07:08:40,1 ERROR x\n","stream":"stderr","time":"2026-11-25T07:08:49.123456789Z"}`: "11-25 07:08:49 error",
		`2026-11-25T07:08:49.123456789Z stderr F ERROR:    x`:                                                 "11-25 07:08:49 error",
		`2026-11-25T07:08:49.123456789Z ERROR x`:                                                              "11-25 07:08:49 error",
		"\x1b[31m2026-11-25 07:08:49,616 ERROR x\x1b[0m":                                                      "11-25 07:08:49 error",
		`api-1  | 2026-11-25 07:08:49,616.616 ERROR [x] - boom`:                                               "11-25 07:08:49 error",
		`panic: runtime error: index out of range`:                                                            "- error",
		`TypeError: fetch failed`:                                                                             "- error",
	} {
		got := events(t, line+"\n", time.UTC)
		if len(got) != 1 || !strings.Contains(got[0], "1 "+want+" ") {
			t.Errorf("%s\n  got %q, want %q", line, got, want)
		}
	}
}

func TestZone(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("", 8*3600)
	got := events(t, "2026-11-25 15:08:49,616.616 INFO [x] - local\n2026-11-25T15:08:49Z INFO zoned\n", shanghai)
	if !strings.Contains(got[0], "07:08:49") || !strings.Contains(got[1], "15:08:49") {
		t.Errorf("got %q", got)
	}
}

func TestGrouping(t *testing.T) {
	t.Parallel()
	const head = "2026-11-25 07:08:49,616.616 "
	chained := traceback + "\nDuring handling of the above exception, another exception occurred:\n\n" + traceback
	for name, c := range map[string]struct {
		text string
		want string // level and lines of each event
	}{
		"a traceback below its error":        {head + "ERROR [x] - failed\n" + traceback + head + "INFO [x] - on\n", "error 5|info 1"},
		"a chain is one event":               {head + "ERROR [x] - failed\n" + chained, "error 12"},
		"a chain without a header is one":    {chained, "error 11"},
		"a traceback below an info":          {head + "INFO [x] - fine\n" + traceback, "info 1|error 4"},
		"two tracebacks without headers":     {traceback + traceback, "error 4|error 4"},
		"a line after a bare traceback":      {traceback + "started\n", "error 4|none 1"},
		"SQL below the exception":            {head + "ERROR [x] - failed\n" + traceback + "LINE 1: SELECT\n        ^\n\n[SQL: SELECT 1]\n(Background on this error)\n" + head + "INFO - x\n", "error 10|info 1"},
		"indented lines go on":               {head + "INFO [x] - config\n  a: 1\n\tb: 2\n", "info 3"},
		"lines without a header stand alone": {head + "INFO [x] - a\nplain\nplain\n", "info 1|none 1|none 1"},
		"blank lines are no events":          {"\n\n" + head + "INFO [x] - a\n\n\n" + head + "INFO [x] - b\n", "info 1|info 1"},
		"two services are kept apart": {"api-1     | " + head + "ERROR [x] - failed\napi-1     | Traceback (most recent call last):\nworker-1  | " + head + "INFO [x] - on\n" +
			"api-1     |   File \"x\", line 1\nworker-1  | " + head + "INFO [x] - on\napi-1     | KeyError: 'x'\n", "info 1|error 4|info 1"},
		"a Go panic":        {"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:1 +0x1\n" + head + "INFO [x] - on\n", "error 5|info 1"},
		"a warning's trace": {head + "WARNING [x] - odd\n" + traceback, "warning 5"},
	} {
		var got []string
		for _, e := range events(t, c.text, time.UTC) {
			f := strings.Fields(e)
			i := 2
			if f[1] != "-" {
				i = 3
			}
			got = append(got, f[i]+" "+f[i+1])
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: got %q, want %s", name, got, c.want)
		}
	}
}

// TestTimeIsInherited: an event without a time has that of the one before, of
// its own service.
func TestTimeIsInherited(t *testing.T) {
	t.Parallel()
	got := events(t, "plain\n2026-11-25 07:00:00,1 INFO a\nplain\n", time.UTC)
	for i, want := range []string{"1 - none", "2 11-25 07:00:00 info", "3 11-25 07:00:00 none"} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("event %d: %q, want %q", i, got[i], want)
		}
	}
}

// TestHostile: endless lines, endless events, many services and no text at all
// stay within the bounds.
func TestHostile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("2026-11-25 07:00:00,1 ERROR x\n" + strings.Repeat("  frame\n", 50_000))
	b.WriteString(strings.Repeat("y", 1<<20) + "\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "svc-%d  | line\n", i)
	}
	b.WriteString(strings.Repeat("\x00\xff\x1b[", 1000))
	r := NewReader(strings.NewReader(b.String()), time.UTC, now)
	n := 0
	for ; ; n++ {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(e.Text) > maxEvent {
			t.Fatalf("event %d: %d bytes, %v", n, len(e.Text), err)
		}
	}
	if n != 1003 || len(r.open) > maxServices+1 {
		t.Errorf("%d events, %d services, want 1003 and at most %d", n, len(r.open), maxServices+1)
	}
}

func FuzzReader(f *testing.F) {
	f.Add("api-1  | 2026-11-25 07:08:49,616.616 ERROR [x] - boom\n" + traceback)
	f.Add(`{"log":"{\"log\":\"x\",\"stream\":\"\"}","stream":"stderr","time":"2026-11-25T07:08:49.1Z"}`)
	f.Add("1:M 25 Nov 2026 07:08:49.616 # x\nNov 25 07:08:49 h p: x\n[GIN] 2026/11/25 - 07:08:49 | 500 |\n")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		r := NewReader(strings.NewReader(text), time.UTC, now)
		for {
			e, err := r.Next()
			if err != nil {
				break
			}
			if e.Line < 1 || e.Line > strings.Count(text, "\n")+1 {
				t.Errorf("line %d", e.Line)
			}
			last = max(last, e.Line)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	text := strings.Repeat("2026-11-25 07:08:49,616.616 INFO [Dummy-1] [app_service.py:120] [0af7651916cd43dd8448eb211c80319c] - request done in 12 ms\n", 2000) + traceback
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r := NewReader(strings.NewReader(text), time.UTC, now)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
