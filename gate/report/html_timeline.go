package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

type (
	htmlChecks struct {
		Title string
		Rows  htmlRows[htmlCheck]
	}
	// htmlCheck is a row of the timeline; X and W are in percent of the whole
	// run.
	htmlCheck struct {
		Name, Reason, ExplainedBy, After, Took, Span, Facts, Evidence string
		Outcome                                                       gate.Outcome
		// Plain is a row that has nothing more to say.
		Ran, Plain bool
		X, W       float64
		Wait       *htmlSpan
		Probes     []string
		Phases     []htmlPart
	}
	htmlSpan struct{ X, W float64 }
	htmlPart struct {
		Class, Label, Value string
		X, W                float64
	}
)

// htmlTimeline lays the checks of each phase out over time, in the order in
// which they began; those that did not run come last.
func htmlTimeline(rep gate.Report) (groups []htmlChecks, ticks []string, note string) {
	whole := rep.DurationMS
	for _, c := range ranChecks(rep) {
		whole = max(whole, c.StartMS+c.DurationMS)
	}
	whole = max(whole, 1)
	for _, phase := range []gate.Phase{gate.PhasePre, gate.PhasePost} {
		var checks []gate.CheckReport
		for _, c := range rep.Checks {
			if c.Phase == phase {
				checks = append(checks, c)
			}
		}
		slices.SortStableFunc(checks, func(a, b gate.CheckReport) int {
			return cmp.Or(cmp.Compare(truth(a.Attempts == 0), truth(b.Attempts == 0)), cmp.Compare(a.StartMS, b.StartMS))
		})
		if len(checks) == 0 {
			continue
		}
		var rows []htmlCheck
		for _, c := range checks {
			rows = append(rows, htmlCheckOf(c, whole))
		}
		groups = append(groups, htmlChecks{title(phaseTitle(phase)), rowsOf(rows)})
	}
	for i := range int64(5) {
		ticks = append(ticks, took(whole*i/4))
	}
	return groups, ticks, slowest(rep)
}

// slowest says where the time went.
func slowest(rep gate.Report) string {
	list := ranChecks(rep)
	if len(list) == 0 {
		return "No check ran."
	}
	var sum int64
	longest := list[0]
	for _, c := range list {
		sum += c.DurationMS
		if c.DurationMS > longest.DurationMS {
			longest = c
		}
	}
	return fmt.Sprintf("%s ran, together %s of work in %s; the longest was %s with %s.", count(len(list), "check"), took(sum), took(rep.DurationMS), longest.Name, took(longest.DurationMS))
}

func htmlCheckOf(c gate.CheckReport, whole int64) htmlCheck {
	scale := func(ms int64) float64 { return 100 * float64(ms) / float64(whole) }
	h := htmlCheck{
		Name: c.Name, Reason: c.Reason, Outcome: c.Outcome, Probes: c.Probes, After: strings.Join(c.Needs, ", "), Evidence: evidenceText(c), Facts: checkFacts(c),
	}
	if c.ExplainedBy != c.Name {
		h.ExplainedBy = c.ExplainedBy
	}
	h.Plain = h.Evidence == "" && h.ExplainedBy == "" && len(h.Probes) == 0 && (c.Attempts == 0 || h.Reason == "" && h.Facts == "")
	if c.Attempts == 0 {
		return h
	}
	h.Ran, h.Took = true, took(c.DurationMS)
	h.X, h.W = scale(c.StartMS), max(0.4, scale(c.DurationMS))
	h.X = min(h.X, 100-h.W)
	h.Span = fmt.Sprintf("from %s to %s", took(c.StartMS), took(c.StartMS+c.DurationMS))
	// What it waited for: from the end of the last check that it needs, or from
	// the beginning, until it began.
	if len(c.Needs) > 0 && c.StartMS > 0 {
		h.Wait = &htmlSpan{0, scale(c.StartMS)}
		h.Span += ", after " + h.After
	}
	h.Phases = htmlPhases(c)
	return h
}

// checkFacts is what a row says of its check besides name and outcome.
func checkFacts(c gate.CheckReport) string {
	var facts []string
	if !strings.HasPrefix(c.Name, c.Kind) {
		facts = append(facts, "kind "+c.Kind)
	}
	if c.Attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d tries", c.Attempts))
	}
	if len(c.Tags) > 0 {
		facts = append(facts, "tags "+strings.Join(c.Tags, ", "))
	}
	if c.AllowFailure {
		facts = append(facts, "allowed to fail")
	}
	return strings.Join(facts, " · ")
}

// htmlPhases splits the time of an exchange into its parts.
func htmlPhases(c gate.CheckReport) []htmlPart {
	p, ok := phasesOf(c)
	if !ok {
		return nil
	}
	server := max(0, p.FirstByte-p.DNS-p.Connect-p.TLS)
	var out []htmlPart
	x := 0.0
	for _, part := range []struct {
		class, label string
		ms           float64
	}{{"dns", "DNS", p.DNS}, {"connect", "connect", p.Connect}, {"tls", "TLS", p.TLS}, {"server", "server", server}, {"body", "body", max(0, p.Total-p.FirstByte)}} {
		w := min(100-x, 100*part.ms/p.Total)
		if !usable(part.ms) || w <= 0 {
			continue
		}
		out = append(out, htmlPart{part.class, part.label, milliseconds(part.ms), x, w})
		x += w
	}
	return out
}

func milliseconds(ms float64) string {
	if ms >= 100 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", ms), ".0") + " ms"
}

// evidenceText is the evidence as indented JSON, without what is drawn.
func evidenceText(c gate.CheckReport) string {
	if len(c.Evidence) == 0 {
		return ""
	}
	rest := maps.Clone(c.Evidence)
	delete(rest, "histogram_ms")
	if len(rest) == 0 {
		return ""
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(rest) != nil {
		return ""
	}
	return clip(strings.TrimSpace(buf.String()), 2*maxField)
}
