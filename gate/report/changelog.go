package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// Changelog is what the releases of a range demand: the document of gate
// changelog. Findings and Incomplete are not part of its JSON.
type Changelog struct {
	Schema   int            `json:"schema"`
	Upgrade  gate.Upgrade   `json:"upgrade"`
	Changes  []gate.Change  `json:"changes"`
	RunBook  []gate.Step    `json:"run_book"`
	Findings []gate.Finding `json:"findings,omitempty"`
	// Incomplete says what could not be read; empty: all was.
	Incomplete string `json:"incomplete,omitempty"`
}

// ChangelogJSON writes the document as JSON.
func ChangelogJSON(w io.Writer, d Changelog) error {
	d.Findings = aboutTarget(d.Findings)
	if d.Changes == nil {
		d.Changes = []gate.Change{}
	}
	if d.RunBook == nil {
		d.RunBook = []gate.Step{}
	}
	if d.Upgrade.Releases == nil {
		d.Upgrade.Releases = []string{}
	}
	return encodeJSON(w, d)
}

// aboutTarget keeps the findings that are about the pair of versions and not
// about one change.
func aboutTarget(findings []gate.Finding) []gate.Finding {
	var kept []gate.Finding
	for _, f := range findings {
		if f.Rule == "changelog/known-regression" || f.Rule == "changelog/downgrade" {
			kept = append(kept, f)
		}
	}
	return kept
}

// cleanChangelog makes every text of the document printable.
func cleanChangelog(d Changelog) Changelog {
	rep := clean(gate.Report{Upgrade: d.Upgrade, Changes: d.Changes, RunBook: d.RunBook, Findings: aboutTarget(d.Findings), Reasons: []string{d.Incomplete}})
	return Changelog{Schema: d.Schema, Upgrade: rep.Upgrade, Changes: rep.Changes, RunBook: rep.RunBook, Findings: rep.Findings, Incomplete: rep.Reasons[0]}
}

// ChangelogText writes the document for a terminal or a log.
func ChangelogText(w io.Writer, d Changelog) error {
	d = cleanChangelog(d)
	var b strings.Builder
	fmt.Fprintf(&b, "Dify %s -> %s: %s in %s\n", d.Upgrade.From, d.Upgrade.To, count(len(d.Changes), "change"), count(len(d.Upgrade.Releases), "release"))
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "\n! %s\n  %s\n", f.Message, f.Hint)
	}
	version := ""
	for _, c := range d.Changes {
		if c.Version != version {
			version = c.Version
			fmt.Fprintf(&b, "\n%s\n", version)
		}
		digestChange(&b, c)
	}
	if len(d.RunBook) > 0 {
		b.WriteString("\nRun-book\n")
		for i, s := range d.RunBook {
			fmt.Fprintf(&b, "%3d. %-6s %s\n       for %s: %s\n", i+1, s.When, oneLine(s.Command), s.Version, oneLine(s.Why))
		}
	}
	digestCoverage(&b, d)
	_, err := io.WriteString(w, b.String())
	return err
}

func digestChange(b *strings.Builder, c gate.Change) {
	fmt.Fprintf(b, "  %-11s %s\n", c.Kind, oneLine(c.Text))
	if c.Context != "" {
		fmt.Fprintf(b, "              in: %s\n", oneLine(c.Context))
	}
	if at := changePlace(c); at != "" {
		fmt.Fprintf(b, "              at: %s\n", at)
	}
	if c.Action != "" {
		fmt.Fprintf(b, "              do: %s\n", oneLine(c.Action))
	}
	if c.Applies != "unknown" || len(c.Evidence) > 0 {
		fmt.Fprintf(b, "              applies: %s", c.Applies)
		if len(c.Evidence) > 0 {
			fmt.Fprintf(b, " (%s)", oneLine(strings.Join(c.Evidence, "; ")))
		}
		b.WriteByte('\n')
	}
}

// changePlace is where a change stands: file and line, or its link.
func changePlace(c gate.Change) string {
	switch {
	case c.Location != nil && c.URL != "":
		return fmt.Sprintf("%s:%d, %s", c.Location.File, c.Location.Line, c.URL)
	case c.Location != nil:
		return fmt.Sprintf("%s:%d", c.Location.File, c.Location.Line)
	}
	return c.URL
}

func digestCoverage(b *strings.Builder, d Changelog) {
	c := d.Upgrade.Coverage
	fmt.Fprintf(b, "\nCoverage: %s, %s, %s, %d unclassified\n", count(c.Releases, "release"), plurals(c.Entries, "entry", "entries"), count(c.Changes, "change"), c.Unclassified)
	for _, u := range c.Listed {
		fmt.Fprintf(b, "  unclassified  %s: %s\n", u.Version, oneLine(u.Text))
	}
	for _, cut := range c.Cut {
		fmt.Fprintf(b, "  not read      %s\n", cut)
	}
	for _, note := range c.Notes {
		fmt.Fprintf(b, "  note          %s\n", note)
	}
	if d.Incomplete != "" {
		fmt.Fprintf(b, "Incomplete: %s\n", d.Incomplete)
	}
}

func plurals(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// ChangelogMarkdown writes the document as a page.
func ChangelogMarkdown(w io.Writer, d Changelog) error {
	d = cleanChangelog(d)
	var b strings.Builder
	fmt.Fprintf(&b, "# Dify %s → %s\n\n", escapeMarkdown(d.Upgrade.From), escapeMarkdown(d.Upgrade.To))
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "> ⚠️ %s\n\n", escapeMarkdown(f.Message))
	}
	version := ""
	for _, c := range d.Changes {
		if c.Version != version {
			version = c.Version
			fmt.Fprintf(&b, "\n## %s\n\n| kind | change | applies |\n|---|---|---|\n", escapeMarkdown(version))
		}
		text := escapeMarkdown(oneLine(c.Text))
		if c.Action != "" {
			text += "<br>→ " + escapeMarkdown(oneLine(c.Action))
		}
		if at := changePlace(c); at != "" {
			text += "<br>" + escapeMarkdown(at)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Kind, text, c.Applies)
	}
	if len(d.RunBook) > 0 {
		b.WriteString("\n## Run-book\n\n")
		for i, s := range d.RunBook {
			fence := longFence(s.Command)
			fmt.Fprintf(&b, "%d. %s the upgrade, for %s: %s\n\n   %ssh\n   %s\n   %s\n\n", i+1, s.When, escapeMarkdown(s.Version), escapeMarkdown(oneLine(s.Why)), fence, oneLine(s.Command), fence)
		}
	}
	c := d.Upgrade.Coverage
	fmt.Fprintf(&b, "\n## Coverage\n\n%s, %s, %s, %d unclassified.\n\n", count(c.Releases, "release"), plurals(c.Entries, "entry", "entries"), count(c.Changes, "change"), c.Unclassified)
	for _, u := range c.Listed {
		fmt.Fprintf(&b, "- unclassified, %s: %s\n", escapeMarkdown(u.Version), escapeMarkdown(oneLine(u.Text)))
	}
	for _, line := range append(append([]string{}, c.Cut...), c.Notes...) {
		fmt.Fprintf(&b, "- %s\n", escapeMarkdown(line))
	}
	if d.Incomplete != "" {
		fmt.Fprintf(&b, "\n**Incomplete:** %s\n", escapeMarkdown(d.Incomplete))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// longFence is a fence that the text cannot close.
func longFence(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
