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
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "expr" {
				return true
			}
			calls++
			// Texts that are joined with constants are compiled by the tests of
			// the forms they stand in.
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				pattern := strings.Trim(lit.Value, "`")
				if _, err := regexp.Compile(pattern); lit.Value[0] == '`' && err != nil {
					t.Errorf("%s: %v", set.Position(call.Pos()), err)
				}
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("found %d expressions, want them all", calls)
	}
}
