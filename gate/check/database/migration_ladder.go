package database

import (
	"slices"
	"sort"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// ladder orders the catalogue's migrations by the release that brought each.
// Within a release only the head's place is known: it is the last.
//
// A pre-release is no rung of its own: what it brought counts for its release,
// for a release may have put further migrations before them.
type ladder struct {
	rungs []rung
	at    map[string]int    // revision: its rung
	since map[string]string // revision: the first release or pre-release that has it
	// abandoned are revisions of a pre-release that no release took over.
	abandoned map[string]string
}

// rung is a release that brought migrations.
type rung struct {
	release string
	version changelog.Version
	ids     []string
	head    string // the last of ids, "" when it is not among them
}

// newLadder reads the catalogue. Releases that cannot be ordered are left out.
func newLadder(c *dify.Catalogue) *ladder {
	l := &ladder{at: map[string]int{}, since: map[string]string{}, abandoned: abandoned(c)}
	byRelease := map[string]*rung{}
	for _, r := range c.Revisions {
		if _, gone := l.abandoned[r.ID]; gone {
			continue
		}
		release := finalOf(c, r.Release)
		v, err := changelog.ParseVersion(release)
		if err != nil {
			continue
		}
		if byRelease[release] == nil {
			byRelease[release] = &rung{release: release, version: v}
		}
		byRelease[release].ids = append(byRelease[release].ids, r.ID)
		l.since[r.ID] = r.Release
	}
	for _, r := range byRelease {
		for _, t := range c.Tags {
			// A pre-release's head is not the last of its release.
			if !t.Pre && slices.Contains(r.ids, t.Head) {
				r.head = t.Head
				break
			}
		}
		l.rungs = append(l.rungs, *r)
	}
	sort.Slice(l.rungs, func(i, j int) bool { return l.rungs[i].version.Compare(l.rungs[j].version) < 0 })
	for i, r := range l.rungs {
		for _, id := range r.ids {
			l.at[id] = i
		}
	}
	return l
}

// finalOf is the release that a pre-release leads to: the oldest one after it.
// What is not a pre-release, or leads nowhere yet, is its own.
func finalOf(c *dify.Catalogue, release string) string {
	v, err := changelog.ParseVersion(release)
	if err != nil || !v.Prerelease() {
		return release
	}
	for _, t := range c.Tags {
		if w, err := changelog.ParseVersion(t.Version); err == nil && !t.Pre && w.SameCore(v) && w.Compare(v) > 0 {
			return t.Version
		}
	}
	return release
}

// abandoned finds revisions that a pre-release had and the release after it
// lacks. The catalogue has the first release of a revision and the number of
// revisions of each release: where that number falls short by just those that
// the pre-release brought, and that are no release's head, they were dropped
// (1.14.0-rc1's aab323465866 is the known case).
func abandoned(c *dify.Catalogue) map[string]string {
	gone := map[string]string{}
	heads := map[string]bool{}
	for _, t := range c.Tags {
		if !t.Pre {
			heads[t.Head] = true
		}
	}
	for i, pre := range c.Tags {
		if !pre.Pre {
			continue
		}
		next := slices.IndexFunc(c.Tags[i:], func(t dify.Tag) bool { return !t.Pre })
		if next < 0 {
			continue
		}
		known := knownUpTo(c, c.Tags[i+next].Version) - len(gone)
		var candidates []string
		for _, r := range c.Revisions {
			if r.Release == pre.Version && !heads[r.ID] {
				candidates = append(candidates, r.ID)
			}
		}
		if short := known - c.Tags[i+next].Count; short > 0 && short == len(candidates) {
			for _, id := range candidates {
				gone[id] = pre.Version
			}
		}
	}
	return gone
}

// knownUpTo counts the revisions that a release or an older one brought.
func knownUpTo(c *dify.Catalogue, release string) int {
	limit, err := changelog.ParseVersion(release)
	n := 0
	for _, r := range c.Revisions {
		if v, e := changelog.ParseVersion(r.Release); err == nil && e == nil && v.Compare(limit) <= 0 {
			n++
		}
	}
	return n
}

// release is the release that brought a revision, "" when it is not known.
func (l *ladder) release(id string) string { return l.since[id] }

// compare orders two known revisions; 0 is also returned for two of the same
// release of which neither is its head.
func (l *ladder) compare(a, b string) int {
	x, y := l.at[a], l.at[b]
	switch {
	case a == b:
		return 0
	case x != y:
		return x - y
	case l.rungs[x].head == b:
		return -1
	case l.rungs[x].head == a:
		return 1
	}
	return 0
}

// steps is how many migrations lie between a known revision and a later one:
// at least and at most.
func (l *ladder) steps(from, to string) (least, most int) {
	a, b := l.at[from], l.at[to]
	for _, r := range l.rungs[min(a+1, b):b] {
		least += len(r.ids)
	}
	most = least
	if a != b {
		// Up to the place of `to` within its own release.
		rest := l.rungs[b]
		if rest.head == to || len(rest.ids) == 1 {
			least, most = least+len(rest.ids), most+len(rest.ids)
		} else {
			least, most = least+1, most+len(rest.ids)-1
		}
	}
	own := l.rungs[a]
	switch {
	case own.head == from || len(own.ids) == 1:
	case own.head != "":
		least, most = least+1, most+len(own.ids)-1
	default:
		most += len(own.ids) - 1
	}
	return least, most
}

// newest is the last revision of the ladder's newest release.
func (l *ladder) newest() string {
	if len(l.rungs) == 0 {
		return ""
	}
	return l.rungs[len(l.rungs)-1].head
}
