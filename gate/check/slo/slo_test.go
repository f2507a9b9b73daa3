package slo

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func percentPtr(v float64) *check.Percent { p := check.Percent(v); return &p }

// serveCounted answers with h and counts what it is asked.
func serveCounted(t testing.TB, h func(n int64, w http.ResponseWriter, r *http.Request)) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(n.Add(1)-1, w, r) }))
	t.Cleanup(s.Close)
	return s, &n
}

// tooLong reports whether a latency is above what it should be by more than 2 %,
// on a machine that kept up: where the gate itself left requests behind, or the
// scheduler did, latencies grow for no fault of anybody. What is too short is
// wrong on any machine.
func tooLong(res gate.Result, got, want float64) bool {
	return got > 1.02*want && res.Evidence["behind_ms"].(float64) < 10
}

// measured tries a measurement up to three times: a busy machine may spoil one,
// a bug spoils all. Measure says what is wrong, "" for nothing.
func measured(t *testing.T, measure func() string) {
	t.Helper()
	wrong := ""
	for range 3 {
		if wrong = measure(); wrong == "" {
			return
		}
		t.Log(wrong)
	}
	t.Error(wrong)
}

// TestSLOKnownDistribution: percentiles of a server whose delays are known are
// within 2 % of them.
func TestSLOKnownDistribution(t *testing.T) {
	const n = 300
	random := rand.New(rand.NewPCG(3, 4))
	delays := make([]time.Duration, n)
	for i := range delays {
		delays[i] = 250*time.Millisecond + time.Duration(min(800, 300*random.ExpFloat64()))*time.Millisecond
	}
	sorted := slices.Sorted(slices.Values(delays))
	measured(t, func() string {
		server, _ := serveCounted(t, func(i int64, _ http.ResponseWriter, _ *http.Request) { time.Sleep(delays[i]) })
		res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{server.URL}, Requests: n, Rate: 150, P99: check.Duration(5 * time.Second)})
		checktest.WantRules(t, res)
		var sum int64
		for _, b := range res.Evidence["histogram_ms"].([]map[string]any) {
			sum += b["count"].(int64)
		}
		if sum != n {
			t.Errorf("the histogram holds %d, want %d", sum, n)
		}
		got := res.Evidence["percentiles_ms"].(map[string]float64)
		for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99} {
			want := float64(sorted[int(math.Ceil(q*n))-1].Microseconds()) / 1000
			if got[name] < 0.98*want || tooLong(res, got[name], want) {
				return fmt.Sprintf("%s is %.1f ms, expected %.1f ms within 2 %%", name, got[name], want)
			}
		}
		return ""
	})
}

// TestSLOStall: during a stall of one second requests go on arriving, and their
// waiting counts. Of 400 requests at 100/s, 100 wait 1 s to 10 ms, so that p99
// (the 396th) is 960 ms. A client that waits for each answer would see one slow
// request in 400, and a p99 near 0.
func TestSLOStall(t *testing.T) {
	measured(t, func() string {
		stall := time.Now().Add(1500 * time.Millisecond)
		end := stall.Add(time.Second)
		server, _ := serveCounted(t, func(int64, http.ResponseWriter, *http.Request) {
			if now := time.Now(); now.After(stall) && now.Before(end) {
				time.Sleep(end.Sub(now))
			}
		})
		res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{server.URL}, Requests: 400, Rate: 100})
		checktest.WantRules(t, res, "slo/p99")
		slowest := res.Evidence["slowest"].([]map[string]any)
		if first := slowest[0]["timings_ms"].(map[string]any); first["first_byte"].(float64) < 900 {
			return fmt.Sprintf("the slowest request's phases are %v, expected the time before the first byte", first)
		}
		if p99 := res.Evidence["percentiles_ms"].(map[string]float64)["p99"]; p99 < 940 || tooLong(res, p99, 1000) {
			// 960 ms where nothing else runs; the stall itself is the most that any waits.
			return fmt.Sprintf("p99 is %.1f ms, expected 940 to 1020 ms", p99)
		}
		return ""
	})
}

func TestSLOErrorRates(t *testing.T) {
	t.Parallel()
	status := func(every int64, code int) func(int64, http.ResponseWriter, *http.Request) {
		return func(i int64, w http.ResponseWriter, _ *http.Request) {
			if i%every == every-1 {
				w.WriteHeader(code)
			}
		}
	}
	for _, c := range []struct {
		name   string
		spec   SLO
		every  int64
		code   int
		rules  []string
		detail string
	}{
		{"all well", SLO{}, 1000, 500, nil, ""},
		{"one 5xx in 200", SLO{}, 200, 503, []string{"slo/5xx"}, "5xx rate is 0.5 % (1 of 200), expected 0 %"},
		{"one 5xx is below 1 %", SLO{Max5xx: percentPtr(0.01)}, 200, 503, nil, ""},
		{"a 4xx rate that equals the limit", SLO{}, 200, 404, []string{"slo/4xx"}, "4xx rate is 0.5 % (1 of 200), expected less than 0.5 %"},
		{"a 4xx rate just below", SLO{Max4xx: percentPtr(0.0051)}, 200, 404, nil, ""},
		{"0 % of 4xx is not met by one", SLO{Max4xx: percentPtr(0)}, 200, 404, []string{"slo/4xx"}, "expected 0 %"},
		{"401 is expected", SLO{IgnoreStatus: check.Statuses{"401"}}, 1, 401, nil, ""},
		{"401 is not expected", SLO{}, 1, 401, []string{"slo/4xx"}, "100 % (200 of 200)"},
		{"too few", SLO{Requests: 99}, 1000, 200, []string{"undecided"}, "99 requests, want at least 100 (min_samples)"},
		{"enough for a smaller minimum", SLO{Requests: 20, MinSamples: 20}, 1000, 200, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, asked := serveCounted(t, status(c.every, c.code))
			c.spec.URL, c.spec.Rate, c.spec.P99 = check.Strings{server.URL}, 400, check.Duration(5*time.Second)
			res := checktest.Run(t, checktest.EnvAt(t, ""), &c.spec)
			if slices.Equal(c.rules, []string{"undecided"}) {
				checktest.WantUndecided(t, res, c.detail)
				return
			}
			checktest.WantRules(t, res, c.rules...)
			if len(c.rules) > 0 && !strings.Contains(checktest.Message(res, c.rules[0]), c.detail) {
				t.Errorf("message %q, want %q in it", checktest.Message(res, c.rules[0]), c.detail)
			}
			if n := int64(c.spec.plan().Requests); asked.Load() != n {
				t.Errorf("the server was asked %d times, want %d", asked.Load(), n)
			}
		})
	}
}

// TestSLOOutlierAndRoutes: one slow request in 200 is below p99, and is reported
// with its route and phases; two slow routes are reported apart.
func TestSLOOutlierAndRoutes(t *testing.T) {
	t.Parallel()
	server, _ := serveCounted(t, func(i int64, w http.ResponseWriter, r *http.Request) {
		if i == 150 {
			time.Sleep(4 * time.Second)
		}
	})
	res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{server.URL + "/v1/info"}, Rate: 200, P99: check.Duration(2 * time.Second)})
	checktest.WantRules(t, res, "slo/latency-outlier")
	if m := checktest.Message(res, "slo/latency-outlier"); !strings.HasPrefix(m, "GET /v1/info took 4") {
		t.Errorf("message %q", m)
	}

	server, _ = serveCounted(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/slow":
			time.Sleep(600 * time.Millisecond)
		case "/v1/broken":
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	res = checktest.Run(t, checktest.EnvAt(t, server.URL), &SLO{URL: check.Strings{"/console/api/ok", "/api/slow", "/v1/broken"}, Requests: 150, Rate: 100})
	checktest.WantRules(t, res, "slo/5xx", "slo/p99")
	for _, f := range res.Findings {
		want := map[string]string{"slo/5xx": "/v1/broken (100 % of its 50)", "slo/p99": "/api/slow with a p99 of "}[f.Rule]
		if !strings.Contains(f.Hint, want) {
			t.Errorf("%s: hint %q, want %q in it", f.Rule, f.Hint, want)
		}
	}
	if routes := res.Evidence["routes"].([]map[string]any); len(routes) != 3 || routes[2]["rate_5xx"] != 1.0 {
		t.Errorf("routes %v", routes)
	}
}

// TestSLONoAnswer: refused, cut off and silent servers count as 5xx.
func TestSLONoAnswer(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{closed.URL}, Requests: 100, Rate: 500, P99: check.Duration(5 * time.Second)})
	checktest.WantRules(t, res, "slo/5xx")
	if h := res.Findings[0].Hint; !strings.Contains(h, "refused") {
		t.Errorf("hint %q, want the reason", h)
	}

	cut, _ := serveCounted(t, func(i int64, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	res = checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{cut.URL}, Requests: 100, Rate: 500})
	if got := res.Evidence["unanswered"]; got != int64(100) {
		t.Errorf("unanswered %v, want 100: a cut body is no answer", got)
	}

	silent, _ := serveCounted(t, func(_ int64, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	res = checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{silent.URL}, Requests: 100, Rate: 500, RequestTimeout: check.Duration(200 * time.Millisecond), P99: check.Duration(5 * time.Second)})
	checktest.WantRules(t, res, "slo/5xx")
	if p := res.Evidence["percentiles_ms"].(map[string]float64); p["p50"] < 190 {
		t.Errorf("p50 %v, want the request's timeout: waiting for nothing is latency", p["p50"])
	}
}

// TestSLOWarmUp: what is sent before does not count, but is sent.
func TestSLOWarmUp(t *testing.T) {
	t.Parallel()
	server, asked := serveCounted(t, func(i int64, w http.ResponseWriter, _ *http.Request) {
		if i < 20 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	res := checktest.Run(t, checktest.EnvAt(t, ""), &SLO{URL: check.Strings{server.URL}, Requests: 100, WarmUp: 25, Rate: 200, P99: check.Duration(5 * time.Second)})
	checktest.WantRules(t, res)
	if asked.Load() != 125 || res.Evidence["samples"] != int64(100) {
		t.Errorf("asked %d, samples %v, want 125 and 100", asked.Load(), res.Evidence["samples"])
	}
}

func TestSLOMistakes(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]SLO{
		"exactly one of url, access_log and prometheus, got 0": {},
		"exactly one of url, access_log and prometheus, got 2": {URL: check.Strings{"/x"}, Prometheus: "http://p:9090"},
		"sending 200 requests at 20/s takes 10s, want more":    {URL: check.Strings{"/x"}, Base: check.Base{Timeout: check.Duration(10 * time.Second)}},
		`method "POST": want GET or HEAD`:                      {URL: check.Strings{"/x"}, Method: "POST"},
		"no $status in it":                                     {AccessLog: check.Strings{"x"}, LogFormat: "$remote_addr"},
		`prometheus "p:9090": want http://HOST:PORT`:           {Prometheus: "p:9090"},
	} {
		ms := spec.Validate()
		if len(ms) != 1 || !strings.Contains(ms[0].Message, want) {
			t.Errorf("mistakes %v, want one with %q", ms, want)
		}
	}
	for text, want := range map[string]float64{"20/s": 20, "600/m": 10, "0.5": 0.5} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || float64(r) != want {
			t.Errorf("rate %q: %v, %v, want %g", text, r, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1/s", "20/h", "NaN", "1e9/s"} {
		if err := new(Rate).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("rate %q was read, want an error", text)
		}
	}
}
