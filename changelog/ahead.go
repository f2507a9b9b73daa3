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
func (j *judge) lookForward(r Range) (found []KnownRegression, told []Change, read []Version) {
	for i, release := range r.Ahead {
		read = append(read, release.Version)
		fix := release.Version.SameCore(r.To) && release.Version.Fix()
		entries, _ := ParseEntries(release)
		changes, _ := j.classify(release, entries, nil)
		said := false
		for _, ch := range changes {
			if i == 0 && r.Direction == Upgrade && obligesAll(ch.Kind) && aboutBefore(ch.Context+" "+ch.Text) {
				ch.Signal += ", told by the next release"
				told = append(told, ch)
			}
			if ch.Kind != Regression || ch.Affects.IsZero() && (ch.fixes || ch.fromCommit) {
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

// aboutBefore reports whether a text speaks of "the previous release".
func aboutBefore(text string) bool {
	text = strings.ToLower(text)
	for _, which := range []string{"previous", "last", "prior", "preceding"} {
		if strings.Contains(text, "the "+which+" release") || strings.Contains(text, "the "+which+" version") {
			return true
		}
	}
	return strings.Contains(text, "上一版本") || strings.Contains(text, "上个版本") || strings.Contains(text, "上一个版本")
}

// obligesAll reports which are the kinds that ask for a deed or break something.
func obligesAll(k Kind) bool {
	return k == Action || k == Migration || k == Breaking || k == Removal
}
