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

// JUnit writes a test case a check and a suite a phase. Suite, class and name
// together are unique and the same in every run: GitLab tells cases apart by
// them. Warnings fail a case only where they block.
func JUnit(w io.Writer, rep gate.Report) error {
	rep = clean(rep)
	doc := junitSuites{}
	for _, phase := range []gate.Phase{gate.PhasePre, gate.PhasePost} {
		doc.Suites = append(doc.Suites, junitPhase(rep, phase, len(doc.Suites)))
	}
	if orphans := junitOrphans(rep); len(orphans.Cases) > 0 {
		orphans.ID = len(doc.Suites)
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
		Name: name, Package: "gate", ID: id, Hostname: "localhost",
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

func junitPhase(rep gate.Report, phase gate.Phase, id int) junitSuite {
	s := newSuite(rep, "gate "+string(phase), id)
	var out strings.Builder
	var total int64
	for _, c := range rep.Checks {
		if c.Phase != phase {
			continue
		}
		total += c.DurationMS
		k := junitCase{Name: c.Name, Class: "gate." + string(phase) + "." + c.Kind, Time: seconds(c.DurationMS)}
		k.judge(rep, c, &out)
		s.add(k)
	}
	s.Time, s.Out = seconds(total), out.String()
	return s
}

// judge gives the case its result; what does not fail it goes to the output.
func (k *junitCase) judge(rep gate.Report, c gate.CheckReport, out *strings.Builder) {
	var failing []string
	var first gate.Finding
	for _, i := range c.Findings {
		f := rep.Findings[i]
		if !blocks(rep, f) && f.Severity != gate.Error || !f.Active() {
			fmt.Fprintf(out, "%s: %s\n", c.Name, findingText(f))
			continue
		}
		if len(failing) == 0 {
			first = f
		}
		failing = append(failing, findingText(f))
	}
	switch {
	case len(failing) > 0:
		text := strings.Join(failing, "\n")
		if c.ExplainedBy != "" && c.ExplainedBy != c.Name {
			text += "\nexplained by " + c.ExplainedBy
		}
		k.Failure = &junitMessage{Message: shorten(first.Message, 300), Type: first.Rule, Text: text}
	case c.Outcome == gate.OutcomeError:
		k.Error = &junitMessage{Message: shorten(c.Reason, 300), Type: "gate/undecided", Text: "could not be decided: " + c.Reason}
	case c.Outcome == gate.OutcomeSkip:
		k.Skipped = &junitMessage{Text: c.Reason}
	}
}

// junitOrphans are the findings that belong to no check: those about waivers.
func junitOrphans(rep gate.Report) junitSuite {
	s := newSuite(rep, "gate waivers", 0)
	s.Time = seconds(0)
	phases := checkPhases(rep)
	seen := map[string]bool{}
	var out strings.Builder
	for _, f := range rep.Findings {
		if _, known := phases[f.Check]; known || seen[f.Fingerprint] {
			continue
		}
		seen[f.Fingerprint] = true
		c := junitCase{Name: f.Rule + " " + f.Fingerprint, Class: "gate.waivers", Time: seconds(0)}
		if blocks(rep, f) || f.Severity == gate.Error && f.Active() {
			c.Failure = &junitMessage{Message: shorten(f.Message, 300), Type: f.Rule, Text: findingText(f)}
		} else {
			out.WriteString(findingText(f) + "\n")
		}
		s.add(c)
	}
	s.Out = out.String()
	return s
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
