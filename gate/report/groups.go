package report

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// group is the findings of one rule with the same advice: reports for people
// show it once, with its count. Its findings are in the report's order.
type group struct {
	Rule, Title string
	Severity    gate.Severity
	Impact      gate.Impact
	// By is the root cause's check that explains them; empty for none.
	By       string
	Findings []gate.Finding
}

// first is the finding that weighs most in the group.
func (g group) first() gate.Finding { return g.Findings[0] }

// advice is the hint that all findings of the group share; ok is false when each
// has one of its own.
func (g group) advice() (hint string, ok bool) {
	for _, f := range g.Findings {
		if f.Hint != g.first().Hint {
			return "", false
		}
	}
	return g.first().Hint, true
}

// section is the groups of one impact, or those that are known or waived.
type section struct {
	ID, Title string
	Groups    []group
}

// counts are the section's findings by severity: "2 errors, 1 warning".
func (s section) counts() string {
	var t tally
	for _, g := range s.Groups {
		t.add(g.Severity, len(g.Findings))
	}
	return t.String()
}

// size is how many findings the section has.
func (s section) size() int {
	n := 0
	for _, g := range s.Groups {
		n += len(g.Findings)
	}
	return n
}

// view is what a report for people shows of the findings.
type view struct {
	Sections []section
	// Sources are the notes that a finding says as well, by its fingerprint.
	Sources map[string][]gate.Finding
	// Folded and NoMatter count the findings left out: those that are a source of
	// another one, and the notes that do not apply here.
	Folded, NoMatter int
}

// show groups the findings. Without all, it leaves out notes that another
// finding covers and changes that do not apply.
func show(rep gate.Report, all bool) view {
	s := view{Sources: map[string][]gate.Finding{}}
	by, idle, hosts := explainedBy(rep), notApplying(rep), map[string]bool{}
	for _, f := range rep.Findings {
		hosts[f.Fingerprint] = hosts[f.Fingerprint] || f.FoldedInto == ""
	}
	at := map[string]*group{}
	var groups []*group
	for _, f := range rep.Findings {
		folded := f.FoldedInto != "" && hosts[f.FoldedInto]
		if folded {
			s.Sources[f.FoldedInto] = append(s.Sources[f.FoldedInto], f)
		}
		switch {
		case all:
		case folded:
			s.Folded++
			continue
		case idle[f.Fingerprint] && f.Active():
			s.NoMatter++
			continue
		}
		key := groupKey(f, by[f.Check])
		if at[key] == nil {
			at[key] = &group{Rule: f.Rule, Title: rep.Rules[f.Rule].Title, Severity: f.Severity, Impact: f.Impact, By: by[f.Check]}
			groups = append(groups, at[key])
		}
		at[key].Findings = append(at[key].Findings, f)
	}
	s.Sections = sectionsOf(groups)
	return s
}

// notApplying are the fingerprints of the changes that do not apply here.
func notApplying(rep gate.Report) map[string]bool {
	out := map[string]bool{}
	for _, c := range rep.Changes {
		if c.Applies == "no" && c.Fingerprint != "" {
			out[c.Fingerprint] = true
		}
	}
	return out
}

// sectionsOf lays the groups into the sections, in the order of the impacts.
func sectionsOf(groups []*group) []section {
	all := []section{}
	for _, i := range gate.Impacts() {
		all = append(all, section{ID: string(i), Title: impactTitle(i)})
	}
	all = append(all, section{ID: "other", Title: "other findings"}, section{ID: "known", Title: "known from the baseline"}, section{ID: "waived", Title: "waived"})
	at := map[string]*section{}
	for i := range all {
		at[all[i].ID] = &all[i]
	}
	for _, g := range groups {
		s := at[stateOf(g.first())]
		if s == nil {
			s = at["other"]
		}
		s.Groups = append(s.Groups, *g)
	}
	var out []section
	for _, s := range all {
		if len(s.Groups) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// stateOf is the section that a finding belongs to.
func stateOf(f gate.Finding) string {
	switch {
	case !f.Active():
		return "waived"
	case f.Known:
		return "known"
	}
	return string(f.Impact)
}

func impactTitle(i gate.Impact) string {
	switch i {
	case gate.ImpactDown:
		return "broken now"
	case gate.ImpactBreaks:
		return "breaks with this upgrade"
	case gate.ImpactMayBreak:
		return "may break: check these"
	case gate.ImpactStanding:
		return "not caused by this upgrade"
	case gate.ImpactHygiene:
		return "good to know"
	}
	return string(i)
}

// groupKey is the same for the findings of a group. What stands unchanged by the
// upgrade is one group a rule, each finding with its own advice.
func groupKey(f gate.Finding, by string) string {
	advice := f.Group
	if advice == "" && f.Impact != gate.ImpactStanding {
		line, _, _ := strings.Cut(f.Hint, "\n")
		advice = gistOf(line)
	}
	return strings.Join([]string{f.Rule, f.Severity.String(), stateOf(f), string(f.Impact), by, advice}, "\x00")
}

// gistOf is an advice without the names in it: "set the tag to 1.14.2" and "set
// the tag to 0.6.1" are the same advice. A word is a name unless it is of lower
// case letters alone, but for its first one.
func gistOf(advice string) string {
	var out []string
	for i, word := range strings.Fields(advice) {
		bare := strings.Trim(word, ".,;:!?()")
		plain := bare != ""
		for j, r := range bare {
			plain = plain && (r >= 'a' && r <= 'z' || r == '-' || r == '\'' || r >= 'A' && r <= 'Z' && i == 0 && j == 0)
		}
		if !plain {
			word = "#"
		}
		if n := len(out); n == 0 || word != "#" || out[n-1] != "#" {
			out = append(out, word)
		}
	}
	return strings.Join(out, " ")
}

// headline is a group's title with its count: "4 × env/removed: a variable …".
func (g group) headline() string {
	text := g.Rule
	if g.Title != "" {
		text += ": " + g.Title
	}
	if n := len(g.Findings); n > 1 {
		text = fmt.Sprintf("%d × %s", n, text)
	}
	return text
}

// where is a finding's place, or its check for one without.
func where(f gate.Finding) string {
	if at := place(f.Location); at != "" {
		return at
	}
	return f.Check
}

// sourceText is a finding as the source of another one that says the same.
func sourceText(f gate.Finding) string {
	if f.Version == "" {
		return "see also " + f.Rule + ": " + f.Message
	}
	text := "release notes of " + f.Version
	if at := place(f.Location); at != "" {
		text += " (" + at + ")"
	}
	return text + ": " + oneLine(f.Text)
}

// leftOutText says what a report for people leaves out; empty for nothing.
func (s view) leftOutText() string {
	var parts []string
	if s.Folded > 0 {
		parts = append(parts, count(s.Folded, "finding")+" that others cover")
	}
	if s.NoMatter > 0 {
		parts = append(parts, count(s.NoMatter, "release note")+" that do not apply here")
	}
	return strings.Join(parts, ", ")
}
