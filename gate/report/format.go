package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// Options are what a run knows of its surroundings that a format may use.
type Options struct {
	// Dir is the working directory below the repository's root, with forward
	// slashes; the formats that a platform reads want files relative to the root.
	Dir string
	// Config is gate.yaml's name relative to the working directory: the place
	// of findings that have none, where a format demands one.
	Config string
	// ReportPath is where the JSON report is written.
	ReportPath string
	// Link makes the address of a line of a file; nil makes none.
	Link func(l gate.Location) string
}

// Format is one of the formats of --report.
type Format struct {
	Name string
	// Help is half a sentence for usage texts.
	Help   string
	Render func(io.Writer, gate.Report, Options) error
}

// Formats lists the formats of --report FMT=PATH, in alphabetical order.
func Formats() []Format {
	return []Format{
		{"codequality", "GitLab's Code Quality report", CodeQuality},
		{"dotenv", "variables for the GitLab jobs that follow", Dotenv},
		{"html", "one page for a browser, without network", plain(HTML)},
		{"json", "the whole report, see gate schema report", plain(JSON)},
		{"junit", "test cases, for GitLab, Jenkins and others", plain(JUnit)},
		{"markdown", "a page for a pull request's comment", renderMarkdown},
		{"metrics", "OpenMetrics, for GitLab and a textfile collector", plain(Metrics)},
		{"patch", "what gate fix would change, for git apply and patch -p1", Patch},
		{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	}
}

// Patch writes the unified diff of gate fix, as it is: nothing in it may be escaped.
func Patch(w io.Writer, rep gate.Report, _ Options) error {
	_, err := io.WriteString(w, rep.Patch)
	return err
}

func plain(render func(io.Writer, gate.Report) error) func(io.Writer, gate.Report, Options) error {
	return func(w io.Writer, rep gate.Report, _ Options) error { return render(w, rep) }
}

func renderMarkdown(w io.Writer, rep gate.Report, o Options) error {
	return Markdown(w, rep, MarkdownOptions{ReportPath: o.ReportPath, Link: o.Link})
}

// Lookup finds a format by its name; the error lists the valid ones.
func Lookup(name string) (Format, error) {
	var known []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		known = append(known, f.Name)
	}
	return Format{}, fmt.Errorf("format %q: want one of %s", name, strings.Join(known, ", "))
}

// Target is a --report: a format, and the path to write it to.
type Target struct {
	Format Format
	Path   string
}

// ParseTarget reads FMT=PATH.
func ParseTarget(s string) (Target, error) {
	name, path, ok := strings.Cut(s, "=")
	if !ok || path == "" {
		return Target{}, fmt.Errorf("%q: want FORMAT=PATH, like junit=gate.xml", s)
	}
	if path == "-" {
		return Target{}, fmt.Errorf("%q: want a file; the format of stdout is for --format to say", s)
	}
	f, err := Lookup(name)
	return Target{f, path}, err
}
