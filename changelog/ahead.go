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
//
// told are duties that the very next release tells of "the previous release",
// which is the target.
func lookForward(r Range) (found []KnownRegression, told []Change, read []Version) {
	for i, release := range r.Ahead {
		read = append(read, release.Version)
		fix := release.Version.SameCore(r.To) && release.Version.Fix()
		entries, _ := ParseEntries(release)
		changes, _ := classify(release, entries, nil)
		said := false
		for _, ch := range changes {
			if i == 0 && r.Direction == Upgrade && obligesAll(ch.Kind) && aboutBefore.MatchString(fold(ch.Context+" "+ch.Text)) {
				ch.Signal += ", told by the next release"
				told = append(told, ch)
			}
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
	return found, told, read
}

var aboutBefore = expr(
	`\b(?:in|since|by|with|of) the (?:previous|last|prior|preceding) (?:release|version)\b`,
	`上(?:一|个)(?:个)?版本`,
)

// obligesAll tells the kinds that ask for a deed or break something.
func obligesAll(k Kind) bool {
	return k == Action || k == Migration || k == Breaking || k == Removal
}
