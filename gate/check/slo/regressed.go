package slo

import (
	"fmt"
	"strconv"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

var ruleRegressed = gate.Rule{
	ID: "slo/regressed", Severity: gate.Warning, Phase: gate.PhasePost,
	Title:   "the 99th percentile is slower than in the baseline",
	What:    "The p99 is more than 1.2 times that of the baseline, and the 95 % confidence intervals do not overlap.",
	Why:     "The deploy made requests slower, even if the objective is still met.",
	Fix:     "Compare the routes and the slowest requests of both reports; look for a missing index, a cold cache or a smaller pool.",
	Example: "p99 is 182 ms (176 to 195 ms), in the baseline 118 ms (112 to 124 ms): slower than chance explains",
}

// leastRegression is the ratio below which a slower p99 is not worth a word.
const leastRegression = 1.2

// compareBaseline adds slo/regressed to a result whose p99 is slower than that of
// the baseline. Both the ratio and the intervals of what two samples of their
// sizes may show by chance have to be exceeded. Without figures of both runs
// nothing is compared.
func compareBaseline(env *check.Env, name string, res gate.Result) gate.Result {
	percentiles, ok1 := res.Evidence["percentiles_ms"].(map[string]float64)
	interval, ok2 := res.Evidence["p99_interval_ms"].([]float64)
	before := env.Baseline.Evidence("slo", name, "percentiles_ms.p99").Float()
	low, high := env.Baseline.Evidence("slo", name, "p99_interval_ms.0").Float(), env.Baseline.Evidence("slo", name, "p99_interval_ms.1").Float()
	if !ok1 || !ok2 || before <= 0 || high <= 0 || res.Err != nil {
		return res
	}
	now := percentiles["p99"]
	if now <= leastRegression*before || interval[0] <= high {
		return res
	}
	f := ruleRegressed.Finding(fmt.Sprintf("p99 is %s ms (%s to %s ms), in the baseline %s ms (%s to %s ms): slower than chance explains",
		shortMillis(now), shortMillis(interval[0]), shortMillis(interval[1]), shortMillis(before), shortMillis(low), shortMillis(high)),
		"compare the routes and the slowest requests of both reports: a missing index, a cold cache and a smaller pool show there")
	f.Subject = "regressed"
	res.Findings = append(res.Findings, f)
	return res
}

func shortMillis(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
