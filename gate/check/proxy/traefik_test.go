package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// traefikSite is a compose file whose labels are right.
const traefikSite = `services:
  traefik:
    image: traefik:v3.1
    command: [--providers.docker=true]
  api:
    image: langgenius/dify-api:1.13.3
    labels:
      - traefik.enable=true
      - traefik.http.routers.api.rule=Host(` + "`dify.example.com`" + `) && (PathPrefix(` + "`/console/api`" + `) || PathPrefix(` + "`/api`" + `) || PathPrefix(` + "`/v1`" + `) || PathPrefix(` + "`/files`" + `))
      - traefik.http.routers.mcp.rule=Host(` + "`dify.example.com`" + `) && PathPrefix(` + "`/mcp`" + `)
      - traefik.http.routers.triggers.rule=Host(` + "`dify.example.com`" + `) && PathPrefix(` + "`/triggers`" + `)
      - traefik.http.services.api.loadbalancer.server.port=5001
  plugin_daemon:
    image: langgenius/dify-plugin-daemon:0.5.3-local
    labels:
      - traefik.http.routers.hooks.rule=Host(` + "`dify.example.com`" + `) && PathPrefix(` + "`/e/`" + `)
      - traefik.http.services.hooks.loadbalancer.server.port=5002
  web:
    image: langgenius/dify-web:1.13.3
    labels:
      - traefik.http.routers.web.rule=Host(` + "`dify.example.com`" + `)
`

func runTraefik(t *testing.T, text string) gate.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker-compose.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.13.3"}, Proxy{})
}

// Labels of Traefik's are found in the directory and judged as nginx's files
// are.
func TestProxyTraefik(t *testing.T) {
	res := runTraefik(t, traefikSite)
	if len(res.Findings) > 0 || res.Err != nil || res.Skip != "" || res.Evidence["server"] != "traefik" {
		t.Fatalf("got %+v %v %s %v, want none", res.Findings, res.Err, res.Skip, res.Evidence)
	}
	for _, tt := range []struct{ name, old, new, rule, at, message, hint string }{
		{"missing", "      - traefik.http.routers.triggers.rule=Host(`dify.example.com`) && PathPrefix(`/triggers`)\n", "", "proxy/route-missing", "routers.web.rule", "router web takes /triggers/webhook/x", "traefik.http.routers.dify-triggers.rule=Host(`dify.example.com`) && PathPrefix(`/triggers`)"},
		{"cut", "      - traefik.http.routers.mcp", "      - traefik.http.routers.mcp.middlewares=cut\n      - traefik.http.middlewares.cut.stripprefix.prefixes=/mcp\n      - traefik.http.routers.mcp", "proxy/prefix-truncated", "stripprefix.prefixes", "/mcp/server/x/mcp reaches api:5001 as /server/x/mcp", "remove middleware cut"},
		{"other path", "      - traefik.http.routers.mcp", "      - traefik.http.routers.mcp.middlewares=more\n      - traefik.http.middlewares.more.addprefix.prefix=/x\n      - traefik.http.routers.mcp", "proxy/path-rewritten", "addprefix.prefix", "as /x/mcp/server/x/mcp", "remove middleware more"},
		{"wrong service", "      - traefik.http.routers.mcp", "      - traefik.http.routers.mcp.service=hooks\n      - traefik.http.routers.mcp", "proxy/wrong-upstream", "routers.mcp.rule", "goes to plugin_daemon:5002", ""},
		{"loses", "      - traefik.http.routers.web", "      - traefik.http.routers.web.priority=1000\n      - traefik.http.routers.web", "proxy/route-missing", "routers.web.rule", "router web wins over", "remove the priority of router web"},
		{"does not parse", "&& PathPrefix(`/mcp`)", "&& PathPrefix(/mcp)", "proxy/syntax", "routers.mcp.rule", "in backticks", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(traefikSite, tt.old, tt.new, 1)
			if text == traefikSite {
				t.Fatal("the mutation changes nothing")
			}
			res := runTraefik(t, text)
			if len(res.Findings) == 0 || res.Findings[0].Rule != tt.rule {
				t.Fatalf("got %+v %v, want %s", res.Findings, res.Err, tt.rule)
			}
			f := res.Findings[0]
			lines := strings.Split(text, "\n")
			if f.Location == nil || !strings.Contains(lines[f.Location.Line-1], tt.at) {
				t.Errorf("got place %+v, want the line with %q", f.Location, tt.at)
			}
			if !strings.Contains(f.Message, tt.message) || !strings.Contains(f.Hint, tt.hint) {
				t.Errorf("got %s\n%s\nwant %s\n%s", f.Message, f.Hint, tt.message, tt.hint)
			}
		})
	}
}

// Traefik's own settings leave containers out, unless a label says otherwise.
func TestProxyTraefikExposed(t *testing.T) {
	for _, static := range []string{"command: [--providers.docker.exposedByDefault=false]", "command: --api --providers.docker.exposedbydefault=false", "environment: {TRAEFIK_PROVIDERS_DOCKER_EXPOSEDBYDEFAULT: \"false\"}", "volumes: [\"./traefik.yml:/etc/traefik/traefik.yml:ro\"]"} {
		text := strings.Replace(traefikSite, "command: [--providers.docker=true]", static, 1)
		text = strings.ReplaceAll(text, "      - traefik.http.routers.web", "      - traefik.enable=true\n      - traefik.http.routers.web")
		dir := checktest.Dir(t, map[string]string{"docker-compose.yaml": text, "traefik.yml": "providers:\n  docker: {exposedByDefault: false}\nentryPoints: {websecure: {address: ':443', http: {tls: {}}}}\n"})
		res := runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.13.3"}, Proxy{})
		f := only(t, res, "proxy/route-missing")
		if !strings.HasPrefix(f.Message, "/e/ ") || !strings.Contains(f.Message, "on plugin_daemon, which Traefik ignores") || !strings.Contains(f.Hint, "traefik.enable=true") {
			t.Errorf("%s: %s, hint %s", static, f.Message, f.Hint)
		}
	}
}

// A path named by hand gets the route of its whole prefix.
func TestProxyBlockOfAPath(t *testing.T) {
	dir := checktest.Dir(t, map[string]string{"nginx/conf.d/default.conf": "server { listen 80; location / { proxy_pass http://web:3000; } }"})
	res := runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.13.3"}, Proxy{Routes: check.Strings{"/triggers/webhook/x"}})
	if f := only(t, res, "proxy/route-missing"); !strings.Contains(f.Hint, "location /triggers {") || !strings.Contains(f.Message, "/triggers/webhook/x") {
		t.Errorf("%s\n%s\nwant the block of /triggers", f.Message, f.Hint)
	}
}

// Whatever the proxy is, its files are found below the directory.
func TestProxyFound(t *testing.T) {
	ingress := "kind: Ingress\nspec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 3000}}}}]}}]}\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nginx before all", map[string]string{"nginx/conf.d/default.conf": "server { listen 80; }", "apache/dify.conf": checktest.ApacheSite}, "nginx"},
		{"apache", map[string]string{"apache2/sites-enabled/dify.conf": checktest.ApacheSite}, "apache"},
		{"apache in conf.d", map[string]string{"conf.d/dify.conf": checktest.ApacheSite}, "apache"},
		{"ingress", map[string]string{"k8s/ingress.yaml": ingress, "docker-compose.yaml": "services: {web: {image: x}}\n"}, "ingress"},
		{"traefik's file", map[string]string{"traefik/dynamic.yml": "http:\n  routers: {a: {rule: 'PathPrefix(`/`)', service: s}}\n  services: {s: {loadBalancer: {servers: [{url: 'http://web:3000'}]}}}\n"}, "traefik"},
		{"nothing", map[string]string{"docker-compose.yaml": "services: {web: {image: x}}\n"}, ""},
	} {
		dir := checktest.Dir(t, tt.files)
		p := Proxy{}
		found, err := p.findFiles(&check.Env{Dir: dir, WorkDir: dir})
		if tt.want == "" {
			if err == nil {
				t.Errorf("%s: found %v, want nothing", tt.name, found)
			}
			continue
		}
		if err != nil || p.serverOf(found) != tt.want {
			t.Errorf("%s: %v (%v), want those of %s", tt.name, found, err, tt.want)
		}
	}
}
