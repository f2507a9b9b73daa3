package slo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quantile"
)

// objectives are the limits that figures are compared with.
type objectives struct {
	p99            time.Duration
	p99Asked       bool // gate.yaml names it, so not knowing it is no pass
	max4xx, max5xx float64
	minSamples     int64
}

// tally counts answers.
type tally struct {
	samples, client, server int64 // client 4xx, server 5xx
	left                    int64 // 499: the client left
	unanswered              int64 // no HTTP answer; part of server
	latency                 *quantile.Histogram
}

// count adds one answer; a status of 0 means no answer at all.
func (t *tally) count(status int, ignored bool) {
	t.samples++
	switch {
	case status == 0:
		t.server++
		t.unanswered++
	case ignored:
	case status == statusClientLeft:
		t.left++
	case status >= 500:
		t.server++
	case status >= 400:
		t.client++
	}
}

// statusClientLeft is nginx's own: the client closed the connection before the
// answer. It says nothing about the server's answer, so it is no 4xx.
const statusClientLeft = 499

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// route is the tally of one path, or of one group of paths.
type route struct {
	name string
	tally
}

// slow is one of the slowest requests.
type slow struct {
	request string // "GET /v1/parameters"
	status  int
	latency time.Duration
	phases  map[string]any // nil when they are not known
}

// keepSlowest adds a request to the slowest few, the slowest first.
func keepSlowest(list []slow, s slow) []slow {
	const few = 5
	if len(list) == few && s.latency <= list[few-1].latency {
		return list
	}
	i, _ := slices.BinarySearchFunc(list, s.latency, func(a slow, d time.Duration) int { return int(d - a.latency) })
	list = slices.Insert(list, i, s)
	return list[:min(len(list), few)]
}

// figures are what a source knows of the requests.
type figures struct {
	unit    string // "requests", "lines": what samples are
	all     tally
	routes  []route
	slowest []slow
}

// decide compares figures with the objectives. With too few samples nothing is
// decided.
func (o objectives) decide(f figures) gate.Result {
	res := gate.Result{Evidence: f.evidence(o)}
	if f.all.samples < o.minSamples {
		res.Err = fmt.Errorf("%d %s, want at least %d (min_samples)", f.all.samples, f.unit, o.minSamples)
		return res
	}
	if f.all.latency == nil || f.all.latency.Count() == 0 {
		res.Evidence["p99"] = "not known: the log format has no request time"
		if o.p99Asked {
			res.Err = fmt.Errorf("p99 is not known: the log format has no request time, want $request_time in it")
		}
	} else if p99 := f.all.latency.At(0.99); p99 >= o.p99 {
		res.Findings = append(res.Findings, o.tooSlow(p99, f))
	} else if out, ok := o.outlier(f); ok {
		res.Findings = append(res.Findings, out)
	}
	rate := func(rule gate.Rule, class string, n int64, limit float64, pick func(tally) int64) {
		if r := share(n, f.all.samples); exceeds(r, limit) {
			hint := "look at the statuses and routes in the evidence"
			if w, ok := worst(f.routes, func(t tally) float64 { return share(pick(t), t.samples) }); ok {
				hint = fmt.Sprintf("most of them on %s (%s of its %d)", w.name, percent(share(pick(w.tally), w.samples)), w.samples)
			}
			found := rule.Finding(fmt.Sprintf("%s rate is %s (%d of %d), expected %s",
				class, percent(r), n, f.all.samples, wantRate(limit)), hint)
			found.Subject = rule.ID
			if rule.ID == rule5xx.ID {
				found.Symptom = gate.SymptomServerError
			}
			res.Findings = append(res.Findings, found)
		}
	}
	rate(rule4xx, "4xx", f.all.client, o.max4xx, func(t tally) int64 { return t.client })
	rate(rule5xx, "5xx", f.all.server, o.max5xx, func(t tally) int64 { return t.server })
	return res
}

// exceeds compares strictly: the rate has to be below its limit, except that a
// limit of 0 is met by 0.
func exceeds(rate, limit float64) bool {
	if limit == 0 {
		return rate > 0
	}
	return rate >= limit
}

func wantRate(limit float64) string {
	if limit == 0 {
		return "0 %"
	}
	return "less than " + percent(limit)
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e6)/1e4, 'f', -1, 64) + " %"
}

func millis(d time.Duration) string {
	return strconv.FormatFloat(math.Round(quantile.Millis(d)*10)/10, 'f', -1, 64) + " ms"
}

func (o objectives) tooSlow(p99 time.Duration, f figures) gate.Finding {
	hint := "look at the slowest requests in the evidence"
	if w, ok := worst(f.routes, func(t tally) float64 { return quantile.Millis(t.p99()) }); ok {
		hint = fmt.Sprintf("the slowest route is %s with a p99 of %s", w.name, millis(w.p99()))
	} else if len(f.slowest) > 0 && f.slowest[0].phases != nil {
		hint = fmt.Sprintf("the slowest, %s, took %s: its phases are in the evidence", f.slowest[0].request, millis(f.slowest[0].latency))
	}
	found := ruleP99.Finding(fmt.Sprintf("p99 is %s over %d %s, expected less than %s",
		millis(p99), f.all.latency.Count(), f.unit, millis(o.p99)), hint)
	found.Subject = "p99"
	return found
}

// outlier is the notice about a request beyond the limit that p99 hides.
func (o objectives) outlier(f figures) (gate.Finding, bool) {
	longest, median := f.all.latency.Max(), f.all.latency.At(0.5)
	if longest < o.p99 || longest <= 10*median || len(f.slowest) == 0 {
		return gate.Finding{}, false
	}
	text := fmt.Sprintf("%s took %s, expected less than %s", f.slowest[0].request, millis(longest), millis(o.p99))
	if median > 0 {
		text = fmt.Sprintf("%s took %s, %.0f times the median of %s", f.slowest[0].request, millis(longest),
			float64(longest)/float64(median), millis(median))
	}
	found := ruleLatencyOutlier.Finding(text, "its phases are in the evidence, under slowest")
	found.Subject = "outlier"
	return found, true
}

func (t tally) p99() time.Duration {
	if t.latency == nil {
		return 0
	}
	return t.latency.At(0.99)
}

// worst is the route with the highest figure, when there are several routes
// and it is not 0.
func worst(routes []route, figure func(tally) float64) (route, bool) {
	if len(routes) < 2 {
		return route{}, false
	}
	w := slices.MaxFunc(routes, func(a, b route) int {
		if d := figure(a.tally) - figure(b.tally); d != 0 {
			return int(math.Copysign(1, d))
		}
		return 0
	})
	return w, figure(w.tally) > 0
}

// evidence is what reports show: the keys are those that the HTML report draws.
func (f figures) evidence(o objectives) map[string]any {
	e := f.all.evidence()
	e["objectives"] = map[string]any{
		"p99_ms": quantile.Millis(o.p99), "max_4xx": o.max4xx, "max_5xx": o.max5xx, "min_samples": o.minSamples,
	}
	if f.all.latency != nil && f.all.latency.Count() > 0 {
		var bars []map[string]any
		for _, b := range f.all.latency.Bars() {
			bars = append(bars, map[string]any{"le": b.LE, "count": b.Count})
		}
		e["histogram_ms"] = bars
	}
	if len(f.routes) > 1 {
		routes := make([]map[string]any, len(f.routes))
		for i, r := range f.routes {
			routes[i] = r.evidence()
			routes[i]["route"] = r.name
		}
		e["routes"] = routes
	}
	if len(f.slowest) > 0 {
		list := make([]map[string]any, len(f.slowest))
		for i, s := range f.slowest {
			list[i] = map[string]any{"request": s.request, "status": s.status, "ms": quantile.Millis(s.latency)}
			if s.phases != nil {
				list[i]["timings_ms"] = s.phases
			}
		}
		e["slowest"] = list
	}
	return e
}

func (t tally) evidence() map[string]any {
	e := map[string]any{
		"samples": t.samples, "rate_4xx": share(t.client, t.samples), "rate_5xx": share(t.server, t.samples),
	}
	if t.left > 0 {
		e["client_left"] = t.left
	}
	if t.unanswered > 0 {
		e["unanswered"] = t.unanswered
	}
	if t.latency != nil && t.latency.Count() > 0 {
		e["percentiles_ms"] = t.latency.Percentiles()
		low, high := t.latency.Interval(0.99)
		e["p99_interval_ms"] = []float64{quantile.Millis(low), quantile.Millis(high)}
	}
	return e
}
