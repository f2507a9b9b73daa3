package report

import (
	"reflect"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// clean returns a copy of the report whose every string is printable, bounded,
// and on one line where a report has one line. It walks by reflection, so that
// a field added tomorrow is covered too.
func clean(rep gate.Report) gate.Report {
	return walk(reflect.ValueOf(rep), false).Interface().(gate.Report)
}

// keepsLines names the fields whose line breaks mean something.
func keepsLines(field string) bool {
	switch field {
	case "Text", "Hint", "Command", "Evidence", "Action", "Fix", "What":
		return true
	}
	return false
}

// walk deep-copies v with its strings cleaned.
func walk(v reflect.Value, lines bool) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		out := reflect.New(v.Type()).Elem()
		out.SetString(cleanText(v.String(), lines))
		return out
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out.Field(i).Set(walk(v.Field(i), keepsLines(f.Name)))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(walk(v.Index(i), lines))
		}
		return out
	case reflect.Map:
		return walkMap(v, lines)
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(walk(v.Elem(), lines))
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		out.Set(walk(v.Elem(), lines))
		return out
	}
	return v
}

func walkMap(v reflect.Value, lines bool) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		out.SetMapIndex(walk(it.Key(), false), walk(it.Value(), lines))
	}
	return out
}

func cleanText(s string, lines bool) string {
	// Cut first: what is shown bounds the work.
	s = printable(clip(s, maxField))
	if !lines {
		s = oneLine(s)
	}
	return s
}
