// Package changelog reads release notes as a careful operator does: it finds
// the releases between two versions, separates obligations from news, and says
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
// # Understanding
//
// Within one body the flow is
//
//	admonished, bound   alerts of all dialects become GitHub's; what is hostile is cut
//	ParseEntries        Markdown -> []Entry
//	understander        Entry -> []statement: sentences with the words of the lexicon
//	                    (internal/lexicon), the headings, the parent, the commit line
//	judge.score         statement -> log-odds that it concerns an operator: a linear
//	                    model (internal/model) over signs (signs.go)
//	classifier          scores of a list support each other; an entry is one change,
//	                    duties of their own are several; rules for what authors declare
//	merge, advise       the same told twice is one; advisories are joined
//
// Structure is rules: headings, parents, alerts, fences, commit lines in all
// forms, guides that repeat, a sentence with a colon and its list. Words are
// read once, by a lexicon that gives them classes; names are found by grammar.
// Judgement is the model: one logistic regression for "concerns an operator",
// one for each kind. Labels that authors set themselves ("BREAKING CHANGE",
// "feat!:", a list headed as breaking or security, a CVE, "a regression
// introduced in 1.2.0") are rules above it. The signal of a change names the
// signs that weighed most, in words.
//
// The weights are made by changelog/internal/train out of labelled notes and of
// sentences of our own making (testdata), and measured by
// changelog/internal/measure; no text of other projects is in the repository.
// No rule names a release, a pull request or a phrase that stands once in some
// text; facts about single releases live in the advisories, in our own words and
// with their evidence.
package changelog
