package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestActionTable: docs/action.md has a row for each input and output of action.yml,
// in its words and order, and none besides.
func TestActionTable(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct{ Inputs, Outputs yaml.Node }
	if err := yaml.Load(data, &action); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "action.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		title string
		node  yaml.Node
		least int
	}{{"input", action.Inputs, 25}, {"output", action.Outputs, 9}} {
		var want strings.Builder
		fmt.Fprintf(&want, "| %s | what it is |\n|---|---|\n", c.title)
		for i := 0; i+1 < len(c.node.Content); i += 2 {
			var entry struct{ Description string }
			if err := c.node.Content[i+1].Load(&entry); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "| `%s` | %s |\n", c.node.Content[i].Value, strings.ReplaceAll(entry.Description, "|", `\|`))
		}
		if !strings.Contains(string(page), want.String()) || len(c.node.Content) < 2*c.least {
			t.Errorf("docs/action.md has another table of %ss, want\n%s", c.title, want.String())
		}
	}
}

// expression is a ${{ }} of a workflow.
var expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// allowedIn are the expressions that a value may hold whose text is data to the
// runner: none of them may be in a script.
var allowedIn = regexp.MustCompile(`^\s*(!cancelled\(\)|github\.(token|actor|ref|ref_name|repository|sha|run_id|event\.pull_request\.(html_url|number))|inputs\.[a-z_-]+|matrix\.[a-z]+|needs\.[a-z]+\.outputs\.[a-z]+|steps\.[a-z]+\.(outcome|outputs\.[a-z]+)|jobs\.[a-z]+\.outputs\.[a-z]+|runner\.temp|secrets\.[A-Z_]+|hashFiles\('[^']*'\))\s*(&&.*|==.*)?$`)

// TestNoTemplateInjection: no ${{ }} stands in a script, neither of our own workflows
// nor of those that people copy, where its text would be run; elsewhere only known
// ones do. The component's inputs stand in no script either.
func TestNoTemplateInjection(t *testing.T) {
	t.Parallel()
	seen := 0
	check := func(path string, doc any) {
		each(doc, func(key string, v any) {
			lines, _ := v.([]any)
			if text, ok := v.(string); ok {
				lines = []any{text}
			}
			for _, line := range lines {
				text, _ := line.(string)
				for _, m := range expression.FindAllStringSubmatch(text, -1) {
					seen++
					switch {
					case key == "run" || key == "args" || key == "entrypoint":
						t.Errorf("%s: %s stands in a script; hand it over by env", path, m[0])
					case !allowedIn.MatchString(m[1]):
						t.Errorf("%s: %s is not known to be harmless", path, m[0])
					}
				}
				switch key {
				case "script", "before_script", "after_script":
					if strings.Contains(text, "$[[") {
						t.Errorf("%s: %q has an input in a script; hand it over by variables", path, text)
					}
				}
			}
		})
	}
	for path, text := range shipped(t, ".yml", ".yaml") {
		for _, doc := range documents(t, path, text) {
			check(path, doc)
		}
	}
	for path, text := range shipped(t, ".md") {
		for _, m := range yamlFence.FindAllStringSubmatch(text, -1) {
			var v any
			if err := yaml.Load([]byte(m[1]), &v); err != nil {
				t.Errorf("%s: %v in\n%s", path, err, m[1])
			}
			check(path, v)
		}
	}
	if seen < 30 {
		t.Errorf("only %d expressions were looked at", seen)
	}
}

// TestActionsArePinned: our own workflows use others' actions by their commit, with
// the version beside it.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^[A-Za-z0-9_./-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: *(.*)$`)
	seen := map[string]string{}
	for path, text := range shipped(t, ".yml") {
		if !strings.HasPrefix(path, ".github/workflows/") {
			continue
		}
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], "./") || strings.HasPrefix(m[1], "dify-gate/dify-gate@") {
				continue
			}
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s: uses: %s, want NAME@COMMIT # vX.Y.Z", path, m[1])
			}
			name, commit, _ := strings.Cut(m[1], "@")
			if repository := strings.Join(strings.Split(name, "/")[:2], "/"); seen[repository] == "" {
				seen[repository] = commit
			} else if seen[repository] != commit {
				t.Errorf("%s: %s at %s, and at %s elsewhere", path, repository, commit, seen[repository])
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("only %d actions were found", len(seen))
	}
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	if from := regexp.MustCompile(`(?m)^FROM .*@sha256:[0-9a-f]{64}`); len(from.FindAll(dockerfile, -1)) != strings.Count("\n"+string(dockerfile), "\nFROM ") {
		t.Error("Dockerfile: a base image without its digest")
	}
}
