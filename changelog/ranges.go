package changelog

import (
	"slices"
	"strings"
)

// Direction is what a pair of versions means.
type Direction int

// The directions.
const (
	Upgrade Direction = iota + 1
	Same
	Downgrade
)

// Range is (From, To] of a source's releases.
type Range struct {
	From, To  Version
	Direction Direction
	Releases  []Release // in rising order; several sections may tell of one version
	Ahead     []Release // one or two after To, and every fix release of To
	Before    *Release  // the newest release up to From: its guide tells boilerplate from news
	ToKnown   bool
	FromKnown bool
	Nearest   []Version // when To is not known: what the source has around it
}

// lookAhead is how many releases after To are read.
const lookAhead = 2

// SelectRange finds the releases of (from, to]. Drafts never count;
// pre-releases count when from or to is one. Releases are ordered by version,
// never by date: 0.15.8 is younger than 1.3.0 and still older in this order.
func SelectRange(releases []Release, from, to Version) Range {
	r := Range{From: from, To: to, Direction: direction(from, to)}
	withPre := from.Prerelease() || to.Prerelease()
	sorted := make([]Release, 0, len(releases))
	for _, release := range releases {
		if !release.Draft {
			sorted = append(sorted, release)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Release) int { return a.Version.Compare(b.Version) })
	var later []Release
	for i, release := range sorted {
		toFrom, toTo := release.Version.Compare(from), release.Version.Compare(to)
		r.ToKnown = r.ToKnown || toTo == 0
		r.FromKnown = r.FromKnown || toFrom == 0
		pre := release.Prerelease || release.Version.Prerelease()
		switch {
		case pre && !withPre && toTo != 0:
		case toFrom <= 0:
			r.Before = &sorted[i]
		case toTo <= 0:
			r.Releases = append(r.Releases, release)
		default:
			later = append(later, release)
		}
	}
	r.Ahead = ahead(later, to)
	if r.Direction == Same {
		r.Ahead = later // the question is what came after
	}
	if !r.ToKnown {
		r.Nearest = nearest(sorted, to)
	}
	if r.Direction != Upgrade {
		r.Releases = nil
	}
	return r
}

func direction(from, to Version) Direction {
	switch c := from.Compare(to); {
	case c < 0:
		return Upgrade
	case c > 0:
		return Downgrade
	}
	return Same
}

// ahead keeps the first releases after to, and every fix of to.
func ahead(later []Release, to Version) []Release {
	var kept []Release
	others := 0
	var last Version
	for _, release := range later {
		fix := release.Version.SameCore(to) && release.Version.Fix()
		if !fix && release.Version.Compare(last) != 0 {
			others++
			last = release.Version
		}
		if fix || others <= lookAhead {
			kept = append(kept, release)
		}
	}
	return kept
}

// nearest names up to three known versions on each side of v.
func nearest(sorted []Release, v Version) []Version {
	const side = 3
	var all []Version
	for _, release := range sorted {
		if len(all) == 0 || all[len(all)-1].Compare(release.Version) != 0 {
			all = append(all, release.Version)
		}
	}
	at, _ := slices.BinarySearchFunc(all, v, Version.Compare)
	return all[max(0, at-side):min(len(all), at+side)]
}

// Versions lists the range's versions, each once.
func (r Range) Versions() []Version {
	var versions []Version
	for _, release := range r.Releases {
		if n := len(versions); n == 0 || versions[n-1].Compare(release.Version) != 0 {
			versions = append(versions, release.Version)
		}
	}
	return versions
}

// Missing tells which of the known versions lie in the range without being in
// the source. Pre-releases are held to the same rule as in SelectRange.
func (r Range) Missing(known []Version) []Version {
	if r.Direction != Upgrade {
		return nil
	}
	have := r.Versions()
	var missing []Version
	for _, v := range known {
		inside := v.Compare(r.From) > 0 && v.Compare(r.To) <= 0
		if v.Prerelease() && v.Compare(r.To) != 0 {
			inside = false // a candidate's notes need not exist beside the final ones
		}
		if inside && !slices.ContainsFunc(have, func(h Version) bool { return h.Compare(v) == 0 }) {
			missing = append(missing, v)
		}
	}
	slices.SortFunc(missing, Version.Compare)
	return missing
}

// JoinVersions writes versions as "1.13.0, 1.13.1".
func JoinVersions(versions []Version) string {
	texts := make([]string, len(versions))
	for i, v := range versions {
		texts[i] = v.String()
	}
	return strings.Join(texts, ", ")
}
