package config

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// schemaURI is the dialect that editors understand.
const schemaURI = "https://json-schema.org/draft/2020-12/schema"

// object is a JSON object.
type object = map[string]any

// schemer is a type whose shape in the file is not that of its Go type.
type schemer interface{ JSONSchema() map[string]any }

// variable is what any value may be instead: the decoder replaces it.
const variable = `\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}`

// Schema is the JSON Schema of gate.yaml, made from the structs that it is
// decoded into.
func Schema() map[string]any {
	s := schemaOf(reflect.TypeFor[Config](), "")
	s["$schema"], s["title"] = schemaURI, "gate.yaml"
	s["description"] = "What the deployment gate checks before and after a Dify upgrade."
	return s
}

func schemaOf(t reflect.Type, tag reflect.StructTag) object {
	if t.Kind() == reflect.Pointer {
		return schemaOf(t.Elem(), tag)
	}
	if s, ok := reflect.New(t).Interface().(schemer); ok {
		return s.JSONSchema()
	}
	switch t {
	case reflect.TypeFor[Severities]():
		return object{"type": []string{"object", "null"}, "additionalProperties": enumOf("notice,warning,error")}
	case reflect.TypeFor[Date]():
		return orVariable(object{"type": "string", "pattern": `^\d{4}-\d\d-\d\d$`})
	case reflect.TypeFor[check.Duration]():
		return orVariable(object{"type": "string", "pattern": `^\+?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$|^0$`}, object{"const": 0})
	case reflect.TypeFor[gate.Secret]():
		return object{"type": scalarTypes}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		if tag.Get("enum") != "" {
			return enumOf(tag.Get("enum"))
		}
		return object{"type": scalarTypes}
	}
	switch t.Kind() {
	case reflect.Struct:
		return schemaOfStruct(t)
	case reflect.Map:
		return object{"type": []string{"object", "null"}, "additionalProperties": schemaOf(t.Elem(), tag)}
	case reflect.Slice:
		return object{"type": []string{"array", "null"}, "items": schemaOf(t.Elem(), tag)}
	case reflect.Bool:
		return orVariable(object{"type": "boolean"})
	case reflect.Interface:
		return object{}
	case reflect.String:
		if tag.Get("enum") != "" {
			return enumOf(tag.Get("enum"))
		}
		return object{"type": scalarTypes}
	case reflect.Float32, reflect.Float64:
		return orVariable(object{"type": "number"})
	}
	return orVariable(integer(tag))
}

// integer is a whole number within the bounds that the tags min and max name.
func integer(tag reflect.StructTag) object {
	s := object{"type": "integer"}
	for keyword, key := range map[string]string{"minimum": "min", "maximum": "max"} {
		if n, err := strconv.Atoi(tag.Get(key)); err == nil {
			s[keyword] = n
		}
	}
	return s
}

// scalarTypes are what a text may be written as: 13 and 1.13 are texts too
// where one is wanted.
var scalarTypes = []string{"string", "number", "boolean"}

func schemaOfStruct(t reflect.Type) object {
	properties := object{}
	required := []string{}
	for _, f := range fieldsOf(t) {
		s := schemaOf(f.typ, f.tag)
		if help := f.tag.Get("help"); help != "" {
			s["description"] = help
		}
		properties[f.name] = s
		if f.tag.Get("required") == "true" {
			required = append(required, f.name)
			s["pattern"] = `\S` // binds texts only: more than blanks
		}
	}
	s := object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["type"], s["required"] = "object", required
	}
	return s
}

func enumOf(list string) object {
	values := []any{}
	for _, v := range strings.Split(list, ",") {
		values = append(values, v)
	}
	return orVariable(object{"enum": values})
}

// orVariable lets a reference to a variable stand for a value that is no text.
func orVariable(shapes ...object) object {
	anyOf := make([]any, 0, len(shapes)+1)
	for _, s := range append(shapes, object{"type": "string", "pattern": variable}) {
		anyOf = append(anyOf, s)
	}
	return object{"anyOf": anyOf}
}
