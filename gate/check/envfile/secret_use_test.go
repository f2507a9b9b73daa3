package envfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

const publicPassword = "difyai" + "123456"

// publicSecrets runs the check and lists the published secrets with severity.
func publicSecrets(t *testing.T, files map[string]string) (found []string, hints map[string]string) {
	t.Helper()
	dir := checktest.Dir(t, files)
	r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: "1.12.1", To: "1.13.3"}, &EnvFile{})
	hints = map[string]string{}
	for _, f := range r.Findings {
		if f.Rule == "env/public-secret" {
			found = append(found, f.Subject+" "+f.Severity.String())
			hints[f.Subject] = f.Hint
		}
	}
	return found, hints
}

// All published values in use are reported in one run, those of stores and
// databases that are not in use never.
func TestPublicSecretsInUse(t *testing.T) {
	compose := func(api string) string {
		return "services:\n  api:\n    image: langgenius/dify-api:1.13.3\n    environment:\n" + api
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"by the default of an unused store", map[string]string{".env": ownSecrets, "compose.yaml": compose("      ALIBABACLOUD_MYSQL_PASSWORD: ${ALIBABACLOUD_MYSQL_PASSWORD:-" + publicPassword + "}\n")}, nil},
		{"written out for an unused store", map[string]string{".env": ownSecrets, "compose.yaml": compose("      CHROMA_SERVER_AUTHN_CREDENTIALS: " + publicPassword + "\n      RELYT_PASSWORD: " + publicPassword + "\n")}, nil},
		{"written out for the store in use", map[string]string{".env": ownSecrets + "VECTOR_STORE=relyt\n", "compose.yaml": compose("      RELYT_PASSWORD: " + publicPassword + "\n      VECTOR_STORE: relyt\n")}, []string{"api's RELYT_PASSWORD warning"}},
		{"for the other database", map[string]string{".env": ownSecrets, "compose.yaml": compose("      MYSQL_PASSWORD: " + publicPassword + "\n")}, nil},
		{"for the database in use", map[string]string{".env": ownSecrets + "DB_TYPE=mysql\n", "compose.yaml": compose("      MYSQL_PASSWORD: " + publicPassword + "\n")}, []string{"api's MYSQL_PASSWORD warning"}},
		{"the store that only the api gets", map[string]string{".env": ownSecrets, "compose.yaml": compose("      VECTOR_STORE: relyt\n      RELYT_PASSWORD: " + publicPassword + "\n")}, []string{"api's RELYT_PASSWORD warning"}},
		{"several at once", map[string]string{".env": strings.NewReplacer("own-db-1", publicPassword, "own-redis-1", publicPassword).Replace(ownSecrets)},
			[]string{"DB_PASSWORD warning", "REDIS_PASSWORD warning", "CELERY_BROKER_URL warning"}},
		{"written out twice, by name and under another", map[string]string{".env": ownSecrets, "compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.13.3\n    environment: {DB_PASSWORD: " + publicPassword + "}\n  db:\n    image: postgres:15\n    ports: [\"5432:5432\"]\n    environment: {POSTGRES_PASSWORD: " + publicPassword + "}\n"},
			[]string{"api's DB_PASSWORD error", "db's POSTGRES_PASSWORD error"}},
		{"in another env file", map[string]string{".env": ownSecrets, "db.env": "DB_PASSWORD=" + publicPassword + "\nQDRANT_API_KEY=" + publicPassword + "\n", "compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.13.3\n    env_file: db.env\n"}, []string{"DB_PASSWORD warning"}},
		{"a default that an override beats", map[string]string{".env": strings.Replace(ownSecrets, "DB_PASSWORD=own-db-1\n", "", 1), "compose.yaml": compose("      DB_PASSWORD: ${DB_PASSWORD:-" + publicPassword + "}\n"), "compose.override.yaml": compose("      DB_PASSWORD: own-1\n")}, nil},
		{"a broker written out", map[string]string{".env": ownSecrets, "compose.yaml": compose("      CELERY_BROKER_URL: redis://:" + publicPassword + "@redis:6379/1\n")}, []string{"api's CELERY_BROKER_URL warning"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := publicSecrets(t, c.files)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A published secret blocks where it can be used from outside.
func TestPublicSecretSeverity(t *testing.T) {
	db := func(more string) map[string]string {
		return map[string]string{
			".env":         strings.Replace(ownSecrets, "own-db-1", publicPassword, 1) + "DB_HOST=pg\n",
			"compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.13.3\n    environment: {DB_HOST: \"${DB_HOST}\", DB_PASSWORD: \"${DB_PASSWORD}\"}\n  pg:\n    image: postgres:15\n" + more,
		}
	}
	external := db("")
	external[".env"] = strings.Replace(external[".env"], "DB_HOST=pg", "DB_HOST=pg.example", 1)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no port", db(""), "DB_PASSWORD warning"},
		{"a port on loopback", db("    ports: [\"127.0.0.1:5432:5432\"]\n"), "DB_PASSWORD warning"},
		{"a port", db("    ports: [\"5432:5432\"]\n"), "DB_PASSWORD error"},
		{"the host's network", db("    network_mode: host\n"), "DB_PASSWORD error"},
		{"a server elsewhere", external, "DB_PASSWORD error"},
		{"the plugin daemon, which is routed", map[string]string{".env": strings.Replace(ownSecrets, "own-daemon-1", "lYkiYYT6owG+71oLerGzA7GXCgOT++"+"6ovaezWAjpCjf+Sjc3ZtU+qUEi", 1)}, "PLUGIN_DAEMON_KEY error"},
		{"the key of sessions", map[string]string{".env": strings.Replace(ownSecrets, "own-secret-key-1", "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVc"+"MT3BlbkFJLK7U", 1)}, "SECRET_KEY error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, _ := publicSecrets(t, c.files); len(got) != 1 || got[0] != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

// The advice is made for the variable.
func TestPublicSecretHints(t *testing.T) {
	_, hints := publicSecrets(t, map[string]string{".env": strings.NewReplacer("own-db-1", publicPassword, "own-redis-1", publicPassword, "own-box-1", "dify-"+"sandbox").Replace(ownSecrets)})
	for name, words := range map[string][]string{
		"DB_PASSWORD":            {`ALTER USER "postgres"`, "in the database first", "-hex"},
		"REDIS_PASSWORD":         {"CELERY_BROKER_URL", "-hex"},
		"CODE_EXECUTION_API_KEY": {"SANDBOX_API_KEY", "the same value"},
	} {
		for _, w := range words {
			if !strings.Contains(hints[name], w) {
				t.Errorf("%s: %q, want %q in it", name, hints[name], w)
			}
		}
	}
}
