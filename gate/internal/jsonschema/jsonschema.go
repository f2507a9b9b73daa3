// Package jsonschema holds settings against a JSON Schema (draft 2020-12, and
// draft 7's spellings). The evaluation is a library's; what the library lets
// pass without a word is refused here before it starts: references that lead
// nowhere or to other documents, unknown types, circles.
//
// The library was chosen for its start-up: santhosh-tekuri/jsonschema, against
// which the tests hold this package, compiles five drafts whenever a program
// that imports it starts (12 to 30 ms, more than all the rest of the gate).
package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/kaptinlin/jsonschema"
)

// Schema is a compiled schema.
type Schema struct {
	raw      any
	compiled *jsonschema.Schema
}

// Fault is one thing that a schema refuses.
type Fault struct {
	Path    []string // names and numbers from the top of the instance
	Keyword string   // of the schema, like "maximum"
	Text    string   // what is wrong; may quote the value
}

// Parse decodes one JSON document, numbers as they are written.
func Parse(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one document, there is text after it")
	}
	return v, nil
}

// Compile reads a schema. It never reads another file and asks no network.
func Compile(data []byte) (*Schema, error) {
	raw, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("not valid JSON: %w", err)
	}
	if err := check(raw); err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	for _, scheme := range []string{"http", "https", "file"} {
		compiler.RegisterLoader(scheme, func(url string) (io.ReadCloser, error) { return nil, outside(url) })
	}
	compiled, err := compiler.Compile(data)
	if err != nil {
		return nil, fmt.Errorf("no JSON Schema: %w", err)
	}
	return &Schema{raw, compiled}, nil
}

func outside(ref string) error {
	return fmt.Errorf("the schema refers to %s, want all of it in one document", ref)
}

// Raw is the schema as it was decoded.
func (s *Schema) Raw() any { return s.raw }

// Validate returns what is wrong with an instance as Parse gives it, the
// innermost causes only, in the order of their paths.
func (s *Schema) Validate(instance any) []Fault {
	result := s.compiled.Validate(instance)
	if result.IsValid() {
		return nil
	}
	// A property that is required and absent is judged as null as well.
	faults := slices.DeleteFunc(leaves(result, nil, ""), func(f Fault) bool {
		_, there := descend(instance, f.Path)
		return !there
	})
	sort.SliceStable(faults, func(i, j int) bool {
		a, b := strings.Join(faults[i].Path, "\x00"), strings.Join(faults[j].Path, "\x00")
		return a < b || a == b && faults[i].Keyword < faults[j].Keyword
	})
	return faults
}

// conditions are keywords whose refusal refuses nothing.
var conditions = map[string]bool{"if": true, "contains": true, "not": true}

// leaves collects the errors that no error below them explains. The place in a
// result is one name, unescaped, below that of the result above, or none.
func leaves(r *jsonschema.EvaluationResult, above []string, by string) []Fault {
	at := above
	if r.InstanceLocation != "" {
		at = append(slices.Clone(above), strings.TrimPrefix(r.InstanceLocation, "/"))
	}
	var out []Fault
	explained := map[string]bool{}
	for _, d := range r.Details {
		keyword := "$ref"
		if path := strings.TrimPrefix(d.EvaluationPath, "/"); path != "" {
			keyword, _, _ = strings.Cut(path, "/")
		}
		if d.IsValid() || conditions[keyword] {
			continue
		}
		explained[keyword] = true
		out = append(out, leaves(d, at, keyword)...)
	}
	for keyword, e := range r.Errors {
		switch {
		case explained[keyword]:
		case keyword == "schema": // the schema "false"
			out = append(out, Fault{at, by, "may not be there"})
		default:
			out = append(out, Fault{at, keyword, e.Error()})
		}
	}
	return out
}

// split takes a JSON pointer apart.
func split(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts
}
