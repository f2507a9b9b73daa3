package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

func render(t *testing.T, name string, rep gate.Report) string {
	t.Helper()
	f, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(rendered(t, func(w io.Writer) error {
		return f.Render(w, rep, Options{Config: "gate.yaml", ReportPath: "gate.json"})
	}))
}

// TestSameVerdict reads the verdict back out of every format.
func TestSameVerdict(t *testing.T) {
	t.Parallel()
	between := func(doc, before, after string) string {
		_, rest, _ := strings.Cut(doc, before)
		v, _, _ := strings.Cut(rest, after)
		return v
	}
	read := map[string]func(doc string) string{
		"json":  func(doc string) string { return between(doc, "\n  \"verdict\": \"", "\"") },
		"junit": func(doc string) string { return between(doc, `<property name="verdict" value="`, `"`) },
		"sarif": func(doc string) string {
			return between(doc[strings.LastIndex(doc, `"properties":{"counts"`):], `"verdict":"`, `"`)
		},
		"dotenv":   func(doc string) string { return between(doc, "GATE_VERDICT=", "\n") },
		"markdown": func(doc string) string { return between(doc, " Gate: ", "\n") },
		"html":     func(doc string) string { return between(doc, `<header class="hero v-`, `"`) },
		"metrics": func(doc string) string {
			return regexp.MustCompile(`gate_verdict\{verdict="(\w+)"\} 1\n`).FindStringSubmatch(doc)[1]
		},
		"codequality": nil, // has no word for it: see TestCodeQualityItems
		"patch":       nil, // is a diff
	}
	for name, rep := range cases() {
		if name == "zero" {
			continue // no verdict was reached
		}
		for _, f := range Formats() {
			extract, known := read[f.Name]
			if !known {
				t.Errorf("format %s is not covered by this test", f.Name)
			}
			if extract == nil {
				continue
			}
			if got := extract(render(t, f.Name, rep)); got != string(rep.Verdict) {
				t.Errorf("%s, %s: verdict %q, want %q", name, f.Name, got, rep.Verdict)
			}
		}
		text := string(rendered(t, func(w io.Writer) error { return Text(w, rep, TextOptions{}) }))
		if !strings.HasPrefix(text, "verdict: "+string(rep.Verdict)+" - ") {
			t.Errorf("%s, text: begins %q", name, text[:min(80, len(text))])
		}
	}
}

// TestHostileIsInert: no format lets through what moves a terminal, hides text
// or breaks an encoding.
func TestHostileIsInert(t *testing.T) {
	t.Parallel()
	for name, rep := range map[string]gate.Report{"hostile": hostile(), "hostile names": hostileNames()} {
		docs := map[string]string{}
		for _, f := range Formats() {
			docs[f.Name] = render(t, f.Name, rep)
		}
		delete(docs, "patch") // it is applied, not shown: no byte of it may change
		for mode, o := range map[string]TextOptions{"text": {Verbose: true}, "text 40": {Verbose: true, Width: 40}, "quiet": {Quiet: true}} {
			docs[mode] = string(rendered(t, func(w io.Writer) error { return Text(w, rep, o) }))
		}
		for format, doc := range docs {
			if i := forbidden(doc, "\n\t"); i >= 0 {
				t.Errorf("%s, %s: %q at %d", name, format, doc[max(0, i-30):min(len(doc), i+5)], i)
			}
			if strings.Contains(doc, strings.Repeat("W", maxField+1)) && format != "json" {
				t.Errorf("%s, %s: a text of 20,000 characters in full", name, format)
			}
		}
	}
}

// TestSectionsCannotBeForged counts GitLab's section markers in a hostile run.
func TestSectionsCannotBeForged(t *testing.T) {
	t.Parallel()
	mark := regexp.MustCompile("\x1b\\[0Ksection_(start|end):\\d+:([A-Za-z0-9_.-]+)\r\x1b\\[0K")
	for name, rep := range cases() {
		doc := string(rendered(t, func(w io.Writer) error { return Text(w, rep, TextOptions{Sections: true, Verbose: true}) }))
		open := ""
		for _, m := range mark.FindAllStringSubmatch(doc, -1) {
			if m[1] == "start" && open != "" || m[1] == "end" && open != m[2] {
				t.Errorf("%s: section %s %s while %q is open", name, m[1], m[2], open)
			}
			open = map[string]string{"start": m[2], "end": ""}[m[1]]
			if !strings.HasPrefix(m[2], "gate_") {
				t.Errorf("%s: section %q is none of ours", name, m[2])
			}
		}
		if rest := mark.ReplaceAllString(doc, ""); strings.ContainsAny(rest, "\x1b\r") {
			t.Errorf("%s: an escape sequence that is no section marker", name)
		}
	}
}

func TestJSONIsTheReport(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		doc := render(t, "json", rep)
		if !utf8.ValidString(doc) || strings.Contains(doc, "##[") || regexp.MustCompile(`(?m)^\s*::|"::`).MatchString(doc) {
			t.Errorf("%s: the document holds a command in the clear", name)
		}
		if got := runnerCommands(doc); len(got) > 0 {
			t.Errorf("%s: printing the document issues %+v", name, got)
		}
		plain, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal([]byte(doc), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = json.Unmarshal(plain, &want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the escaped document means something else", name)
		}
	}
}

// TestDotenvByGitLabsRules restates parse_dotenv_artifact_service.rb.
func TestDotenvByGitLabsRules(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`^(.*?)=(.*)$`)
	key := regexp.MustCompile(`^\w+$`)
	for name, rep := range cases() {
		doc := render(t, "dotenv", rep)
		if len(doc) > 5000 {
			t.Errorf("%s: %d bytes, want at most 5 KB", name, len(doc))
		}
		lines := strings.Split(strings.TrimSuffix(doc, "\n"), "\n")
		if len(lines) > 20 {
			t.Errorf("%s: %d variables, want at most 20", name, len(lines))
		}
		for _, l := range lines {
			m := line.FindStringSubmatch(l)
			if m == nil || !key.MatchString(strings.TrimSpace(m[1])) || strings.ContainsAny(m[2], "$\"'`\\ ;&|<>()#") {
				t.Errorf("%s: line %q", name, l)
			}
		}
	}
}

// TestCodeQualityItems restates GitLab's rules; reading stops at the first item
// that breaks one.
func TestCodeQualityItems(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		var items []map[string]any
		if err := json.Unmarshal([]byte(render(t, "codequality", rep)), &items); err != nil || items == nil {
			t.Fatalf("%s: %v, want an array", name, err)
		}
		seen := map[string]bool{}
		blockers := 0
		for _, item := range items {
			location, _ := item["location"].(map[string]any)
			lines, _ := location["lines"].(map[string]any)
			path, _ := location["path"].(string)
			begin, _ := lines["begin"].(float64)
			fingerprint, _ := item["fingerprint"].(string)
			severity, _ := item["severity"].(string)
			description, _ := item["description"].(string)
			if path == "" || strings.HasPrefix(path, "/") || strings.HasPrefix(path, "..") || begin < 1 || fingerprint == "" || description == "" ||
				!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, severity) {
				t.Errorf("%s: item %v", name, item)
			}
			if seen[fingerprint] {
				t.Errorf("%s: fingerprint %s stands twice, and GitLab would keep one", name, fingerprint)
			}
			seen[fingerprint] = true
			if severity == "blocker" {
				blockers++
			}
		}
		if blockers > 0 != (rep.Verdict == gate.VerdictBlock) {
			t.Errorf("%s: %d blockers, verdict %s", name, blockers, rep.Verdict)
		}
	}
}

func TestMetricsParse(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	for name, rep := range cases() {
		doc := render(t, "metrics", rep)
		if !strings.HasSuffix(doc, "\n# EOF\n") || strings.Count(doc, "\n# EOF\n") != 1 {
			t.Errorf("%s: want one # EOF, at the end", name)
		}
		openMetrics(t, name, doc)
		if err != nil {
			continue
		}
		cmd := exec.Command(promtool, "check", "metrics")
		cmd.Stdin = strings.NewReader(doc)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: promtool: %v\n%s", name, err, out)
		}
	}
	testserver.Find(t, "promtool")
}

var (
	sampleLine = regexp.MustCompile(`^([a-z_]+)(?:\{([a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*)\})? (-?[0-9.]+)$`)
	metaLine   = regexp.MustCompile(`^# (HELP|TYPE) ([a-z_]+) (.+)$`)
)

// openMetrics restates the format's grammar as far as the gate uses it: a
// family's HELP and TYPE stand before its samples, which stand together, and
// no sample comes twice.
func openMetrics(t *testing.T, name, doc string) {
	t.Helper()
	family := ""
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSuffix(doc, "# EOF\n"), "\n") {
		if line == "" {
			continue
		}
		if m := metaLine.FindStringSubmatch(line); m != nil {
			if m[1] == "HELP" && seen["family "+m[2]] || m[1] == "TYPE" && (m[2] != family || m[3] != "gauge") {
				t.Errorf("%s: %q out of place", name, line)
			}
			family = m[2]
			seen["family "+family] = true
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || m[1] != family {
			t.Errorf("%s: sample %q below family %q", name, line, family)
			continue
		}
		if id := m[1] + m[2]; seen[id] {
			t.Errorf("%s: sample %q comes twice", name, line)
		} else {
			seen[id] = true
		}
	}
}

// TestMetricsByGitLabsParser: GitLab cuts each line at "#" and splits the rest
// like a shell; every sample has to survive that.
func TestMetricsByGitLabsParser(t *testing.T) {
	t.Parallel()
	for name, rep := range cases() {
		for _, line := range strings.Split(render(t, "metrics", rep), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if strings.Contains(line, "#") {
				t.Errorf("%s: %q loses its value to GitLab", name, line)
			}
			if quotes := strings.Count(strings.NewReplacer(`\\`, "", `\"`, "").Replace(line), `"`); quotes%2 != 0 {
				t.Errorf("%s: odd quotes in %q", name, line)
			}
		}
	}
}

func TestFormatList(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
		if f.Help == "" || f.Render == nil {
			t.Errorf("format %s is not complete", f.Name)
		}
	}
	if !slices.IsSorted(names) || len(names) != 9 {
		t.Errorf("formats %v, want the eight of the contract and patch, in order", names)
	}
	_, err := Lookup("pdf")
	if err == nil || !strings.Contains(err.Error(), `"pdf"`) || !strings.Contains(err.Error(), "junit") {
		t.Errorf("error %v, want one that lists what is valid", err)
	}
	for _, bad := range []string{"junit", "junit=", "=x", "pdf=x"} {
		if _, err := ParseTarget(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	if target, err := ParseTarget("html=out/a=b.html"); err != nil || target.Path != "out/a=b.html" || target.Format.Name != "html" {
		t.Errorf("got %+v, %v", target, err)
	}
}

// TestNoSecret: what Assemble knows as secret is in no format, in whichever
// dress it came.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "p4ss/w+rd?x"
	leak := "redis://user:" + secret + "@h:6379 and p4ss%2Fw%2Brd%3Fx"
	list := sampleRan()
	list[1].Check.Secrets = []gate.Secret{gate.NewSecret(secret)}
	list[1].Result.Findings[0].Message, list[1].Result.Findings[0].Hint = leak, leak
	list[3].Result.Evidence["echo"] = []any{map[string]any{"body": leak}}
	list[5].Result.Err = &xml.SyntaxError{Msg: leak}
	rep := gate.Assemble(list, samplePolicy(), gate.RunInfo{Graph: dify.Graph(), Started: began, Upgrade: gate.Upgrade{From: leak}})
	docs := map[string]string{
		"text":        string(rendered(t, func(w io.Writer) error { return Text(w, rep, TextOptions{Verbose: true}) })),
		"annotations": string(rendered(t, func(w io.Writer) error { return Annotations(w, rep, AnnotationOptions{}) })),
	}
	for _, f := range Formats() {
		docs[f.Name] = render(t, f.Name, rep)
	}
	for name, doc := range docs {
		for _, s := range []string{secret, "p4ss%2F", "w+rd", "w%2Brd"} {
			if strings.Contains(doc, s) {
				t.Errorf("%s holds %q", name, s)
			}
		}
	}
}

func TestRenderersDoNotChangeTheReport(t *testing.T) {
	t.Parallel()
	rep := hostile()
	before, _ := json.Marshal(rep)
	for _, f := range Formats() {
		_ = f.Render(&bytes.Buffer{}, rep, Options{})
	}
	_ = Text(&bytes.Buffer{}, rep, TextOptions{})
	if after, _ := json.Marshal(rep); !bytes.Equal(before, after) {
		t.Error("a renderer changed the report that the others render")
	}
}
