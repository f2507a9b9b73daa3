package changelog

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExpressionsCompile: they are compiled at their first use, which must not
// be an operator's. Each is a call of expr with constants of this package.
func TestExpressionsCompile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	calls := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := parser.ParseFile(set, file, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "expr" && name.Name != "stemmed" {
				return true
			}
			calls++
			// Texts that are joined with constants are compiled by the tests of
			// the forms they stand in.
			for _, arg := range call.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Value[0] != '`' {
					continue
				}
				if _, err := regexp.Compile(strings.Trim(lit.Value, "`")); err != nil {
					t.Errorf("%s: %v", set.Position(lit.Pos()), err)
				}
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("found %d expressions, want them all", calls)
	}
}

// TestStems: looking for the stems first must not lose a match. The lines are
// those of all bodies here and, where they are present, of real releases.
func TestStems(t *testing.T) {
	list := []*expression{vulnerability, hardening}
	for _, f := range commitForms {
		list = append(list, f.re)
	}
	files, _ := filepath.Glob("testdata/*/*.md")
	files = append(files, "testdata/lines.txt", sharedData+"releases.json", sharedData+"truth.json")
	matches := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(strings.ReplaceAll(string(text), `\n`, "\n"), "\n") {
			line = fold(line)
			for _, e := range list {
				if !e.get().MatchString(line) {
					continue
				}
				matches++
				if !e.hinted(line) {
					t.Errorf("%s: %q matches, but has none of the stems %v", file, line, e.stems)
				}
			}
		}
	}
	if matches < 200 {
		t.Errorf("%d matches, want enough to judge by", matches)
	}
}
