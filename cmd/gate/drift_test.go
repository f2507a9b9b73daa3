package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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
		"changelog":                  {"changelog/internal/lexicon", "changelog/internal/model"},
		"changelog/internal/lexicon": {},
		"changelog/internal/model":   {},
		"changelog/internal/corpus":  {},
		"changelog/internal/learn":   {"changelog", "changelog/internal/corpus", "changelog/internal/model"},
		"changelog/internal/measure": {"changelog", "changelog/internal/corpus", "changelog/internal/learn"},
		"changelog/internal/train":   {"changelog/internal/corpus", "changelog/internal/learn"},
		"gate":                       {},
		"gate/dify":                  instruments,
		"gate/probe":                 instruments,
		"gate/check":                 append([]string{"gate/probe", "gate/dify", "changelog"}, instruments...),
		"gate/check/checktest":       contract,
		"gate/explain":               append([]string{"gate/check/proxy"}, contract...),
		"gate/check/web":             append([]string{"gate/explain"}, contract...),
		"gate/dify/releasedir":       {"gate/dify"},
		"gate/dify/learn":            {"gate/dify", "gate/internal"},
		"gate/dify/learn/learntest":  {},
		"gate/config":                {"gate", "gate/check", "gate/kinds", "gate/dify", "changelog"},
		"gate/report":                {"gate"},
		"gate/fix":                   {"gate", "gate/internal"},
		"gate/plan":                  append([]string{"gate/check/release", "gate/report"}, contract...),
		"gate/forge":                 instruments,
		"gate/revision":              instruments,
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

// byPath are the calls that look at a path and have a way of saying "nothing there"
// that readfile sorts out.
var byPath = map[string][]string{
	"os":            {"DirFS", "Lstat", "Open", "OpenFile", "OpenInRoot", "OpenRoot", "ReadDir", "ReadFile", "Readlink", "Stat"},
	"path/filepath": {"EvalSymlinks", "Glob", "Walk", "WalkDir"},
	"io/ioutil":     {"ReadDir", "ReadFile"},
}

// ownDoor are the files that may call them, with the reason.
var ownDoor = map[string]string{
	"gate/internal/deployment/owner_unix.go": "asks for the owner, and says when it is not known",
	"gate/kinds/directory.go":                "WalkDir looks for a folder to propose, and reads nothing",
}

// TestOneDoor: operators' files are read through gate/internal/readfile alone, which
// never takes what may not be read for absent.
func TestFilesGoThroughOneDoor(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, top := range []string{"gate/check", "gate/config", "gate/explain", "gate/internal", "gate/kinds"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, e fs.DirEntry, err error) error {
			rel := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
			switch {
			case err != nil:
				return err
			case e.IsDir():
				if rel == "gate/internal/readfile" || rel == "gate/internal/testserver" {
					return fs.SkipDir
				}
				return nil
			case !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go"):
				return nil
			}
			seen++
			if ownDoor[rel] != "" {
				return nil
			}
			for _, call := range pathCalls(t, path) {
				t.Errorf("%s:%s, want gate/internal/readfile, or a reason in ownDoor", rel, call)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 200 {
		t.Errorf("only %d files were looked at", seen)
	}
}

// pathCalls are the uses of byPath in a file: "12: os.Stat".
func pathCalls(t *testing.T, path string) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{} // by the name that the file has for the package
	for _, i := range file.Imports {
		imported := strings.Trim(i.Path.Value, `"`)
		name := imported[strings.LastIndexByte(imported, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = byPath[imported]
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && slices.Contains(names[pkg.Name], s.Sel.Name) {
				out = append(out, fmt.Sprintf("%d: %s.%s", set.Position(n.Pos()).Line, pkg.Name, s.Sel.Name))
			}
		}
		return true
	})
	return out
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
		if _, ok := action.Inputs[f.Name]; !ok && f.Name != "no-color" && f.Name != "gitlab-token" {
			t.Errorf("flag --%s is no input of action.yml", f.Name)
		}
	})
}
