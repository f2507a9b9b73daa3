package proxy

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// The compose files of the sites below: names of the operator's own, and parts
// that publish ports to a proxy on the host.
const (
	namedParts = `services:
  dify-api: {image: "langgenius/dify-api:1.16.0", networks: [inner]}
  dify-worker: {image: "langgenius/dify-api:1.16.0", environment: {MODE: worker}}
  dify-web: {image: "langgenius/dify-web:1.16.0"}
  dify-plugin-daemon: {image: "langgenius/dify-plugin-daemon:0.6.3-local"}
`
	hostPorts = `services:
  api: {image: "langgenius/dify-api:1.16.0", ports: ["127.0.0.1:8001:5001"]}
  web: {image: "langgenius/dify-web:1.16.0", ports: ["127.0.0.1:8002:3000"]}
  plugin_daemon: {image: "langgenius/dify-plugin-daemon:0.6.3-local", ports: ["127.0.0.1:8003:5002"]}
`
)

// pasteSites are files in which routes are missing, with a mark where the blocks
// belong.
var pasteSites = []struct {
	name, file, text, compose string
	want                      []string // what the blocks have
	not                       string
}{
	{"nginx with headers of its neighbours", "nginx/conf.d/default.conf", `server { listen 80;
  location / { proxy_pass http://dify-web:3000; proxy_set_header Host $host; proxy_read_timeout 600s; proxy_set_header X-Mine "a b"; }
  location /api { proxy_pass http://dify-api:5001; proxy_http_version 1.1; proxy_set_header Host $host; proxy_read_timeout 3600s; }
  MARK
}
`, namedParts, []string{"proxy_pass http://dify-plugin-daemon:5002;", "proxy_read_timeout 3600s;", "Connection \"upgrade\"", "proxy_pass http://dify-api:5001;"}, "plugin_daemon"},
	{"nginx with Dify's include", "nginx/conf.d/default.conf", `server { listen 80;
  location / { proxy_pass http://dify-web:3000; include proxy.conf; }
  location /api { proxy_pass http://dify-api:5001; include proxy.conf; }
  MARK
}
`, namedParts, []string{"include proxy.conf;"}, "proxy_http_version"},
	{"nginx with headers of the server", "nginx/conf.d/default.conf", `server { listen 80; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
  location / { proxy_pass http://dify-web:3000; }
  location /v1 { proxy_pass http://dify-api:5001; proxy_buffering off; }
  MARK
}
`, namedParts, []string{"location /api {\n  proxy_pass http://dify-api:5001;\n  proxy_buffering off;\n}"}, "plugin_daemon"},
	{"nginx on the host", "nginx.conf", `events {} http { server { listen 80;
  location / { proxy_pass http://127.0.0.1:8002; }
  MARK
} }
`, hostPorts, []string{"proxy_pass http://127.0.0.1:8003;", "proxy_pass http://127.0.0.1:8001;"}, ":5001"},
	{"nginx on the host, the daemon's debugging port alone published", "nginx.conf", `events {} http { server { listen 80;
  location / { proxy_pass http://127.0.0.1:8002; }
  MARK
} }
`, strings.Replace(hostPorts, "127.0.0.1:8003:5002", "5003:5003", 1), []string{"proxy_pass http://127.0.0.1:5002;", `# publish the port of the service plugin_daemon as well, ports: ["127.0.0.1:5002:5002"]`}, ":5003"},
	{"nginx behind a pattern", "nginx/conf.d/default.conf", `server { listen 80;
  location ~ ^/ { proxy_pass http://dify-web:3000; }
  MARK
}
`, namedParts, []string{"location ^~ /v1 {"}, ""},
	{"caddy", "Caddyfile", "http://dify.example.com {\n\thandle /api/* {\n\t\treverse_proxy dify-api:5001\n\t}\n\tMARK\n\thandle {\n\t\treverse_proxy dify-web:3000\n\t}\n}\n", namedParts,
		[]string{"reverse_proxy dify-plugin-daemon:5002", "handle /console/api/* {"}, "plugin_daemon"},
	{"caddy on the host", "Caddyfile", "http://dify.example.com {\n\treverse_proxy localhost:8002\n\tMARK\n}\n", hostPorts, []string{"reverse_proxy localhost:8003", "reverse_proxy localhost:8001"}, ":5001"},
	{"ingress", "ingress.yaml", "kind: Ingress\nspec:\n  rules:\n    - http:\n        paths:\n          - {path: /api, pathType: Prefix, backend: {service: {name: my-dify-api, port: {number: 5001}}}}\n          - {path: /, pathType: Prefix, backend: {service: {name: my-dify-web, port: {number: 3000}}}}\n          MARK\n", "",
		[]string{"name: my-dify-plugin-daemon", "number: 5002", "name: my-dify-api"}, "plugin_daemon"},
	{"ingress that rewrites", "ingress.yaml", "kind: Ingress\nmetadata:\n  annotations: {nginx.ingress.kubernetes.io/use-regex: 'true', nginx.ingress.kubernetes.io/rewrite-target: /$1}\nspec:\n  rules:\n    - host: d.example.com\n      http:\n        paths:\n          - {path: /(.*), pathType: ImplementationSpecific, backend: {service: {name: my-dify-web, port: {number: 3000}}}}\n---\nMARK\n", "",
		[]string{"name: my-dify-plugin-daemon", "kind: Ingress", "host: d.example.com", "name: dify-socket-io"}, "plugin_daemon"},
	{"gateway", "route.yaml", "kind: HTTPRoute\nmetadata: {name: dify}\nspec:\n  rules:\n    - matches: [{path: {type: PathPrefix, value: /api}}]\n      backendRefs: [{name: dify-api, port: 5001}]\n    - backendRefs: [{name: dify-web, port: 3000}]\n    MARK\n", "",
		[]string{"name: dify-plugin-daemon", "port: 5002"}, "plugin_daemon"},
	{"traefik's objects", "route.yaml", "kind: IngressRoute\nmetadata: {name: dify}\nspec:\n  entryPoints: [websecure]\n  tls: {}\n  routes:\n    - {kind: Rule, match: 'Host(`d.example.com`) && PathPrefix(`/api`)', services: [{name: dify-api, port: 5001}]}\n    - {kind: Rule, match: 'Host(`d.example.com`)', services: [{name: dify-web, port: 3000}]}\n    MARK\n", "",
		[]string{"name: dify-plugin-daemon", "Host(`d.example.com`) && PathPrefix(`/e/`)"}, "plugin_daemon"},
	{"apache", "dify.conf", "<VirtualHost *:80>\nServerName d.example.com\nMARK\nProxyPass /api http://dify-api:5001/api\nProxyPass / http://dify-web:3000/\n</VirtualHost>\n", namedParts,
		[]string{"upgrade=websocket", `"http://dify-plugin-daemon:5002/e/"`}, "plugin_daemon"},
}

// TestPaste: what a hint says to add, put into the file, is taken by the real
// server and leaves nothing to report.
func TestPaste(t *testing.T) {
	for _, tt := range pasteSites {
		t.Run(tt.name, func(t *testing.T) {
			res, _ := runSite(t, tt.file, strings.Replace(tt.text, "MARK", "", 1), tt.compose)
			pasted := blocksOf(t, res)
			for _, want := range tt.want {
				if !strings.Contains(pasted, want) {
					t.Errorf("the blocks lack %q:\n%s", want, pasted)
				}
			}
			if tt.not != "" && strings.Contains(pasted, tt.not) {
				t.Errorf("the blocks have %q:\n%s", tt.not, pasted)
			}
			text := pasteAt(tt.text, pasted)
			after, dir := runSite(t, tt.file, text, tt.compose)
			if len(after.Findings) > 0 || after.Err != nil || after.Skip != "" {
				t.Errorf("with the blocks in it: %+v %v %s\n%s", after.Findings, after.Err, after.Skip, text)
			}
			taken(t, dir, tt.file, text)
		})
	}
}

// runSite runs the check over a directory with one proxy's file.
func runSite(t *testing.T, file, text, compose string) (gate.Result, string) {
	t.Helper()
	files := map[string]string{file: text}
	if compose != "" {
		files["docker-compose.yaml"] = compose
	}
	dir := checktest.Dir(t, files)
	env := &check.Env{WorkDir: dir, Dir: dir, To: "1.16.0"}
	return runProxy(t, env, Proxy{}), dir
}

// blocksOf are the blocks of all hints, which have to be of a missing route.
func blocksOf(t *testing.T, res gate.Result) string {
	t.Helper()
	if len(res.Findings) < 5 || res.Err != nil {
		t.Fatalf("got %+v %v, want a finding for each prefix", res.Findings, res.Err)
	}
	var out []string
	for _, f := range res.Findings {
		if f.Rule != "proxy/route-missing" && f.Rule != "proxy/wrong-upstream" {
			t.Fatalf("got %s: %s", f.Rule, f.Message)
		}
		_, block, ok := strings.Cut(f.Hint, "\n")
		if !ok {
			t.Fatalf("no block in %q", f.Hint)
		}
		if strings.HasPrefix(block, "apiVersion:") {
			block = "---\n" + block
		}
		out = append(out, block)
	}
	return strings.Join(out, "\n")
}

// pasteAt puts a block at the mark, with its indentation.
func pasteAt(text, block string) string {
	before, _, _ := strings.Cut(text, "MARK")
	indent := before[strings.LastIndexByte(before, '\n')+1:]
	return strings.Replace(text, "MARK", strings.ReplaceAll(block, "\n", "\n"+indent), 1)
}

var upstreamName = regexp.MustCompile(`dify-(api|web|plugin-daemon)\b`)

// taken asks the real server whether it takes the file. Names of the compose
// network become an address: outside of it nothing finds them.
func taken(t *testing.T, dir, file, text string) {
	t.Helper()
	text = upstreamName.ReplaceAllString(text, "127.0.0.1")
	var err error
	switch {
	case strings.HasPrefix(file, "nginx"):
		text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "events {} http {"), "} }\n")
		if strings.HasSuffix(file, "nginx.conf") {
			text = strings.TrimSuffix(strings.TrimSpace(text), "}")
		}
		if err = os.WriteFile(filepath.Join(dir, "proxy.conf"), []byte("proxy_set_header Host $host;\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";\n"), 0o600); err == nil {
			err = testserver.NginxTest(t, dir, text)
		}
	case file == "Caddyfile":
		err = testserver.CaddyTest(t, dir, text)
	case strings.HasSuffix(file, ".conf"):
		err = testserver.ApacheTest(t, testserver.ApacheDir(t), text)
	}
	if err != nil {
		t.Errorf("the server refuses the file: %v\n%s", err, text)
	}
}

// TestPasteTraefik: the labels join those of the service that they are for.
func TestPasteTraefik(t *testing.T) {
	const site = `services:
  traefik: {image: "traefik:v3.1", command: [--providers.docker.exposedByDefault=false], networks: [edge]}
  dify-api:
    image: langgenius/dify-api:1.13.3
    networks: [edge, inner]
    labels:
      - traefik.enable=true
      - traefik.docker.network=edge
      - traefik.http.routers.api.rule=Host(` + "`d.example.com`" + `) && (PathPrefix(` + "`/console/api`" + `) || PathPrefix(` + "`/api`" + `) || PathPrefix(` + "`/v1`" + `) || PathPrefix(` + "`/files`" + `))
      - traefik.http.routers.api.entrypoints=websecure
      - traefik.http.routers.api.tls.certresolver=le
      - traefik.http.services.api.loadbalancer.server.port=5001
      #dify-api
  dify-plugin-daemon:
    image: langgenius/dify-plugin-daemon:0.5.3-local
    networks: [inner]
    labels:
      - x=y
      #dify-plugin-daemon
  dify-web:
    image: langgenius/dify-web:1.13.3
    networks: [edge]
    labels:
      - traefik.enable=true
      - traefik.http.routers.web.rule=Host(` + "`d.example.com`" + `)
      - traefik.http.routers.web.entrypoints=websecure
      - traefik.http.routers.web.tls.certresolver=le
`
	res := runTraefik(t, site)
	text, n := site, 0
	for _, f := range res.Findings {
		_, block, _ := strings.Cut(f.Hint, "labels of the service ")
		labels, networks, _ := strings.Cut(block, "\nnetworks of the service ")
		service, labels, ok := strings.Cut(labels, ":\n")
		if !ok || f.Rule != "proxy/route-missing" {
			t.Fatalf("got %s: %s\n%s", f.Rule, f.Message, f.Hint)
		}
		if service == "dify-plugin-daemon" && (!strings.Contains(labels, "traefik.enable=true") || !strings.Contains(labels, "traefik.docker.network=edge") || !strings.Contains(networks, "- edge")) {
			t.Errorf("the block lacks what the neighbours have: %s", f.Hint)
		}
		text, n = strings.Replace(text, "#"+service+"\n", strings.ReplaceAll(labels, "\n", "\n      ")+"\n      #"+service+"\n", 1), n+1
	}
	if n != 3 {
		t.Fatalf("got %d findings, want those of /e/, /mcp and /triggers: %+v", n, res.Findings)
	}
	if after := runTraefik(t, text); len(after.Findings) > 0 || after.Err != nil {
		t.Errorf("with the labels in it: %+v %v\n%s", after.Findings, after.Err, text)
	}
}

// TestUnread: a proxy that is in use and its configuration is not read is named, beside those that are.
func TestUnread(t *testing.T) {
	right := operatorProxies[0].conf
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string // the proxy's name; "" for none
		at    string
		skip  bool
	}{
		{"a file", map[string]string{"haproxy.cfg": "frontend x\n"}, "HAProxy", "haproxy.cfg", true},
		{"a file in a folder, beside nginx", map[string]string{"envoy/envoy.yaml": "static_resources: {}\n", "nginx.conf": "events {} http { " + right + " }"}, "Envoy", "envoy/envoy.yaml", false},
		{"an image", map[string]string{"docker-compose.yaml": "services:\n  api: {image: langgenius/dify-api:1.16.0}\n  edge: {image: apache/apisix:3.9}\n"}, "Apache APISIX", "docker-compose.yaml", true},
		{"Caddy without its file", map[string]string{"docker-compose.yaml": "services:\n  api: {image: langgenius/dify-api:1.16.0}\n  edge: {image: caddy:2}\n"}, "Caddy", "docker-compose.yaml", true},
		{"an object", map[string]string{"k8s.yaml": "kind: IngressRouteTCP\nspec: {}\n"}, "Traefik's IngressRouteTCP", "k8s.yaml", true},
		{"an IngressClass is nothing", map[string]string{"k8s.yaml": "kind: IngressClass\n"}, "", "", true},
	} {
		dir := checktest.Dir(t, tt.files)
		res := runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.16.0"}, Proxy{})
		var got *gate.Finding
		for i, f := range res.Findings {
			if f.Rule == "proxy/unread" {
				got = &res.Findings[i]
			}
		}
		switch {
		case res.Err != nil || (res.Skip != "") != tt.skip:
			t.Errorf("%s: error %v, skip %q, want skipped %v", tt.name, res.Err, res.Skip, tt.skip)
		case tt.want == "" && got != nil, tt.want != "" && (got == nil || len(res.Findings) != 1 || got.Severity != gate.Notice || got.Subject != tt.want || got.Location == nil || got.Location.File != tt.at):
			t.Errorf("%s: got %+v, want a notice of %q in %s", tt.name, res.Findings, tt.want, tt.at)
		}
	}
}

// TestHosts: where gate.yaml is silent, the environment says where a part is
// public, and a note says so.
func TestHosts(t *testing.T) {
	const site = `server { listen 80; server_name dify.example.com; location / { proxy_pass http://dify-web:3000; } location /console/api { proxy_pass http://dify-api:5001; }
  location /api { proxy_pass http://dify-api:5001; } location /socket.io/ { proxy_pass http://dify-api:5001; } location ~ ^/(mcp|openapi) { proxy_pass http://dify-api:5001; } }
server { listen 80; server_name api.example.com; location /e/ { proxy_pass http://dify-plugin-daemon:5002; } location ~ ^/(v1|files|triggers) { proxy_pass http://dify-api:5001; } }
`
	const vars = "SERVICE_API_URL=https://api.example.com\nFILES_URL=https://api.example.com\nTRIGGER_URL=https://api.example.com\nENDPOINT_URL_TEMPLATE=https://api.example.com/e/{hook_id}\n"
	for _, tt := range []struct{ name, site, env, want string }{
		{"as the variables say", site, vars, ""},
		{"not there", strings.Replace(site, "(v1|", "(", 1), vars, "/v1 "},
		{"at the other host alone", strings.Replace(strings.Replace(site, "(mcp|openapi)", "(mcp|openapi|v1)", 1), "(v1|", "(", 1), vars, "/v1 "},
		{"the main host is meant", site, strings.Replace(vars, "SERVICE_API_URL=https://api.", "SERVICE_API_URL=https://dify.", 1), "/v1 "},
		{"a container's name is no public host", site, strings.Replace(vars, "https://api.example.com\n", "http://dify-api:5001\n", 1), ""},
	} {
		dir := checktest.Dir(t, map[string]string{"nginx/conf.d/default.conf": tt.site, "docker-compose.yaml": namedParts, ".env": tt.env})
		u := &url.URL{Scheme: "https", Host: "dify.example.com"}
		res := runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.16.0", URL: u}, Proxy{})
		notes, _ := res.Evidence["notes"].([]string)
		switch {
		case res.Err != nil, tt.want == "" && len(res.Findings) > 0, tt.want != "" && (len(res.Findings) != 1 || !strings.HasPrefix(res.Findings[0].Message, tt.want)):
			t.Errorf("%s: got %+v %v, want one for %q", tt.name, res.Findings, res.Err, tt.want)
		case !strings.Contains(strings.Join(notes, "\n"), "/triggers is checked at api.example.com, as TRIGGER_URL says (.env:3)"):
			t.Errorf("%s: notes %q, want one for TRIGGER_URL", tt.name, notes)
		}
	}
}

// TestScheme: https to a port of Dify's own, which speaks plain HTTP.
func TestScheme(t *testing.T) {
	for _, tt := range []struct{ pass, want string }{
		{"https://127.0.0.1:8001", "proxy_pass http://127.0.0.1:8001;"}, {"http://127.0.0.1:8001", ""}, {"http://127.0.0.1:9999", "proxy_pass http://127.0.0.1:8001;"}, {"https://tls.example.com", ""},
	} {
		text := "events {} http { server { listen 80; location / { proxy_pass http://127.0.0.1:8002; } location /e/ { proxy_pass http://127.0.0.1:8003; }\nlocation ~ ^/(console/api|api|v1|files|mcp|triggers|openapi|socket.io) { proxy_pass http://127.0.0.1:8001; }\nlocation ^~ /v1 { proxy_pass " + tt.pass + "; } } }\n"
		res, _ := runSite(t, "nginx.conf", text, hostPorts)
		if tt.want == "" && (len(res.Findings) > 0 || res.Err != nil) {
			t.Errorf("%s: got %+v %v, want none", tt.pass, res.Findings, res.Err)
		} else if tt.want != "" && (len(res.Findings) != 1 || res.Findings[0].Rule != "proxy/wrong-upstream" || res.Findings[0].Location.Line != 3 || !strings.Contains(res.Findings[0].Hint, tt.want)) {
			t.Errorf("%s: got %+v, want proxy/wrong-upstream in line 3 with %s", tt.pass, res.Findings, tt.want)
		}
	}
}
