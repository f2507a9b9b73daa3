package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// htmlPair is a figure of the baseline and of this run as two bars, each in percent
// of the longer one.
type htmlPair struct {
	comparedRow
	BeforeW, AfterW float64
	// Bars is set for figures that are numbers.
	Bars  bool
	Text  string
	Worse bool // longer, slower or more errors than before
}

// bars draws both figures, one above the other.
func (p htmlPair) bars(w *pageWriter) {
	if !p.Bars {
		return
	}
	after := "after"
	if p.Worse {
		after = "worse"
	}
	w.add(`<svg class="pair" role="img" aria-label="{}"><rect class="before" width="{}%" height="8"></rect>`, p.Text, p.BeforeW)
	w.add(`<rect class="{}" y="10" width="{}%" height="8"></rect></svg>`, after, p.AfterW)
}

// htmlPairs are the rows of the table, with bars where both sides are numbers.
func htmlPairs(rep gate.Report, rows []comparedRow) []htmlPair {
	out := make([]htmlPair, len(rows))
	for i, r := range rows {
		out[i].comparedRow = r
		before, ok1 := number(rep.Compared[i].Before)
		after, ok2 := number(rep.Compared[i].After)
		longest := max(before, after)
		if !ok1 || !ok2 || longest <= 0 || before < 0 || after < 0 {
			continue
		}
		out[i].Bars = true
		out[i].BeforeW, out[i].AfterW = 100*before/longest, 100*after/longest
		out[i].Worse = after > before && lessIsBetter(r.Figure)
		out[i].Text = fmt.Sprintf("%s: before %s, after %s", r.Figure, r.Before, r.After)
	}
	return out
}

// lessIsBetter reports whether a figure should be small.
func lessIsBetter(figure string) bool {
	return strings.HasPrefix(figure, "p") || strings.HasSuffix(figure, "rate") || figure == "backlog"
}

func number(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && v <= 1e15
}

// earlierMarks are the percentiles of the baseline, for the picture of a check's
// latencies.
func earlierMarks(rep gate.Report, name string, buckets []bucket) []htmlMark {
	var out []htmlMark
	for _, c := range rep.Compared {
		ms, ok := number(c.Before)
		if c.Kind != "slo" || c.Check != name || c.Figure != "p99" || !ok || len(buckets) == 0 {
			continue
		}
		m := markAt(position(buckets, ms), "before", c.Figure+" before "+milliseconds(ms))
		m.Title, m.Earlier = c.Figure+" before: "+milliseconds(ms), true
		out = append(out, m)
	}
	return out
}
