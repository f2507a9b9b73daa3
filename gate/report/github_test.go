package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/dify-gate/dify-gate/gate"
)

// onGitHub is the whole stdout of a run as the command prints it there: the
// text report between stop-commands, then the annotations.
func onGitHub(t *testing.T, rep gate.Report) string {
	t.Helper()
	var buf bytes.Buffer
	text := func(w io.Writer) error { return Text(w, rep, TextOptions{Verbose: true, Workflow: true}) }
	if err := Guarded(&buf, text); err != nil {
		t.Fatal(err)
	}
	if err := Annotations(&buf, rep, AnnotationOptions{}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// TestStdoutIssuesOnlyOurCommands feeds whole outputs to the runner's parser.
func TestStdoutIssuesOnlyOurCommands(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		commands := runnerCommands(onGitHub(t, rep))
		count := map[string]int{}
		for _, c := range commands {
			count[c.name]++
			switch c.name {
			case "error", "warning", "notice":
				if n := len(utf16.Encode([]rune(c.data))); n > 4096 {
					t.Errorf("%s: a message of %d UTF-16 units, want at most 4096", name, n)
				}
				for key, value := range c.keys {
					if !strings.Contains(" file line col endline title ", " "+key+" ") || strings.ContainsAny(value, "\n\r\x1b") {
						t.Errorf("%s: property %s=%q", name, key, value)
					}
				}
				if strings.ContainsAny(c.data, "\r\x1b\u202e") {
					t.Errorf("%s: message %q holds what moves a terminal", name, c.data)
				}
			case "stop-commands":
			default:
				t.Errorf("%s: command %s %v %q, want none but our annotations", name, c.name, c.keys, c.data)
			}
		}
		if count["stop-commands"] != 1 {
			t.Errorf("%s: %d stop-commands, want one", name, count["stop-commands"])
		}
		for _, severity := range []string{"error", "warning", "notice"} {
			if count[severity] > 10 {
				t.Errorf("%s: %d annotations of severity %s, want at most 10", name, count[severity], severity)
			}
		}
		if rep.Verdict == gate.VerdictBlock && rep.FailOn == gate.FailOnError && count["error"] == 0 {
			t.Errorf("%s: a block without an error annotation", name)
		}
	}
}

// TestNeutralTextNeedsNoGuard: the escaping holds without stop-commands, and
// stop-commands holds without the escaping.
func TestNeutralTextNeedsNoGuard(t *testing.T) {
	t.Parallel()
	for _, rep := range []gate.Report{hostile(), hostileNames()} {
		for _, o := range []TextOptions{{Workflow: true}, {Workflow: true, Verbose: true, Width: 40}, {Workflow: true, Quiet: true}} {
			out := string(rendered(t, func(w io.Writer) error { return Text(w, rep, o) }))
			if got := runnerCommands(out); len(got) > 0 {
				t.Errorf("%+v: the text alone issues %+v", o, got)
			}
		}
		raw := strings.Join(attacks, "\n")
		var buf bytes.Buffer
		if err := Guarded(&buf, func(w io.Writer) error { _, err := io.WriteString(w, raw); return err }); err != nil {
			t.Fatal(err)
		}
		if got := runnerCommands(buf.String()); len(got) != 1 {
			t.Errorf("between stop-commands %d commands got through: %+v", len(got)-1, got[1:])
		}
		if after := runnerCommands(buf.String() + "::error::ours\n"); len(after) != 2 {
			t.Error("the runner does not listen again after the guard")
		}
	}
}

func TestRunnerParserSeesTheAttacks(t *testing.T) {
	t.Parallel()
	// The restated parser must find what the attacks hold, or the tests above
	// prove nothing.
	found := map[string]bool{}
	for _, a := range attacks {
		for _, c := range runnerCommands(a) {
			found[c.name] = true
		}
	}
	for _, want := range []string{"error", "add-mask", "set-output", "group", "add-matcher", "notice", "stop-commands"} {
		if !found[want] {
			t.Errorf("the attacks never issue %s in the restated parser", want)
		}
	}
}

func TestAnnotationsOfACrowd(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if err := Annotations(&buf, motley5000(), AnnotationOptions{Dir: "deploy"}); err != nil {
		t.Fatal(err)
	}
	commands := runnerCommands(buf.String())
	if len(commands) != 30 {
		t.Fatalf("%d annotations, want ten a severity", len(commands))
	}
	if first := commands[0]; first.name != "error" || !strings.HasPrefix(first.keys["title"], "root cause: postgres/unreachable") {
		t.Errorf("the first annotation is %+v, want the root cause", first)
	}
	last := commands[len(commands)-1]
	if last.name != "notice" || !strings.Contains(last.data, "further annotations not shown here") {
		t.Errorf("the last annotation is %+v, want the words about the rest", last)
	}
	for _, c := range commands[1:] {
		if c.keys["file"] != "" && (c.keys["file"] != "deploy/gate.yaml" || c.keys["line"] == "") {
			t.Errorf("annotation at %v, want a file below deploy and a line", c.keys)
		}
	}
	// Explained findings are not annotated one by one: only odd ones carry no
	// symptom, and of those every second is an error.
	for _, c := range commands {
		if c.name == "error" && strings.Contains(c.data, "/v1/0:") {
			t.Errorf("%q is explained by the database, want no annotation of its own", c.data)
		}
	}
}

// TestAnnotationsOfGroups: a group has one annotation, which names the others.
func TestAnnotationsOfGroups(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if err := Annotations(&buf, crowd5000(), AnnotationOptions{}); err != nil {
		t.Fatal(err)
	}
	commands := runnerCommands(buf.String())
	if len(commands) != 4 {
		t.Fatalf("%d annotations, want the cause and a group a severity", len(commands))
	}
	for _, c := range commands[1:] {
		if !strings.Contains(c.keys["title"], " × http/status") || !strings.Contains(c.data, "the same:") || !strings.Contains(c.data, "more") {
			t.Errorf("%+v does not name the other findings", c)
		}
		if len(c.data) > maxAnnotation {
			t.Errorf("a message of %d characters", len(c.data))
		}
	}
}

func TestAnnotationPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		location *gate.Location
		dir      string
		want     map[string]string
	}{
		{"none", nil, "", map[string]string{"title": "r"}},
		{"line and column", &gate.Location{File: "a.yaml", Line: 3, Column: 5, EndLine: 3}, "", map[string]string{"title": "r", "file": "a.yaml", "line": "3", "col": "5"}},
		{"a range drops the column", &gate.Location{File: "a.yaml", Line: 3, Column: 5, EndLine: 9}, "", map[string]string{"title": "r", "file": "a.yaml", "line": "3", "endLine": "9"}},
		{"a column without a line", &gate.Location{File: "a.yaml", Column: 5}, "", map[string]string{"title": "r", "file": "a.yaml"}},
		{"below the workspace", &gate.Location{File: "../x/a.yaml", Line: 1}, "deploy", map[string]string{"title": "r", "file": "x/a.yaml", "line": "1"}},
		{"absolute", &gate.Location{File: "/etc/a.yaml", Line: 1}, "deploy", map[string]string{"title": "r", "file": "/etc/a.yaml", "line": "1"}},
		{"a release on GitHub", &gate.Location{File: "https://github.com/x/y", Line: 1}, "", map[string]string{"title": "r"}},
	} {
		got := AnnotationOptions{Dir: c.dir}.fields(annotation{title: "r", location: c.location})
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			continue
		}
		for k, v := range c.want {
			if got[k] != v {
				t.Errorf("%s: %s is %q, want %q", c.name, k, got[k], v)
			}
		}
	}
}

// runnerFiles makes the files that the runner gives a step.
func runnerFiles(t *testing.T, before string) (FileOptions, string, string) {
	t.Helper()
	dir := t.TempDir()
	output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
	for path, text := range map[string]string{output: "", summary: before} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"GITHUB_OUTPUT": output, "GITHUB_STEP_SUMMARY": summary}
	return FileOptions{Getenv: func(k string) string { return env[k] }, Paths: map[string]string{"json": "out/gate.json", "sarif": "out/gate.sarif"}, Comment: "https://github.com/a/b/pull/1#issuecomment-2"}, output, summary
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPublishOutputs(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		o, output, _ := runnerFiles(t, "")
		if err := Publish(rep, o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := runnerFile(read(t, output))
		if err != nil {
			t.Fatalf("%s: the runner cannot read the outputs: %v", name, err)
		}
		if len(got) != 10 {
			t.Errorf("%s: outputs %v, want ten", name, got)
		}
		if got["verdict"] != string(rep.Verdict) || got["blocked"] != map[bool]string{true: "true", false: "false"}[rep.Verdict == gate.VerdictBlock] || got["report"] != "out/gate.json" || got["sarif"] != "out/gate.sarif" || got["patch"] != "" || !strings.HasSuffix(got["comment"], "issuecomment-2") {
			t.Errorf("%s: outputs %v, want verdict %q", name, got, rep.Verdict)
		}
		for k, v := range got {
			if strings.ContainsAny(v, "\r\n\x1b") {
				t.Errorf("%s: output %s is %q", name, k, v)
			}
		}
	}
}

func TestHeredocTellsDelimiterAndValueApart(t *testing.T) {
	t.Parallel()
	a, b := heredoc(Output{"x", "1"}), heredoc(Output{"x", "1"})
	if a == b {
		t.Error("two delimiters are equal, want a random one each")
	}
	value := "gate-\n" + strings.Split(a, "\n")[2] + "\ny<<z"
	got, err := runnerFile(heredoc(Output{"x", value}))
	if err != nil || got["x"] != value || len(got) != 1 {
		t.Errorf("read back %v, %v; want the value whole", got, err)
	}
}

// TestPublishWithoutFiles: a file that is missing, or that cannot be written,
// is an error that names it, and the other one is written all the same.
func TestPublishWithoutFiles(t *testing.T) {
	t.Parallel()
	o, _, summary := runnerFiles(t, "")
	getenv := o.Getenv
	for name, value := range map[string]string{"unset": "", "in a folder that is missing": filepath.Join(t.TempDir(), "no", "file")} {
		o.Getenv = func(k string) string {
			if k == "GITHUB_OUTPUT" {
				return value
			}
			return getenv(k)
		}
		err := Publish(sample(), o)
		if err == nil || !strings.Contains(err.Error(), "GITHUB_OUTPUT") || strings.Contains(err.Error(), "STEP_SUMMARY") {
			t.Errorf("%s: error %v, want one about GITHUB_OUTPUT alone", name, err)
		}
	}
	if !strings.Contains(read(t, summary), "Gate: block") {
		t.Error("the summary was not written")
	}
}

// TestSummarySize counts what other code of the step wrote before.
func TestSummarySize(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]int{"empty": 0, "half full": 500_000, "nearly full": 890_000} {
		o, _, summary := runnerFiles(t, strings.Repeat("x", before))
		if err := Publish(motley5000(), o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := read(t, summary)
		if len(text) >= 1<<20 {
			t.Errorf("%s: %d bytes, want less than a MiB", name, len(text))
		}
		text = text[before:]
		if !strings.Contains(text, "Gate: block") || !strings.Contains(text, "Left out for the size of this page:") || !strings.Contains(text, "out/gate.json") {
			t.Errorf("%s: the summary says nothing of what it left out: …%s", name, text[max(0, len(text)-500):])
		}
	}
	o, _, _ := runnerFiles(t, strings.Repeat("x", 1_100_000))
	if err := Publish(sample(), o); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("error %v, want one about the room", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestBrokenPipe: the library panics on a write error, the gate must not.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	if err := Annotations(failingWriter{}, sample(), AnnotationOptions{}); err != io.ErrClosedPipe {
		t.Errorf("annotations: %v, want the pipe's error", err)
	}
	for _, f := range Formats() {
		if err := f.Render(failingWriter{}, sample(), Options{}); err == nil {
			t.Errorf("%s: no error from a closed pipe", f.Name)
		}
	}
}
