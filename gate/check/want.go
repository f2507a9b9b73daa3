package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Want is what a JSON value has to be: a value, or a map of operators.
type Want struct {
	Value       any
	Comparisons []Comparison
}

type Comparison struct {
	Name  string
	Value any
}

// operatorNames are the operators in the order in which they are compared.
var operatorNames = []string{"exists", "eq", "ne", "gt", "gte", "lt", "lte", "match"}

// UnmarshalYAML reads a plain value, or a map with operators as its keys.
func (w *Want) UnmarshalYAML(decode func(any) error) error {
	var raw any
	if err := decode(&raw); err != nil {
		return err
	}
	m, ok := raw.(map[string]any)
	if !ok {
		w.Value = raw
		return nil
	}
	for _, name := range operatorNames {
		if v, has := m[name]; has {
			w.Comparisons = append(w.Comparisons, Comparison{name, v})
			delete(m, name)
		}
	}
	for k := range m {
		return fmt.Errorf("operator %q: want one of %s", k, strings.Join(operatorNames, ", "))
	}
	return nil
}

// JSONSchema is the shape in gate.yaml: a mapping holds operators and nothing
// else.
func (Want) JSONSchema() map[string]any {
	operators := map[string]any{}
	for _, name := range operatorNames {
		operators[name] = map[string]any{}
	}
	return map[string]any{"anyOf": []any{
		map[string]any{"type": []string{"string", "number", "boolean", "null", "array"}},
		map[string]any{"type": "object", "properties": operators, "additionalProperties": false},
	}}
}

// Validate finds operators whose value is of the wrong sort.
func (w Want) Validate() error {
	for _, op := range w.Comparisons {
		switch op.Name {
		case "gt", "gte", "lt", "lte":
			if _, ok := number(op.Value); !ok {
				return fmt.Errorf("%s needs a number", op.Name)
			}
		case "exists":
			if _, ok := op.Value.(bool); !ok {
				return errors.New("exists needs true or false")
			}
		case "match":
			if _, err := regexp.Compile(trimSlashes(fmt.Sprint(op.Value))); err != nil {
				return fmt.Errorf("match: %w", err)
			}
		}
	}
	return nil
}

// Match compares the value at path; it returns what was seen.
func (w Want) Match(body []byte, path string) (seen string, ok bool) {
	r := gjson.GetBytes(body, path)
	seen = r.Raw
	if !r.Exists() {
		seen = "missing"
	}
	if w.Comparisons == nil {
		return seen, r.Exists() && equal(r, w.Value)
	}
	for _, op := range w.Comparisons {
		if !op.holds(r) {
			return seen, false
		}
	}
	return seen, true
}

func (op Comparison) holds(r gjson.Result) bool {
	want, _ := number(op.Value)
	isNumber := r.Type == gjson.Number
	switch op.Name {
	case "exists":
		return r.Exists() == (op.Value == true)
	case "eq":
		return r.Exists() && equal(r, op.Value)
	case "ne":
		return r.Exists() && !equal(r, op.Value)
	case "gt":
		return isNumber && r.Num > want
	case "gte":
		return isNumber && r.Num >= want
	case "lt":
		return isNumber && r.Num < want
	case "lte":
		return isNumber && r.Num <= want
	case "match":
		re, err := regexp.Compile(trimSlashes(fmt.Sprint(op.Value)))
		return err == nil && r.Exists() && re.MatchString(r.String())
	}
	return false
}

// equal compares without gjson's conversions: "12" is not 12.
func equal(r gjson.Result, want any) bool {
	switch want := want.(type) {
	case nil:
		return r.Type == gjson.Null
	case bool:
		return r.Type == gjson.True && want || r.Type == gjson.False && !want
	case string:
		return r.Type == gjson.String && r.Str == want
	case []any:
		items := r.Array()
		return r.IsArray() && len(items) == len(want) && equalAll(items, want)
	case map[string]any:
		return r.IsObject() && len(r.Map()) == len(want) && equalFields(r.Map(), want)
	}
	n, ok := number(want)
	return ok && r.Type == gjson.Number && r.Num == n
}

func equalAll(items []gjson.Result, want []any) bool {
	for i, w := range want {
		if !equal(items[i], w) {
			return false
		}
	}
	return true
}

func equalFields(fields map[string]gjson.Result, want map[string]any) bool {
	for name, w := range want {
		if f, has := fields[name]; !has || !equal(f, w) {
			return false
		}
	}
	return true
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func trimSlashes(s string) string {
	if n := len(s); n > 1 && s[0] == '/' && s[n-1] == '/' {
		return s[1 : n-1]
	}
	return s
}

func (w Want) String() string {
	if w.Comparisons == nil {
		if s, ok := w.Value.(string); ok {
			return strconv.Quote(s)
		}
		if text, err := json.Marshal(w.Value); err == nil {
			return string(text)
		}
		return fmt.Sprint(w.Value)
	}
	parts := make([]string, len(w.Comparisons))
	for i, op := range w.Comparisons {
		parts[i] = fmt.Sprintf("%s %v", op.Name, op.Value)
	}
	return strings.Join(parts, " and ")
}
