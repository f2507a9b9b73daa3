package jsonschema

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	other "github.com/santhosh-tekuri/jsonschema/v6"
)

// places are schemas and instances, with the paths of what is wrong.
var places = []struct{ name, schema, instance string }{
	{"nested", `{"properties":{"a":{"properties":{"l":{"items":{"properties":{"n":{"minimum":3}},"required":["q"]}}}}}}`, `{"a":{"l":[{"n":1},{"n":5,"q":1}]}}`},
	{"all of and any of", `{"allOf":[{"properties":{"a":{"type":"string"}}},{"required":["z"]}],"anyOf":[{"required":["k"]},{"required":["m"]}]}`, `{"a":1}`},
	{"two of one", `{"properties":{"x":{"oneOf":[{},{"type":"integer"}]}}}`, `{"x":1}`},
	{"one of none", `{"properties":{"x":{"oneOf":[{"type":"string"},{"minimum":7}]}}}`, `{"x":1}`},
	{"then", `{"if":{"properties":{"a":{"const":1}}},"then":{"properties":{"b":{"maxLength":2}}}}`, `{"a":1,"b":"xxx"}`},
	{"else", `{"if":{"properties":{"a":{"const":2}}},"else":{"required":["b"]}}`, `{"a":1}`},
	{"reference", `{"$defs":{"p":{"type":"integer","maximum":10}},"properties":{"x":{"$ref":"#/$defs/p"}}}`, `{"x":11}`},
	{"reference by anchor", `{"$defs":{"p":{"$anchor":"port","type":"integer"}},"properties":{"x":{"$ref":"#port"}}}`, `{"x":"11"}`},
	{"recursion", `{"properties":{"n":{"$ref":"#"},"v":{"type":"integer"}},"required":["v"]}`, `{"v":1,"n":{"v":2,"n":{}}}`},
	{"draft 7", `{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{"type":"string"}},"properties":{"x":{"$ref":"#/definitions/a"}}}`, `{"x":1}`},
	{"names in the pointer", `{"properties":{"a~b/c":{"type":"string"}}}`, `{"a~b/c":1}`},
	{"not", `{"properties":{"a":{"not":{"const":1}}}}`, `{"a":1}`},
	{"enum in a list", `{"items":{"enum":["a"]}}`, `["a","b"]`},
	{"prefix items", `{"prefixItems":[{"type":"string"},{"type":"integer"}]}`, `[1,"a"]`},
	{"unique", `{"properties":{"l":{"uniqueItems":true}}}`, `{"l":[2,2]}`},
	{"pattern", `{"properties":{"s":{"pattern":"^a"}}}`, `{"s":"b"}`},
	{"dependent required", `{"dependentRequired":{"a":["b"]}}`, `{"a":1}`},
	{"numbers", `{"properties":{"a":{"multipleOf":0.01},"b":{"maximum":9007199254740993},"c":{"type":"integer"}}}`, `{"a":0.07,"b":9007199254740994,"c":1.0}`},
	{"right", `{"properties":{"a":{"type":["string","null"]},"b":{"minItems":1}},"required":["a"],"additionalProperties":false}`, `{"a":null,"b":[1]}`},
	{"false", `{"properties":{"a":false}}`, `{"a":1}`},
}

func TestSamePlacesAsAnotherValidator(t *testing.T) {
	for _, tt := range places {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Compile([]byte(tt.schema))
			if err != nil {
				t.Fatal(err)
			}
			instance, err := Parse([]byte(tt.instance))
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, f := range s.Validate(instance) {
				got = append(got, "/"+strings.Join(f.Path, "|"))
				if f.Text == "" || f.Keyword == "" {
					t.Errorf("%+v says nothing", f)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(others(t, tt.schema, tt.instance), slices.Compact(got)); diff != "" {
				t.Errorf("the other validator's (-) against ours (+):\n%s", diff)
			}
		})
	}
}

// others are the places that another validator names.
func others(t *testing.T, schema, instance string) []string {
	t.Helper()
	raw, err := other.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := other.NewCompiler()
	if err := c.AddResource("s.json", raw); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := other.UnmarshalJSON(bytes.NewReader([]byte(instance)))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	var collect func(e *other.ValidationError)
	collect = func(e *other.ValidationError) {
		if len(e.Causes) == 0 {
			out = append(out, "/"+strings.Join(e.InstanceLocation, "|"))
		}
		for _, c := range e.Causes {
			collect(c)
		}
	}
	var invalid *other.ValidationError
	if errors.As(compiled.Validate(value), &invalid) {
		collect(invalid)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestAdditionalPropertyIsNamed(t *testing.T) {
	s, err := Compile([]byte(`{"properties":{"a":{}},"additionalProperties":false}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Fault{{[]string{"k"}, "additionalProperties", "may not be there"}}
	if diff := cmp.Diff(want, s.Validate(map[string]any{"a": 1, "k": 2})); diff != "" {
		t.Error(diff)
	}
}

func TestCompileRefuses(t *testing.T) {
	for schema, want := range map[string]string{
		`{"$ref":"https://example.com/s.json"}`:         "refers to https://example.com/s.json, want all of it in one document",
		`{"properties":{"a":{"$ref":"other.json#/a"}}}`: "other.json",
		`{"$ref":"#/$defs/none"}`:                       "#/$ref is #/$defs/none, which is not in the schema",
		`{"$ref":"#none"}`:                              "#none",
		`{"$ref":"#"}`:                                  "itself",
		`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}}}`: "itself",
		`{"type":"strin"}`:                      "#/type is strin, want one of array",
		`{"properties":{"a":{"type":5}}}`:       "#/properties/a/type is 5",
		`{"properties":{"a":5}}`:                "#/properties/a is no schema",
		`{"properties":{"a":{"pattern":"(("}}}`: "((",
		`{"minimum":"a"}`:                       "no JSON Schema",
		`{"required":"a"}`:                      "no JSON Schema",
		`{"$dynamicRef":"#a"}`:                  "$dynamicRef",
		`[]`:                                    "no schema",
		`{`:                                     "not valid JSON",
		`{} {}`:                                 "one document",
		`{"allOf":` + strings.Repeat(`[{"allOf":`, 300) + `[]` + strings.Repeat(`}]`, 300) + `}`: "too deep",
	} {
		if _, err := Compile([]byte(schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", schema, err, want)
		}
	}
	for _, schema := range []string{
		`{"properties":{"type":{"type":"string"},"$ref":{"type":"string"}},"const":{"type":"nonsense"}}`,
		`{"$id":"https://example.com/top","$defs":{"a":{"$id":"https://example.com/a","type":"string"}},"properties":{"x":{"$ref":"https://example.com/a"}}}`,
		`{"properties":{"n":{"$ref":"#"}}}`, `true`, `{"items":[{"type":"string"}],"dependencies":{"a":["b"]},"$schema":"http://json-schema.org/draft-07/schema#"}`,
	} {
		if _, err := Compile([]byte(schema)); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, p := range places {
		f.Add([]byte(p.schema), []byte(p.instance))
	}
	f.Fuzz(func(t *testing.T, schema, instance []byte) {
		s, err := Compile(schema)
		if err != nil {
			return
		}
		if v, err := Parse(instance); err == nil {
			s.Validate(v)
		}
	})
}
