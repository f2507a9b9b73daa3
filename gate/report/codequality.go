package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
)

// The Code Quality report of GitLab: an array of these. GitLab stops reading at
// the first item that lacks one of the fields.
type (
	qualityItem struct {
		Description string          `json:"description"`
		CheckName   string          `json:"check_name"`
		Fingerprint string          `json:"fingerprint"`
		Severity    string          `json:"severity"`
		Location    qualityLocation `json:"location"`
	}
	qualityLocation struct {
		Path  string       `json:"path"`
		Lines qualityLines `json:"lines"`
	}
	qualityLines struct {
		Begin int `json:"begin"`
	}
)

// CodeQuality writes GitLab's Code Quality report: blocker is what blocks,
// critical an error that does not, major a warning, and minor what this upgrade
// does not change, unless nothing else blocks. Notices are left out: they would
// drown the rest. So are findings that another one covers. A check that could not be decided is critical, so that an empty
// list means that nothing is wrong. Waived and known findings are left out: GitLab
// has no word for them.
func CodeQuality(w io.Writer, rep gate.Report, o Options) error {
	rep = clean(rep)
	items := []qualityItem{}
	seen := map[string]int{}
	add := func(rule, text, fingerprint, severity string, l *gate.Location) {
		p := o.placeIn(l)
		if p.Lost != "" {
			text = p.Lost + ": " + text
		}
		// A fingerprint that comes again would overwrite the first item.
		if seen[fingerprint]++; seen[fingerprint] > 1 {
			fingerprint = fmt.Sprintf("%s-%d", fingerprint, seen[fingerprint])
		}
		items = append(items, qualityItem{orElse(text, rule), rule, fingerprint, severity, qualityLocation{p.File, qualityLines{p.Line}}})
	}
	alone := onlyStandingBlocks(rep)
	for _, f := range rep.Findings {
		if f.Active() && !f.Known && f.Severity > gate.Notice && !folded(rep, f) {
			add(f.Rule, adviceLine(f), f.Fingerprint, quality(rep, f, alone), f.Location)
		}
	}
	for _, c := range undecided(rep) {
		add("gate/undecided", c.Name+" could not be decided: "+c.Reason, "undecided-"+c.Name, "critical", c.Location)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(items)
}

// folded reports whether another finding of the report says the same.
func folded(rep gate.Report, f gate.Finding) bool {
	return f.FoldedInto != "" && slices.ContainsFunc(rep.Findings, func(host gate.Finding) bool { return host.Fingerprint == f.FoldedInto && host.FoldedInto == "" })
}

// adviceLine is a finding with its hint in one line.
func adviceLine(f gate.Finding) string {
	if f.Hint == "" {
		return f.Message
	}
	return f.Message + " → " + oneLine(f.Hint)
}

// onlyStandingBlocks reports whether all that blocks was there before.
func onlyStandingBlocks(rep gate.Report) bool {
	for _, f := range rep.Findings {
		if blocks(rep, f) && f.Impact != gate.ImpactStanding {
			return false
		}
	}
	return true
}

func quality(rep gate.Report, f gate.Finding, onlyStanding bool) string {
	switch {
	case f.Impact == gate.ImpactStanding && !(onlyStanding && blocks(rep, f)):
		return "minor"
	case blocks(rep, f):
		return "blocker"
	case f.Severity == gate.Error:
		return "critical"
	}
	return "major"
}
