package envfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// ownSecret is an own value for each secret that stock files use, in the form
// that its variable has.
func ownSecret(name string) string {
	switch name {
	case "CELERY_BROKER_URL":
		return "redis://:own-redis-1@redis:6379/1"
	case "REDIS_PASSWORD":
		return "own-redis-1"
	case "CODE_EXECUTION_API_KEY", "SANDBOX_API_KEY":
		return "own-box-1"
	case "WEAVIATE_API_KEY", "WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS":
		return "own-weaviate-1"
	case "DIFY_AGENT_API_TOKEN", "AGENT_BACKEND_API_TOKEN":
		return "own-agent-1"
	case "SERVER_KEY":
		name = "PLUGIN_DAEMON_KEY"
	case "INNER_API_KEY_FOR_PLUGIN", "DIFY_INNER_API_KEY":
		name = "PLUGIN_DIFY_INNER_API_KEY"
	case "POSTGRES_PASSWORD":
		name = "DB_PASSWORD"
	}
	return "own-" + strings.ToLower(name)
}

// giveOwnSecrets replaces the secrets in use of stock files, and adds those that
// the env file leaves to defaults.
func giveOwnSecrets(t *testing.T, dir string) {
	t.Helper()
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	others := map[string]bool{"SERVER_KEY": true, "INNER_API_KEY_FOR_PLUGIN": true, "DIFY_INNER_API_KEY": true, "POSTGRES_PASSWORD": true, "WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS": true}
	names := map[string]bool{}
	for _, s := range c.SecretSums {
		if s.Store == "" || s.Store == "weaviate" {
			names[s.Name] = true
		}
	}
	var files []string
	for _, pattern := range []string{".env", "envs/*.env", "envs/*/*.env"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for i, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		set := map[string]bool{}
		for j, line := range lines {
			if name, _, ok := strings.Cut(line, "="); ok && (names[name] || others[name]) {
				lines[j], set[name] = name+"="+ownSecret(name), true
			}
		}
		for name := range names {
			if i == 0 && !set[name] {
				lines = append(lines, name+"="+ownSecret(name))
			}
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Stock files of each release with own secrets have no error, but for what the
// release itself has wrong: 1.0.0's plugin daemon takes the key of the inner API
// from INNER_API_KEY_FOR_PLUGIN, which its .env.example does not have, so that
// PLUGIN_DIFY_INNER_API_KEY changes one side alone.
func TestStockFilesWithOwnSecrets(t *testing.T) {
	releasedir.Some(t, 8, func(t *testing.T, d releasedir.Dir) {
		giveOwnSecrets(t, d.Path)
		r := checktest.Run(t, &check.Env{Dir: d.Path, WorkDir: d.Path, From: d.Version, To: d.Version}, &EnvFile{})
		var got, want []string
		for _, f := range r.Findings {
			if f.Severity == gate.Error || f.Rule == "env/public-secret" {
				got = append(got, f.Rule+" "+f.Subject)
			}
		}
		if d.Version == "1.0.0" && d.Real {
			want = []string{"env/inconsistent inner", "env/public-secret plugin_daemon's DIFY_INNER_API_KEY"}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || r.Err != nil {
			t.Errorf("%v\n%s", r.Err, diff)
		}
	})
}
