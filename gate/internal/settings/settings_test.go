package settings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	for name, text := range map[string]string{
		"c.yaml": "# head\napi:\n  prefix: /v1\n  port: 5001\n  debug: false\nhosts: [a, b]\n",
		"c.json": "{\n \"api\": {\n  \"prefix\": \"/v1\",\n  \"port\": 5001, \"debug\": false},\n \"hosts\": [\"a\", \"b\"]\n}",
		"c.toml": "hosts = [\"a\", \"b\"]\n[api]\nprefix = \"/v1\"\nport = 5001\ndebug = false\n",
	} {
		d, err := Parse(name, []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string]any{"api": map[string]any{"prefix": "/v1", "port": 5001.0, "debug": false}, "hosts": []any{"a", "b"}}
		if !reflect.DeepEqual(d.Root, want) {
			t.Errorf("%s: %v, want %v", name, d.Root, want)
		}
		if line := strings.Split(text, "\n")[d.Places["api.prefix"].Line-1]; !strings.Contains(line, "prefix") {
			t.Errorf("%s: api.prefix in line %q", name, line)
		}
		if v, ok := d.Get("hosts.1"); !ok || v != "b" {
			t.Errorf("%s: hosts.1 is %v", name, v)
		}
	}
	d, err := Parse(".env.production", []byte("A=1\nB='x y'\n"))
	if err != nil || d.Root["B"] != "x y" || d.Places["B"].Line != 2 || !d.Text {
		t.Errorf("env: %+v, %v", d, err)
	}
}

func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		line       int
	}{
		"empty.yaml":    {" \n", "empty", 1},
		"twice.yaml":    {"a: 1\nb: 2\na: 3\n", "stands twice", 3},
		"twice.json":    {"{\n\"a\": {\"c\": [1, 1]},\n\"b\": 2, \"a\": 3}\n", "key \"a\" stands twice, first in line 2", 3},
		"unclosed.yaml": {"a: [1\nb: 2\n", "not valid YAML", 0},
		"list.yaml":     {"- a\n", "not a mapping", 1},
		"cut.json":      {"{\n\"a\": 1,\n", "not valid JSON", 0},
		"list.json":     {"[1]", "not a JSON object", 1},
		"bad.toml":      {"a = 1\nb = \n", "not valid TOML", 2},
		"x.ini":         {"a=1", "has no known extension", 1},
		"latin.yaml":    {"a: 1\nb: \xe9\n", "UTF-8", 2},
		"deep.json":     {strings.Repeat("[", 20000), "not valid JSON", 1},
		"bomb.yaml":     {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n", "unfolds to more", 0},
		"unquoted.env":  {"A='x\n", "", 1},
	} {
		_, err := Parse(name, []byte(c.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Message, c.want) || c.line > 0 && syntax.Line != c.line {
			t.Errorf("%s: %v, want line %d %q", name, err, c.line, c.want)
		}
	}
}

func TestOverride(t *testing.T) {
	d, err := Parse("c.yaml", []byte("api: {prefix: /v1, port: 80, tls: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	d.Set("api.port", "8080")
	d.Set("api.tls", "False")
	d.Set("new.deep", "x")
	want := map[string]any{"api": map[string]any{"prefix": "/v1", "port": 8080.0, "tls": false}, "new": map[string]any{"deep": "x"}}
	if !reflect.DeepEqual(d.Root, want) {
		t.Errorf("%v, want %v", d.Root, want)
	}
	if names := EnvNames("DIFY_", "api.rate-limit"); !reflect.DeepEqual(names, []string{"DIFY_API_RATE_LIMIT", "DIFY_API__RATE_LIMIT"}) {
		t.Error(names)
	}
}

func FuzzParse(f *testing.F) {
	names := []string{"a.yaml", "a.json", "a.toml", ".env"}
	for i, s := range []string{"a: {b: [1, x]}\n", `{"a":{"b":[1,"x"]}}`, "[a]\nb = 1\n", "A=1\nB=${A}\n"} {
		f.Add(uint8(i), []byte(s))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		d, err := Parse(names[int(which)%len(names)], data)
		if err == nil {
			if _, err := d.JSON(); err != nil {
				t.Fatal(err)
			}
			d.Leaves()
		}
	})
}
