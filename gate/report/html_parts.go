package report

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
)

type (
	htmlRelease struct {
		Version, Count string
		Changes        htmlRows[htmlChange]
	}
	htmlChange struct {
		Kind, KindClass, Applies, AppliesText, Text, Action, Place, URL string
		Evidence, Names                                                 []string
		Waived                                                          bool
	}
	htmlFindings struct {
		Title string
		Rows  htmlRows[htmlFinding]
	}
	htmlFinding struct {
		// Class is the severity's word, waived or explained.
		Class, Label, Todo                                                             string
		Message, Rule, Place, Why, Quote, Check, URL, Fingerprint, Waived, ExplainedBy string
		Hint                                                                           *htmlHint
		Related                                                                        []string
	}
)

// htmlReleases groups the changes by release.
func htmlReleases(rep gate.Report) []htmlRelease {
	var out []htmlRelease
	var changes []htmlChange
	ordered := changesInOrder(rep)
	for i, c := range ordered {
		changes = append(changes, htmlChange{
			Kind: c.Kind, KindClass: kindClass(c.Kind), Applies: appliesWord(c.Applies), AppliesText: appliesSentence(c.Applies),
			Text: c.Text, Action: c.Action, Place: place(c.Location), URL: webAddress(c.URL), Evidence: c.Evidence, Waived: c.Waived,
			Names: slices.Concat(c.Names.Env, c.Names.Queues, c.Names.Services, c.Names.Ports, c.Names.Paths, c.Names.IDs),
		})
		if i+1 == len(ordered) || ordered[i+1].Version != c.Version {
			out = append(out, htmlRelease{c.Version, count(len(changes), "change"), rowsOf(changes)})
			changes = nil
		}
	}
	return out
}

func kindClass(kind string) string {
	switch kind {
	case "breaking", "action", "migration", "removal":
		return "hard"
	case "config", "deprecation":
		return "soft"
	}
	return "info"
}

func appliesWord(s string) string {
	if s == "yes" || s == "no" {
		return s
	}
	return "unknown"
}

func appliesSentence(s string) string {
	switch s {
	case "yes":
		return "applies here"
	case "no":
		return "does not apply here"
	}
	return "may apply"
}

// webAddress lets http addresses through and no others.
func webAddress(s string) string {
	if u, err := url.Parse(s); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return u.String()
	}
	return ""
}

func coverageText(c gate.Coverage) string {
	if c.Releases == 0 {
		return ""
	}
	text := fmt.Sprintf("Read %s with %s.", count(c.Releases, "release"), entries(c.Entries))
	if c.Unclassified > 0 {
		text += " " + unclassifiedText(c.Unclassified) + "."
	}
	for _, s := range c.Cut {
		text += " Not read: " + s + "."
	}
	return text
}

// htmlFindingGroups are the findings by phase, and the switches of the filter:
// the classes that occur.
func htmlFindingGroups(rep gate.Report) (groups []htmlFindings, switches []htmlStat) {
	by := explainedBy(rep)
	counts := map[string]int{}
	for _, g := range byPhase(rep) {
		var rows []htmlFinding
		for _, f := range g.Findings {
			rows = append(rows, htmlFindingOf(f, by[f.Check]))
			counts[rows[len(rows)-1].Class]++
		}
		groups = append(groups, htmlFindings{title(phaseTitle(g.Phase)), rowsOf(rows)})
	}
	for _, class := range []string{"error", "warning", "notice", "explained", "waived"} {
		if n := counts[class]; n > 0 {
			switches = append(switches, htmlStat{class, class, fmt.Sprint(n)})
		}
	}
	return groups, switches
}

func htmlFindingOf(f gate.Finding, by string) htmlFinding {
	h := htmlFinding{
		Class: f.Severity.String(), Label: f.Severity.String(), Message: f.Message, Rule: f.Rule, Place: place(f.Location), Why: f.Why,
		Check: f.Check, URL: webAddress(f.URL), Fingerprint: f.Fingerprint, ExplainedBy: by, Hint: hintOf(f.Hint),
	}
	if f.Text != f.Message {
		h.Quote = f.Text
	}
	for i := range f.Related {
		h.Related = append(h.Related, place(&f.Related[i]))
	}
	if h.Hint != nil {
		h.Todo = h.Hint.Text
	}
	switch {
	case !f.Active():
		h.Class, h.Label, h.Waived, h.Todo = "waived", "waived", waivedText(f.Waived), ""
	case by != "":
		h.Class, h.Label, h.Todo = "explained", "explained", ""
	}
	return h
}
