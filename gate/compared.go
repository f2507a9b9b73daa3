package gate

import (
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"
)

// Compared is a figure that the baseline and this run both have.
type Compared struct {
	Kind   string `json:"kind"`
	Check  string `json:"check"`
	Figure string `json:"figure"` // "p99", "responder" …
	Unit   string `json:"unit,omitempty"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// comparedFigures are the figures that are put side by side, by kind: where they
// stand in the evidence, and their unit.
var comparedFigures = []struct{ kind, figure, path, unit string }{
	{"slo", "p50", "percentiles_ms.p50", "ms"},
	{"slo", "p95", "percentiles_ms.p95", "ms"},
	{"slo", "p99", "percentiles_ms.p99", "ms"},
	{"slo", "4xx rate", "rate_4xx", ""},
	{"slo", "5xx rate", "rate_5xx", ""},
	{"slo", "samples", "samples", ""},
	{"http", "status", "status", ""},
	{"http", "responder", "responder", ""},
	{"version", "versions", "versions", ""},
	{"celery", "backlog", "backlog", ""},
	{"celery", "workers", "workers", ""},
	{"migration", "revisions", "revisions", ""},
}

// compare puts the figures side by side that both runs have. For all but the
// figures of an SLO only those that differ are listed.
func (b *Baseline) compare(checks []CheckReport) []Compared {
	out := []Compared{}
	for _, c := range checks {
		if c.Outcome == OutcomeSkip || c.Outcome == OutcomeError {
			continue
		}
		var now gjson.Result
		for _, f := range comparedFigures {
			if f.kind != c.Kind {
				continue
			}
			before := b.Evidence(c.Kind, c.Name, f.path)
			if !before.Exists() {
				continue
			}
			if now.Raw == "" {
				data, err := json.Marshal(c.Evidence)
				if err != nil {
					break
				}
				now = gjson.ParseBytes(data)
			}
			after := now.Get(f.path)
			if !after.Exists() || f.kind != "slo" && before.String() == after.String() {
				continue
			}
			out = append(out, Compared{Kind: c.Kind, Check: c.Name, Figure: f.figure, Unit: f.unit, Before: before.String(), After: after.String()})
		}
	}
	return out
}

// baselineState says what the baseline made of the run.
func baselineState(b *Baseline, rep Report) *BaselineState {
	s := &BaselineState{Source: b.Source, Started: b.Started.UTC().Format("2006-01-02T15:04:05Z"), Age: b.age(rep.Started), Fixed: len(rep.Fixed)}
	for _, f := range rep.Findings {
		switch {
		case !f.Active():
		case f.Known:
			s.Known++
		default:
			s.New++
		}
	}
	return s
}

func (s BaselineState) String() string {
	fresh := "nothing new"
	if s.New > 0 {
		fresh = fmt.Sprintf("%d new", s.New)
	}
	return fmt.Sprintf("baseline %s, %s old: %d known, %s, %d fixed", s.Source, s.Age, s.Known, fresh, s.Fixed)
}
