package report

import (
	"encoding/xml"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// element is any XML element, for checks that a typed decoding would hide.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e element) attr(name string) (string, bool) {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// strictJUnit restates what Ant's schema demands, and what GitLab makes of it.
func strictJUnit(t *testing.T, name string, doc []byte) {
	t.Helper()
	var root element
	dec := xml.NewDecoder(strings.NewReader(string(doc)))
	dec.Strict = true
	if err := dec.Decode(&root); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if root.XMLName.Local != "testsuites" || len(root.Attrs) > 0 {
		t.Errorf("%s: the root is %s with %v, want testsuites without attributes", name, root.XMLName.Local, root.Attrs)
	}
	known := map[string]bool{}
	ids := map[string]bool{}
	for _, suite := range root.Children {
		strictSuite(t, name, suite)
		id, _ := suite.attr("id")
		if ids[id] {
			t.Errorf("%s: suite id %s stands twice", name, id)
		}
		ids[id] = true
		title, _ := suite.attr("name")
		for _, c := range suite.Children {
			if c.XMLName.Local != "testcase" {
				continue
			}
			class, _ := c.attr("classname")
			n, _ := c.attr("name")
			key := title + "_" + class + "_" + n
			if known[key] {
				t.Errorf("%s: case %q stands twice, and GitLab would keep one", name, key)
			}
			known[key] = true
		}
	}
}

var (
	decimal   = regexp.MustCompile(`^\d+(\.\d+)?$`)
	timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`)
)

func strictSuite(t *testing.T, name string, suite element) {
	t.Helper()
	for attribute, pattern := range map[string]*regexp.Regexp{
		"name": regexp.MustCompile(`\S`), "timestamp": timestamp, "hostname": regexp.MustCompile(`^\S+$`), "tests": decimal, "failures": decimal,
		"errors": decimal, "skipped": decimal, "time": decimal, "package": regexp.MustCompile(`\S`), "id": decimal,
	} {
		if v, ok := suite.attr(attribute); !ok || !pattern.MatchString(v) {
			t.Errorf("%s: testsuite %s=%q, want %s", name, attribute, v, pattern)
		}
	}
	counts := map[string]int{}
	order := ""
	for _, c := range suite.Children {
		order += map[string]string{"properties": "p", "testcase": "c", "system-out": "o", "system-err": "e"}[c.XMLName.Local]
		if c.XMLName.Local != "testcase" {
			continue
		}
		counts["tests"]++
		if v, ok := c.attr("time"); !ok || !decimal.MatchString(v) {
			t.Errorf("%s: testcase time=%q", name, v)
		}
		if len(c.Children) > 1 {
			t.Errorf("%s: a case with %d results, want one at the most", name, len(c.Children))
		}
		for _, r := range c.Children {
			counts[r.XMLName.Local]++
			if strings.TrimSpace(r.Text) == "" {
				t.Errorf("%s: a %s without text in the element: GitLab shows nothing else", name, r.XMLName.Local)
			}
		}
	}
	if !regexp.MustCompile(`^pc*oe$`).MatchString(order) {
		t.Errorf("%s: children in the order %s, want properties, cases, system-out, system-err", name, order)
	}
	for attribute, of := range map[string]string{"tests": "tests", "failures": "failure", "errors": "error", "skipped": "skipped"} {
		if v, _ := suite.attr(attribute); v != strconv.Itoa(counts[of]) {
			t.Errorf("%s: %s=%s, but there are %d", name, attribute, v, counts[of])
		}
	}
}

func TestJUnitIsStrict(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		doc := rendered(t, func(w io.Writer) error { return JUnit(w, rep) })
		strictJUnit(t, name, doc)
		if i := forbidden(string(doc), "\n\t"); i >= 0 {
			t.Errorf("%s: a character at %d that XML or a terminal trips over: %q", name, i, doc[max(0, i-20):i+4])
		}
	}
}

// forbidden finds the first control character, direction mark or broken
// encoding but those allowed; -1 when there is none.
func forbidden(s, allowed string) int {
	if !utf8.ValidString(s) {
		return strings.IndexRune(strings.ToValidUTF8(s, "\x00"), 0)
	}
	return strings.IndexFunc(s, func(r rune) bool { return unsafeRune(r) && !strings.ContainsRune(allowed, r) })
}

func TestJUnitCasesByOutcome(t *testing.T) {
	t.Parallel()
	doc := string(rendered(t, func(w io.Writer) error { return JUnit(w, sample()) }))
	for _, want := range []string{
		`<testsuite name="gate pre: proxy nginx" `,
		`<testcase name="proxy/route-missing: the proxy has no location for /triggers, so that / sends it to web, expected one that goes to api:5001 [`,
		`<error message="redis://redis:6379: the name redis does not resolve"`,
		`<skipped>needs &#34;redis&#34;, which could not be decided</skipped>`,
		`<property name="verdict" value="block">`,
		"\n  location /triggers {\n", // the hint's lines, as lines
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	// A warning fails a case only when the run says that warnings block.
	for name, want := range map[string]int{"warn": 0, "strict": 1} {
		doc := rendered(t, func(w io.Writer) error { return JUnit(w, cases()[name]) })
		if got := strings.Count(string(doc), "<failure "); got != want {
			t.Errorf("%s: %d failures, want %d", name, got, want)
		}
	}
}

// TestJUnitWithXMLLint lets another parser than Go's read the document.
func TestJUnitWithXMLLint(t *testing.T) {
	t.Parallel()
	lint := testserver.Find(t, "xmllint")
	for _, rep := range []gate.Report{sample(), hostileNames()} {
		cmd := exec.Command(lint, "--noout", "--nonet", "-")
		cmd.Stdin = strings.NewReader(string(rendered(t, func(w io.Writer) error { return JUnit(w, rep) })))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("xmllint: %v\n%s", err, out)
		}
	}
}
