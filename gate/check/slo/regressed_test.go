package slo

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/quantile"
)

// lognormal is a sample of n latencies with a median of 50 ms and a long tail,
// times a factor.
func lognormal(r *rand.Rand, n int, factor float64) figures {
	h := quantile.New()
	for range n {
		h.Record(time.Duration(factor * 50e6 * math.Exp(0.5*r.NormFloat64())))
	}
	return figures{unit: "requests", all: tally{samples: int64(n), latency: h}}
}

// asBaseline is a run of the check "slo" with these figures as a later run reads it.
func asBaseline(t testing.TB, res gate.Result) *gate.Baseline {
	t.Helper()
	started := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	rep := gate.Assemble([]gate.Ran{{Check: gate.Check{Kind: "slo", Name: "slo", Phase: gate.PhasePost}, Result: res}}, gate.Policy{},
		gate.RunInfo{Tool: gate.Tool{Name: "gate"}, Started: started, Phase: gate.PhasePost})
	data, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	b, err := gate.ParseBaseline(data, "before.json", "", started.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The rule is silent on noise and finds a p99 that is half as slow again.
func TestRegressedKnowsNoise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 26))
	o := objectives{p99: time.Hour, max4xx: 1, max5xx: 1, minSamples: 100}
	share := func(pairs, n int, factor float64) float64 {
		found := 0
		for range pairs {
			env := &check.Env{Baseline: asBaseline(t, o.decide(lognormal(r, n, 1)))}
			if len(compareBaseline(env, "slo", o.decide(lognormal(r, n, factor))).Findings) > 0 {
				found++
			}
		}
		return float64(found) / float64(pairs)
	}
	if got := share(200, 2000, 1); got > 0.02 {
		t.Errorf("no change was called regressed in %.1f %% of the pairs, want at most 2 %%", 100*got)
	}
	if got := share(200, 200, 1); got > 0.02 {
		t.Errorf("small samples: no change was called regressed in %.1f %% of the pairs, want at most 2 %%", 100*got)
	}
	if got := share(200, 2000, 1.5); got < 0.95 {
		t.Errorf("1.5 times the p99 was found in %.1f %% of the pairs, want at least 95 %%", 100*got)
	}
}

// Against a real server that became slower, and one that did not.
func TestRegressedAgainstAServer(t *testing.T) {
	t.Parallel()
	var pause time.Duration
	server, _ := serveCounted(t, func(int64, http.ResponseWriter, *http.Request) { time.Sleep(pause) })
	env := checktest.EnvAt(t, "")
	spec := &SLO{URL: check.Strings{server.URL}, Requests: 200, Rate: 400, P99: check.Duration(10 * time.Second)}
	spec.Name = "slo"
	pause = 5 * time.Millisecond
	env.Baseline = asBaseline(t, checktest.Run(t, env, spec))
	pause = 150 * time.Millisecond
	checktest.WantRules(t, checktest.Run(t, env, spec), "slo/regressed")
}
