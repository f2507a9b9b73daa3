package report

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// latency is what a check's evidence says of response times, in milliseconds.
//
// The evidence's keys are percentiles_ms, an object {"p50": …, "p99.9": …,
// "max": …}; histogram_ms, a list of {"le": upper bound, "count": samples in
// this bucket alone}; and timings_ms, an object {"dns", "connect", "tls",
// "first_byte", "total"}.
type latency struct {
	Percentiles []percentile
	Buckets     []bucket
}

type percentile struct {
	Name string
	MS   float64
}

type bucket struct {
	LE    float64 `json:"le"`
	Count float64 `json:"count"`
}

// latencyOf reads the evidence whatever Go types it was built from.
func latencyOf(c gate.CheckReport) latency {
	var raw struct {
		Percentiles map[string]float64 `json:"percentiles_ms"`
		Buckets     []bucket           `json:"histogram_ms"`
	}
	if !decodeEvidence(c, &raw, "percentiles_ms", "histogram_ms") {
		return latency{}
	}
	var l latency
	for _, name := range sortedKeys(raw.Percentiles) {
		if ms := raw.Percentiles[name]; usable(ms) {
			l.Percentiles = append(l.Percentiles, percentile{name, ms})
		}
	}
	slices.SortStableFunc(l.Percentiles, func(a, b percentile) int { return cmp.Compare(rank(a.Name), rank(b.Name)) })
	for _, b := range raw.Buckets {
		if usable(b.LE) && usable(b.Count) {
			l.Buckets = append(l.Buckets, b)
		}
	}
	slices.SortStableFunc(l.Buckets, func(a, b bucket) int { return cmp.Compare(a.LE, b.LE) })
	return l
}

func usable(v float64) bool { return v >= 0 && !math.IsInf(v, 0) && !math.IsNaN(v) }

// rank orders p50 < p99 < max.
func rank(name string) float64 {
	if v, err := strconv.ParseFloat(strings.TrimPrefix(name, "p"), 64); err == nil {
		return v
	}
	return 1000
}

// phases are the parts of an exchange, in the order in which they happen.
type phases struct {
	DNS       float64 `json:"dns"`
	Connect   float64 `json:"connect"`
	TLS       float64 `json:"tls"`
	FirstByte float64 `json:"first_byte"`
	Total     float64 `json:"total"`
}

func phasesOf(c gate.CheckReport) (phases, bool) {
	var raw struct {
		Timings phases `json:"timings_ms"`
	}
	ok := decodeEvidence(c, &raw, "timings_ms")
	return raw.Timings, ok && raw.Timings.Total > 0
}

// decodeEvidence decodes the named keys of the evidence into v; false when
// none is there or they have another shape.
func decodeEvidence(c gate.CheckReport, v any, keys ...string) bool {
	part := map[string]any{}
	for _, k := range keys {
		if x, ok := c.Evidence[k]; ok {
			part[k] = x
		}
	}
	if len(part) == 0 {
		return false
	}
	encoded, err := json.Marshal(part)
	return err == nil && json.Unmarshal(encoded, v) == nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
