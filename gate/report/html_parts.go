package report

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
)

type (
	htmlRelease struct {
		Version, Count string // Count: "3 changes: 1 apply, 2 may apply"
		Changes        htmlRows[htmlChange]
	}
	htmlChange struct {
		Kind, KindClass, Applies, AppliesText, Text, Action, Place, URL, Host string
		Evidence, Names                                                       []string
		Waived                                                                bool
	}
)

// htmlReleases groups the changes by release.
func htmlReleases(rep gate.Report) []htmlRelease {
	var out []htmlRelease
	var changes []htmlChange
	ordered := changesInOrder(rep)
	from := 0
	for i, c := range ordered {
		changes = append(changes, htmlChange{
			Kind: c.Kind, KindClass: kindClass(c.Kind), Applies: appliesWord(c.Applies), AppliesText: appliesSentence(c.Applies),
			Text: c.Text, Action: c.Action, Place: place(c.Location), URL: webAddress(c.URL), Host: hostOf(c.URL), Evidence: c.Evidence, Waived: c.Waived,
			Names: slices.Concat(c.Names.Env, c.Names.Queues, c.Names.Services, c.Names.Ports, c.Names.Paths, c.Names.IDs),
		})
		if i+1 == len(ordered) || ordered[i+1].Version != c.Version {
			out = append(out, htmlRelease{c.Version, count(len(changes), "change") + ": " + changesText(ordered[from:i+1]), rowsOf(changes)})
			changes, from = nil, i+1
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

// hostOf is the host that an address leads to, as the label of its link.
func hostOf(s string) string {
	if u, err := url.Parse(s); err == nil && u.Hostname() != "" {
		return shorten(u.Hostname(), 100)
	}
	return "link"
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
