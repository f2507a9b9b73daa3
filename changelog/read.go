package changelog

import (
	"slices"

	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

// Coverage says what was read, and what was not.
type Coverage struct {
	Releases     int // releases of the range that were read
	Entries      int
	Changes      int
	Unclassified []Unclassified
	Cut          []Cut // what went over a limit; not empty: inconclusive
	Ahead        []Version
	Empty        []Version // releases of the range whose notes have no text
}

// Unclassified is an entry with a warning sign that has no class.
type Unclassified struct {
	Version Version
	Entry
}

// Reading is what the releases of a range demand.
type Reading struct {
	Range       Range
	Changes     []Change // in the order of releases and of their text; each once
	Coverage    Coverage
	Regressions []KnownRegression
}

// Read parses and classifies the releases of a range and those ahead of it,
// and merges what they say with the advisories.
func Read(r Range, advisories []Advisory) Reading {
	return Reader{Model: model.Default()}.Read(r, advisories)
}

// Reader reads with other weights than the embedded ones; the measure and the
// trainer make one.
type Reader struct {
	Model *model.Model
	Use   Part // All unless an ablation is measured
}

// Read is Read with the reader's weights.
func (with Reader) Read(r Range, advisories []Advisory) Reading {
	j := newJudge(with.Model)
	j.only = with.Use
	reading := Reading{Range: r}
	var told []Change // what the release before the range says
	var before map[string]bool
	if r.Before != nil && r.Direction == Upgrade {
		entries, _ := ParseEntries(*r.Before)
		told, _ = j.classify(*r.Before, entries, nil)
		before = newUnderstander().guideSteps(entries)
	}
	var changes []Change
	for _, release := range r.Releases {
		entries, cuts := ParseEntries(release)
		found, unclassified := j.classify(release, entries, before)
		if steps := newUnderstander().guideSteps(entries); len(steps) > 0 {
			before = steps
		}
		changes = append(changes, found...)
		if len(entries) == 0 && len(cuts) == 0 {
			reading.Coverage.Empty = append(reading.Coverage.Empty, release.Version)
		}
		reading.Coverage.Entries += len(entries)
		for _, e := range unclassified {
			reading.Coverage.Unclassified = append(reading.Coverage.Unclassified, Unclassified{release.Version, e})
		}
		reading.Coverage.Cut = append(reading.Coverage.Cut, cuts...)
	}
	reading.Coverage.Releases = len(r.Versions())
	var later []Change
	reading.Regressions, later, reading.Coverage.Ahead = j.lookForward(r)
	changes = append(changes, later...)
	if r.Direction == Upgrade {
		changes = merge(changes)
		markRepeats(changes, told)
		changes = advise(changes, r, advisories)
	}
	reading.Changes = changes
	reading.Coverage.Changes = len(changes)
	reading.Regressions = append(reading.Regressions, badTargets(r, advisories)...)
	return reading
}

// markRepeats notes which changes the release that runs already told, word
// for word: they were dealt with when it was installed.
func markRepeats(changes, told []Change) {
	for i := range changes {
		set := compareSet(changes[i].Text)
		at := slices.IndexFunc(told, func(t Change) bool {
			return (t.Kind == Regression) == (changes[i].Kind == Regression) && likeness(compareSet(t.Text), set) >= copiedText && sameNames(t.Names.Env, changes[i].Names.Env)
		})
		if at >= 0 {
			changes[i].Repeats = told[at].Version
		}
	}
}
