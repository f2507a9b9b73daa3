package ingressroute

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

func load(t testing.TB, text string) (*Config, error) {
	t.Helper()
	f := filepath.Join(t.TempDir(), "ingress.yaml")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load([]string{f}, Options{Show: filepath.Base})
}

const site = `apiVersion: v1
kind: Service
metadata: {name: api}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: dify
spec:
  tls:
    - hosts: [dify.example.com]
  rules:
    - host: dify.example.com
      http:
        paths:
          - {path: /v1, pathType: Prefix, backend: {service: {name: api, port: {number: 5001}}}}
          - {path: /v1/files/, pathType: Prefix, backend: {service: {name: files, port: {number: 80}}}}
          - path: /api
            pathType: Exact
            backend:
              service:
                name: exact
                port: {name: http}
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 3000}}}}
    - host: "*.example.com"
      http:
        paths:
          - {path: /x, pathType: ImplementationSpecific, backend: {service: {name: wild, port: {number: 1}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: cut
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /$2
spec:
  rules:
    - host: cut.example.org
      http:
        paths:
          - {path: /api(/|$)(.*), pathType: ImplementationSpecific, backend: {service: {name: api, port: {number: 5001}}}}
`

func TestRoute(t *testing.T) {
	c, err := load(t, site)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ host, uri, upstream, seen string }{
		{"dify.example.com", "/v1/x?y=1", "api:5001", "/v1/x?y=1"},
		{"DIFY.example.com:443", "/v1", "api:5001", "/v1"},
		{"dify.example.com", "/v1x", "web:3000", "/v1x"},
		{"dify.example.com", "/v1/files", "files:80", "/v1/files"},
		{"dify.example.com", "/v1/files/a", "files:80", "/v1/files/a"},
		{"dify.example.com", "/api", "exact:http", "/api"},
		{"dify.example.com", "/api/x", "web:3000", "/api/x"},
		{"a.example.com", "/xyz", "wild:1", "/xyz"},
		{"a.example.com", "/v1", "", ""},
		{"nobody", "/", "", ""},
		{"cut.example.org", "/api/passport?a=b", "api:5001", "/passport?a=b"},
		{"cut.example.org", "/API", "api:5001", "/"},
	} {
		a := c.Route(routing.Request{Host: tt.host, URI: tt.uri})
		if a.Upstream != tt.upstream || a.URI != tt.seen || tt.upstream == "" && a.Status != 404 {
			t.Errorf("%s%s: got %v %s %s %d, want %s %s", tt.host, tt.uri, a.Kind, a.Upstream, a.URI, a.Status, tt.upstream, tt.seen)
		}
	}
	a := c.Route(routing.Request{Host: "dify.example.com", URI: "/v1/x"})
	if a.Location.Pos.String() != "ingress.yaml:16:20" {
		t.Errorf("got place %s, want ingress.yaml:16:20", a.Location.Pos)
	}
	if es := c.Entries(); len(es) != 3 || !es[0].TLS || es[1].Host != "gate.example.com" || !es[0].Takes("dify.example.com") || es[0].Takes("a.example.com") {
		t.Errorf("got entries %+v", es)
	}
}

// TestNone: files without an Ingress are no mistake of the proxy's.
func TestNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte("kind: IngressRoute\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load([]string{file}, Options{}); !errors.Is(err, ErrNone) {
		t.Errorf("got %v, want ErrNone", err)
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no YAML", "kind: Ingress\nspec: [\n", "ingress.yaml:"},
		{"a template", "kind: Ingress\nmetadata:\n  name: {{ .Release.Name }}-x\n  {{- if x }}\n", "has to be rendered first"},
		{"no pathType", strings.Replace(site, "pathType: Exact", "pathTyp: Exact", 1), "ingress.yaml:18:13: a path without pathType"},
		{"wrong pathType", strings.Replace(site, "pathType: Exact", "pathType: exact", 1), `ingress.yaml:19:23: pathType "exact"`},
		{"no service", strings.Replace(site, "name: exact", "nam: exact", 1), "a backend without a service"},
		{"bad pattern", strings.Replace(site, "(/|$)(.*)", "(/|$(.*)", 1), "regular expression"},
	} {
		_, err := load(t, tt.text)
		var errs routing.Errors
		if !errors.As(err, &errs) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, annotation := range []string{
		"nginx.ingress.kubernetes.io/configuration-snippet: \"rewrite ^/x /y break;\"",
		"traefik.ingress.kubernetes.io/router.middlewares: default-strip@kubernetescrd",
	} {
		c, err := load(t, strings.Replace(site, "  name: dify\n", "  name: dify\n  annotations:\n    "+annotation+"\n", 1))
		if err != nil {
			t.Fatal(err)
		}
		if a := c.Route(routing.Request{Host: "dify.example.com", URI: "/v1/x"}); a.Kind != routing.Unknown || a.Why == "" {
			t.Errorf("%s: got %v, want unknown", annotation, a.Kind)
		}
	}
}

// FuzzLoad: whatever the text, an answer or an error with a place.
func FuzzLoad(f *testing.F) {
	f.Add(site, "/v1/x")
	f.Add("kind: List\nitems: [{kind: Ingress, spec: {defaultBackend: {service: {name: a}}}}]\n", "/")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, uri string) {
		file := filepath.Join(dir, "x.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load([]string{file}, Options{})
		var errs routing.Errors
		if errors.As(err, &errs) && (errs[0].Pos.Line < 1 || errs[0].Pos.Col < 1) {
			t.Errorf("error without a place: %v", err)
		}
		if err == nil {
			c.Route(routing.Request{URI: uri})
			c.Candidates(routing.Request{URI: uri, Host: "dify.example.com"})
			c.Entries()
		}
	})
}
