package gate

import (
	"reflect"
	"time"
)

// mask replaces known secrets in every text of a report: the last line of
// defence, for a server that echoes what it was sent. It walks by reflection,
// so that neither a new field nor a type that a check puts into its evidence
// can let one through.
func mask(rep *Report, m Masker) {
	*rep = maskedCopy(reflect.ValueOf(*rep), m).Interface().(Report)
}

// ourWord names the fields whose values are words of ours: a password that
// happens to be "redis" must not turn the kind of a check into ***.
func ourWord(field string) bool {
	switch field {
	case "Rule", "Kind", "Fingerprint", "Applies", "When":
		return true
	}
	return false
}

// maskedCopy deep-copies v with its strings masked. Fields that are not
// exported are none that a report shows; they are kept as they are.
func maskedCopy(v reflect.Value, m Masker) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		if v.Type() != reflect.TypeFor[string]() {
			return v // a verdict, an outcome, a phase: our own words
		}
		return reflect.ValueOf(m.Mask(v.String()))
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		if v.Type() == reflect.TypeFor[time.Time]() {
			return out
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !ourWord(f.Name) {
				out.Field(i).Set(maskedCopy(v.Field(i), m))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(maskedCopy(v.Index(i), m))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(maskedCopy(it.Key(), m), maskedCopy(it.Value(), m))
		}
		return out
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		if v.Kind() == reflect.Interface {
			out.Set(maskedCopy(v.Elem(), m))
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(maskedCopy(v.Elem(), m))
		return out
	}
	return v
}
