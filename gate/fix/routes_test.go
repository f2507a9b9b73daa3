package fix_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/fix"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

const parts = `services:
  dify-api:
    image: langgenius/dify-api:1.16.0
    labels:
      - x=y
  dify-worker: {image: "langgenius/dify-api:1.16.0", environment: {MODE: worker}}
  dify-web: {image: "langgenius/dify-web:1.16.0"}
  dify-plugin-daemon: {image: "langgenius/dify-plugin-daemon:0.6.3-local", labels: {a: b}}
`

// sites are files of proxies that lack routes of 1.16.0.
var sites = []struct{ name, file, text, compose string }{
	{"nginx", "nginx/conf.d/default.conf", `server {
    listen 80;

    # the API
    location /api {
        proxy_pass http://dify-api:5001;
        proxy_read_timeout 3600s;
    }
    location /v1 {
        proxy_pass http://dify-api:5001;
    }

    # all the rest
    location / {
        proxy_pass http://dify-web:3000;
    }
}
`, parts},
	{"nginx with Windows line ends", "nginx/conf.d/default.conf", "server {\r\n\tlisten 80;\r\n\tlocation /api {\r\n\t\tproxy_pass http://dify-api:5001;\r\n\t}\r\n\tlocation / {\r\n\t\tproxy_pass http://dify-web:3000;\r\n\t}\r\n}\r\n", parts},
	{"nginx without a place for the rest", "nginx/conf.d/default.conf", "server {\n  listen 80;\n  location /api {\n    proxy_pass http://dify-api:5001;\n  }\n  location = / {\n    proxy_pass http://dify-web:3000;\n  }\n}\n", parts},
	{"apache", "dify.conf", "<VirtualHost *:80>\n    ServerName d.example.com\n    # the API\n    ProxyPass /api http://dify-api:5001/api\n    ProxyPass / http://dify-web:3000/\n</VirtualHost>\n", parts},
	{"caddy", "Caddyfile", "http://dify.example.com {\n\thandle /api/* {\n\t\treverse_proxy dify-api:5001\n\t}\n\t# the rest\n\thandle {\n\t\treverse_proxy dify-web:3000\n\t}\n}\n", parts},
	{"caddy with one line", "Caddyfile", "http://dify.example.com {\n\treverse_proxy dify-web:3000\n}\n", parts},
	{"ingress", "ingress.yaml", "kind: Ingress\nspec:\n  rules:\n    - http:\n        paths:\n          # ours\n          - path: /api\n            pathType: Prefix\n            backend: {service: {name: my-dify-api, port: {number: 5001}}}\n          - path: /\n            pathType: Prefix\n            backend: {service: {name: my-dify-web, port: {number: 3000}}}\n", ""},
	{"gateway", "route.yaml", "kind: HTTPRoute\nmetadata: {name: dify}\nspec:\n  rules:\n    - matches: [{path: {type: PathPrefix, value: /api}}]\n      backendRefs: [{name: dify-api, port: 5001}]\n    - backendRefs: [{name: dify-web, port: 3000}]\n", ""},
	{"traefik's objects", "route.yaml", "kind: IngressRoute\nmetadata: {name: dify}\nspec:\n  entryPoints: [websecure]\n  tls: {}\n  routes:\n    - kind: Rule\n      match: Host(`d.example.com`) && PathPrefix(`/api`)\n      services: [{name: dify-api, port: 5001}]\n    - kind: Rule\n      match: Host(`d.example.com`)\n      services: [{name: dify-web, port: 3000}]\n", ""},
	{"traefik's labels", "docker-compose.yaml", `services:
  traefik: {image: "traefik:v3.1", command: [--providers.docker=true]}
  dify-api:
    image: langgenius/dify-api:1.16.0
    labels:
      # the API
      - traefik.http.routers.api.rule=Host(` + "`d.example.com`" + `) && PathPrefix(` + "`/api`" + `)
      - traefik.http.routers.api.service=api
      - traefik.http.services.api.loadbalancer.server.port=5001
  dify-plugin-daemon:
    image: langgenius/dify-plugin-daemon:0.6.3-local
    labels:
      ours: "yes"
  dify-web:
    image: langgenius/dify-web:1.16.0
    labels:
      - traefik.http.routers.web.rule=Host(` + "`d.example.com`" + `)
      - traefik.http.services.web.loadbalancer.server.port=3000
`, ""},
}

// TestRoutesAreAdded: the block of each missing route is put where it works, the file keeps
// its lines and their ends, and the real server takes it.
func TestRoutesAreAdded(t *testing.T) {
	t.Parallel()
	for _, site := range sites {
		t.Run(site.name, func(t *testing.T) {
			t.Parallel()
			o := operator{root: t.TempDir()}
			o.dir = o.root
			files := map[string]string{site.file: site.text}
			if site.compose != "" {
				files["docker-compose.yaml"] = site.compose
			}
			for name, text := range files {
				writeFile(t, filepath.Join(o.dir, name), text)
			}
			look := func(ctx context.Context, root string) ([]gate.Finding, error) {
				env := &check.Env{Dir: root + o.dir, WorkDir: root + o.root, To: "1.16.0"}
				res := (&proxy.Proxy{}).Check(env).Run(ctx)
				return res.Findings, res.Err
			}
			plan, err := fix.Make(t.Context(), fix.Options{Judge: look, Base: o.root, Dirs: []string{o.dir}, Show: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Fixed) < 3 || len(plan.Left) > 0 {
				t.Fatalf("%d routes added, want all:\n%s", len(plan.Fixed), strings.Join(plan.Summary(true), "\n"))
			}
			applyWith(t, o, plan.Patch())
			text, err := os.ReadFile(filepath.Join(o.dir, site.file))
			if err != nil {
				t.Fatal(err)
			}
			keepsLines(t, site.text, string(text))
			if left, err := look(t.Context(), ""); err != nil || len(left) > 0 {
				t.Errorf("after the patch: %+v %v", left, err)
			}
			takenBy(t, o.dir, site.file, string(text))
		})
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// keepsLines wants all lines of a text to be in another one, in their order.
func keepsLines(t *testing.T, before, after string) {
	t.Helper()
	for line := range strings.Lines(before) {
		at := strings.Index(after, line)
		if at < 0 {
			t.Fatalf("the line %q is gone or has moved", line)
		}
		after = after[at+len(line):]
	}
}

var upstreamName = regexp.MustCompile(`dify-(api|web|plugin-daemon)\b`)

// takenBy asks the real server whether it takes the file. Names of the compose network
// become an address: outside of it nothing finds them.
func takenBy(t *testing.T, dir, file, text string) {
	t.Helper()
	text = upstreamName.ReplaceAllString(text, "127.0.0.1")
	var err error
	switch {
	case strings.HasPrefix(file, "nginx"):
		err = testserver.NginxTest(t, dir, text)
	case file == "Caddyfile":
		err = testserver.CaddyTest(t, dir, text)
	case strings.HasSuffix(file, ".conf"):
		err = testserver.ApacheTest(t, testserver.ApacheDir(t), text)
	}
	if err != nil {
		t.Errorf("the server refuses the file: %v\n%s", err, text)
	}
}
