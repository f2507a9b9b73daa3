// Package quantile keeps latencies in a histogram of fixed size (about 200 KB)
// whose error is at most 0.1 % of the value, and reads percentiles and the
// bars of a picture from it.
package quantile

import (
	"math"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The range that is told apart: a microsecond to an hour. What is longer
// counts as an hour in the histogram; the maximum is exact all the same.
const (
	lowest  = 1 // microsecond
	highest = int64(time.Hour / time.Microsecond)
	digits  = 3
)

// Histogram holds latencies. It is not safe for concurrent use.
type Histogram struct {
	h   *hdr.Histogram
	max time.Duration
}

// New makes an empty histogram.
func New() *Histogram { return &Histogram{h: hdr.New(lowest, highest, digits)} }

// Record adds a latency; negative ones count as 0.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.max = max(h.max, d)
	// The value is clamped to the range, so there is no error left to return.
	_ = h.h.RecordValue(min(int64(d/time.Microsecond), highest))
}

// Count is the number of latencies recorded.
func (h *Histogram) Count() int64 { return h.h.TotalCount() }

// Max is the longest latency, exact.
func (h *Histogram) Max() time.Duration { return h.max }

// At returns the q-quantile (0 < q <= 1) by nearest rank: the smallest latency
// that at least a share q of all does not exceed. 0 when there are none.
func (h *Histogram) At(q float64) time.Duration {
	n := float64(h.Count())
	if n == 0 {
		return 0
	}
	// The library rounds q·n to the nearest rank, which may lie below it: ask
	// for the rank itself. The small term takes back what q·n is off by.
	rank := math.Max(1, math.Ceil(q*n-1e-9*n))
	v := time.Duration(h.h.ValueAtQuantile(100*rank/n)) * time.Microsecond
	return min(v, h.max)
}

// confidence95 is the quantile of the normal distribution for an interval that
// holds in 95 of 100 samples.
const confidence95 = 1.96

// Interval returns the bounds within which the q-quantile of what was sampled lies
// with a confidence of 95 %, by order statistics: the number of latencies below it
// is binomial, so that no shape of the distribution is assumed.
func (h *Histogram) Interval(q float64) (low, high time.Duration) {
	n := float64(h.Count())
	if n == 0 {
		return 0, 0
	}
	margin := confidence95 * math.Sqrt(q*(1-q)/n)
	return h.At(math.Max(q-margin, 1/n)), h.At(math.Min(q+margin, 1))
}

// Percentiles returns p50, p90, p95, p99 and max in milliseconds.
func (h *Histogram) Percentiles() map[string]float64 {
	return map[string]float64{
		"p50": Millis(h.At(0.50)), "p90": Millis(h.At(0.90)), "p95": Millis(h.At(0.95)),
		"p99": Millis(h.At(0.99)), "max": Millis(h.max),
	}
}

// Millis is a duration in milliseconds, to the microsecond.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Bar is a bar of the picture: how many latencies were at most LE milliseconds
// and more than the LE of the bar before.
type Bar struct {
	LE    float64
	Count int64
}

// Bars returns the distribution from its first to its last filled bar. The
// borders are the same in every run, six a decade, so that pictures compare.
func (h *Histogram) Bars() []Bar {
	edges := borders(h.max)
	bars := make([]Bar, len(edges))
	for i, e := range edges {
		bars[i].LE = e
	}
	i := 0
	for _, part := range h.h.Distribution() {
		if part.Count == 0 {
			continue
		}
		// The histogram's own parts straddle borders by 0.1 % at the most.
		for i < len(edges)-1 && float64(part.From)/1000 > edges[i] {
			i++
		}
		bars[i].Count += part.Count
	}
	for len(bars) > 0 && bars[0].Count == 0 {
		bars = bars[1:]
	}
	return bars
}

// borders are those below the longest latency and the next one.
func borders(longest time.Duration) []float64 {
	var out []float64
	for decade := 0.1; decade < 1e7; decade *= 10 {
		for _, step := range []float64{1, 1.5, 2, 3, 5, 7} {
			out = append(out, math.Round(decade*step*1000)/1000)
			if out[len(out)-1] >= Millis(longest) {
				return out
			}
		}
	}
	return out
}
