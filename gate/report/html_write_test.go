package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"

	"golang.org/x/net/html"
)

// TestMarkupIsOurs: what the page writer takes as markup is written in the
// source. A text of others' may only be a value, which is escaped.
func TestMarkupIsOurs(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("html_*.go")
	if err != nil {
		t.Fatal(err)
	}
	files, calls := token.NewFileSet(), 0
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			markup, known := map[string]int{"add": 0, "when": 1, "list": 0}[method.Sel.Name]
			if x, ok := method.X.(*ast.Ident); !known || !ok || x.Name != "w" {
				return true
			}
			if !isOurs(call.Args[markup]) {
				t.Errorf("%s: the markup is not a constant of ours", files.Position(call.Pos()))
			}
			calls++
			return true
		})
	}
	if calls < 100 {
		t.Errorf("found %d calls, want at least 100: the walk is broken", calls)
	}
}

// isOurs reports whether an expression is a literal, an embedded file, the markup
// that add, when and list hand on, or a sum of these.
func isOurs(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "pageCSS" || e.Name == "pageJS" || e.Name == "markup" || e.Name == "start"
	case *ast.BinaryExpr:
		return isOurs(e.X) && isOurs(e.Y)
	}
	return false
}

// TestPageWriterEscapes: a browser reads a value as the text that it is.
func TestPageWriterEscapes(t *testing.T) {
	t.Parallel()
	const hostile = `a"b'c<d>&amp;+{}` + "`e`"
	var w pageWriter
	w.add(`<p title="{}">{}</p>`, hostile, hostile)
	w.when("", "<b>{}</b>")
	for _, n := range nodes(t, string(w.b)) {
		switch {
		case n.Data == "p" && n.Type == html.ElementNode:
			if attribute(n, "title") != hostile || text(n) != hostile {
				t.Errorf("read %q and %q, want %q", attribute(n, "title"), text(n), hostile)
			}
		case n.Data == "b" || n.Data == "d":
			t.Errorf("an element <%s>, want none", n.Data)
		}
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://h/a%20b?c=d&e=f#g": "https://h/a%20b?c=d&e=f#g",
		"https://h/ü 'x' (y) %zz %": "https://h/%c3%bc%20%27x%27%20%28y%29%20%25zz%20%25",
	} {
		if got := link(address); got != want {
			t.Errorf("link(%q) = %q, want %q", address, got, want)
		}
	}
}
