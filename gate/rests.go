package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// RestsOn is what a verdict rests on: how many checks looked at their target,
// how many did not and why, whether the release notes were read, and which
// release of the catalogue was used for which.
type RestsOn struct {
	Pre  Looked `json:"pre"`
	Post Looked `json:"post"`
	// NotLooked has the checks without evidence, by reason.
	NotLooked []NotLooked    `json:"not_looked"`
	Notes     NotesState     `json:"notes"`
	Catalogue CatalogueState `json:"catalogue"`
	// Baseline is the earlier report that the findings were compared with; nil
	// without one.
	Baseline *BaselineState `json:"baseline"`
	// Missing says in a line each why there is nothing to rest on; the verdict
	// is inconclusive then, unless it blocks.
	Missing []string `json:"missing,omitempty"`
}

// Looked counts the checks of a phase that looked at their target, and those
// that did not.
type Looked struct {
	Looked int `json:"looked"`
	Not    int `json:"not"`
	// leftOut of Not were taken out by the user's selection.
	leftOut int
}

// NotLooked are checks that looked at nothing, for one reason.
type NotLooked struct {
	Reason string   `json:"reason"`
	Checks []string `json:"checks"`
}

// NotesState says whether the release notes of the range were read.
type NotesState string

// The states of the release notes.
const (
	NotesRead     NotesState = "read"
	NotesNotRead  NotesState = "not read"
	NotesNotAsked NotesState = "not asked"
)

// CatalogueState is what was known of the releases.
type CatalogueState struct {
	// Newest is the newest release that is built in.
	Newest string `json:"newest"`
	// StandIns has by release the other one that was used instead of it.
	StandIns map[string]string `json:"stand_ins"`
	// Learned are the releases whose facts were not built in.
	Learned []string `json:"learned"`
	// Sources has by release where its facts were read, or why none were.
	Sources map[string]string `json:"sources,omitempty"`
}

// BaselineState is the earlier report, and what it made of the findings.
type BaselineState struct {
	Source string `json:"source"`
	// Started is when its run began, RFC 3339; Age says how long ago in words.
	Started string `json:"started"`
	Age     string `json:"age"`
	// Known findings stand in both, New ones here alone, Fixed ones there alone.
	Known int `json:"known"`
	New   int `json:"new"`
	Fixed int `json:"fixed"`
}

// changelogKind is the kind of the check that reads the release notes.
const changelogKind = "changelog"

// restsOn sums up what the checks looked at. It is pure.
func restsOn(ran []Ran, checks []CheckReport, policy Policy, info RunInfo) RestsOn {
	r := RestsOn{NotLooked: []NotLooked{}, Notes: NotesNotAsked, Catalogue: info.Catalogue}
	if r.Catalogue.StandIns == nil {
		r.Catalogue.StandIns = map[string]string{}
	}
	if r.Catalogue.Learned == nil {
		r.Catalogue.Learned = []string{}
	}
	kinds := map[string]bool{} // with evidence
	for i, c := range checks {
		if info.Phase != PhaseAll && info.Phase != "" && c.Phase != info.Phase {
			continue // nobody asked for it
		}
		looked := c.Outcome != OutcomeSkip && c.Outcome != OutcomeError
		side := &r.Post
		if c.Phase == PhasePre {
			side = &r.Pre
		}
		if looked {
			side.Looked++
			kinds[c.Kind] = true
			continue
		}
		side.Not++
		if ran[i].Check.LeftOut {
			side.leftOut++
		}
		r.note(cmp.Or(ran[i].Result.SkipGroup, c.Reason), c.Name)
	}
	r.Notes = notesState(kinds, info)
	r.Missing = r.missing(kinds, policy, info)
	return r
}

// note adds a check to those that did not look, under its reason.
func (r *RestsOn) note(reason, check string) {
	for i := range r.NotLooked {
		if r.NotLooked[i].Reason == reason {
			r.NotLooked[i].Checks = append(r.NotLooked[i].Checks, check)
			return
		}
	}
	r.NotLooked = append(r.NotLooked, NotLooked{Reason: reason, Checks: []string{check}})
}

func notesState(looked map[string]bool, info RunInfo) NotesState {
	switch {
	case !info.RangeWanted, info.Upgrade.From != "" && info.Upgrade.From == info.Upgrade.To:
		return NotesNotAsked
	case looked[changelogKind]:
		return NotesRead
	}
	return NotesNotRead
}

// missing are the reasons for which there is nothing to rest on, each with the
// next step.
func (r *RestsOn) missing(looked map[string]bool, policy Policy, info RunInfo) []string {
	var out []string
	sides := []struct {
		name string
		on   bool
		n    Looked
		step string
	}{
		{"before the deploy (pre)", info.Phase != PhasePost, r.Pre, "give --dir, --from and --to"},
		{"after the deploy (post)", info.Phase != PhasePre && !info.DryRun, r.Post, "run the gate where it reaches the deployment, or ask for --phase pre alone"},
	}
	none := true
	for _, s := range sides {
		none = none && s.n.Looked == 0
		if s.on && s.n.Looked == 0 && s.n.Not > s.n.leftOut {
			out = append(out, fmt.Sprintf("no check looked at anything %s: %s: %s", s.name, plural(s.n.Not-s.n.leftOut, "check")+" did not", s.step))
		}
	}
	if none && len(out) == 0 && !info.DryRun {
		out = append(out, "no check looked at anything")
	}
	if r.Notes == NotesNotRead {
		out = append(out, "the release notes were not read: give --from and --to and a source that can be reached, or leave them out with --skip changelog")
	}
	for _, kind := range policy.Require {
		if !looked[kind] {
			out = append(out, fmt.Sprintf("policy.require lists %s, and no check of that kind looked at anything", kind))
		}
	}
	return out
}

// lines say which release was used for which, and which were learned.
func (c CatalogueState) lines() []string {
	var out []string
	same := map[string][]string{} // versions by what is said of them
	for _, version := range slices.Sorted(maps.Keys(c.StandIns)) {
		text := c.StandIns[version] + " is used instead; none of its images, variables, routes or minimum versions is required"
		if why := c.Sources[version]; why != "" {
			text += " (" + why + ")"
		}
		same[text] = append(same[text], version)
	}
	for _, text := range slices.Sorted(maps.Keys(same)) {
		verb := " is"
		if len(same[text]) > 1 {
			verb = " are"
		}
		out = append(out, strings.Join(same[text], " and ")+verb+" not known, "+text)
	}
	for _, version := range c.Learned {
		text := "learned: " + version
		if from := c.Sources[version]; from != "" {
			text += " from " + from
		}
		out = append(out, text)
	}
	return out
}

// String is one line for people.
func (r RestsOn) String() string {
	var parts []string
	for _, s := range []struct {
		name string
		n    Looked
	}{{"before", r.Pre}, {"after", r.Post}} {
		if s.n.Looked+s.n.Not > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d %s the deploy", s.n.Looked, s.n.Looked+s.n.Not, s.name))
		}
	}
	if len(parts) > 0 {
		parts[0] = "checks that looked: " + parts[0]
	} else {
		parts = append(parts, "no checks")
	}
	for _, n := range r.NotLooked {
		parts = append(parts, fmt.Sprintf("%d did not look (%s)", len(n.Checks), n.Reason))
	}
	parts = append(parts, "release notes: "+string(r.Notes))
	parts = append(parts, r.Catalogue.lines()...)
	if r.Baseline != nil {
		parts = append(parts, r.Baseline.String())
	}
	return "rests on " + strings.Join(parts, "; ")
}
