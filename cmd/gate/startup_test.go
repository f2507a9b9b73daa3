package main

import (
	"debug/elf"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestExpressions holds that no package compiles an expression when the gate
// starts, and that those put off are expressions.
func TestExpressions(t *testing.T) {
	t.Parallel()
	compiled := 0
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if vars, ok := decl.(*ast.GenDecl); ok && vars.Tok == token.VAR {
				compiled += checkExpressions(t, files, vars)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if compiled < 50 {
		t.Errorf("found %d expressions, want at least 50: the walk is broken", compiled)
	}
}

// checkExpressions compiles the expressions of package variables, and returns how
// many there are.
func checkExpressions(t *testing.T, files *token.FileSet, vars *ast.GenDecl) int {
	compiled := 0
	ast.Inspect(vars, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			_, isFunc := n.(*ast.FuncLit)
			return !isFunc
		}
		name := ""
		switch fun := call.Fun.(type) {
		case *ast.Ident:
			name = fun.Name
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok {
				name = x.Name + "." + fun.Sel.Name
			}
		}
		switch name {
		case "regexp.MustCompile", "regexp.Compile":
			t.Errorf("%s: compiled at every start, want lazyregexp.New", files.Position(call.Pos()))
		case "lazyRegexp", "lazyregexp.New":
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: the expression is not one literal, so no test compiles it", files.Position(call.Pos()))
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err == nil {
				_, err = regexp.Compile(text)
			}
			if err != nil {
				t.Errorf("%s: %v", files.Position(call.Pos()), err)
			}
			compiled++
		}
		return true
	})
	return compiled
}

// Budgets of a start. What a package allocates before main is the same on every
// machine, unlike the time that it takes, and most of that time is the pages that
// it touches. A package may cost defaultInit; the dearer ones are listed with
// what they cost, rounded up. Lower a budget when it can be, and raise it only
// with the reason in the commit.
const (
	defaultInit = 5_000     // bytes
	totalInit   = 1_800_000 // bytes
	binarySize  = 26 << 20  // bytes of a stripped gate
)

var initBudget = map[string]int{
	"github.com/distribution/reference":               420_000, // by compose-go: expressions of image names
	"github.com/opencontainers/go-digest":             95_000,  // by compose-go
	"github.com/compose-spec/compose-go/v2/template":  10_000,
	"github.com/compose-spec/compose-go/v2/transform": 10_000,
	"github.com/compose-spec/compose-go/v2/dotenv":    10_000,
	"github.com/compose-spec/compose-go/v2/override":  9_000,
	"github.com/nginxinc/nginx-go-crossplane":         280_000, // the tables of all directives
	"github.com/yuin/goldmark/extension":              270_000, // expressions of bare addresses
	"github.com/yuin/goldmark/util":                   145_000, // the entities of HTML
	"github.com/yuin/goldmark/parser":                 115_000,
	"github.com/yuin/goldmark/renderer/html":          18_000,
	"github.com/yuin/goldmark":                        16_000,
	"github.com/dlclark/regexp2/v2/syntax":            145_000, // classes of Unicode
	"go.yaml.in/yaml/v4/internal/libyaml":             33_500,
	"go.yaml.in/yaml/v4/internal/plugin":              6_500,
	"github.com/dify-gate/dify-gate/changelog":        25_000,
	"encoding/xml":                        19_000,
	"html/template":                       8_000, // by go-githubactions; no template is executed
	"github.com/redis/go-redis/v9":        14_000,
	"unicode":                             14_000,
	"github.com/shirou/gopsutil/v4/cpu":   12_000,
	"github.com/go-sql-driver/mysql":      8_000,
	"vendor/golang.org/x/net/http2/hpack": 8_000,
	"net/http":                            6_000,
	"github.com/dify-gate/dify-gate/gate/check/envfile":         5_000,
	"github.com/dify-gate/dify-gate/changelog/internal/lexicon": 5_500,
}

// initLine is a line that GODEBUG=inittrace=1 prints for a package.
var initLine = regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes, (\d+) allocs$`)

// TestStartBudget holds what a start allocates before main, by package.
func TestStartBudget(t *testing.T) {
	t.Parallel()
	trace := exec.Command("gate", "version")
	trace.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := trace.CombinedOutput()
	if err != nil {
		t.Fatalf("gate version: %v\n%s", err, out)
	}
	lines := initLine.FindAllStringSubmatch(string(out), -1)
	if len(lines) < 20 {
		t.Fatalf("%d packages are traced, want at least 20\n%s", len(lines), out)
	}
	total := 0
	for _, line := range lines {
		size, err := strconv.Atoi(line[2])
		if err != nil {
			t.Fatal(err)
		}
		total += size
		if most := max(defaultInit, initBudget[line[1]]); size > most {
			t.Errorf("%s allocates %d bytes at start, want at most %d", line[1], size, most)
		}
	}
	if total > totalInit {
		t.Errorf("all packages allocate %d bytes at start, want at most %d", total, totalInit)
	}
}

// TestBinarySize holds how large the gate is without its symbols: the sections
// that a stripped one keeps.
func TestBinarySize(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux's binaries are measured")
	}
	path, err := exec.LookPath("gate")
	if err != nil {
		t.Fatal(err)
	}
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var size uint64
	for _, section := range file.Sections {
		if section.Flags&elf.SHF_ALLOC != 0 && section.Type != elf.SHT_NOBITS {
			size += section.Size
		}
	}
	if size < 1<<20 || size > binarySize {
		t.Errorf("the gate has %d bytes, want at most %d", size, binarySize)
	}
}
