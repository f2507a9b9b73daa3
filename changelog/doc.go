// Package changelog reads release notes as a careful operator does: it finds
// the releases between two versions, tells obligations from news, and says
// what it could not read.
//
// It knows nothing of the gate. The flow is
//
//	Source.Load      bytes of a file, a URL or GitHub's releases API -> []Release (bodies unparsed)
//	SelectRange      (from, to] of them, plus one or two after `to` to look ahead
//	ParseEntries     one body -> []Entry: bullets, paragraphs, table rows, each with line and column
//	Read             all of the above for one range -> Reading: changes, coverage, run-book, regressions
//
// Everything that is read is data and hostile: no text from it is executed,
// every read is bounded, and what was cut is said in the Coverage.
//
// # Versions
//
// Tags are "1.14.1", "v0.15.8", "1.10.1-fix.1", "0.10.0-beta3". A suffix of the
// class fix, hotfix, post or patch comes after the plain version, a suffix of
// the class dev, preview, alpha, beta or rc before it. See Version.
//
// # Classification
//
// A sentence becomes a Change by its form (an obligation, a removal, a changed
// default, a renaming, a migration), by the heading or alert it stands under,
// or by its label ("Breaking change:", "feat!:"). A sentence of no known form is
// weighed by the signs that it bears (see weigh.go). No rule names a release, a
// pull request or a phrase that stands once in some text; facts about single
// releases live in the advisories, in our own words and with their evidence.
package changelog
