package jsonschema

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Where schemas stand in a schema (draft 2020-12, core 10 and 11, and what
// draft 7 called them).
var (
	oneSchema   = []string{"not", "if", "then", "else", "items", "additionalItems", "additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema"}
	schemaLists = []string{"allOf", "anyOf", "oneOf", "prefixItems", "items"}
	schemaMaps  = []string{"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
	types       = []string{"array", "boolean", "integer", "null", "number", "object", "string"}
	// inPlace apply a schema to the very instance that they stand at.
	inPlace = []string{"not", "if", "then", "else", "allOf", "anyOf", "oneOf", "dependentSchemas", "dependencies"}
)

// maxDepth bounds the nesting of a schema.
const maxDepth = 200

// document is a schema with what its references may name.
type document struct {
	root  any
	named map[string]any // by "#anchor" and by $id
}

// check refuses what the library would take for no condition at all.
func check(root any) error {
	d := document{root: root, named: map[string]any{"#": root}}
	if err := d.walk(root, "#", 0, d.collect); err != nil {
		return err
	}
	if err := d.walk(root, "#", 0, d.judge); err != nil {
		return err
	}
	return d.walk(root, "#", 0, func(schema map[string]any, at string) error {
		if d.circles(schema, nil) {
			return fmt.Errorf("%s refers to itself without end", at)
		}
		return nil
	})
}

// walk visits each schema with its place.
func (d document) walk(schema any, at string, depth int, visit func(map[string]any, string) error) error {
	if _, ok := schema.(bool); ok {
		return nil
	}
	m, ok := schema.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no schema, want an object or true or false", at)
	}
	if depth > maxDepth {
		return errors.New("the schema nests too deep")
	}
	if err := visit(m, at); err != nil {
		return err
	}
	for name, below := range children(m) {
		if err := d.walk(below, at+"/"+name, depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

// children are the schemas right below one, by their place in it.
func children(m map[string]any) map[string]any {
	out := map[string]any{}
	for _, k := range oneSchema {
		if v, ok := m[k]; ok {
			if _, list := v.([]any); !list || k != "items" {
				out[k] = v
			}
		}
	}
	for _, k := range schemaLists {
		list, _ := m[k].([]any)
		for i, v := range list {
			out[fmt.Sprintf("%s/%d", k, i)] = v
		}
	}
	for _, k := range schemaMaps {
		below, _ := m[k].(map[string]any)
		for name, v := range below {
			if _, names := v.([]any); !names || k != "dependencies" {
				out[k+"/"+name] = v
			}
		}
	}
	return out
}

func (d document) collect(schema map[string]any, _ string) error {
	if anchor, ok := schema["$anchor"].(string); ok {
		d.named["#"+anchor] = schema
	}
	if id, ok := schema["$id"].(string); ok {
		d.named[strings.TrimSuffix(id, "#")] = schema
	}
	return nil
}

func (d document) judge(schema map[string]any, at string) error {
	for _, k := range []string{"$dynamicRef", "$recursiveRef"} {
		if _, ok := schema[k]; ok {
			return fmt.Errorf("%s uses %s, which is not followed here; want $ref", at, k)
		}
	}
	if given, ok := schema["type"]; ok {
		list, many := given.([]any)
		if !many {
			list = []any{given}
		}
		for _, t := range list {
			if name, _ := t.(string); !slices.Contains(types, name) {
				return fmt.Errorf("%s/type is %v, want one of %s", at, t, strings.Join(types, ", "))
			}
		}
	}
	if ref, ok := schema["$ref"]; ok {
		text, _ := ref.(string)
		if _, ok := d.target(text); !ok {
			if strings.HasPrefix(text, "#") {
				return fmt.Errorf("%s/$ref is %s, which is not in the schema", at, text)
			}
			return outside(text)
		}
	}
	return nil
}

// target finds what a reference names in this document.
func (d document) target(ref string) (any, bool) {
	if to, ok := d.named[ref]; ok {
		return to, true
	}
	base, fragment, _ := strings.Cut(ref, "#")
	at := d.root
	if base != "" {
		var ok bool
		if at, ok = d.named[base]; !ok {
			return nil, false
		}
	}
	if fragment == "" {
		return at, base != ""
	}
	pointer, err := url.PathUnescape(fragment)
	if err != nil || !strings.HasPrefix(pointer, "/") {
		return nil, false
	}
	return descend(at, split(pointer))
}

func descend(at any, path []string) (any, bool) {
	for _, part := range path {
		switch v := at.(type) {
		case map[string]any:
			below, ok := v[part]
			if !ok {
				return nil, false
			}
			at = below
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// circles reports whether a schema comes back to itself at the same instance.
// open are the schemas on the way.
func (d document) circles(schema map[string]any, open []string) bool {
	ref, ok := schema["$ref"].(string)
	if ok {
		if slices.Contains(open, ref) {
			return true
		}
		if to, _ := d.target(ref); d.circlesBelow(to, append(slices.Clone(open), ref)) {
			return true
		}
	}
	below := children(schema)
	for _, name := range slices.Sorted(maps.Keys(below)) {
		keyword, _, _ := strings.Cut(name, "/")
		if len(open) > 0 && slices.Contains(inPlace, keyword) && d.circlesBelow(below[name], open) {
			return true
		}
	}
	return false
}

func (d document) circlesBelow(schema any, open []string) bool {
	m, ok := schema.(map[string]any)
	return ok && d.circles(m, open)
}
