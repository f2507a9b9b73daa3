package settings

import (
	"fmt"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/jsonschema"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// schema is a compiled JSON Schema; a nil one refuses nothing.
type schema struct{ *jsonschema.Schema }

// compileSchema reads the schema.
func (s *Settings) compileSchema(env *check.Env) (*schema, error) {
	if s.Schema == "" {
		return nil, nil
	}
	path := s.ResolvePath(env, s.Schema)
	data, err := readfile.Text(path, maxSettings)
	if err != nil {
		return nil, err
	}
	compiled, err := jsonschema.Compile(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", check.ShowPath(env, path), err)
	}
	return &schema{compiled}, nil
}

// paths are the properties that the schema names, by dotted path.
func (s *schema) paths() []string {
	if s == nil {
		return nil
	}
	var out []string
	var walk func(path string, node any, depth int)
	walk = func(path string, node any, depth int) {
		m, _ := node.(map[string]any)
		properties, _ := m["properties"].(map[string]any)
		if depth > 20 {
			return
		}
		for name, below := range properties {
			p := name
			if path != "" {
				p = path + "." + name
			}
			if sub, ok := below.(map[string]any); ok && sub["properties"] != nil {
				walk(p, below, depth+1)
				continue
			}
			out = append(out, p)
		}
	}
	walk("", s.Raw(), 0)
	sort.Strings(out)
	return out
}

// compare returns a finding for each thing that the schema refuses.
func (s *schema) compare(e *effective) []gate.Finding {
	if s == nil {
		return nil
	}
	body, err := e.doc.JSON()
	if err != nil {
		return nil
	}
	instance, err := jsonschema.Parse(body)
	if err != nil {
		return nil
	}
	var out []gate.Finding
	for _, fault := range s.Validate(instance) {
		path := strings.Join(fault.Path, ".")
		what := path
		if what == "" {
			what = "the settings"
		}
		refused := quote.Clip(fault.Text)
		if v, ok := e.doc.Get(path); ok && shownValue(path, v) == maskedValue {
			refused = "does not meet " + fault.Keyword // the validator's text quotes the value
		}
		f := ruleSchema.Finding(
			fmt.Sprintf("%s: %s%s: %s", e.file, what, e.source(path), refused),
			"correct the setting at the place named")
		f.Location, f.Subject = e.place(path), path+" "+fault.Keyword
		out = append(out, f)
	}
	return out
}
