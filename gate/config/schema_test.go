package config_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/config"
)

// compiled is the schema as an editor would load it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := json.Marshal(config.Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("gate.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("gate.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is a file as a schema sees it.
func instance(t *testing.T, data []byte) (any, bool) {
	t.Helper()
	var n yaml.Node
	var v any
	if err := yaml.Load(data, &n); err != nil {
		return nil, false
	}
	datesAreTexts(&n)
	if err := n.Decode(&v); err != nil {
		return nil, false
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, false
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc, true
}

// datesAreTexts reads dates as YAML 1.2, and with it every editor, does.
func datesAreTexts(n *yaml.Node) {
	if n.Tag == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, c := range n.Content {
		datesAreTexts(c)
	}
}

// beyond are the defects that no schema can see: they are in what values refer
// to, in how several fit together, or in the YAML itself.
var beyond = []string{
	"address", "alias-bomb", "alias-self", "depth", "duplicate-", "needs-", "operator-value", "path-missing", "pattern", "retries-bounds",
	"run-bounds", "severity-rule", "syntax-", "tag", "two-documents", "upgrade-version", "url", "utf8", "variable-", "version-two",
	"waiver-date", "waiver-far", "waiver-match", "waiver-no-rule", "waiver-versions", "waiver-wide-", "severity-wide", "binary", "merge", "key-mapping", "path-directory",
	"empty", "comment", "required-null-entry",
}

func TestSchemaRefusesBadFiles(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if hasPrefix(name, beyond) {
			continue
		}
		doc, ok := instance(t, data)
		if !ok {
			t.Errorf("%s is no YAML", name)
			continue
		}
		seen++
		if s.Validate(doc) == nil {
			t.Errorf("%s: the schema takes it, want the decoder's verdict", name)
		}
	}
	if seen < 15 {
		t.Errorf("only %d files are held against the schema", seen)
	}
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// TestExamplesAreRight holds every gate.yaml of the repository against decoder
// and schema.
func TestExamplesAreRight(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, dir := range []string{"examples", "docs"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Base(path) != "gate.yaml" || strings.Contains(path, "github") || strings.Contains(path, "templates") {
				return nil //nolint:nilerr // a directory that is missing has no examples
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found++
			opts := options(filepath.Dir(path), nil)
			opts.Builtin = true
			opts.LookupEnv = func(string) (string, bool) { return "1", true }
			if _, err := config.Load(filepath.Base(path), opts); err != nil {
				t.Errorf("%s: %s", path, err)
			}
			if doc, ok := instance(t, data); ok {
				if err := s.Validate(doc); err != nil {
					t.Errorf("%s: schema: %s", path, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("no example was found")
	}
}

// TestSchemaKnowsEveryType: a type that decodes itself has to say its shape,
// and a text that is a path or an address has to be resolved.
func TestSchemaKnowsEveryType(t *testing.T) {
	t.Parallel()
	type decoder interface{ UnmarshalYAML(func(any) error) error }
	type schemer interface{ JSONSchema() map[string]any }
	seen := map[reflect.Type]bool{}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if p := reflect.New(typ).Interface(); !implements[decoder](p) {
				walk(typ.Elem(), path)
				return
			}
		}
		if seen[typ] || typ == reflect.TypeFor[gate.SeverityOverride]() {
			return
		}
		seen[typ] = true
		p := reflect.New(typ).Interface()
		if implements[decoder](p) && !implements[schemer](p) {
			t.Errorf("%s: %s decodes itself and has no JSONSchema", path, typ)
		}
		if typ.Kind() != reflect.Struct || implements[decoder](p) || implements[encoding.TextUnmarshaler](p) {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if name == "-" || !f.IsExported() {
				continue
			}
			at := path + "." + name
			if name == "" && opts != "inline" {
				t.Errorf("%s%s has no yaml tag", at, f.Name)
			}
			if opts != "inline" && f.Tag.Get("help") == "" {
				t.Errorf("%s has no help", at)
			}
			switch name {
			case "file", "files", "dir", "access_log", "dump", "baseline", "manifest":
				if f.Tag.Get("kind") == "" {
					t.Errorf("%s names a file and has no kind tag", at)
				}
			}
			walk(f.Type, at)
		}
	}
	walk(reflect.TypeFor[config.Config](), "")
	if !seen[reflect.TypeFor[web.HTTP]()] {
		t.Error("the walk never came to check.HTTP")
	}
}

func implements[T any](v any) bool {
	_, ok := v.(T)
	return ok
}
