package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

//go:embed html/page.css
var pageCSS string

//go:embed html/page.js
var pageJS string

// HTML writes the report as one file that needs no network: styles and script
// are inside, and the content policy allows these two and nothing else. It
// reads without the script, which adds the filter, the copy buttons and the
// opening of what is folded before printing.
func HTML(w io.Writer, rep gate.Report) error {
	var page pageWriter
	newHTMLPage(clean(rep)).write(&page)
	_, err := w.Write(page.b)
	return err
}

// htmlPage is what the page shows.
type htmlPage struct {
	CSP                                                    string
	Tool, Upgrade, Host, Remark, Started, StartedISO, Took string
	Phase                                                  gate.Phase
	Verdict                                                htmlVerdict
	RestsOn                                                string
	Compared                                               []htmlPair
	MoreCompared                                           string
	Fixed                                                  []string
	MoreFixed                                              string
	Reasons                                                []string
	Worst                                                  []htmlWorst
	MoreWorst, Total                                       int
	Stats                                                  []htmlStat
	Share                                                  []htmlShare
	ShareText                                              string
	Nav                                                    []htmlNav
	Causes                                                 []htmlCause
	Undecided                                              htmlRows[gate.CheckReport]
	Releases                                               []htmlRelease
	Coverage                                               string
	RunBook                                                []gate.Step
	Severities                                             []htmlStat
	Sections                                               []htmlSection
	LeftOut                                                string
	Latency                                                []htmlLatency
	Checks                                                 []htmlChecks
	ChecksNote                                             string
	Ticks                                                  []string
}

type (
	htmlVerdict struct{ Class, Word, Meaning string }
	htmlStat    struct{ Class, Label, Value string }
	htmlNav     struct {
		ID, Label string
		Count     int
	}
	// htmlShare is a part of a bar, in percent.
	htmlShare struct {
		Outcome gate.Outcome
		Label   string
		X, W    float64
	}
	htmlHint  struct{ Text, Code string }
	htmlCause struct {
		Rule, Check, Message, Place, Count string
		Hint                               *htmlHint
		Explains                           []string
	}
)

func newHTMLPage(rep gate.Report) htmlPage {
	p := htmlPage{
		CSP:  contentPolicy(),
		Tool: strings.TrimSpace(rep.Tool.Name + " " + rep.Tool.Version), Upgrade: upgradeText(rep.Upgrade), Host: hostShown(rep.URL), Remark: remark(rep), Phase: rep.Phase,
		Started: rep.Started.UTC().Format("2006-01-02 15:04:05 UTC"), StartedISO: rep.Started.UTC().Format("2006-01-02T15:04:05Z"), Took: took(rep.DurationMS),
		Verdict: verdictWords(rep.Verdict), RestsOn: restsText(rep), Stats: htmlStats(rep), Undecided: rowsOf(undecided(rep)), RunBook: rep.RunBook,
		Releases: htmlReleases(rep), Coverage: coverageText(rep.Upgrade.Coverage), Latency: htmlLatencies(rep),
	}
	if rep.Verdict == gate.VerdictBlock || rep.Verdict == gate.VerdictInconclusive {
		p.Reasons = rep.Reasons
	}
	rows, more := comparedRows(rep)
	p.Compared = htmlPairs(rep, rows)
	p.MoreCompared = moreText(more)
	p.Fixed, more = fixedRows(rep)
	p.MoreFixed = moreText(more)
	v := show(rep, false)
	p.Worst, p.MoreWorst = htmlWorstOf(rep, v)
	p.LeftOut = v.leftOutText()
	p.Share, p.ShareText = outcomeShare(rep.Counts), checksText(rep.Counts)
	p.Sections, p.Severities = htmlSections(rep, v)
	for _, s := range v.Sections {
		p.Total += s.size()
	}
	p.Checks, p.Ticks, p.ChecksNote = htmlTimeline(rep)
	for _, c := range rep.RootCauses {
		if len(c.Explains) > 0 {
			p.Causes = append(p.Causes, htmlCause{c.Rule, c.Check, c.Message, place(c.Location), count(len(c.Explains), "check"), hintOf(c.Hint), chips(c.Explains)})
		}
	}
	p.Nav = p.nav(rep)
	return p
}

// chips are the names of explained checks as far as a page wants them; all of
// them are marked in the findings and in the timeline.
func chips(names []string) []string {
	const shown = 50
	if len(names) <= shown {
		return names
	}
	return append(slices.Clone(names[:shown]), fmt.Sprintf("and %d more, marked below", len(names)-shown))
}

// contentPolicy allows our style and our script by their hashes, and nothing
// that loads, sends or frames.
func contentPolicy() string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(pageCSS) + "; script-src " + hash(pageJS) + "; img-src data:; base-uri 'none'; form-action 'none'"
}

// hostShown is the deployment's host; empty when no address was given.
func hostShown(address string) string {
	if address == "" {
		return ""
	}
	return hostOf(address)
}

func verdictWords(v gate.Verdict) htmlVerdict {
	switch v {
	case gate.VerdictPass:
		return htmlVerdict{"pass", "Pass", "safe to deploy"}
	case gate.VerdictWarn:
		return htmlVerdict{"warn", "Warn", "safe to deploy, but read the warnings"}
	case gate.VerdictBlock:
		return htmlVerdict{"block", "Blocked", "do not deploy yet"}
	}
	return htmlVerdict{"inconclusive", "Inconclusive", "the gate could not decide"}
}

func htmlStats(rep gate.Report) []htmlStat {
	t := tallyOf(rep)
	tone := func(n int, class string) string {
		if n == 0 {
			return ""
		}
		return class
	}
	stats := []htmlStat{
		{tone(t.errors, "t-red"), "errors", fmt.Sprint(t.errors)},
		{tone(t.warnings, "t-amber"), "warnings", fmt.Sprint(t.warnings)},
		{tone(t.notices, "t-blue"), "notices", fmt.Sprint(t.notices)},
	}
	if rep.Counts.Waived > 0 {
		stats = append(stats, htmlStat{"", "waived", fmt.Sprint(rep.Counts.Waived)})
	}
	if len(rep.Changes) > 0 {
		stats = append(stats, htmlStat{"", "changes", fmt.Sprint(len(rep.Changes))})
	}
	return append(stats, htmlStat{"", "checks", fmt.Sprint(rep.Counts.Checks)})
}

// outcomeShare lays the checks out on a bar, the worst first.
func outcomeShare(c gate.Counts) []htmlShare {
	var out []htmlShare
	x := 0.0
	for _, o := range []struct {
		outcome gate.Outcome
		n       int
		word    string
	}{{gate.OutcomeFail, c.Fail, "failed"}, {gate.OutcomeError, c.Error, "undecided"}, {gate.OutcomeWarn, c.Warn, "with warnings"}, {gate.OutcomePass, c.Pass, "passed"}, {gate.OutcomeSkip, c.Skip, "skipped"}} {
		if o.n == 0 {
			continue
		}
		w := 100 * float64(o.n) / float64(max(1, c.Checks))
		out = append(out, htmlShare{o.outcome, fmt.Sprintf("%d %s", o.n, o.word), x, w})
		x += w
	}
	return out
}

// nav lists the parts that the page has.
func (p htmlPage) nav(rep gate.Report) []htmlNav {
	var out []htmlNav
	for _, n := range []struct {
		there bool
		nav   htmlNav
	}{
		{len(p.Causes) > 0, htmlNav{"causes", "Root causes", len(p.Causes)}},
		{p.Undecided.Len() > 0, htmlNav{"undecided", "Undecided", p.Undecided.Len()}},
		{true, htmlNav{"findings", "Findings", p.Total}},
		{len(p.Releases) > 0, htmlNav{"changes", "Changes", len(rep.Changes)}},
		{len(p.RunBook) > 0, htmlNav{"runbook", "Run-book", len(p.RunBook)}},
		{len(p.Latency) > 0, htmlNav{"latency", "Latency", 0}},
		{true, htmlNav{"checks", "Timeline", len(rep.Checks)}},
	} {
		if n.there {
			out = append(out, n.nav)
		}
	}
	return out
}

// hintOf splits a hint into its words and the lines to copy; nil when empty.
func hintOf(hint string) *htmlHint {
	hint = strings.TrimSpace(hint)
	if hint == "" {
		return nil
	}
	text, code, _ := strings.Cut(hint, "\n")
	return &htmlHint{text, code}
}
