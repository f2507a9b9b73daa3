package nginxroute_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
)

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
	catalogue, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	releasedir.Each(t, func(t *testing.T, dir releasedir.Dir) {
		release, _ := catalogue.Release(dir.Version)
		routes := release.PublicRoutes()
		if len(routes) < 5 {
			t.Fatalf("got %d locations, want at least 5", len(routes))
		}
		env := readEnv(filepath.Join(dir.Path, ".env"), filepath.Join(dir.Path, "envs/infrastructure/nginx.env"))
		for _, https := range []string{"false", "true"} {
			env["NGINX_HTTPS_ENABLED"] = https
			c, err := nginxroute.Load([]string{filepath.Join(dir.Path, "nginx/nginx.conf.template"), filepath.Join(dir.Path, "nginx/conf.d/default.conf.template")},
				nginxroute.Options{Env: env})
			if err != nil {
				t.Fatal(err)
			}
			for _, route := range routes {
				want := route.Service + ":" + route.Port
				req := nginxroute.Request{Method: "POST", Host: "dify.example.com", URI: route.Prefix + "x/y%20z?q=1"}
				if !strings.HasSuffix(route.Prefix, "/") {
					req.URI = route.Prefix + "/x//y?q=1"
				}
				if https == "true" {
					req.Scheme = "https"
				}
				a := c.Route(req)
				if a.Kind != nginxroute.Proxied || a.Upstream != want || a.URI != req.URI || a.Location.Path != route.Prefix {
					t.Errorf("%s: got %v %s %s by %+v, want %s %s: %s", req.URI, a.Kind, a.Upstream, a.URI, a.Location, want, req.URI, a.Why)
				}
			}
		}
	})
}
