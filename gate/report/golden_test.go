package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what was rendered with a file, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func rendered(t *testing.T, render func(io.Writer) error) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := render(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestTextGolden(t *testing.T) {
	for name, o := range map[string]TextOptions{
		"plain.txt":    {},
		"verbose.txt":  {Verbose: true},
		"width80.txt":  {Width: 80, Verbose: true},
		"colour.txt":   {Colour: true},
		"quiet.txt":    {Quiet: true},
		"sections.txt": {Sections: true},
	} {
		golden(t, name, rendered(t, func(w io.Writer) error { return Text(w, sample(), o) }))
	}
}

// extensions are the golden files of the formats.
func goldenName(format string) string { return "sample." + format }

func TestFormatGoldens(t *testing.T) {
	for _, f := range Formats() {
		golden(t, goldenName(f.Name), rendered(t, func(w io.Writer) error {
			return f.Render(w, sample(), Options{Config: "gate.yaml", ReportPath: "gate.json"})
		}))
	}
}

func TestGitHubGoldens(t *testing.T) {
	golden(t, "annotations.txt", rendered(t, func(w io.Writer) error { return Annotations(w, sample(), AnnotationOptions{}) }))
	golden(t, "summary.md", rendered(t, func(w io.Writer) error {
		return Markdown(w, sample(), MarkdownOptions{Limit: maxSummary, Timeline: true, Link: func(l gate.Location) string { return "https://example.com/blob/main/" + l.File }})
	}))
}
