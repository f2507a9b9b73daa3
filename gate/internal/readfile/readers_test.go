//go:build linux

package readfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/alembic"
	"github.com/dify-gate/dify-gate/gate/internal/apacheroute"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/ingressroute"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/logevent"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/readfile/filetest"
	"github.com/dify-gate/dify-gate/gate/internal/rotate"
	"github.com/dify-gate/dify-gate/gate/internal/traefikroute"
)

// reader reads a file that stands at name below a directory.
type reader struct {
	name   string
	file   string
	good   string
	others map[string]string // files beside it
	fine   string            // cases in which it says nothing, and is right
	read   func(dir, path string) error
}

const site = "server { listen 80; location / { proxy_pass http://web:3000; } }\n"

func readers() []reader {
	nginx := func(dir, _ string) error { _, err := nginxroute.LoadDir(dir, nil); return err }
	apache := func(dir, _ string) error {
		_, err := apacheroute.Load([]string{filepath.Join(dir, "site.conf")}, apacheroute.Options{})
		return err
	}
	traefik := func(dir, _ string) error {
		_, err := traefikroute.Load([]string{filepath.Join(dir, "compose.yaml")}, traefikroute.Options{})
		return err
	}
	labels := "services:\n  t: {image: traefik, volumes: [\"./traefik.yml:/etc/traefik/traefik.yml\"]}\n  w:\n    image: w\n    expose: [3000]\n    labels: [\"traefik.http.routers.w.rule=PathPrefix(`/`)\"]\n"
	rotated := func(dir, _ string) error {
		c, err := rotate.Load(filepath.Join(dir, "logrotate.conf"))
		if err == nil && len(c.Mistakes) > 0 {
			return fmt.Errorf("%+v", c.Mistakes)
		}
		return err
	}
	return []reader{
		{"env", ".env", "A=1\n", nil, "empty", func(_, path string) error { _, err := dotenv.Read(path); return err }},
		{"nginx", "nginx/conf.d/default.conf", site, nil, "", nginx},
		{"nginx template", "nginx/conf.d/default.conf.template", site, nil, "", nginx},
		{"nginx include", "nginx/more/api.inc", "location /v1 { return 204; }\n",
			map[string]string{"nginx/conf.d/default.conf": "server { listen 80; include more/api.inc; location / { return 204; } }\n"}, "missing empty", nginx},
		{"nginx include by pattern", "nginx/more/api.inc", "location /v1 { return 204; }\n",
			map[string]string{"nginx/conf.d/default.conf": "server { listen 80; include more/*.inc; location / { return 204; } }\n"}, "missing empty", nginx},
		{"nginx https block", "nginx/https.conf.template", "listen 443 ssl;\n", map[string]string{"nginx/nginx.conf": "http { " + site + " }\n"}, "missing empty",
			func(dir, _ string) error {
				_, err := nginxroute.LoadDir(dir, map[string]string{"NGINX_HTTPS_ENABLED": "true", "NGINX_SSL_PORT": "443"})
				return err
			}},
		{"apache", "site.conf", "<VirtualHost *:80>\nProxyPass / http://web:3000/\n</VirtualHost>\n", nil, "empty", apache},
		{"apache include", "more.conf", "ProxyPass /v1 http://api:5001/v1\n", map[string]string{"site.conf": "<VirtualHost *:80>\nInclude more.conf\n</VirtualHost>\n"}, "missing empty folder", apache},
		{"ingress", "ingress.yaml", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: d}\nspec:\n  rules:\n  - http:\n      paths:\n      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n", nil, "",
			func(_, path string) error {
				_, err := ingressroute.Load([]string{path}, ingressroute.Options{})
				return err
			}},
		{"traefik", "compose.yaml", labels, nil, "", traefik},
		{"traefik's own", "traefik.yml", "providers: {docker: {exposedByDefault: true}}\n", map[string]string{"compose.yaml": labels}, "missing empty", traefik},
		{"log", "app.log", "2026-11-25 07:08:49.123 ERROR [x] boom\n", nil, "empty", func(_, path string) error {
			f, err := lines.Open(path)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			r := logevent.NewReader(f, time.UTC, time.Unix(0, 0))
			for err == nil {
				_, err = r.Next()
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}},
		{"logrotate", "logrotate.conf", "/var/log/*.log {\n daily\n}\n", nil, "empty", rotated},
		{"logrotate include", "more", "/var/log/*.log {\n daily\n}\n", map[string]string{"logrotate.conf": "include more\n"}, "empty folder", rotated},
		{"migration", "versions/a_b.py", "revision = 'a'\ndown_revision = None\n", nil, "", func(dir, _ string) error { _, err := alembic.Read(filepath.Join(dir, "versions")); return err }},
	}
}

// TestReaders: whatever stands at the path of a file that the gate reads, each of its
// readers reads it or fails; none waits, and none takes it for an absent or empty one.
func TestReaders(t *testing.T) {
	t.Parallel()
	for _, r := range readers() {
		for _, c := range filetest.Cases() {
			t.Run(r.name+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				path := filepath.Join(dir, r.file)
				for name, text := range r.others {
					put(t, filepath.Join(dir, name), text)
				}
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				c.Make(t, path, []byte(r.good))
				var err error
				filetest.AsNobody(t, dir, func() { err = r.read(dir, path) })
				fine := c.Readable || strings.Contains(" "+r.fine+" ", " "+c.Name+" ")
				if strings.HasPrefix(r.name, "nginx") && c.Name == "BOM" && r.name != "nginx https block" {
					fine = false // nginx refuses it
				}
				if (err == nil) != fine {
					t.Errorf("error %v, want one: %v", err, !fine)
				}
			})
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
