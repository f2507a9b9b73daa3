package slo

import (
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// BenchmarkRegressedLoopback samples a loopback server in pairs of 2,000 requests, one
// pair as it is and one with every answer 1.5 times as slow, and reports the share of
// each that is called regressed. For figures: -benchtime 200x on an idle machine.
func BenchmarkRegressedLoopback(b *testing.B) {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(20, 26))
	factor := 1.0
	server, _ := serveCounted(b, func(int64, http.ResponseWriter, *http.Request) {
		mu.Lock()
		pause := time.Duration(factor * 20e6 * math.Exp(0.5*r.NormFloat64()))
		mu.Unlock()
		time.Sleep(pause)
	})
	env := checktest.EnvAt(b, "")
	sample := func(slower float64) gate.Result {
		mu.Lock()
		factor = slower
		mu.Unlock()
		spec := &SLO{URL: check.Strings{server.URL}, Requests: 2000, Rate: 1000, P99: check.Duration(10 * time.Second)}
		spec.Name = "slo"
		return checktest.Run(b, env, spec)
	}
	same, slower, pairs := 0, 0, 0
	for b.Loop() {
		pairs++
		env.Baseline = nil
		env.Baseline = asBaseline(b, sample(1))
		same += found(sample(1))
		slower += found(sample(1.5))
	}
	b.ReportMetric(100*float64(same)/float64(pairs), "%same")
	b.ReportMetric(100*float64(slower)/float64(pairs), "%slower")
}

func found(res gate.Result) int {
	for _, f := range res.Findings {
		if f.Rule == ruleRegressed.ID {
			return 1
		}
	}
	return 0
}
