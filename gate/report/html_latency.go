package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

type (
	// htmlLatency is the picture of one check's response times, places in percent of
	// its width and pixels of its height, each bucket as wide as the others.
	htmlLatency struct {
		Name, Samples, Text string
		Bars                []htmlBar
		Marks               []htmlMark
		Axis                []string
		Percentiles         []htmlStat
	}
	htmlBar struct {
		X, Y, W, H float64
		Title      string
	}
	htmlMark struct {
		X                    float64
		Label, Title, Anchor string
		Shift                int
		Earlier              bool // of the baseline
	}
)

// chartHeight is the picture's height in pixels, as in page.css.
const chartHeight = 200

// marked are the percentiles that get a line in the picture.
func marked(name string) bool { return name == "p50" || name == "p95" || name == "p99" }

func htmlLatencies(rep gate.Report) []htmlLatency {
	var out []htmlLatency
	for _, c := range rep.Checks {
		l := latencyOf(c)
		if len(l.Percentiles) == 0 {
			continue
		}
		h := htmlLatency{Name: c.Name, Bars: bars(l.Buckets)}
		total := 0.0
		for _, b := range l.Buckets {
			total += b.Count
			h.Axis = append(h.Axis, "≤ "+strings.TrimSuffix(milliseconds(b.LE), " ms"))
		}
		if total > 0 {
			h.Samples = fmt.Sprintf("%.0f requests, milliseconds along the axis", total)
		}
		var words []string
		for _, p := range l.Percentiles {
			value := milliseconds(p.MS)
			h.Percentiles = append(h.Percentiles, htmlStat{Label: p.Name, Value: value})
			words = append(words, p.Name+" "+value)
			if marked(p.Name) && len(h.Bars) > 0 {
				h.Marks = append(h.Marks, markAt(position(l.Buckets, p.MS), p.Name, value))
			}
		}
		if len(h.Bars) > 0 {
			h.Marks = append(h.Marks, earlierMarks(rep, c.Name, l.Buckets)...)
		}
		h.Text = "histogram of response times: " + strings.Join(words, ", ")
		h.Axis = thin(h.Axis)
		out = append(out, h)
	}
	return out
}

// markAt is a line at a percentile, its label beside it on the roomier side.
func markAt(x float64, name, value string) htmlMark {
	m := htmlMark{X: x, Label: name, Title: name + " " + value, Anchor: "start", Shift: 5}
	if x > 90 {
		m.Anchor, m.Shift = "end", -5
	}
	return m
}

func bars(buckets []bucket) []htmlBar {
	highest := 0.0
	for _, b := range buckets {
		highest = max(highest, b.Count)
	}
	if highest == 0 {
		return nil
	}
	var out []htmlBar
	width := 100 / float64(len(buckets))
	for i, b := range buckets {
		h := (chartHeight - 20) * b.Count / highest
		if b.Count > 0 {
			h = max(2, h)
		}
		out = append(out, htmlBar{X: float64(i)*width + width*0.06, Y: chartHeight - h, W: width * 0.88, H: h,
			Title: "up to " + milliseconds(b.LE) + ": " + strconv.FormatFloat(b.Count, 'f', -1, 64)})
	}
	return out
}

// position finds a time on the axis, by straight lines between the bounds.
func position(buckets []bucket, ms float64) float64 {
	width := 100 / float64(len(buckets))
	low := 0.0
	for i, b := range buckets {
		if ms <= b.LE {
			return width * (float64(i) + (ms-low)/max(b.LE-low, 1e-9))
		}
		low = b.LE
	}
	return 100
}

// thin blanks labels so that a crowded axis stays readable.
func thin(labels []string) []string {
	step := (len(labels) + 11) / 12
	for i := range labels {
		if step > 1 && i%step != 0 {
			labels[i] = ""
		}
	}
	return labels
}
