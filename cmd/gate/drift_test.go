package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// root is the repository's.
const root = "../.."

// TestArrows holds who may import whom (design: the house).
func TestArrows(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", root+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/dify-gate/dify-gate/"
	instruments := []string{"gate", "gate/internal"}
	contract := append([]string{"gate/probe", "gate/check", "gate/dify", "changelog"}, instruments...)
	subject := contract
	allowed := map[string][]string{
		"changelog":                 {},
		"gate":                      {},
		"gate/dify":                 instruments,
		"gate/probe":                instruments,
		"gate/check":                append([]string{"gate/probe", "gate/dify", "changelog"}, instruments...),
		"gate/check/checktest":      contract,
		"gate/explain":              append([]string{"gate/check/proxy"}, contract...),
		"gate/check/web":            append([]string{"gate/explain"}, contract...),
		"gate/dify/releasedir":      {"gate/dify"},
		"gate/dify/learn":           {"gate/dify", "gate/internal"},
		"gate/dify/learn/learntest": {},
		"gate/config":               {"gate", "gate/check", "gate/kinds", "gate/dify", "changelog"},
		"gate/report":               {"gate"},
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		pkg = strings.TrimPrefix(pkg, module)
		may, known := allowed[pkg]
		switch {
		case strings.HasPrefix(pkg, "gate/internal/"), strings.HasPrefix(pkg, "gate/dify/internal/"):
			// The instruments know each other and no rules.
			may, known = []string{"gate/internal"}, true
			if strings.Contains(pkg, "/generate") {
				may = []string{"gate/internal", "gate/dify", "gate/dify/learn"}
			}
		case pkg == "gate/kinds":
			may, known = append([]string{"gate/check/*"}, contract...), true
		case strings.HasPrefix(pkg, "gate/check/") && !known:
			// No subject imports another one.
			may, known = subject, true
		case strings.HasPrefix(pkg, "cmd/"), strings.HasPrefix(pkg, "examples/"), strings.HasPrefix(pkg, "scripts/"):
			continue
		}
		if !known {
			t.Errorf("package %s is not part of the house; add it to the test with what it may import", pkg)
			continue
		}
		seen++
		for _, imp := range strings.Fields(imports) {
			imp, ours := strings.CutPrefix(imp, module)
			if ours && !slices.ContainsFunc(may, func(m string) bool {
				if all, ok := strings.CutSuffix(m, "*"); ok {
					return strings.HasPrefix(imp, all)
				}
				return imp == m || strings.HasPrefix(imp, m+"/internal") || m == "gate/internal" && strings.HasPrefix(imp, m+"/")
			}) {
				t.Errorf("%s imports %s, want only %v", pkg, imp, may)
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

// TestEverySectionYieldsChecks: a section that Specs forgets would be read,
// and never run.
func TestEverySectionYieldsChecks(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[kinds.Sections]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		var s kinds.Sections
		field := reflect.ValueOf(&s).Elem().Field(i)
		field.Set(reflect.MakeSlice(f.Type, 1, 1))
		specs := s.Specs()
		if len(specs) != 1 {
			t.Errorf("a section %s yields %d specs, want 1", f.Name, len(specs))
			continue
		}
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if specs[0].Kind() != key {
			t.Errorf("section %s: kind is %q, want the key %q", f.Name, specs[0].Kind(), key)
		}
	}
}

// TestEveryRuleIsDocumented: gate explain has something to say about each, and
// ids are unique, of a kind, and in the order of nothing in particular.
func TestEveryRuleIsDocumented(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	form := regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, r := range kinds.Rules() {
		if !form.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("rule %q: want kind/what-it-is, once", r.ID)
		}
		seen[r.ID] = true
		for what, text := range map[string]string{"What": r.What, "Why": r.Why, "Fix": r.Fix} {
			if !strings.HasSuffix(text, ".") {
				t.Errorf("rule %s: %s is %q, want a sentence", r.ID, what, text)
			}
		}
		if r.Title == "" || strings.HasSuffix(r.Title, ".") {
			t.Errorf("rule %s: title %q, want a line without a full stop", r.ID, r.Title)
		}
		if r.Severity < gate.Notice || r.Severity > gate.Error || r.Phase == "" {
			t.Errorf("rule %s: severity %s, phase %q", r.ID, r.Severity, r.Phase)
		}
	}
}

// TestEveryInputIsAFlag: an input of action.yml that no flag reads would be
// ignored without a word, and a flag that no input sets cannot be used there.
func TestEveryInputIsAFlag(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs map[string]any `yaml:"inputs"`
	}
	if err := yaml.Load(data, &action); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&runOptions{}).register(flags)
	for name := range action.Inputs {
		if flags.Lookup(name) == nil {
			t.Errorf("input %s of action.yml is no flag of gate run", name)
		}
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if _, ok := action.Inputs[f.Name]; !ok && f.Name != "no-color" {
			t.Errorf("flag --%s is no input of action.yml", f.Name)
		}
	})
}
