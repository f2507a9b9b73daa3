package releasedir

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// TestDirectoryIsTheRelease reads what is rendered as the gate does: services,
// images and settings are those of the catalogue, for the real files too.
func TestDirectoryIsTheRelease(t *testing.T) {
	t.Parallel()
	Some(t, 6, func(t *testing.T, dir Dir) {
		r := release(t, dir.Version)
		d, err := deployment.Read(dir.Path)
		if err != nil || len(d.Problems) > 0 {
			t.Fatalf("%v, problems %v", err, d.Problems)
		}
		want := r.Services()
		if len(d.Services) != len(want) {
			t.Errorf("got %d services, want %d", len(d.Services), len(want))
		}
		for _, w := range want {
			got, ok := d.Service(w.Name)
			if !ok || got.Image != w.Image || len(got.Needs) != len(w.Needs) || len(got.Volumes) != len(w.Volumes) || len(got.Ports) != len(w.Ports) {
				t.Errorf("%s: got %+v, want %+v", w.Name, got, w)
			}
		}
		for _, s := range []dify.Setting{{Service: "api", Name: "DB_USERNAME"}, {Service: "sandbox", Name: "API_KEY"}, {Service: "nginx", Name: "NGINX_PORT"}} {
			service, _ := d.Service(s.Service)
			if service.Env[s.Name].Text == "" {
				t.Errorf("%s does not get %s", s.Service, s.Name)
			}
		}
	})
}

// TestEnvFilesReadBack: each setting has its default, whatever characters are
// in it, and no secret is left that only its sum is known of.
func TestEnvFilesReadBack(t *testing.T) {
	t.Parallel()
	for _, version := range catalogue(t).Versions() {
		r := release(t, version)
		files := Files(t, version)
		got := map[string]string{}
		for name, text := range files {
			if strings.HasSuffix(name, ".env") {
				parsed := dotenv.Parse([]byte(text), nil)
				if len(parsed.Errors) > 0 {
					t.Errorf("%s: %s: %v", version, name, parsed.Errors)
				}
				for _, e := range parsed.Entries {
					got[e.Key] = e.Value
				}
			}
		}
		for name, s := range r.example {
			value, ok := got[name]
			if !ok || !strings.Contains(s.Default.Text, "$") && s.Default.Sum == "" && value != s.Default.Text {
				t.Errorf("%s: %s is %q, want %q", version, name, value, s.Default.Text)
			}
			if strings.HasPrefix(value, "a-secret-for-") {
				t.Errorf("%s: the published value of %s is not among those of the package", version, name)
			}
		}
	}
}

// TestFilesByRelease: the env files came with 1.14.1.
func TestFilesByRelease(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"1.14.0": false, "1.14.1": true, "1.16.0": true} {
		_, ok := Files(t, version)[filepath.ToSlash("envs/core-services/shared.env")]
		if ok != want {
			t.Errorf("%s: envs/ is there: %v, want %v", version, ok, want)
		}
	}
}
