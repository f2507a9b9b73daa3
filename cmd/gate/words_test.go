package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// foreignWords are words at which a reader stops, because they read as translated or
// are not the field's term. CONTRIBUTING.md has the words to use instead.
var foreignWords = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`mend(s|ed|ing)?`, `told`, `tells?`, `telling`, `tellers?`, `at the (least|most)`, `in (the )?place of`, `stand(s|ing)? (for|in for)`, `stands in the way`,
	`(held|holds?|holding) (it )?against`, `own one`, `troubles?`, `end points?`, `strangers?`, `in vain`, `lest`, `anew`, `beforehand`, `as well as wanted`,
	`takes? (it )?over`, `grave(r|st)?`, `look through`, `business of`, `whoever`, `thereof`, `aloud`, `is said to`, `hang(s)? on`, `shall`, `nought`, `ought`,
	`want an own`, `is there already`, `none of its own`, `so long as`, `by its own hand`, `for ever`, `is demanded`, `demands`,
}, "|") + `)\b`)

// userTexts are the folders whose strings people read; the others hold grammars
// and words that the notes themselves use.
var userTexts = []string{"cmd/gate", "gate"}

// TestWordsOfTheStrings looks for foreign words in the strings of the program:
// messages, hints, rules, help and errors.
func TestWordsOfTheStrings(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	for _, folder := range userTexts {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && slices.Contains([]string{"testdata", "testserver", "checktest", "generate"}, d.Name()):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			stringsOf(t, path)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func stringsOf(t *testing.T, path string) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil || !strings.Contains(text, " ") {
			return true
		}
		for _, word := range foreignWords.FindAllString(text, -1) {
			t.Errorf("%s: %q in %q", files.Position(lit.Pos()), word, text)
		}
		return true
	})
}

// TestWordsOfTheDocs looks for them in the documents.
func TestWordsOfTheDocs(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, pattern := range []string{"README.md", "CHANGELOG.md", "action.yml", "docs/*.md", "examples/*", "examples/*/*", "templates/*", ".github/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil || strings.HasSuffix(path, ".json") {
			continue // a folder, or data
		}
		for i, line := range strings.Split(string(data), "\n") {
			for _, word := range foreignWords.FindAllString(line, -1) {
				t.Errorf("%s:%d: %q in %q", path, i+1, word, line)
			}
		}
	}
}
