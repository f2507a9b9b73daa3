package slo

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// exporter speaks Prometheus's text format: 1000 requests between two scrapes,
// of which some in a thousand have the statuses given, and latencies of which
// 98 % are below 100 ms, and the rest below slow (seconds).
func exporter(t *testing.T, label string, notFound, broken int, slow string) *httptest.Server {
	t.Helper()
	var scrapes atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := scrapes.Add(1)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for status, per := range map[string]int{"200": 1000 - notFound - broken, "404": notFound, "502": broken} {
			if per > 0 {
				_, _ = fmt.Fprintf(w, "http_requests_total{%s=%q,path=\"/v1\"} %d\n", label, status, int64(per)*n)
			}
		}
		for le, part := range map[string]int64{"0.1": 980, slow: 1000, "+Inf": 1000} {
			_, _ = fmt.Fprintf(w, "http_request_duration_seconds_bucket{le=%q} %d\n", le, part*n)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// TestSLOPrometheus asks a real Prometheus that scrapes an exporter.
func TestSLOPrometheus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		label            string
		notFound, broken int
		slow             string
		rules            []string
	}{
		{"all well", "code", 4, 0, "0.3", nil},
		{"all wrong", "status", 6, 1, "2", []string{"slo/4xx", "slo/5xx", "slo/p99"}},
		{"another label", "status_code", 0, 1, "0.3", []string{"slo/5xx"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source := exporter(t, c.label, c.notFound, c.broken, c.slow)
			base := testserver.Prometheus(t, strings.TrimPrefix(source.URL, "http://"))
			spec := &SLO{Prometheus: base}
			res := untilDecided(t, spec)
			checktest.WantRules(t, res, c.rules...)
			if got := res.Evidence["rate_4xx"].(float64); got < 0.9999*float64(c.notFound)/1000 || got > 1.0001*float64(c.notFound)/1000 {
				t.Errorf("4xx rate %v, want %d in 1000", got, c.notFound)
			}
			// By linear interpolation the 99th of 100 lies in the middle of the last bucket.
			if got := res.Evidence["percentiles_ms"].(map[string]float64)["p99"]; c.slow == "0.3" && (got < 199 || got > 201) {
				t.Errorf("p99 %v ms, want 200", got)
			}

			empty := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: base, P99Query: "no_such_metric", Rate4xxQuery: "vector(0)", Rate5xxQuery: "vector(0)"})
			checktest.WantUndecided(t, empty, "p99: the query has no result")
			nan := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: base, P99Query: "vector(0.1)", Rate4xxQuery: "vector(0)/vector(0)", Rate5xxQuery: "vector(0)"})
			checktest.WantUndecided(t, nan, "4xx: the query has no result")
			wrong := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: base, P99Query: "sum(", Rate4xxQuery: "vector(0)", Rate5xxQuery: "vector(0)"})
			checktest.WantUndecided(t, wrong, "bad_data")
			few := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: base, SamplesQuery: "scalar(vector(99))"})
			checktest.WantUndecided(t, few, "99 requests, want at least 100")
			// A broken figure does not hide what another one shows.
			both := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: base, P99Query: "nothing", Rate4xxQuery: "vector(0)", Rate5xxQuery: "vector(0.2)"})
			if both.Err == nil || checktest.Rules(both) != "slo/5xx" {
				t.Errorf("got %v and %v, want slo/5xx and an error", both.Findings, both.Err)
			}
		})
	}
}

// untilDecided asks until Prometheus has scraped twice.
func untilDecided(t *testing.T, spec *SLO) (res gate.Result) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if res = checktest.Run(t, checktest.EnvAt(t, ""), spec); res.Err == nil {
			break
		}
	}
	return res
}

// TestSLOPrometheusWire: queries go out as GET with the entry's headers, the
// worst of several series counts, and a server that is none is no verdict.
func TestSLOPrometheusWire(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[http.Request]
	answer := `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"r":"a"},"value":[1,"NaN"]},{"metric":{"r":"b"},"value":[1,"0.1"]},{"metric":{"r":"c"},"value":[1,"0.7"]}]}}`
	server, _ := serveCounted(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		_, _ = io.WriteString(w, answer)
	})
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("gate", "s3cret")
	spec := &SLO{Prometheus: u.String(), P99Query: "a", Rate4xxQuery: "b", Rate5xxQuery: "c", Max4xx: percentPtr(1), Headers: map[string]string{"X-Scope-OrgID": "dify"}}
	res := checktest.Run(t, checktest.EnvAt(t, ""), spec)
	checktest.WantRules(t, res, "slo/p99", "slo/5xx")
	if m := checktest.Message(res, "slo/p99"); m != "p99 is 700 ms by Prometheus, expected less than 500 ms" {
		t.Errorf("message %q", m)
	}
	r := seen.Load()
	if user, password, _ := r.BasicAuth(); r.Method != http.MethodGet || r.URL.Query().Get("query") == "" || user != "gate" || password != "s3cret" || r.Header.Get("X-Scope-OrgID") != "dify" {
		t.Errorf("request %s %s %v", r.Method, r.URL, r.Header)
	}
	if c := spec.Check(checktest.EnvAt(t, "")); strings.Contains(c.Name+strings.Join(c.Probes, ""), "s3cret") {
		t.Errorf("the password stands in %q or %q", c.Name, c.Probes)
	}

	page, _ := serveCounted(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	if res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: page.URL}); res.Err == nil || len(res.Findings) > 0 {
		t.Errorf("an HTML page: %+v, want an error", res)
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	if res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{Prometheus: closed.URL}); res.Err == nil || res.Retry != gate.RetrySoon || !strings.Contains(res.Err.Error(), "refused") {
		t.Errorf("refused: %+v, want an error that may be tried again", res)
	}
}
