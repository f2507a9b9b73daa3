package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// The JUnit document, in the strict dialect of Ant's schema: the attributes
// that it demands and the order that it demands. Jenkins, GitLab and GitHub's
// actions read the same.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Timestamp  string          `xml:"timestamp,attr"` // no zone; UTC
		Hostname   string          `xml:"hostname,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"` // seconds
		Package    string          `xml:"package,attr"`
		ID         int             `xml:"id,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out"`
		Err        string          `xml:"system-err"`
		names      map[string]bool // of the cases
		notes      []string        // for Out: what fails no case
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitMessage `xml:"skipped"`
		Error   *junitMessage `xml:"error"`
		Failure *junitMessage `xml:"failure"`
	}
	// junitMessage carries its text in the element: GitLab reads nothing else.
	junitMessage struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a suite a check and in it a test case a finding; a check without
// findings is a case itself. Suite, class and name together are unique and the
// same in every run: GitLab distinguishes cases by them. A finding fails its case if
// it is an error, or blocks.
func JUnit(w io.Writer, rep gate.Report) error {
	rep = clean(rep)
	doc := junitSuites{}
	for _, phase := range []gate.Phase{gate.PhasePre, gate.PhasePost} {
		for _, c := range rep.Checks {
			if c.Phase == phase {
				doc.Suites = append(doc.Suites, junitCheck(rep, c, len(doc.Suites)))
			}
		}
	}
	// A document without a suite would have no place for the verdict.
	if orphans := junitOrphans(rep, len(doc.Suites)); len(orphans.Cases) > 0 || len(doc.Suites) == 0 {
		doc.Suites = append(doc.Suites, orphans)
	}
	body, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("junit report: %w", err)
	}
	// Only elements hold line ends (attributes are on one line), and there they
	// need no escape.
	text := strings.NewReplacer("&#xA;", "\n", "&#x9;", "\t").Replace(string(body))
	_, err = io.WriteString(w, xml.Header+text+"\n")
	return err
}

func newSuite(rep gate.Report, name string, id int) junitSuite {
	return junitSuite{
		Name: name, Package: "gate", ID: id, Hostname: "localhost", names: map[string]bool{},
		Timestamp: rep.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"verdict", string(rep.Verdict)},
			{"from", rep.Upgrade.From},
			{"to", rep.Upgrade.To},
			{"version", rep.Tool.Version},
		},
	}
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// junitCheck is a check's suite. The check itself is a case where no finding says
// how it ended.
func junitCheck(rep gate.Report, c gate.CheckReport, id int) junitSuite {
	s := newSuite(rep, "gate "+string(c.Phase)+": "+orElse(c.Name, "unnamed"), id)
	class := "gate." + string(c.Phase) + "." + c.Kind
	own := junitCase{Name: c.Name, Class: class, Time: seconds(c.DurationMS)}
	switch c.Outcome {
	case gate.OutcomeError:
		own.Error = &junitMessage{Message: shorten(c.Reason, 300), Type: "gate/undecided", Text: "could not be decided: " + c.Reason}
	case gate.OutcomeSkip:
		own.Skipped = &junitMessage{Text: orElse(c.Reason, "skipped")}
	}
	if len(c.Findings) == 0 || own.Error != nil || own.Skipped != nil {
		s.add(own)
	}
	by := ""
	if c.ExplainedBy != c.Name {
		by = c.ExplainedBy
	}
	for _, i := range c.Findings {
		s.addFinding(rep, rep.Findings[i], class, by)
	}
	if len(s.Cases) == 0 {
		s.add(own) // other findings cover all of its own
	}
	s.Time, s.Out = seconds(c.DurationMS), joinLines(s.notes...)
	return s
}

// junitOrphans are the findings that belong to no check: those about waivers.
func junitOrphans(rep gate.Report, id int) junitSuite {
	s := newSuite(rep, "gate waivers", id)
	s.Time = seconds(0)
	phases := checkPhases(rep)
	for _, f := range rep.Findings {
		if _, known := phases[f.Check]; !known {
			s.addFinding(rep, f, "gate.waivers", "")
		}
	}
	s.Out = joinLines(s.notes...)
	return s
}

// addFinding adds a finding as a case; what does not fail it goes to the suite's
// output. The fingerprint in the name is the same in every run; so is what was
// found in files, but not always what a live deployment answers.
func (s *junitSuite) addFinding(rep gate.Report, f gate.Finding, class, by string) {
	if folded(rep, f) {
		s.notes = append(s.notes, findingText(f))
		return
	}
	name := f.Rule
	if !strings.HasPrefix(class, "gate.post.") {
		name += ": " + f.Message
	}
	c := junitCase{Name: shorten(name, 200) + " [" + f.Fingerprint + "]", Class: class, Time: seconds(0)}
	if s.names[c.Name] {
		return
	}
	s.names[c.Name] = true
	text := findingText(f)
	if by != "" {
		text += "\nexplained by " + by
	}
	if f.Active() && !f.Known && (blocks(rep, f) || f.Severity == gate.Error) {
		c.Failure = &junitMessage{Message: shorten(f.Message, 300), Type: f.Rule, Text: text}
	} else {
		s.notes = append(s.notes, text)
	}
	s.add(c)
}

// findingText is a finding in a few lines.
func findingText(f gate.Finding) string {
	head := f.Severity.String() + " " + f.Rule + ": " + f.Message
	if !f.Active() {
		head = "waived " + head
	}
	if at := place(f.Location); at != "" {
		head = at + ": " + head
	}
	if f.Hint != "" {
		head += "\n  hint: " + strings.ReplaceAll(f.Hint, "\n", "\n  ")
	}
	return head
}

func seconds(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }
