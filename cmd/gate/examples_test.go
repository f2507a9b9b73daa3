package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/report"
)

// shipped are the files that people copy from: path below the root, and text.
func shipped(t *testing.T, suffixes ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, top := range []string{"README.md", "action.yml", "docs", "examples", "templates", ".github"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(path, s) }) {
				return err
			}
			data, err := os.ReadFile(path)
			rel, _ := filepath.Rel(root, path)
			out[filepath.ToSlash(rel)] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) == 0 {
		t.Fatalf("no file ends in %v", suffixes)
	}
	return out
}

func testRoot() *cobra.Command {
	return newRoot(&process{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, lookup: func(string) (string, bool) { return "", false }})
}

// holds parses the words after gate as the command line would; nothing is run.
func holds(t *testing.T, place string, words []string) {
	t.Helper()
	cmd, rest, err := testRoot().Find(words)
	if err != nil || cmd.Name() == "gate" && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		t.Errorf("%s: gate %s: no such command", place, strings.Join(words, " "))
		return
	}
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("%s: gate %s: %v", place, strings.Join(words, " "), err)
	}
}

var (
	fence     = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")
	yamlFence = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")
	indented  = regexp.MustCompile(`(?m)^ {4}(.*)$`)
	// call is the gate, called by its name or its path, up to the end of the
	// command; two blanks begin a remark in a listing.
	call = regexp.MustCompile("(?:^|[\\s/`])gate((?: [^ \\n|;&<>()`#]+)+)")
)

// TestExamplesCallTheGate holds every command line of the documentation and of
// the examples against the commands and their flags, values included.
func TestExamplesCallTheGate(t *testing.T) {
	t.Parallel()
	seen := 0
	for path, text := range shipped(t, "README.md") {
		var code strings.Builder
		for _, m := range fence.FindAllStringSubmatch(text, -1) {
			code.WriteString(m[1])
		}
		for _, m := range indented.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			code.WriteString(m[1] + "\n")
		}
		for line := range strings.Lines(code.String()) {
			for _, m := range call.FindAllStringSubmatch(line, -1) {
				words := strings.Fields(m[1])
				for i := range words {
					words[i] = strings.Trim(words[i], ",")
				}
				seen++
				holds(t, path, words)
			}
		}
	}
	for path, text := range shipped(t, ".yml", ".yaml") {
		for _, doc := range documents(t, path, text) {
			each(doc, func(_ string, v any) {
				for _, words := range calls(v) {
					seen++
					holds(t, path, words)
				}
			})
		}
	}
	if seen < 15 {
		t.Errorf("only %d command lines were found", seen)
	}
}

// calls finds command lines of the gate in a value: a list that begins with
// gate, or lines of a script.
func calls(v any) [][]string {
	var out [][]string
	switch v := v.(type) {
	case []any:
		if len(v) > 0 && v[0] == "gate" {
			var words []string
			for _, w := range v[1:] {
				s, _ := w.(string)
				words = append(words, s)
			}
			out = append(out, words)
		}
	case string:
		for line := range strings.Lines(v) {
			if words := strings.Fields(line); len(words) > 1 && words[0] == "gate" && (strings.HasPrefix(words[1], "-") || isCommand(words[1])) {
				out = append(out, words[1:])
			}
		}
	}
	return out
}

func isCommand(word string) bool { return slices.Contains(commandNames(testRoot()), word) }

// documents reads all YAML documents of a file.
func documents(t *testing.T, path, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var doc map[string]any
		err := decoder.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			t.Errorf("%s: %v", path, err)
			return out
		}
		if doc != nil {
			out = append(out, doc)
		}
	}
}

// each visits every value of a document, with the key that it stands under.
func each(v any, visit func(key string, v any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			visit(k, x)
			each(x, visit)
		}
	case []any:
		for _, x := range v {
			visit("", x)
			each(x, visit)
		}
	}
}

// TestExamplesNameTwins: each GATE_ variable that a text names is the twin of a
// flag, or one of the dotenv report.
func TestExamplesNameTwins(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, cmd := range append(testRoot().Commands(), testRoot()) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			known["GATE_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = true
		})
	}
	var dotenv bytes.Buffer
	if err := report.Dotenv(&dotenv, gate.Report{}, report.Options{}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(dotenv.String()) {
		name, _, _ := strings.Cut(line, "=")
		if known[name] {
			t.Errorf("dotenv report: %s is a flag's twin, and GitLab hands it to the next gate", name)
		}
		known[name] = true
	}
	variable := regexp.MustCompile(`\bGATE_[A-Z][A-Z_]*[A-Z]\b`)
	seen := 0
	for path, text := range shipped(t, ".md", ".yml", ".yaml") {
		for _, name := range variable.FindAllString(text, -1) {
			if seen++; !known[name] {
				t.Errorf("%s: %s is the twin of no flag", path, name)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d variables were found", seen)
	}
}

// TestExamplesOfConfig loads each gate.yaml that a text shows whole. The files
// that it names are the reader's.
func TestExamplesOfConfig(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for path, text := range shipped(t, ".md") {
		for _, m := range yamlFence.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], "version: 1\n") || strings.Contains(m[1], "\nversion: 1\n") {
				found[path] = m[1]
			}
		}
	}
	for path, text := range shipped(t, ".yml", ".yaml") {
		for _, doc := range documents(t, path, text) {
			each(doc, func(key string, v any) {
				if s, ok := v.(string); ok && key == "gate.yaml" {
					found[path] = s
				}
			})
		}
	}
	if len(found) < 2 {
		t.Errorf("got the gate.yaml of %d texts, want those of README and of the ConfigMaps", len(found))
	}
	for path, text := range found {
		_, err := config.Parse("gate.yaml", []byte(text), config.Options{
			WorkDir: t.TempDir(), Now: time.Now(), Builtin: true, LookupEnv: func(string) (string, bool) { return "1", true },
		})
		var wrong config.Mistakes
		errors.As(err, &wrong)
		for _, m := range wrong {
			if !strings.Contains(m.Message, "no such file or directory") {
				t.Errorf("%s: %s", path, m)
			}
		}
	}
}

// TestExamplesUseTheAction: steps give inputs that action.yml has, and read
// outputs that it declares.
func TestExamplesUseTheAction(t *testing.T) {
	t.Parallel()
	action := documents(t, "action.yml", shipped(t, "action.yml")["action.yml"])[0]
	inputs, _ := action["inputs"].(map[string]any)
	outputs, _ := action["outputs"].(map[string]any)
	declared := map[string]bool{}
	for _, out := range report.Outputs(gate.Report{}, nil, "") {
		declared[out.Name] = true
		if outputs[out.Name] == nil {
			t.Errorf("action.yml does not declare the output %s", out.Name)
		}
	}
	for name := range outputs {
		if !declared[name] {
			t.Errorf("action.yml declares the output %s, which is never set", name)
		}
	}
	seen := 0
	step := func(place string, v any) {
		m, _ := v.(map[string]any)
		uses, _ := m["uses"].(string)
		if !strings.HasPrefix(uses, "dify-gate/dify-gate@") && uses != "./" {
			return
		}
		seen++
		with, _ := m["with"].(map[string]any)
		for name, value := range with {
			if inputs[name] == nil {
				t.Errorf("%s: %q is no input of the action", place, name)
			}
			targets, _ := value.(string)
			for _, target := range splitList(targets, typeTarget) {
				if name == "report" {
					if err := checkTarget(target); err != nil {
						t.Errorf("%s: %v", place, err)
					}
				}
			}
		}
	}
	for path, text := range shipped(t, ".yml", ".yaml") {
		for _, doc := range documents(t, path, text) {
			each(doc, func(_ string, v any) { step(path, v) })
		}
	}
	for _, m := range yamlFence.FindAllStringSubmatch(shipped(t, "README.md")["README.md"], -1) {
		var v any
		if err := yaml.Load([]byte(m[1]), &v); err != nil {
			t.Errorf("README.md: %v in\n%s", err, m[1])
		}
		each(v, func(_ string, v any) { step("README.md", v) })
	}
	if seen < 4 {
		t.Errorf("only %d steps use the action", seen)
	}
}
