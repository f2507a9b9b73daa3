package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// What the readers of SARIF take: GitHub shows 5,000 results of a run and
// refuses 25,000; GitLab takes 5,000, drops a result with a text above 1,024
// characters and refuses a file above 10 MB.
const (
	maxResults    = 5000
	maxSARIF      = 9 << 20
	maxSARIFText  = 1024
	sarifSchema   = "https://json.schemastore.org/sarif-2.1.0.json"
	toolURI       = "https://github.com/dify-gate/dify-gate"
	sarifRootName = "%SRCROOT%"
)

// SARIF writes the findings as SARIF 2.1.0, for code scanning. Every result has
// a place with a line, since GitHub and GitLab drop those without; what is left
// out for their limits is reported in a notification.
func SARIF(w io.Writer, rep gate.Report, o Options) error {
	rep = clean(rep)
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "gate", InformationURI: toolURI, Version: orUnknown(rep.Tool.Version)}},
		Automation: sarifAutomation{"gate/" + string(rep.Phase) + "/"},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
		Properties: map[string]any{"verdict": rep.Verdict, "from": rep.Upgrade.From, "to": rep.Upgrade.To, "counts": rep.Counts},
	}
	index := run.addRules(rep)
	left := run.addResults(rep, o, index)
	run.Invocations = []sarifInvocation{sarifEnd(rep, left)}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}); err != nil {
		return fmt.Errorf("sarif report: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// addRules lists the rules of the findings and returns their places.
func (r *sarifRun) addRules(rep gate.Report) map[string]int {
	var ids []string
	for _, f := range rep.Findings {
		ids = append(ids, f.Rule)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	index := make(map[string]int, len(ids))
	r.Tool.Driver.Rules = []sarifRule{}
	for i, id := range ids {
		index[id] = i
		rule := rep.Rules[id]
		text := strings.TrimSpace(rule.What + " " + rule.Why)
		if text == "" {
			text = "The gate's rule " + id + "; gate explain " + id + " says more."
		}
		help := orElse(rule.Fix, "See gate explain "+id+".")
		severity := rule.Severity
		if severity == 0 {
			severity = gate.Warning
		}
		kind, _, _ := strings.Cut(id, "/")
		r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, sarifRule{
			ID: id, Name: sarifName(id),
			Short:      sarifText{Text: shorten(orElse(rule.Title, id), maxSARIFText)},
			Full:       sarifText{Text: shorten(text, maxSARIFText)},
			Help:       sarifText{Text: shorten(help, maxSARIFText), Markdown: shorten(escapeMarkdown(help), maxSARIFText)},
			Default:    sarifDefault{sarifLevel(severity)},
			Properties: map[string]any{"tags": []string{"deployment", kind}, "precision": "high", "problem.severity": sarifProblem(severity)},
		})
	}
	return index
}

// addResults adds the findings, the worst first, as far as the limits go, and
// returns how many were left out.
func (r *sarifRun) addResults(rep gate.Report, o Options, rules map[string]int) int {
	size := 0
	for i, f := range rep.Findings {
		res := sarifOf(f, o, rules[f.Rule])
		encoded, err := json.Marshal(res)
		if size += len(encoded); err != nil || i >= maxResults || size > maxSARIF {
			return len(rep.Findings) - i
		}
		r.Results = append(r.Results, res)
	}
	return 0
}

func sarifOf(f gate.Finding, o Options, rule int) sarifResult {
	p := o.placeIn(f.Location)
	text := joinLines(f.Message, f.Hint)
	if p.Lost != "" {
		text = p.Lost + ": " + text
	}
	res := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: sarifLevel(sarifSeverity(f)), Rank: sarifRank(f.Impact),
		Message:      sarifText{Text: shorten(text, maxSARIFText)},
		Locations:    []sarifLocation{sarifAt(p, 0)},
		Fingerprints: map[string]string{"primaryLocationLineHash": f.Fingerprint + ":1", "gateFingerprint/v1": f.Fingerprint},
		Properties:   map[string]any{"check": f.Check, "impact": f.Impact},
	}
	res.Fixes = sarifFixes(f, o)
	for i := range f.Related {
		if related := o.placeIn(&f.Related[i]); related.Lost == "" {
			res.Related = append(res.Related, sarifAt(related, len(res.Related)+1))
		}
	}
	if f.Known {
		res.Baseline = "unchanged"
	}
	if !f.Active() {
		res.Suppressions = []sarifSuppression{{"external", "accepted", shorten(waivedText(f.Waived), maxSARIFText)}}
	}
	return res
}

func sarifAt(p repoPlace, id int) sarifLocation {
	parts := strings.Split(p.File, "/")
	for i, part := range parts {
		// A colon in the first part would make the rest of the address a scheme's.
		parts[i] = strings.ReplaceAll(url.PathEscape(part), ":", "%3A")
	}
	return sarifLocation{
		ID:       id,
		Physical: sarifPhysical{sarifArtifact{strings.Join(parts, "/"), sarifRootName}, sarifRegion{p.Line, p.Column, p.EndLine}},
	}
}

// sarifEnd says how the run ended, and what could not be decided or written.
func sarifEnd(rep gate.Report, left int) sarifInvocation {
	inv := sarifInvocation{
		Successful: rep.Verdict != gate.VerdictInconclusive && !rep.Interrupted,
		Start:      rep.Started.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	note := func(level, text string) {
		inv.Notifications = append(inv.Notifications, sarifNotification{level, sarifText{Text: shorten(text, maxSARIFText)}})
	}
	if left > 0 {
		note("warning", count(left, "finding")+" left out: the readers of this format take "+fmt.Sprint(maxResults)+" results and 10 MB; the other reports have all")
	}
	for i, c := range undecided(rep) {
		if i == 100 {
			note("error", fmt.Sprintf("%d checks could not be decided in all", len(undecided(rep))))
			break
		}
		note("error", c.Name+" could not be decided: "+c.Reason)
	}
	return inv
}

func sarifLevel(s gate.Severity) string {
	switch s {
	case gate.Error:
		return "error"
	case gate.Warning:
		return "warning"
	}
	return "note"
}

// sarifSeverity is a finding's severity for code scanning, where an error stops a pull
// request: what the pull request does not change is a warning at most.
func sarifSeverity(f gate.Finding) gate.Severity {
	if f.Impact == gate.ImpactStanding || f.Known {
		return min(f.Severity, gate.Warning)
	}
	return f.Severity
}

// sarifRank is the priority of an impact, from 0 to 100.
func sarifRank(i gate.Impact) float64 {
	switch i {
	case gate.ImpactDown:
		return 100
	case gate.ImpactBreaks:
		return 90
	case gate.ImpactMayBreak:
		return 60
	case gate.ImpactStanding:
		return 40
	}
	return 20
}

func sarifProblem(s gate.Severity) string {
	if s == gate.Notice {
		return "recommendation"
	}
	return s.String()
}

// sarifName is the rule's id in the Pascal case that SARIF asks for.
func sarifName(id string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(id, func(r rune) bool { return r == '/' || r == '-' || r == '_' }) {
		b.WriteString(title(part))
	}
	return shorten(b.String(), 255)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func orUnknown(s string) string { return orElse(s, "unknown") }
