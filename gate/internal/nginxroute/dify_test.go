package nginxroute_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
)

const difyData = "../../../../shared/dify"

// readLocations reads nginx-locations.tsv: release -> location -> proxy_pass.
func readLocations(t *testing.T) map[string]map[string]string {
	raw, err := os.ReadFile(filepath.Join(difyData, "nginx-locations.tsv"))
	if err != nil {
		t.Skip("no Dify release files beside the repository: ", err)
	}
	out := map[string]map[string]string{}
	for _, line := range strings.Split(string(raw), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 3 || strings.HasPrefix(line, "#") || f[0] == "release" {
			continue
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]string{}
		}
		out[f[0]][f[1]] = f[2]
	}
	return out
}

// readEnv reads the KEY=value lines that the nginx container gets.
func readEnv(files ...string) map[string]string {
	env := map[string]string{}
	for _, f := range files {
		raw, _ := os.ReadFile(f)
		for _, line := range strings.Split(string(raw), "\n") {
			k, v, ok := strings.Cut(strings.TrimSpace(line), "=")
			if ok && strings.HasPrefix(k, "NGINX_") {
				env[k] = v
			}
		}
	}
	return env
}

// TestDifyReleases renders every release's files and routes a path below each location: unchanged, to its service.
func TestDifyReleases(t *testing.T) {
	releases := readLocations(t)
	if len(releases) < 50 {
		t.Fatalf("got %d releases, want at least 50", len(releases))
	}
	for rel, locations := range releases {
		t.Run(rel, func(t *testing.T) {
			dir := filepath.Join(difyData, rel)
			env := readEnv(filepath.Join(dir, "env.example"), filepath.Join(dir, "envs/infrastructure/nginx.env.example"))
			for _, https := range []string{"false", "true"} {
				env["NGINX_HTTPS_ENABLED"] = https
				c, err := nginxroute.Load([]string{filepath.Join(dir, "nginx/nginx.conf.template"), filepath.Join(dir, "nginx/default.conf.template")},
					nginxroute.Options{Env: env})
				if err != nil {
					t.Fatal(err)
				}
				for loc, pass := range locations {
					want := strings.TrimPrefix(pass, "http://")
					if want == "$socket_io_upstream" {
						want = env["NGINX_SOCKET_IO_UPSTREAM"]
					}
					req := nginxroute.Request{Method: "POST", Host: "dify.example.com", URI: loc + "x/y%20z?q=1"}
					if !strings.HasSuffix(loc, "/") {
						req.URI = loc + "/x//y?q=1"
					}
					if https == "true" {
						req.Scheme = "https"
					}
					a := c.Route(req)
					if a.Kind != nginxroute.Proxied || a.Upstream != want || a.URI != req.URI || a.Location.Path != loc {
						t.Errorf("%s: got %v %s %s by %+v, want %s %s: %s", req.URI, a.Kind, a.Upstream, a.URI, a.Location, want, req.URI, a.Why)
					}
				}
			}
		})
	}
}
