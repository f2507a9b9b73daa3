package check

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"
)

// settingsSchema is a compiled JSON Schema; nil holds nothing against anything.
type settingsSchema struct {
	compiled *jsonschema.Schema
	raw      any
}

// compileSchema reads the schema. References to other documents are refused:
// a schema must not make the gate read files or ask the network.
func (s *Settings) compileSchema(env *Env) (*settingsSchema, error) {
	if s.Schema == "" {
		return nil, nil
	}
	path := s.resolvePath(env, s.Schema)
	data, err := readBounded(path, maxSettings)
	if err != nil {
		return nil, err
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: not valid JSON: %w", showPath(env, path), err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(noLoader{})
	const id = "settings.schema.json"
	if err := compiler.AddResource(id, raw); err != nil {
		return nil, fmt.Errorf("%s: %w", showPath(env, path), err)
	}
	compiled, err := compiler.Compile(id)
	if err != nil {
		return nil, fmt.Errorf("%s is no JSON Schema: %w", showPath(env, path), err)
	}
	return &settingsSchema{compiled, raw}, nil
}

type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("the schema refers to %s; want one document", url)
}

// paths are the properties that the schema names, by dotted path.
func (s *settingsSchema) paths() []string {
	if s == nil {
		return nil
	}
	var out []string
	var walk func(path string, schema any, depth int)
	walk = func(path string, schema any, depth int) {
		m, _ := schema.(map[string]any)
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
	walk("", s.raw, 0)
	sort.Strings(out)
	return out
}

// compare returns a finding for each thing that the schema refuses.
func (s *settingsSchema) compare(e *effective) []gate.Finding {
	if s == nil {
		return nil
	}
	body, err := e.doc.JSON()
	if err != nil {
		return nil
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	err = s.compiled.Validate(instance)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	var out []gate.Finding
	printer := textmessage.NewPrinter(language.English)
	for _, leaf := range schemaLeaves(invalid) {
		path := strings.Join(leaf.InstanceLocation, ".")
		what := path
		if what == "" {
			what = "the settings"
		}
		keyword := strings.Join(leaf.ErrorKind.KeywordPath(), "/")
		refused := clip(leaf.ErrorKind.LocalizedString(printer))
		if v, ok := e.doc.Get(path); ok && shownValue(path, v) == hiddenValue {
			refused = "does not meet " + keyword // the validator's text quotes the value
		}
		f := finding(settingsRules(), "settings/schema", fmt.Sprintf("%s: %s%s: %s", e.file, what, e.source(path), refused), "correct the setting at the place named")
		f.Location, f.Subject = e.place(path), path+" "+keyword
		out = append(out, f)
	}
	return out
}

// schemaLeaves are the innermost causes: the outer ones only say "does not
// validate".
func schemaLeaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, schemaLeaves(c)...)
	}
	return out
}
