package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/template"

	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// planted are secrets by where they were put. Each has a core of letters and digits
// that nothing else has, and characters that encodings change behind it.
type planted struct{ cores []string }

// in returns a new secret.
func (p *planted) in(string) string {
	core := fmt.Sprintf("zq%dPlanted%dX", len(p.cores), len(p.cores)*7919)
	p.cores = append(p.cores, core)
	return core + `"\&<%'e`
}

// word is a secret without characters that the place has no room for.
func (p *planted) word(where string) string { return p.in(where)[:len(p.cores[len(p.cores)-1])] }

// coded is a secret as a URL has it.
func (p *planted) coded(where string) string { return url.QueryEscape(p.in(where)) }

// leaks returns where a text shows a secret, as it is, encoded in any way that
// leaves letters alone, or in base64.
func (p *planted) leaks(text []byte) []string {
	var out []string
	for _, core := range p.cores {
		looks := []string{core}
		for before := range 3 {
			encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), core...))
			looks = append(looks, encoded[4:len(encoded)-4])
		}
		for _, look := range looks {
			if i := bytes.Index(text, []byte(look)); i >= 0 {
				out = append(out, fmt.Sprintf("%s: …%s…", core, text[max(0, i-90):min(len(text), i+60)]))
				break
			}
		}
	}
	return out
}

// parrot answers everything with all that it was sent, in every quoting, and takes
// traces.
type parrot struct {
	mu     sync.Mutex
	traces bytes.Buffer
	cookie string
	notes  string // for /notes.json
}

func (s *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch {
	case strings.HasSuffix(r.URL.Path, "/v1/traces"):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.traces.Write(body)
		return
	case strings.HasSuffix(r.URL.Path, "/notes.json"):
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, s.notes)
		return
	}
	var sent strings.Builder
	_ = r.Header.Write(&sent)
	user, password, _ := r.BasicAuth()
	echo := fmt.Sprintf("%s %s %s %s %s %s", r.URL, r.URL.Query(), user, password, sent.String(), body)
	line := strings.Join(strings.Fields(echo), " ")
	w.Header().Set("Set-Cookie", "session="+s.cookie+"; Path=/")
	w.Header().Set("X-Echo", line)
	w.Header().Set("X-Version", "1.9.1")
	w.Header().Set("Access-Control-Allow-Origin", line)
	w.Header().Set("WWW-Authenticate", line)
	switch {
	case strings.Contains(r.URL.Path, "go"):
		w.Header().Set("Location", "/elsewhere?"+r.URL.RawQuery)
		w.WriteHeader(http.StatusFound)
	case strings.Contains(r.URL.Path, "json"):
		_, _ = fmt.Fprintf(w, `{"message": %q, "code": "c"}`, line)
		return
	case strings.Contains(r.URL.Path, "fine"):
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = fmt.Fprintf(w, "%s\n%q\n%s", line, line, base64.StdEncoding.EncodeToString([]byte(line)))
}

// plantedConfig has a secret in each place of a gate.yaml that takes one, and in
// each file that it names.
const plantedConfig = `
version: 1
dify:
  dir: docker
  url: "${ADDRESS}"
  api_key: "${APP_KEY}"
changelog: {source: "{{.server}}/notes.json?private_token={{coded "changelog"}}"}
trace: {otlp: "http://op:{{word "collector"}}@{{.host}}/otlp"}
checks:
  http:
    - {url: "/header", headers: {X-Tok: "${HEADER}", Authorization: "Bearer {{word "bearer"}}", Cookie: "session={{word "cookie"}}; lang={{word "cookie"}}", X-Api-Key: '{{in "key"}}'}}
    - {url: "{{.server}}/go?x=${QUERY}&api_key={{coded "query"}}", follow_redirects: true, body: "${BODY}"}
    - {url: "http://op:{{coded "userinfo"}}@{{.host}}/fine", expect: {body: /never/, headers: {set-cookie: never, x-echo: never, x-missing: "${WANTED}"}}}
    - {url: "http://{{word "user"}}@{{.host}}/json/${SEGMENT}", headers: {Authorization: "Basic ${BASIC}"}, expect: {json: {message: other, code: 7}}}
    - {url: "http://127.0.0.1:1/x?token={{coded "refused"}}&y=${QUERY}"}
    - {url: "/fragment#access_token={{coded "fragment"}}", expect: {status: 200}}
  cors: [{url: "/cors?api_key={{coded "cors"}}&z=${QUERY}", origin: "https://console.example.com", headers: [x-a]}]
  auth: [{url: "/auth?secret={{coded "auth"}}", token: "${AUTH}", anonymous: 401, authorized: 200}]
  openapi: [{url: "/openapi?sig={{coded "openapi"}}", token: '{{in "openapi"}}'}]
  tracing: [{within: 200ms, url: "/trace?password={{coded "trace"}}", backend: "http://op:{{word "backend"}}@{{.host}}/jaeger?token={{word "backend"}}"}]
  slo:
    - {url: "/slo?session={{coded "slo"}}&w=${QUERY}", requests: 3, headers: {X-Tok: "${HEADER}", X-Secret: '{{in "slo"}}'}, p99: 1s, max_5xx: 0%}
    - {access_log: access.log, p99: 1ms, max_4xx: 0%, max_5xx: 0%}
    - {prometheus: "http://op:{{word "prometheus"}}@{{.host}}/prometheus", headers: {Authorization: "Bearer {{word "prometheus"}}"}, p99_query: "up{k=\"${PROM}\"}", p99: 1s}
  redis: [{url: "redis://:{{coded "redis"}}@127.0.0.1:1/0"}, {url: "redis://:${REDIS}@{{.host}}/0"}]
  celery: [{url: "redis://u:{{coded "celery"}}@{{.host}}/1"}]
  postgres: [{url: "postgres://u:{{coded "postgres"}}@{{.host}}/db"}, {url: "postgres://u:${POSTGRES}@127.0.0.1:1/db"}]
  mysql: [{url: "mysql://u:{{coded "mysql"}}@{{.host}}/db"}]
  migration: [{url: "postgres://u:{{coded "migration"}}@{{.host}}/db"}]
  app: [{key: '{{in "app"}}', inputs: {secret: "${INPUT}"}, mode: chat, url: "/json/app"}, {key: '{{in "app"}}', url: "/v1?token={{word "app"}}"}]
  dataset: [{key: '{{in "dataset"}}'}]
  logs: [{files: [app.log], forbid: [Traceback], max_errors: 0}]
  client: [{access_log: access.log}]
  lockfile: [{file: pnpm-lock.yaml, hosts: [registry.example.com]}]
  settings: [{file: settings.yaml, env_prefix: DIFY_, expect: {db.password: other}}]
`

func plantedFiles() map[string]string {
	return map[string]string{
		"app.log": "2026-11-29 06:00:00,123 ERROR [x] Traceback password={{word \"log\"}} api_key={{word \"log\"}} GET /x?access_token={{coded \"log\"}} postgresql://u:{{word \"log\"}}@db/x\n" +
			"  File {\"secret\": \"{{word \"log\"}}\"} Authorization: Bearer {{word \"log\"}} Cookie: session={{word \"log\"}}; b={{word \"log\"}}\n",
		"access.log":     strings.Repeat(`10.0.0.1 - - [29/Nov/2026:06:00:00 +0000] "GET /v1/gone/x?api_key={{word "access"}} HTTP/1.1" 500 12 "https://a/?token={{word "access"}}" "agent" 0.500`+"\n", 3),
		"pnpm-lock.yaml": "lockfileVersion: '9.0'\npackages:\n  x@1.0.0:\n    resolution: {tarball: 'https://u:{{word \"lock\"}}@evil.example/x.tgz?token={{word \"lock\"}}'}\n",
		"settings.yaml":  "db: {password: {{word \"settings\"}}, url: 'postgres://u:{{word \"settings\"}}@db/x'}\n",
		"docker/nginx/conf.d/default.conf": "server { listen 80; location /v1 { proxy_set_header Authorization \"Bearer {{word \"nginx\"}}\"; add_header Set-Cookie \"session={{word \"nginx\"}}\"; proxy_pass http://api:5001/v2; }\n" +
			" location /console/api { proxy_pass http://op:{{word \"nginx\"}}@nowhere:9/; } location /files { proxy_set_header X-Api-Key \"{{word \"nginx\"}}\"; proxy_pass http://op:{{coded \"nginx\"}}@api:5001; }\n" +
			" location / { if ($arg_key = \"{{word \"nginx\"}}\") { return 302 https://x/?token={{word \"nginx\"}}; } proxy_pass http://web:3000; } }\n",
	}
}

// TestPlantedSecretsStayHidden puts a secret into every place that takes one, lets
// servers repeat them, and searches everything that the gate writes.
func TestPlantedSecretsStayHidden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := &planted{}
	server := &parrot{cookie: p.word("server's cookie")}
	live := httptest.NewServer(server)
	defer live.Close()
	host := strings.TrimPrefix(live.URL, "http://")
	render := func(name, text string) {
		t.Helper()
		made, err := template.New(name).Funcs(template.FuncMap{"in": func(w string) string { return strings.ReplaceAll(p.in(w), "'", "''") }, "word": p.word, "coded": p.coded}).Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := made.Execute(&out, map[string]string{"server": live.URL, "host": host}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	files := releasedir.Files(t, "1.9.2")
	text, own := ownSecrets(files[".env"] + files["envs/core-services/shared.env"])
	p.cores = append(p.cores, own...)
	render("gate.yaml", plantedConfig)
	for name, text := range plantedFiles() {
		render(name, text)
	}
	for name, text := range map[string]string{"docker/.env": text, "docker/docker-compose.yaml": files["docker-compose.yaml"]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := []string{"HOME=" + dir, "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary.md"), "GITHUB_OUTPUT=" + filepath.Join(dir, "output"),
		"ADDRESS=http://op:" + p.coded("dify.url") + "@" + host, "BASIC=" + base64.StdEncoding.EncodeToString([]byte("op:"+p.in("basic"))),
		"QUERY=" + p.coded("query"), "SEGMENT=" + p.coded("segment"), "REDIS=" + p.coded("redis"), "POSTGRES=" + p.coded("postgres"), "GITHUB_TOKEN=" + p.word("github")}
	for _, name := range []string{"APP_KEY", "HEADER", "BODY", "WANTED", "AUTH", "INPUT", "PROM"} {
		environment = append(environment, name+"="+p.in(name))
	}
	notes, err := json.Marshal([]map[string]string{{"tag_name": "1.16.0", "body": "- **Breaking change:** SECRET_KEY must be set, and not to " + strings.Join(own[:len(own)-1], ", or to ") +
		"; [see](https://evil.example/" + own[0] + ")"}})
	if err != nil {
		t.Fatal(err)
	}
	server.mu.Lock()
	server.notes = string(notes)
	server.mu.Unlock()
	if len(p.cores) < 60 {
		t.Fatalf("only %d secrets are planted", len(p.cores))
	}
	run := func(env []string, args ...string) (stdout, stderr []byte) {
		t.Helper()
		cmd := exec.Command("gate", args...)
		var out, errs bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = dir, &out, &errs, slices.Concat(environment, env)
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code == exitUsage || code == exitInternal {
			t.Fatalf("%v: exit %d\n%s", args, code, errs.String())
		}
		return out.Bytes(), errs.Bytes()
	}
	args := []string{"run", "--from", "1.9.1", "--to", "1.16.0", "--timeout", "60s", "--no-color", "-v"}
	for _, format := range []string{"json", "junit", "sarif", "codequality", "html", "markdown", "metrics", "dotenv"} {
		args = append(args, "--report", format+"=out/"+format)
	}
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	for _, format := range []string{"text", "json"} {
		for _, github := range [][]string{nil, {"GITHUB_ACTIONS=true"}} {
			out, errs := run(github, append(args, "--format", format)...)
			name := fmt.Sprintf("%s %v", format, github)
			texts[name+" stdout"] = out
			masks, rest := splitMasks(errs)
			texts[name+" stderr"] = rest
			if (github != nil) != (len(masks) > 60) {
				t.Errorf("%s: %d masks for the runner", name, len(masks))
			}
		}
	}
	texts["dry run"], _ = run(nil, append(args, "--dry-run")...)
	for name, args := range plantedCommands(live.URL) {
		texts[name], texts[name+" stderr"] = run(nil, args...)
	}
	for name, text := range written(t, dir, "out", "cache", "summary.md", "output", "made.yaml") {
		texts[name] = text
	}
	server.mu.Lock()
	texts["trace"] = bytes.Clone(server.traces.Bytes())
	server.mu.Unlock()
	for name, text := range texts {
		if len(text) == 0 && !strings.HasSuffix(name, "stderr") {
			t.Errorf("%s is empty", name)
		}
		hidden := p
		if strings.Contains(name, "/cache/") { // has the notes as the server sent them
			hidden = &planted{slices.DeleteFunc(slices.Clone(p.cores), func(core string) bool { return slices.Contains(own, core) })}
		}
		for _, leak := range hidden.leaks(text) {
			t.Errorf("%s shows %s", name, leak)
		}
	}
}

// plantedCommands are the other commands that read what secrets were planted in.
func plantedCommands(server string) map[string][]string {
	out := map[string][]string{
		"validate": {"validate"},
		"init":     {"init", "--dir", "docker", "--url", server, "--config", "made.yaml"},
	}
	for _, format := range []string{"text", "json", "markdown"} {
		out["changelog "+format] = []string{"changelog", "--from", "1.9.1", "--to", "1.16.0", "--format", format}
	}
	for _, format := range []string{"text", "json"} {
		out["routes "+format] = []string{"routes", "--dir", "docker", "--format", format}
		out["diagnose "+format] = []string{"diagnose", server + "/v1/parameters", "--dir", "docker", "--format", format}
	}
	return out
}

// splitMasks takes the lines that register secrets with GitHub's runner out of
// stderr: the runner reads them and shows none.
func splitMasks(stderr []byte) (masks []string, rest []byte) {
	for line := range bytes.Lines(stderr) {
		if bytes.HasPrefix(line, []byte("::add-mask::")) {
			masks = append(masks, string(line))
			continue
		}
		rest = append(rest, line...)
	}
	return masks, rest
}

// written are the files below the names, by path.
func written(t *testing.T, dir string, names ...string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			out[path], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	return out
}
