package report

import (
	"encoding"
	"reflect"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// Schema is the JSON Schema (2020-12) of the JSON report, made from gate.Report
// itself. It allows further fields: they may be added in later versions.
func Schema() map[string]any {
	s := SchemaOf(gate.Report{}, "report of gate run")
	properties := s["properties"].(map[string]any)
	properties["schema"] = map[string]any{"const": gate.ReportSchema}
	return s
}

// SchemaOf is the JSON Schema (2020-12) of a value's type, which may have
// further fields.
func SchemaOf(value any, title string) map[string]any {
	s := schemaOf(reflect.TypeOf(value))
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", title
	return s
}

// closed are the words of the types that take no others.
func closed(t reflect.Type) []any {
	switch t {
	case reflect.TypeFor[gate.Severity]():
		return []any{"notice", "warning", "error"}
	case reflect.TypeFor[gate.Phase]():
		return []any{"all", "pre", "post"}
	case reflect.TypeFor[gate.Outcome]():
		return []any{"pass", "warn", "fail", "error", "skip"}
	case reflect.TypeFor[gate.NotesState]():
		return []any{gate.NotesRead, gate.NotesNotRead, gate.NotesNotAsked}
	case reflect.TypeFor[gate.Impact]():
		return []any{gate.ImpactDown, gate.ImpactBreaks, gate.ImpactMayBreak, gate.ImpactStanding, gate.ImpactHygiene}
	case reflect.TypeFor[gate.Verdict]():
		return []any{"pass", "warn", "block", "inconclusive"}
	}
	return nil
}

func schemaOf(t reflect.Type) map[string]any {
	if words := closed(t); words != nil {
		return map[string]any{"enum": words}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return map[string]any{"anyOf": []any{schemaOf(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return schemaOfStruct(t)
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": schemaOf(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Int, reflect.Int64, reflect.Int32:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{}
}

func schemaOfStruct(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range t.NumField() {
		name, opts, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = schemaOf(t.Field(i).Type)
		if !strings.Contains(opts, "omitempty") {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}
