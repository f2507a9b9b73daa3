package envfile

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// Helm values are an environment as well: what a chart makes of its keys, and the
// lists of further variables, each with its line.
func TestHelmValues(t *testing.T) {
	t.Parallel()
	const right = `global:
  consoleApiDomain: https://dify.example.com
  consoleWebDomain: https://dify.example.com
  appSecretKey: an-own-key-of-this-test-0123456789
api:
  extraEnv:
  - name: CODE_MAX_STRING_LENGTH
    value: "400000"
externalRedis: {enabled: true, host: redis.example.net, password: plain-word}
`
	cases := []struct {
		name, values string
		want         string // line, rule, subject; "" for nothing above a notice
	}{
		{"right", right, ""},
		{"a switch that is off", right + "externalWeaviate:\n  enabled: false\n  endpoint: {http: 'https://w.example.net', grpc: 'grpc://weaviate:50051'}\n", ""},
		{"slash", strings.Replace(right, "consoleApiDomain: https://dify.example.com", "consoleApiDomain: https://dify.example.com/", 1), "2 env/inconsistent CONSOLE_API_URL"},
		{"port", strings.Replace(right, "consoleWebDomain: https://dify.example.com", "consoleWebDomain: https://dify.example.com:8443", 1), "3 env/url CONSOLE_WEB_URL"},
		{"published key", strings.Replace(right, "an-own-key-of-this-test-0123456789", "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U", 1), "4 env/public-secret SECRET_KEY (global.appSecretKey)"},
		{"old default", strings.Replace(right, "400000", "80000", 1), "8 env/default-changed CODE_MAX_STRING_LENGTH"},
		{"broker", strings.Replace(right, "plain-word", "'word#1'", 1), "9 env/inconsistent CELERY_BROKER_URL"},
		{"queues", right + "worker:\n  extraEnv:\n  - {name: CELERY_QUEUES, value: 'dataset,mail'}\n", "12 env/inconsistent queues"},
		{"name of the cluster", right + "web:\n  envs: {APP_API_URL: 'http://api.dify.svc.cluster.local:5001'}\n", "11 env/inconsistent APP_API_URL"},
		{"two parts of a store's address", right + "externalWeaviate:\n  enabled: true\n  endpoint:\n    http: https://w.example.net\n    grpc: grpc://weaviate:50051\n", "14 env/inconsistent WEAVIATE_GRPC_ENDPOINT"},
		{"taken from a Secret", right + "worker:\n  extraEnv:\n  - name: CELERY_BROKER_URL\n    valueFrom: {secretKeyRef: {name: x, key: y}}\n", ""},
		{"the other chart", "global: {host: dify.example.com, enableTLS: false, extraBackendEnvs: [{name: COOKIE_DOMAIN, value: other.test}]}\n", "1 env/inconsistent COOKIE_DOMAIN"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := checktest.Dir(t, map[string]string{"values.yaml": c.values})
			env := &check.Env{Dir: dir, WorkDir: dir, From: "1.9.1", To: "1.10.0", URL: &url.URL{Scheme: "https", Host: "dify.example.com"}}
			r := checktest.Run(t, env, &EnvFile{})
			if r.Err != nil || r.Skip != "" {
				t.Fatalf("error %v, skip %q", r.Err, r.Skip)
			}
			var got []string
			for _, f := range r.Findings {
				if f.Severity > gate.Notice {
					got = append(got, fmt.Sprintf("%d %s %s", f.Location.Line, f.Rule, f.Subject))
				}
			}
			if c.want == "" && len(got) > 0 || c.want != "" && !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
