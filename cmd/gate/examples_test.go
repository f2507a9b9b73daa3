package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shipped are the texts that people copy command lines from.
func shipped(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, top := range []string{"README.md", "examples", "templates", "action.yml"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			out[filepath.ToSlash(strings.TrimPrefix(path, root+"/"))] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 10 {
		t.Fatalf("%d files, want the README and all examples", len(out))
	}
	return out
}

var (
	commandLine = regexp.MustCompile(`(?m)(?:^|[\s\x60(/,\[])gate,? ([a-z]+)\b(.*(?:\n\s+--.*)*)`)
	flagWord    = regexp.MustCompile(`(?:^|[\s\x60,\[])--([a-z][a-z-]*)`)
	gateWord    = regexp.MustCompile(`\bGATE_[A-Z_]+\b`)
	yamlFence   = regexp.MustCompile("(?ms)^```yaml\n(# yaml-language-server.*?)^```$")
)

// TestShippedCommandLines: each command line that the README and the examples
// show exists, with the flags that they show.
func TestShippedCommandLines(t *testing.T) {
	t.Parallel()
	newTree := func() *cobra.Command { return newRoot(&process{}) }
	seen := 0
	for name, text := range shipped(t) {
		for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
			cmd, rest, err := newTree().Find([]string{m[1]})
			flags := flagWord.FindAllStringSubmatch(m[2], -1)
			if err != nil || len(rest) > 0 || cmd.Name() != m[1] {
				if len(flags) > 0 && !strings.Contains(m[2], "gate ") {
					t.Errorf("%s: %q, which is no command", name, strings.TrimSpace(m[0]))
				}
				continue // a word of a sentence
			}
			for _, f := range flags {
				seen++
				if cmd.Flag(f[1]) == nil && f[1] != "help" {
					t.Errorf("%s: gate %s has no flag --%s", name, m[1], f[1])
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d flags were seen", seen)
	}
}

// TestShippedVariables: each GATE_ variable that they set is a flag's twin.
func TestShippedVariables(t *testing.T) {
	t.Parallel()
	twins := map[string]bool{}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&runOptions{}).register(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		twins["GATE_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = true
	})
	seen := 0
	for name, text := range shipped(t) {
		for _, v := range gateWord.FindAllString(text, -1) {
			if seen++; !twins[v] && !strings.HasSuffix(v, "_") && v != "GATE_TOKEN" {
				t.Errorf("%s: %s is no flag's twin", name, v)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d variables were seen", seen)
	}
}

// TestShippedConfiguration: the gate.yaml of the README loads as it stands.
func TestShippedConfiguration(t *testing.T) {
	t.Parallel()
	fences := yamlFence.FindAllStringSubmatch(shipped(t)["README.md"], -1)
	if len(fences) == 0 {
		t.Fatal("the README shows no gate.yaml")
	}
	for _, m := range fences {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "docker"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(m[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr strings.Builder
		p := &process{args: []string{"validate"}, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, dir: dir,
			lookup: func(name string) (string, bool) {
				if name == "DIFY_API_KEY" {
					return "app-x", true
				}
				return "", false
			}}
		if code := p.main(t.Context()); code != exitPass {
			t.Errorf("exit %d: %s%s", code, stdout.String(), stderr.String())
		}
	}
}
