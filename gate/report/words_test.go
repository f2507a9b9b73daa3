package report

import (
	"io"
	"regexp"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
)

// foreignWords are words that a reader stops at; CONTRIBUTING.md has those to use.
var foreignWords = regexp.MustCompile(`(?i)\b(mend(s|ed|ing)?|told|tells?|tellers?|at the least|in (the )?place of|stands? for|stands? in the way|held against|own one|trouble|at or below the|take over from|whether or not to|end point)\b`)

// plainSample is a report whose findings are in plain words, so that a word that a
// rendered report should not have is the report's own.
func plainSample() gate.Report {
	rep := sample()
	for i := range rep.Findings {
		f := &rep.Findings[i]
		f.Message, f.Hint, f.Why, f.Text = "something is wrong", "fix it", "it matters", ""
	}
	for i := range rep.RootCauses {
		rep.RootCauses[i].Message, rep.RootCauses[i].Hint = "something is wrong", "fix it"
	}
	rep.Rules = nil
	return rep
}

// TestPlainWords looks for words in what the reports say themselves.
func TestPlainWords(t *testing.T) {
	t.Parallel()
	reports := map[string]gate.Report{"sample": plainSample(), "upgrade": upgrade(3), "empty": {}}
	for _, v := range []gate.Verdict{gate.VerdictPass, gate.VerdictWarn, gate.VerdictInconclusive} {
		rep := plainSample()
		rep.Verdict, rep.DryRun, rep.Interrupted = v, v == gate.VerdictPass, v == gate.VerdictInconclusive
		reports[string(v)] = rep
	}
	for name, rep := range reports {
		docs := map[string]string{
			"text": textOf(t, rep, TextOptions{}), "verbose": textOf(t, rep, TextOptions{Verbose: true}),
			"annotations": string(rendered(t, func(w io.Writer) error { return Annotations(w, rep, AnnotationOptions{}) })),
			"summary":     string(rendered(t, func(w io.Writer) error { return Markdown(w, rep, MarkdownOptions{Timeline: true}) })),
			"schema": string(rendered(t, func(w io.Writer) error {
				return ChangelogText(w, Changelog{Changes: rep.Changes, RunBook: rep.RunBook})
			})),
		}
		for _, f := range Formats() {
			docs[f.Name], docs[f.Name+" help"] = render(t, f.Name, rep), f.Help
		}
		for format, doc := range docs {
			for _, at := range foreignWords.FindAllStringIndex(doc, -1) {
				t.Errorf("%s, %s: %q", name, format, doc[max(0, at[0]-60):min(len(doc), at[1]+40)])
			}
		}
	}
}
