package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestTemplateStopsAtInconclusive fills GitLab's component in as GitLab does, and
// asks which exit codes its job may fail with.
func TestTemplateStopsAtInconclusive(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "templates", "gate.yml"))
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(text), "\n---\n")
	if !ok {
		t.Fatal("no header")
	}
	var header struct {
		Spec struct {
			Inputs map[string]struct {
				Default string
				Options []string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(head), &header); err != nil {
		t.Fatal(err)
	}
	for _, asked := range []string{"", "stop", "warn"} {
		input := regexp.MustCompile(`\$\[\[ inputs\.(\w+) \]\]`)
		filled := input.ReplaceAllStringFunc(body, func(s string) string {
			name := input.FindStringSubmatch(s)[1]
			in, ok := header.Spec.Inputs[name]
			if !ok {
				t.Errorf("the input %s is not declared", name)
			}
			if name != "inconclusive" || asked == "" {
				return in.Default
			}
			if !slices.Contains(in.Options, asked) {
				t.Errorf("inconclusive: %s is no option", asked)
			}
			return asked
		})
		jobs := map[string]struct {
			Extends      string
			Script       []string
			AllowFailure any `yaml:"allow_failure"`
		}{}
		if err := yaml.Unmarshal([]byte(filled), &jobs); err != nil {
			t.Fatalf("%v in\n%s", err, filled)
		}
		job, ok := jobs["dify gate"]
		base, there := jobs[job.Extends]
		if !ok || !there || len(job.Script) != 1 || job.AllowFailure != nil {
			t.Fatalf("inconclusive %q: job %+v extends %+v", asked, job, base)
		}
		codes, _ := base.AllowFailure.(map[string]any)
		allowed := codes != nil && slices.Equal(codes["exit_codes"].([]any), []any{3})
		if allowed != (asked == "warn") || !allowed && base.AllowFailure != false {
			t.Errorf("inconclusive %q: allow_failure is %v", asked, base.AllowFailure)
		}
	}
}
