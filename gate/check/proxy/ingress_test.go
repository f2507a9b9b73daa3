package proxy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// ingressSite is an Ingress for Dify with services of the operator's names.
func ingressSite(annotations string) string {
	var b strings.Builder
	b.WriteString("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: dify\n" + annotations + "spec:\n  rules:\n    - host: dify.example.com\n      http:\n        paths:\n")
	for _, p := range []struct{ path, service string }{
		{"/console/api", "dify-api"}, {"/api", "dify-api"}, {"/v1", "dify-api"}, {"/files", "dify-api"}, {"/mcp", "dify-api"}, {"/triggers", "dify-api"},
		{"/openapi", "dify-api"}, {"/socket.io", "dify-api"}, {"/e", "dify-plugin-daemon"}, {"/explore", "dify-web"}, {"/", "dify-web"},
	} {
		fmt.Fprintf(&b, "          - {path: %s, pathType: Prefix, backend: {service: {name: %s, port: {name: http}}}}\n", p.path, p.service)
	}
	return b.String()
}

func runIngress(t *testing.T, text string) gate.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ingress.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return runProxy(t, &check.Env{WorkDir: dir, To: "1.16.0"}, Proxy{Files: check.Strings{filepath.Join(dir, "ingress.yaml")}})
}

func TestProxyIngress(t *testing.T) {
	site := ingressSite("")
	if res := runIngress(t, site); len(res.Findings) > 0 || res.Err != nil {
		t.Fatalf("got %+v %v, want none", res.Findings, res.Err)
	}
	for _, tt := range []struct{ name, old, new, rule, message, hint string }{
		{"missing", "          - {path: /triggers, pathType: Prefix, backend: {service: {name: dify-api, port: {name: http}}}}\n", "", "proxy/route-missing", "/triggers (public since 1.10.0)", "- path: /triggers\n  pathType: Prefix\n  backend:\n    service:\n      name: dify-api\n      port:\n        name: http"},
		{"wrong service", "/mcp, pathType: Prefix, backend: {service: {name: dify-api", "/mcp, pathType: Prefix, backend: {service: {name: dify-web", "proxy/wrong-upstream", "/mcp/server/x/mcp goes to dify-web:http", "name: dify-api"},
		{"exact only", "{path: /v1, pathType: Prefix", "{path: /v1, pathType: Exact", "proxy/route-missing", "/v1 ", "path: /v1"},
		{"does not parse", "pathType: Prefix, backend: {service: {name: dify-plugin-daemon", "pathType: prefix, backend: {service: {name: dify-plugin-daemon", "proxy/syntax", `pathType "prefix"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(site, tt.old, tt.new, 1)
			if text == site {
				t.Fatal("the mutation changes nothing")
			}
			f := only(t, runIngress(t, text), tt.rule)
			if !strings.Contains(f.Message, tt.message) || !strings.Contains(f.Hint, tt.hint) || f.Location == nil || f.Location.Line < 5 {
				t.Errorf("got %s\n%s at %+v\nwant %s\n%s", f.Message, f.Hint, f.Location, tt.message, tt.hint)
			}
		})
	}
	cut := ingressSite("  annotations:\n    nginx.ingress.kubernetes.io/rewrite-target: /$2\n")
	cut = strings.Replace(cut, "{path: /v1,", "{path: /v1(/|$)(.*),", 1)
	var found bool
	for _, f := range runIngress(t, cut).Findings {
		found = found || f.Rule == "proxy/prefix-truncated" && strings.Contains(f.Message, "/v1/parameters reaches dify-api:http as /parameters") && f.Location.Line == 6
	}
	if !found {
		t.Error("got no proxy/prefix-truncated for a rewrite-target of /$2")
	}
}
