package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// downgrade reports a target that is older than what runs.
func (r *changelogRun) downgrade() {
	f := ruleChangelogDowngrade.Finding(fmt.Sprintf("%s -> %s is a downgrade", r.env.From, r.env.To),
		"restore the backup of the older version, or choose a newer target")
	f.Subject = "downgrade"
	r.out.Findings = append(r.out.Findings, f)
}

// changes turns what the releases demand into changes and findings.
func (r *changelogRun) changes() {
	var open []changelog.Change // those whose commands belong in the run-book
	for _, ch := range r.reading.Changes {
		found := r.files.match(ch.Condition)
		r.out.Changes = append(r.out.Changes, r.change(ch, found))
		if found.answer != answerNo && found.answer != answerHandled {
			open = append(open, ch)
		}
		if found.answer != answerHandled {
			r.out.Findings = append(r.out.Findings, r.finding(ch, found))
		}
	}
	for _, step := range changelog.RunBook(open) {
		why := check.InOneLine(step.Command.Why, 200)
		if step.Command.Source != "" {
			why += " (from source: " + step.Command.Source + ")"
		}
		r.out.RunBook = append(r.out.RunBook, gate.Step{Version: step.Version.String(), When: step.When(), Command: step.Command.Line, Why: why})
	}
}

// more is what a change's finding adds to the change itself.
func (r *changelogRun) more(ch changelog.Change, found match) []string {
	var out []string
	switch {
	case found.answer == answerYes && len(found.evidence) > 0:
		out = append(out, found.evidence[0].short())
	case found.answer == answerUnknown && ch.Condition != nil:
		out = append(out, "look at: "+ch.Condition.String())
	case found.answer == answerNo && len(found.evidence) > 0:
		out = append(out, "does not apply: "+found.evidence[0].text)
	}
	if others := otherReleases(ch); others != "" {
		out = append(out, "also in "+others)
	}
	return out
}

// finding makes a change's finding.
func (r *changelogRun) finding(ch changelog.Change, found match) gate.Finding {
	text := r.text(ch)
	message := fmt.Sprintf("%s (%s): %s", ch.Version, ch.Kind, check.InOneLine(ch.Text, 300))
	if more := r.more(ch, found); len(more) > 0 {
		message = strings.TrimRight(message, ".。 ") + "; " + strings.Join(more, "; ")
	}
	f := ruleOfChange[ch.Kind].Finding(message, r.hint(ch, found))
	f.Severity = r.severity(ch, found)
	f.Text, f.Version, f.URL = text, ch.Version.String(), ch.URL
	f.Subject = string(ch.Kind) + "\x00" + f.Version + "\x00" + text
	place := r.location(ch.Location)
	if found.answer == answerYes && len(found.evidence) > 0 {
		f.Location = r.env.Place(found.evidence[0].at)
		for _, s := range found.evidence[1:] {
			if l := r.env.Place(s.at); l != nil {
				f.Related = append(f.Related, *l)
			}
		}
		if place != nil && r.local() {
			f.Related = append(f.Related, *place)
		}
	}
	if f.Location == nil && r.local() {
		f.Location = place
	}
	return f
}

// severity follows the kind; a change that is known to concern this deployment
// is an error, one that is known not to is a notice.
func (r *changelogRun) severity(ch changelog.Change, found match) gate.Severity {
	block := r.spec.Block
	if block == nil {
		block = defaultBlock
	}
	blocks := slices.Contains(block, string(ch.Kind))
	own := ruleOfChange[ch.Kind].Severity
	switch {
	case found.answer == answerNo:
		return gate.Notice
	case found.answer == answerYes && !ch.Repeats.IsZero():
		return gate.Warning // true already of the release that runs: worth a look, and nothing that the upgrade brings
	case found.answer == answerYes && (blocks || own == gate.Error || ch.Kind == changelog.Deprecation):
		return gate.Error
	case found.answer == answerYes:
		return max(own, gate.Warning)
	case !ch.Repeats.IsZero():
		return gate.Notice // in the notes of the release that runs: dealt with when that was installed
	case ch.Source == changelog.FromAdvisory && own != gate.Notice:
		return gate.Warning // nobody but us says so, and we could not look
	case blocks:
		return gate.Error
	}
	return min(own, gate.Warning)
}

// change is the report's form of a change.
func (r *changelogRun) change(ch changelog.Change, found match) gate.Change {
	out := gate.Change{
		Version: ch.Version.String(), Kind: string(ch.Kind), Signal: ch.Signal, Text: r.text(ch), Context: check.InOneLine(ch.Context, 300),
		Action: ch.Todo, Applies: found.answer.String(), Location: r.location(ch.Location), URL: ch.URL,
		Names: gate.Names{Env: orEmpty(ch.Names.Env), Commands: orEmpty(ch.Names.Commands), Queues: orEmpty(ch.Names.Queues), Ports: ch.Names.Ports,
			Paths: ch.Names.Paths, Versions: ch.Names.Versions, Services: ch.Names.Services, IDs: ch.Names.CVEs},
	}
	for _, s := range found.evidence {
		out.Evidence = append(out.Evidence, r.long(s))
	}
	if ch.Condition != nil && found.answer == answerUnknown {
		out.Evidence = append(out.Evidence, "look at: "+ch.Condition.String())
	}
	for _, m := range ch.Also {
		out.Evidence = append(out.Evidence, fmt.Sprintf("also in %s, line %d: %s", m.Version, m.Location.Line, check.InOneLine(m.Text, 200)))
	}
	if !ch.Repeats.IsZero() {
		out.Evidence = append(out.Evidence, "already reported by "+ch.Repeats.String()+", which runs")
	}
	out.Evidence = append(out.Evidence, ch.Evidence...)
	switch ch.Source {
	case changelog.FromBoth:
		out.Sources = []string{changelog.FromNotes, changelog.FromAdvisory}
	default:
		out.Sources = []string{ch.Source}
	}
	return out
}

// text is the change's text in one line, as finding and change carry it.
func (r *changelogRun) text(ch changelog.Change) string { return check.InOneLine(ch.Text, 2000) }

// otherReleases are the further releases whose notes say the same.
func otherReleases(ch changelog.Change) string {
	var versions []string
	for _, m := range ch.Also {
		if v := m.Version.String(); v != ch.Version.String() && !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	return strings.Join(versions, ", ")
}

// regressions warns of a target that a later release calls broken: once a
// better release, with the first words about it.
func (r *changelogRun) regressions() {
	if len(r.reading.Regressions) == 0 {
		return
	}
	better := r.reading.Regressions[0].Better
	var said []string
	for _, k := range r.reading.Regressions {
		if k.Better.Compare(better) > 0 && k.Fix {
			better = k.Better // the newest fix release holds the fixes before it
		}
		said = append(said, fmt.Sprintf("%s: %s", k.Better, check.InOneLine(k.Text, 160)))
	}
	first := r.reading.Regressions[0]
	text := first.Text
	if len(r.reading.Regressions) > 1 && strings.HasSuffix(text, ":") {
		text += " " + r.reading.Regressions[1].Text
	}
	f := ruleChangelogKnownRegression.Finding(
		fmt.Sprintf("%s is known to be broken; upgrade to %s: %s", r.env.To, better, check.InOneLine(text, 240)), "choose "+better.String()+" as the target")
	f.Subject = "known-regression\x00" + r.env.To
	f.Text, f.Version, f.URL = strings.Join(said, "\n"), r.env.To, first.URL
	if r.local() {
		f.Location = r.location(first.Location)
	}
	r.out.Findings = append(r.out.Findings, f)
	r.out.Evidence["better"] = better.String()
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
