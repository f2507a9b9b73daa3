package slo

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

const timedFormat = `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time`

// accessLine is a line of Dify's main format.
func accessLine(at time.Time, path string, status int) string {
	return fmt.Sprintf(`10.0.0.%d - - [%s] "GET %s HTTP/1.1" %d 512 "-" "Mozilla/5.0" "203.0.113.9"`, status%250, at.Format("02/Jan/2006:15:04:05 -0700"), path, status) + "\n"
}

// accessLog is n lines a second apart that end at an instant; each k-th has the status.
func accessLog(n int, end time.Time, path string, k, status int) string {
	var b strings.Builder
	for i := range n {
		s := 200
		if k > 0 && i%k == k-1 {
			s = status
		}
		b.WriteString(accessLine(end.Add(time.Duration(i-n+1)*time.Second), path, s))
	}
	return b.String()
}

func TestSLOAccessLog(t *testing.T) {
	t.Parallel()
	now := time.Now()
	compose := func(s string) string {
		return "nginx-1  | " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\nnginx-1  | ") + "\n" +
			strings.Repeat("api-1    | 2026-11-25 10:00:00,000.000 INFO [MainThread] [app.py:1] - hello\n", 50) +
			"nginx-1  | /docker-entrypoint.sh: Configuration complete; ready for start up\n"
	}
	for _, c := range []struct {
		name  string
		text  string
		spec  SLO
		rules []string
		err   string
	}{
		{name: "all well", text: accessLog(400, now, "/v1/x", 0, 0)},
		{name: "one 5xx in 400", text: accessLog(400, now, "/v1/x", 400, 502), rules: []string{"slo/5xx"}},
		{name: "4xx at the limit", text: accessLog(400, now, "/v1/x", 200, 404), rules: []string{"slo/4xx"}},
		{name: "4xx below it", text: accessLog(400, now, "/v1/x", 201, 404)},
		{name: "clients that left are no 4xx", text: accessLog(400, now, "/v1/x", 2, 499)},
		{name: "logins are expected to fail", text: accessLog(400, now, "/console/api/x", 2, 401), spec: SLO{IgnoreStatus: check.Statuses{"401"}}},
		{name: "as docker compose prints it", text: compose(accessLog(400, now, "/v1/x", 100, 500)), rules: []string{"slo/5xx"}},
		{name: "old errors are outside of the window", spec: SLO{Window: check.Duration(10 * time.Minute)},
			text: accessLog(300, now.Add(-time.Hour), "/v1/x", 1, 500) + accessLog(300, now, "/v1/x", 0, 0)},
		{name: "nothing within the window", spec: SLO{Window: check.Duration(10 * time.Minute)},
			text: accessLog(300, now.Add(-time.Hour), "/v1/x", 0, 0), err: "no line within the last 10m"},
		{name: "what is dated tomorrow is not of the window", spec: SLO{Window: check.Duration(10 * time.Minute)},
			text: accessLog(300, now.Add(24*time.Hour), "/v1/x", 1, 500) + accessLog(300, now, "/v1/x", 0, 0)},
		{name: "all of it is dated tomorrow", spec: SLO{Window: check.Duration(10 * time.Minute)},
			text: accessLog(300, now.Add(24*time.Hour), "/v1/x", 0, 0), err: "300 lines have a time in the future"},
		{name: "too few", text: accessLog(99, now, "/v1/x", 0, 0), err: "99 access lines, want at least 100"},
		{name: "an empty log", text: "", err: "0 access lines"},
		{name: "p99 asked for, no time in the format", text: accessLog(400, now, "/v1/x", 0, 0), spec: SLO{P99: check.Duration(time.Second)}, err: "want $request_time in it"},
		{name: "another format", text: strings.Repeat("what is this\n", 300), err: "not of the log format, the first at access.log:1"},
		{name: "a few foreign lines", text: accessLog(400, now, "/v1/x", 0, 0) + "what is this\n" + strings.Repeat("2026/11/25 10:00:00 [error] 31#31: *1 upstream timed out\n", 30)},
		{name: "JSON, slow", text: strings.Repeat(`{"status":200,"request_time":0.7,"uri":"/api/x","time":"`+now.Format(time.RFC3339)+"\"}\n", 200), rules: []string{"slo/p99"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := checktest.EnvAt(t, "")
			checktest.PutFile(t, env, "access.log", c.text)
			c.spec.AccessLog = check.Strings{"access.log"}
			res := checktest.Run(t, env, &c.spec)
			if c.err != "" {
				checktest.WantUndecided(t, res, c.err)
				return
			}
			checktest.WantRules(t, res, c.rules...)
		})
	}
}

// TestSLOAccessLogFiles: rotated and packed files add up; a file that cannot be
// read or a pattern without files decides nothing.
func TestSLOAccessLogFiles(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	checktest.PutFile(t, env, "log/access.log", accessLog(100, env.Now, "/v1/x", 0, 0))
	checktest.PutFile(t, env, "log/access.log.1", accessLog(100, env.Now, "/", 0, 0))
	f, err := os.Create(filepath.Join(env.WorkDir, "log/access.log.2.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, _ = io.WriteString(z, accessLog(100, env.Now, "/console/api/x", 10, 500))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	res := checktest.Run(t, env, &SLO{AccessLog: check.Strings{"log/access.log*"}})
	checktest.WantRules(t, res, "slo/5xx")
	if res.Evidence["samples"] != int64(300) || !strings.Contains(res.Findings[0].Hint, "/console/api (10 % of its 100)") {
		t.Errorf("samples %v, hint %q", res.Evidence["samples"], res.Findings[0].Hint)
	}
	if routes := res.Evidence["routes"].([]map[string]any); len(routes) != 3 || routes[2]["route"] != "web" {
		t.Errorf("routes %v, want /console/api, /v1 and web", routes)
	}
	checktest.WantUndecided(t, checktest.Run(t, env, &SLO{AccessLog: check.Strings{"log/*.txt"}}), "log/*.txt: no file matches")
	checktest.WantUndecided(t, checktest.Run(t, env, &SLO{AccessLog: check.Strings{"log/none"}}), "log/none: no such file")
	checktest.WantUndecided(t, checktest.Run(t, env, &SLO{AccessLog: check.Strings{"log"}}), "log: a directory, want a file")
}

// generateLog writes lines with request times until there are size bytes, and
// returns what is true of them.
func generateLog(t testing.TB, w io.Writer, size int) (lines, client, server int, times []time.Duration) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	paths := []string{"/v1/chat-messages", "/console/api/apps", "/api/messages", "/", "/files/1/image-preview", "/_next/static/chunk.js"}
	out := bufio.NewWriterSize(w, 1<<20)
	start := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for written := 0; written < size; lines++ {
		status := 200
		switch r := random.IntN(1000); {
		case r < 3:
			status, client = 404, client+1
		case r < 4:
			status, server = 502, server+1
		}
		d := time.Duration(math.Exp(random.NormFloat64()+3.5)) * time.Millisecond
		times = append(times, d)
		n, err := fmt.Fprintf(out, `203.0.113.%d - - [%s] "POST %s?n=%d HTTP/1.1" %d %d "https://dify.example.com/app/%d" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" %d.%03d`+"\n",
			random.IntN(256), start.Add(time.Duration(lines/50)*time.Second).Format("02/Jan/2006:15:04:05 -0700"), paths[random.IntN(len(paths))], lines, status, random.IntN(50000), random.IntN(1000), d/time.Second, d%time.Second/time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		written += n
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return lines, client, server, times
}

// TestSLOAccessLogExact: rates are exact and percentiles within 1 % of the
// sorted times.
func TestSLOAccessLogExact(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	f, err := os.Create(filepath.Join(env.WorkDir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	lines, client, server, times := generateLog(t, f, 20<<20)
	_ = f.Close()
	res := checktest.Run(t, env, &SLO{AccessLog: check.Strings{"access.log"}, LogFormat: timedFormat})
	if res.Evidence["samples"] != int64(lines) || res.Evidence["rate_4xx"] != share(int64(client), int64(lines)) || res.Evidence["rate_5xx"] != share(int64(server), int64(lines)) {
		t.Errorf("evidence %v, want %d lines, %d 4xx, %d 5xx", res.Evidence, lines, client, server)
	}
	slices.Sort(times)
	got := res.Evidence["percentiles_ms"].(map[string]float64)
	for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1} {
		want := float64(times[int(math.Ceil(q*float64(lines)))-1].Milliseconds())
		if math.Abs(got[name]-want) > 0.01*want {
			t.Errorf("%s is %g, want %g", name, got[name], want)
		}
	}
}

// BenchmarkSLOAccessLog reads the log that GATE_BENCH_LOG names (scripts/
// bench-accesslog.sh makes one of 1 GB) or a generated one of 64 MB, and reports
// the peak of the process's memory beside the speed.
func BenchmarkSLOAccessLog(b *testing.B) {
	env := checktest.EnvAt(b, "")
	name := os.Getenv("GATE_BENCH_LOG")
	if name == "" {
		name = filepath.Join(env.WorkDir, "access.log")
		f, err := os.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		generateLog(b, f, 64<<20)
		_ = f.Close()
	}
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		res := checktest.Run(b, env, &SLO{AccessLog: check.Strings{name}, LogFormat: timedFormat})
		if res.Err != nil {
			b.Fatal(res.Err)
		}
	}
	if status, err := os.ReadFile("/proc/self/status"); err == nil && os.Getenv("GATE_BENCH_LOG") != "" {
		var kb float64
		if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
			_, _ = fmt.Sscan(after, &kb)
		}
		b.ReportMetric(kb/1024, "peak-MB")
	}
}

// TestWriteBenchLog writes the log for the benchmark where GATE_BENCH_WRITE
// says, with GATE_BENCH_SIZE bytes.
func TestWriteBenchLog(t *testing.T) {
	name := os.Getenv("GATE_BENCH_WRITE")
	if name == "" {
		return
	}
	size := 1 << 30
	if v := os.Getenv("GATE_BENCH_SIZE"); v != "" {
		if _, err := fmt.Sscan(v, &size); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	lines, client, server, _ := generateLog(t, f, size)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines, %d 4xx, %d 5xx", lines, client, server)
}
