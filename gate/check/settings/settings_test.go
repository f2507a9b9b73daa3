package settings

import (
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

const settingsYAML = `api:
  prefix: /v1
  port: 5001
  secret_key: hunter2hunter2
log:
  level: info
`

const settingsSchemaJSON = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "additionalProperties": false,
  "properties": {
    "api": {"type": "object", "properties": {
      "prefix": {"type": "string", "pattern": "^/"},
      "port": {"type": "integer", "maximum": 65535},
      "secret_key": {"type": "string", "minLength": 10},
      "workers": {"type": "integer"}}},
    "log": {"type": "object", "properties": {"level": {"enum": ["info", "debug"]}}}
  }
}`

// runSettings writes the files and runs the spec on config.yaml.
func runSettings(t *testing.T, files map[string]string, environ map[string]string, spec Settings) gate.Result {
	t.Helper()
	if spec.File == "" {
		spec.File = "config.yaml"
	}
	env := checktest.EnvAt(t, "")
	env.WorkDir, env.Getenv = checktest.Dir(t, files), func(k string) string { return environ[k] }
	return checktest.Run(t, env, &spec)
}

func TestSettings(t *testing.T) {
	base := map[string]string{"config.yaml": settingsYAML, "schema.json": settingsSchemaJSON}
	with := func(name, text string) map[string]string {
		out := map[string]string{}
		for k, v := range base {
			out[k] = v
		}
		out[name] = text
		return out
	}
	for _, c := range []struct {
		name    string
		files   map[string]string
		environ map[string]string
		spec    Settings
		rules   []string
		line    int
		text    string
	}{
		{name: "healthy", files: base, spec: Settings{Schema: "schema.json", EnvPrefix: "DIFY_", Route: "/v1", Expect: map[string]check.Want{"api.port": {Value: 5001}}}},
		{name: "broken", files: with("config.yaml", "api: [\n"), rules: []string{"settings/syntax"}},
		{name: "twice", files: with("config.yaml", "a: 1\na: 2\n"), rules: []string{"settings/syntax"}, line: 2},
		{name: "unknown key", files: with("config.yaml", settingsYAML+"extra: 1\n"), spec: Settings{Schema: "schema.json"}, rules: []string{"settings/schema"}, text: "extra"},
		{name: "wrong type", files: with("config.yaml", strings.Replace(settingsYAML, "5001", "many", 1)), spec: Settings{Schema: "schema.json"}, rules: []string{"settings/schema"}, line: 3, text: "api.port"},
		{name: "a secret that is too short", files: with("config.yaml", strings.Replace(settingsYAML, "hunter2hunter2", "hunter2", 1)), spec: Settings{Schema: "schema.json"}, rules: []string{"settings/schema"}, line: 4},
		{name: "value", files: base, spec: Settings{Expect: map[string]check.Want{"log.level": {Value: "debug"}}}, rules: []string{"settings/value"}, line: 6, text: `log.level is "info", expected "debug"`},
		{name: "value not set", files: base, spec: Settings{Expect: map[string]check.Want{"log.file": {Value: "x"}}}, rules: []string{"settings/value"}, line: 5, text: "not set"},
		{name: "overridden by the process", files: base, environ: map[string]string{"DIFY_LOG_LEVEL": "debug"}, spec: Settings{EnvPrefix: "DIFY_"}, rules: []string{"settings/overridden"}, line: 6, text: "DIFY_LOG_LEVEL"},
		{name: "same value is no override", files: base, environ: map[string]string{"DIFY_API_PORT": "5001"}, spec: Settings{EnvPrefix: "DIFY_"}},
		{name: "another application's variable", files: base, environ: map[string]string{"DIFY_OTHER": "1"}, spec: Settings{EnvPrefix: "DIFY_", Schema: "schema.json"}},
		{name: "a variable that only the schema knows", files: base, environ: map[string]string{"DIFY_API_WORKERS": "many"}, spec: Settings{EnvPrefix: "DIFY_", Schema: "schema.json"}, rules: []string{"settings/schema"}, text: "DIFY_API_WORKERS"},
		{name: "three places, the environment differs", files: with("prod.env", "A=1\nDIFY_API_PREFIX=/v2\n"), spec: Settings{EnvPrefix: "DIFY_", Env: "prod.env", Route: "/v1"}, rules: []string{"settings/overridden", "settings/prefix-mismatch"}, text: `config.yaml says "/v1", the route is "/v1"`},
		{name: "three places, the route differs", files: base, spec: Settings{Route: "/v2"}, rules: []string{"settings/prefix-mismatch"}, line: 2},
		{name: "the route is only spelled otherwise", files: base, spec: Settings{Route: "/v1/"}},
		{name: "no prefix in the file", files: with("config.yaml", "log: {level: info}\n"), spec: Settings{Route: "/v1"}, rules: []string{"error"}},
		{name: "another key", files: base, spec: Settings{Route: "/v1", PrefixKey: "log.level"}, rules: []string{"settings/prefix-mismatch"}, line: 6},
		{name: "proxy serves it", files: with("n.conf", "server { listen 80; location /v1 { proxy_pass http://api:5001; } location / { proxy_pass http://web:3000; } }\n"), spec: Settings{Proxy: []string{"n.conf"}}},
		{name: "proxy serves another", files: with("n.conf", "server { listen 80; location /v2 { proxy_pass http://api:5001; } location / { proxy_pass http://web:3000; } }\n"), spec: Settings{Proxy: []string{"n.conf"}}, rules: []string{"settings/prefix-mismatch"}, text: "no route of its own"},
		{name: "proxy cuts it", files: with("n.conf", "server { listen 80; location /v1 { proxy_pass http://api:5001/; } location / { proxy_pass http://web:3000; } }\n"), spec: Settings{Proxy: []string{"n.conf"}}, rules: []string{"settings/prefix-mismatch"}, text: "the proxy passes /v1/probe as"},
		{name: "no file", files: nil, rules: []string{"error"}},
		{name: "no schema", files: base, spec: Settings{Schema: "none.json"}, rules: []string{"error"}},
		{name: "schema that asks the network", files: with("schema.json", `{"$ref":"https://example.com/s.json"}`), spec: Settings{Schema: "schema.json"}, rules: []string{"error"}},
		{name: "env file", files: map[string]string{"app.env": "PORT=5001\n"}, spec: Settings{File: "app.env", Expect: map[string]check.Want{"PORT": {Value: 5001}}}},
		{name: "toml", files: map[string]string{"app.toml": "[api]\nport = 1\n"}, spec: Settings{File: "app.toml", Expect: map[string]check.Want{"api.port": {Comparisons: []check.Comparison{{Name: "gt", Value: 5}}}}}, rules: []string{"settings/value"}, line: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := runSettings(t, c.files, c.environ, c.spec)
			var got, all []string
			for _, f := range res.Findings {
				got = append(got, f.Rule)
				all = append(all, f.Message)
				if f.Location == nil || f.Location.Line < 1 {
					t.Errorf("%s has no place", f.Message)
				}
			}
			if res.Err != nil {
				got = append(got, "error")
			}
			if strings.Join(got, " ") != strings.Join(c.rules, " ") {
				t.Fatalf("got %v (%v %v), want %v", got, all, res.Err, c.rules)
			}
			if c.line > 0 && res.Findings[0].Location.Line != c.line {
				t.Errorf("line %d, want %d", res.Findings[0].Location.Line, c.line)
			}
			text := strings.Join(all, "\n")
			if res.Err != nil {
				text += res.Err.Error()
			}
			if !strings.Contains(text, c.text) {
				t.Errorf("%q lacks %q", text, c.text)
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("a secret is shown: %s", text)
			}
		})
	}
}
