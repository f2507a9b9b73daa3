package gate

import (
	"reflect"
	"time"
)

// Text is one text of a report on its way through Rewrite.
type Text struct {
	Field string // the struct field that it stands in, "" for the key of a map
	Value string
	Named bool // of a type of its own, like a verdict or a phase
}

// Rewrite returns a deep copy of a report, or of another document, with each text
// replaced by what change makes of it. It walks by reflection, so that neither a new
// field nor a type that a check puts into its evidence can be missed.
func Rewrite[T any](document T, change func(Text) string) T {
	return rewritten(reflect.ValueOf(&document).Elem(), "", change).Interface().(T)
}

// rewritten copies v. Fields that are not exported are none that a report
// shows; they are kept as they are.
func rewritten(v reflect.Value, field string, change func(Text) string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		out := reflect.New(v.Type()).Elem()
		out.SetString(change(Text{field, v.String(), v.Type() != reflect.TypeFor[string]()}))
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		if v.Type() == reflect.TypeFor[time.Time]() {
			return out
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out.Field(i).Set(rewritten(v.Field(i), f.Name, change))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(rewritten(v.Index(i), field, change))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(rewritten(it.Key(), "", change), rewritten(it.Value(), field, change))
		}
		return out
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		if v.Kind() == reflect.Interface {
			out.Set(rewritten(v.Elem(), field, change))
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(rewritten(v.Elem(), field, change))
		return out
	}
	return v
}
