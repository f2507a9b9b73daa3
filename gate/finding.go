package gate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Rule is a named, documented thing that a check may report.
type Rule struct {
	ID       string // kind/what
	Severity Severity
	Phase    Phase // PhaseAll for rules of both phases
	Title    string
	// What, Why and Fix are sentences for `gate explain`.
	What, Why, Fix string
	// Example is a finding's message as a user would see it; may be empty.
	Example string
	// Impact is that of the rule's findings; empty: see [DefaultImpact].
	Impact Impact
}

// Finding is a finding of this rule, with its severity, impact and reason.
func (r Rule) Finding(message, hint string) Finding {
	return Finding{Rule: r.ID, Severity: r.Severity, Impact: r.Impact, Message: message, Hint: hint, Why: r.Why}
}

// Finding is one observation about the target.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Check    string   `json:"check"`
	// Impact is what the finding does to this upgrade. A check sets it where it
	// knows better than its rule.
	Impact Impact `json:"impact"`
	// Message is one line: what was seen, and what was wanted.
	Message string `json:"message"`
	// Hint is the next step.
	Hint string `json:"hint"`
	// Why says in a sentence why it matters; may be empty.
	Why string `json:"why,omitempty"`
	// Location is the place to change, nil when there is none.
	Location *Location `json:"location"`
	// Related are further places that belong to the finding.
	Related []Location `json:"related,omitempty"`
	// URL is a link to the source of the finding.
	URL string `json:"url,omitempty"`
	// Text is the untrusted quote that the finding is about, e.g. a line of
	// the release notes.
	Text string `json:"text,omitempty"`
	// Fingerprint is the same for the same finding in every run.
	Fingerprint string `json:"fingerprint"`
	// Known is set when the baseline has the finding as well.
	Known bool `json:"known"`
	// FoldedInto is the fingerprint of the finding that says the same; reports for
	// people show this one there, as a source.
	FoldedInto string `json:"folded_into,omitempty"`
	// Fix is the change that takes the finding away, nil where gate fix has none.
	Fix    *Fix    `json:"fix"`
	Waived *Waived `json:"waived"`

	// Subject is what the fingerprint is made of besides rule and check name;
	// without it the file and the message are.
	Subject string `json:"-"`
	// Group joins findings of a rule whose advice differs in its words only;
	// without it the advice joins them. Reports for people show a group once.
	Group string `json:"-"`
	// Versions are those that a change belongs to, for waivers by version.
	Version string `json:"version,omitempty"`
	// Cause is the same for all findings that one change would fix; RootCauses
	// names such findings once. Empty: not known.
	Cause string `json:"-"`
	// CauseText words the cause for all its findings together, with {} where
	// their parts stand; empty where the first finding's message does.
	CauseText string `json:"-"`
	// Part is the part of the component that the finding is about, such as a
	// public prefix; empty: all of it.
	Part string `json:"-"`
	// Component is the part of the deployment that the finding is about, where
	// it is another than its check's.
	Component string `json:"-"`
	// Edits take the finding away. One without any may say in Unfixed why gate fix
	// leaves it alone; with edits, Unfixed is what is left to do by hand, and the
	// finding stays.
	Edits   []Edit `json:"-"`
	Unfixed string `json:"-"`
	// Symptom classes the finding for RootCauses; see the constants.
	Symptom Symptom `json:"-"`
}

// Waived says by what a finding is excused.
type Waived struct {
	Reason  string `json:"reason"`
	Owner   string `json:"owner,omitempty"`
	Expires string `json:"expires"` // YYYY-MM-DD
}

// Location is a place in a file, lines and columns 1-based; 0 is unknown.
type Location struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	EndLine int    `json:"end_line"`
}

func (l *Location) clone() *Location {
	if l == nil {
		return nil
	}
	c := *l
	return &c
}

// Active reports whether the finding counts for the verdict.
func (f Finding) Active() bool { return f.Waived == nil }

// print is the finding's fingerprint: 16 hex digits over rule, check and
// subject, so that a moved line keeps it.
func (f Finding) print() string {
	subject := f.Subject
	if subject == "" {
		subject = f.Message
		if f.Location != nil {
			subject = f.Location.File + "\x00" + subject
		}
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Rule, f.Check, subject}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// compareFindings orders findings for every report: by severity, impact, rule and
// place, then by check and text, so that scheduling never shows. What is known
// comes after what is new, and what is waived last.
func compareFindings(a, b Finding) int {
	last := func(f Finding) int {
		switch {
		case !f.Active():
			return 2
		case f.Known:
			return 1
		}
		return 0
	}
	place := func(f Finding) Location {
		if f.Location == nil {
			return Location{}
		}
		return *f.Location
	}
	la, lb := place(a), place(b)
	return cmp.Or(
		cmp.Compare(last(a), last(b)),
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Impact.rank(), b.Impact.rank()),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(la.File, lb.File),
		cmp.Compare(la.Line, lb.Line),
		cmp.Compare(la.Column, lb.Column),
		cmp.Compare(a.Check, b.Check),
		cmp.Compare(a.Message, b.Message),
	)
}

// Worst returns the highest severity of the unwaived findings, 0 for none.
func Worst(findings []Finding) Severity {
	var worst Severity
	for _, f := range findings {
		if f.Active() {
			worst = max(worst, f.Severity)
		}
	}
	return worst
}

// sortFindings sorts in the order of every report.
func sortFindings(f []Finding) { slices.SortStableFunc(f, compareFindings) }
