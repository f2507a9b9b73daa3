package changelog

import "strings"

// KnownRegression is a later release's word that the target, or a release of
// its line, is broken.
type KnownRegression struct {
	Broken   Version
	Better   Version // where to go instead
	Text     string
	Fix      bool // Better is a fix release of the target
	Location Location
	URL      string
}

// lookForward reads the releases after the target. One that says that it mends
// what the target (or an earlier release of the range) brought makes it a
// known regression; a fix release of the target does by its name alone.
func lookForward(r Range) ([]KnownRegression, []Version) {
	var found []KnownRegression
	var read []Version
	for _, release := range r.Ahead {
		read = append(read, release.Version)
		fix := release.Version.SameCore(r.To) && release.Version.Fix()
		entries, _ := ParseEntries(release)
		changes, _ := classify(release, entries, nil)
		said := false
		for _, ch := range changes {
			if ch.Kind != Regression || strings.HasPrefix(ch.Signal, "mends") || strings.HasPrefix(ch.Signal, "commit") && ch.Affects.IsZero() {
				continue
			}
			broken := ch.Affects
			if broken.IsZero() && release.Version.SameLine(r.To) {
				broken = r.To // "the previous release" of a line that has nothing between
			}
			if broken.Compare(r.To) != 0 && !(fix && broken.SameCore(r.To)) {
				continue
			}
			said = true
			found = append(found, KnownRegression{Broken: r.To, Better: release.Version, Text: ch.Text, Fix: fix, Location: ch.Location, URL: ch.URL})
		}
		if fix && !said {
			found = append(found, KnownRegression{Broken: r.To, Better: release.Version, Fix: true, URL: release.URL,
				Text:     release.Version.String() + " is a fix release of " + r.To.String(),
				Location: Location{File: release.File, Line: release.Line, Column: 1, EndLine: release.Line}})
		}
	}
	return found, read
}
