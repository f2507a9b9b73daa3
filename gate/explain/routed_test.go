package explain

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// ownName is a compose file whose nginx has another name, and whose template
// needs a variable that only that service sets.
const ownName = `services:
  proxy:
    image: nginx:latest
    environment: {API_NAME: api}
    volumes: ["./nginx/conf.d:/etc/nginx/conf.d"]
  api: {image: "langgenius/dify-api:1.13.3"}
  web: {image: "langgenius/dify-web:1.13.3"}
`

const ownNameTemplate = `server {
  listen 80;
  location /v1 { proxy_pass http://${API_NAME}:5001; }
  location / { proxy_pass http://web:3000; }
}
`

// gate routes and gate diagnose read the files by one reader: they name the
// same upstream, and both name a file that cannot be read.
func TestRoutesAndDiagnoseReadAlike(t *testing.T) {
	dir := checktest.Dir(t, map[string]string{"docker-compose.yaml": ownName, "nginx/conf.d/default.conf.template": ownNameTemplate})
	s := httptest.NewServer(testserver.NextJS()) // an answer of the wrong service, so that the files are asked
	t.Cleanup(s.Close)
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir = dir
	table, err := new(proxy.Proxy).Table(env)
	if err != nil {
		t.Fatal(err)
	}
	at := ""
	for _, row := range table.Rows {
		if strings.HasPrefix(row.Path, "/v1") {
			at = row.Upstream
		}
	}
	d := diagnoseURL(t, env, s.URL+"/v1/parameters")
	if at != "api:5001" || d.Files == nil || d.Files.Upstream != at {
		t.Errorf("routes: %q, diagnose: %+v; want api:5001 from both", at, d.Files)
	}

	template := filepath.Join(dir, "nginx", "conf.d", "default.conf.template")
	if err := os.Remove(template); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", template); err != nil {
		t.Fatal(err)
	}
	env = checktest.Env(t, probe.NetworkOptions{})
	env.Dir = dir
	_, err = new(proxy.Proxy).Table(env)
	if err == nil || !strings.Contains(err.Error(), "default.conf.template") {
		t.Errorf("routes: %v, want the file that cannot be read", err)
	}
	d = diagnoseURL(t, env, s.URL+"/v1/parameters")
	if !strings.Contains(strings.Join(d.Notes, " "), "default.conf.template") {
		t.Errorf("diagnose: notes %q, want the file that cannot be read", d.Notes)
	}
}
