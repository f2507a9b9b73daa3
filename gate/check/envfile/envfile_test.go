package envfile

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func find1(t *testing.T, r gate.Result, rule, subject string) gate.Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Rule == rule && f.Subject == subject {
			return f
		}
	}
	t.Fatalf("no %s about %s among %v", rule, subject, checktest.Reported(r))
	return gate.Finding{}
}

const ownSecrets = "SECRET_KEY=own-secret-key-1\nDB_PASSWORD=own-db-1\nREDIS_PASSWORD=own-redis-1\nCELERY_BROKER_URL=redis://:own-redis-1@redis:6379/1\n" +
	"PLUGIN_DAEMON_KEY=own-daemon-1\nPLUGIN_DIFY_INNER_API_KEY=own-inner-1\nCODE_EXECUTION_API_KEY=own-box-1\nSANDBOX_API_KEY=own-box-1\n" +
	"WEAVIATE_API_KEY=own-weav-1\nWEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS=own-weav-1\nREDIS_HOST=redis\nDIFY_AGENT_SERVER_SECRET_KEY=own-agent-1\n"

// Each rule on both sides: what fires, and the smallest change that does not.
func TestEnvRules(t *testing.T) {
	cases := []struct {
		name, from, to string
		files          map[string]string
		want           []string // findings other than env/new
	}{
		{"clean", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets}, nil},
		{"a dollar in a password", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, "own-db-1", "own-db$one", 1)}, []string{"env/missing DB_PASSWORD"}},
		{"broken lines", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "A B=1\nC=\"x\n"}, []string{"env/syntax 13", "env/syntax 14"}},
		{"a quote that swallows the secrets", "1.10.0", "1.10.1", map[string]string{".env": "X=\"a\n" + ownSecrets, "docker-compose.yaml": "services:\n  api:\n    image: x\n    environment:\n      DB_PASSWORD: ${DB_PASSWORD:-difyai" + "123456}\n"}, []string{"env/syntax 1"}},
		{"broken compose", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services: ["}, []string{"env/syntax docker-compose.yaml"}},
		{"compose wants a value", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  api:\n    image: x\n    environment: {A: \"${NEEDED}\", B: \"${FINE:-1}\"}\n"}, []string{"env/missing NEEDED"}},
		{"compose gets its value", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "NEEDED=1\n", "docker-compose.yaml": "services:\n  api:\n    image: x\n    environment: {A: \"${NEEDED}\"}\n"}, nil},
		{"idle service wants a value", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  a:\n    image: x\n    profiles: [off]\n    environment: {A: \"${NEEDED}\"}\n"}, nil},
		{"template variable not passed", "1.14.0", "1.14.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  nginx:\n    image: nginx\n    environment: {NGINX_PORT: \"80\"}\n", "nginx/conf.d/default.conf.template": "listen ${NGINX_PORT};\nset $u ${NGINX_SOCKET_IO_UPSTREAM};\n${HTTPS_CONFIG}\n"}, []string{"env/missing NGINX_SOCKET_IO_UPSTREAM"}},
		{"removed", "1.9.0", "1.9.1", map[string]string{".env": ownSecrets + "WORKFLOW_PARALLEL_DEPTH_LIMIT=3\nMY_OWN=1\n"}, []string{"env/removed WORKFLOW_PARALLEL_DEPTH_LIMIT"}},
		{"not yet removed", "1.8.1", "1.9.0", map[string]string{".env": ownSecrets + "WORKFLOW_PARALLEL_DEPTH_LIMIT=3\n"}, nil},
		{"old default pinned", "1.5.1", "1.6.0", map[string]string{".env": ownSecrets + "NGINX_CLIENT_MAX_BODY_SIZE=15M\n"}, []string{"env/default-changed NGINX_CLIENT_MAX_BODY_SIZE"}},
		{"own value", "1.5.1", "1.6.0", map[string]string{".env": ownSecrets + "NGINX_CLIENT_MAX_BODY_SIZE=20M\n"}, nil},
		{"new default", "1.5.1", "1.6.0", map[string]string{".env": ownSecrets + "NGINX_CLIENT_MAX_BODY_SIZE=100M\n"}, nil},
		{"changed long ago", "1.9.1", "1.9.2", map[string]string{".env": ownSecrets + "NGINX_CLIENT_MAX_BODY_SIZE=15M\n"}, nil},
		{"published secret", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, "own-db-1", "difyai"+"123456", 1)}, []string{"env/public-secret DB_PASSWORD"}},
		{"published secret by the target's default", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, "DB_PASSWORD=own-db-1\n", "", 1)}, []string{"env/public-secret DB_PASSWORD"}},
		{"published secret by the compose default", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, "DB_PASSWORD=own-db-1\n", "", 1), "docker-compose.yaml": "services:\n  api:\n    image: x\n    environment:\n      DB_PASSWORD: ${DB_PASSWORD:-difyai" + "123456}\n"}, []string{"env/public-secret DB_PASSWORD"}},
		{"published secret written out", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  redis:\n    image: x\n    environment:\n      PW: difyai" + "123456\n"}, []string{"env/public-secret redis's PW"}},
		{"store not in use", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "VECTOR_STORE=weaviate\nQDRANT_API_KEY=difyai" + "123456\n"}, nil},
		{"store in use", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "VECTOR_STORE=qdrant\nQDRANT_API_KEY=difyai" + "123456\n"}, []string{"env/public-secret QDRANT_API_KEY"}},
		{"broker password differs", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, ":own-redis-1@", ":other-1@", 1)}, []string{"env/inconsistent broker"}},
		{"broker elsewhere", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, ":own-redis-1@redis", ":other-1@broker.example", 1)}, nil},
		{"broker password escaped", "1.10.0", "1.10.1", map[string]string{".env": strings.NewReplacer(":own-redis-1@", ":p%40ss-1@", "REDIS_PASSWORD=own-redis-1", "REDIS_PASSWORD=p@ss-1").Replace(ownSecrets)}, nil},
		{"daemon key differs in compose", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  api:\n    image: x\n    environment: {PLUGIN_DAEMON_KEY: \"${PLUGIN_DAEMON_KEY}\"}\n  plugin_daemon:\n    image: y\n    environment: {SERVER_KEY: typed-by-hand}\n"}, []string{"env/inconsistent daemon"}},
		{"sandbox keys differ", "1.10.0", "1.10.1", map[string]string{".env": strings.Replace(ownSecrets, "SANDBOX_API_KEY=own-box-1", "SANDBOX_API_KEY=own-box-2", 1)}, []string{"env/inconsistent sandbox"}},
		{"path in a URL", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_API_URL=https://a.example/console/api\n"}, []string{"env/inconsistent CONSOLE_API_URL"}},
		{"slash behind a URL", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_API_URL=https://a.example/\n"}, []string{"env/inconsistent CONSOLE_API_URL"}},
		{"schemes differ", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_WEB_URL=https://a.example\nCONSOLE_API_URL=http://a.example\n"}, []string{"env/inconsistent scheme"}},
		{"URL family agrees", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_WEB_URL=https://a.example\nCONSOLE_API_URL=https://a.example\n"}, nil},
		{"container in a browser's URL", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "FILES_URL=http://api:5001\n"}, []string{"env/inconsistent FILES_URL"}},
		{"hosts without cookie domain", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_WEB_URL=https://c.a.example\nCONSOLE_API_URL=https://api.a.example\n"}, []string{"env/inconsistent COOKIE_DOMAIN"}},
		{"hosts with cookie domain", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_WEB_URL=https://c.a.example\nCONSOLE_API_URL=https://api.a.example\nCOOKIE_DOMAIN=a.example\nNEXT_PUBLIC_COOKIE_DOMAIN=a.example\n"}, nil},
		{"cookie domain as the example says", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_WEB_URL=https://c.a.example\nCONSOLE_API_URL=https://api.a.example\nCOOKIE_DOMAIN=a.example\nNEXT_PUBLIC_COOKIE_DOMAIN=1\n"}, nil},
		{"cookie domain of one side", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "COOKIE_DOMAIN=a.example\nNEXT_PUBLIC_COOKIE_DOMAIN=\n"}, []string{"env/inconsistent cookie"}},
		{"foreign cookie domain", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "CONSOLE_WEB_URL=https://b.example\nCOOKIE_DOMAIN=a.example\nNEXT_PUBLIC_COOKIE_DOMAIN=a.example\n"}, []string{"env/inconsistent COOKIE_DOMAIN"}},
		{"database not started", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "DB_TYPE=postgresql\nDB_HOST=db_postgres\nCOMPOSE_PROFILES=weaviate\n"}, []string{"env/inconsistent profile of DB_HOST"}},
		{"database started", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "DB_TYPE=postgresql\nDB_HOST=db_postgres\nCOMPOSE_PROFILES=weaviate,postgresql\n"}, nil},
		{"database of the old compose file's default", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.10.0\n    environment: {DB_HOST: \"${DB_HOST:-db}\"}\n  db: {image: x}\n"}, nil},
		{"own database not started", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "COMPOSE_PROFILES=weaviate\n", "docker-compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.10.1\n    environment: {DB_HOST: \"${DB_HOST:-pg}\"}\n  pg: {image: x, profiles: [pg]}\n  redis: {image: y}\n"}, []string{"env/inconsistent profile of DB_HOST"}},
		{"database elsewhere", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "DB_TYPE=postgresql\nDB_HOST=pg.example\nCOMPOSE_PROFILES=weaviate\n"}, nil},
		{"database service gone", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "DB_HOST=db\nCOMPOSE_PROFILES=weaviate,postgresql\n"}, []string{"env/default-changed DB_HOST", "env/inconsistent DB_HOST"}},
		{"database type and host", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "DB_TYPE=mysql\nDB_HOST=db_postgres\nCOMPOSE_PROFILES=weaviate,postgresql\n"}, []string{"env/inconsistent DB_TYPE"}},
		{"compose demands a value", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets, "docker-compose.yaml": "services:\n  api:\n    image: x\n    environment: {A: \"${NEEDED:?say}\", B: \"${OTHER:?say}\"}\n"}, []string{"env/missing NEEDED", "env/missing OTHER"}},
		{"daemon's debugging port", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "PLUGIN_DAEMON_URL=http://plugin_daemon:5003\n"}, []string{"env/inconsistent PLUGIN_DAEMON_URL"}},
		{"daemon's own port", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "PLUGIN_DAEMON_URL=http://plugin_daemon:5002\n"}, nil},
		{"set twice", "1.10.0", "1.10.1", map[string]string{".env": ownSecrets + "X=1\nX=2\nY=1\nY=1\n"}, []string{"env/inconsistent duplicate X"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := checktest.Dir(t, c.files)
			r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: c.from, To: c.to}, &EnvFile{})
			if r.Err != nil || r.Skip != "" {
				t.Fatalf("err %v, skip %q", r.Err, r.Skip)
			}
			var got []string
			for _, f := range r.Findings {
				if f.Rule != "env/new" {
					got = append(got, f.Rule+" "+strings.TrimPrefix(f.Subject, dir+string(filepath.Separator)))
				}
				if f.Location == nil || f.Location.File == "" || f.Hint == "" {
					t.Errorf("%s: no place or no hint", f.Message)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEnvNewWithPlaces(t *testing.T) {
	dir := checktest.Dir(t, map[string]string{"d/.env": ownSecrets})
	r := checktest.Run(t, &check.Env{Dir: filepath.Join(dir, "d"), WorkDir: dir, From: "1.9.2", To: "1.10.1"}, &EnvFile{})
	f := find1(t, r, "env/new", "TRIGGER_URL")
	want := "TRIGGER_URL is new since 1.10.0 with the default http://localhost, .env does not set it"
	if f.Message != want || f.Location.File != "d/.env" || f.Severity != gate.Notice {
		t.Errorf("%s at %v, severity %s", f.Message, f.Location, f.Severity)
	}
	// Without a running version nothing is called new.
	r = checktest.Run(t, &check.Env{Dir: filepath.Join(dir, "d"), WorkDir: dir, To: "1.10.1"}, &EnvFile{})
	if got := checktest.Reported(r); len(got) != 0 {
		t.Errorf("without a running version: %v", got)
	}
}

func TestEnvAgainstFile(t *testing.T) {
	dir := checktest.Dir(t, map[string]string{
		"gate/own.env":             ownSecrets + "OLD=1\nKEPT=x\nSHOWN=1\nCOMPOSE_PROJECT_NAME=d\n",
		"gate/new/example.env":     "KEPT=y\nADDED=7\nADDED_KEY=topsecret1\n# SHOWN=2\n" + ownSecrets,
		"gate/new/compose.yaml":    "services:\n  a:\n    image: x\n    environment: {A: \"${WANTED:?say}\", B: \"${ADDED}\"}\n",
		"gate/new/unused.env.file": "",
	})
	spec := &EnvFile{File: "own.env", Target: "new/example.env"}
	spec.Source = &gate.Location{File: filepath.Join(dir, "gate", "gate.yaml"), Line: 1}
	r := checktest.Run(t, &check.Env{WorkDir: dir}, spec)
	want := []string{"env/missing WANTED", "env/new ADDED", "env/new ADDED_KEY", "env/removed OLD"}
	if diff := cmp.Diff(want, checktest.Reported(r)); diff != "" {
		t.Error(diff)
	}
	f := find1(t, r, "env/new", "ADDED_KEY")
	if strings.Contains(f.Message, "topsecret") || len(f.Related) != 1 || f.Related[0].File != "gate/new/example.env" || f.Related[0].Line != 3 {
		t.Errorf("%s, related %v", f.Message, f.Related)
	}
	if f := find1(t, r, "env/missing", "WANTED"); f.Location.File != "gate/new/compose.yaml" || f.Location.Line != 4 {
		t.Errorf("at %v", f.Location)
	}
}

func TestEnvSkipsAndErrors(t *testing.T) {
	if r := checktest.Run(t, &check.Env{To: "1.10.1"}, &EnvFile{}); !strings.Contains(r.Skip, "--dir") {
		t.Errorf("without a directory: %+v", r)
	}
	dir := t.TempDir()
	if r := checktest.Run(t, &check.Env{Dir: dir, To: "1.10.1"}, &EnvFile{}); r.Skip == "" {
		t.Errorf("empty directory: %+v", r)
	}
	if r := checktest.Run(t, &check.Env{WorkDir: dir, To: "1.10.1"}, &EnvFile{File: "none.env"}); r.Err == nil {
		t.Errorf("named file that is missing: %+v", r)
	}
}

// A variable that still has its local default in a public deployment: a notice
// as shipped, a warning when somebody wrote it.
func TestEnvLocalAddresses(t *testing.T) {
	public, _ := url.Parse("https://dify.example.com")
	local, _ := url.Parse("http://127.0.0.1:8080")
	cases := []struct {
		value string
		url   *url.URL
		want  gate.Severity // 0: no finding
	}{
		{"http://localhost", public, gate.Notice},
		{"http://localhost:5001", public, gate.Warning},
		{"http://localhost:5001", local, 0},
		{"http://localhost:5001", nil, 0},
		{"https://dify.example.com", public, 0},
	}
	for _, c := range cases {
		dir := checktest.Dir(t, map[string]string{".env": ownSecrets + "TRIGGER_URL=" + c.value + "\n"})
		r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: "1.10.0", To: "1.10.1", URL: c.url}, &EnvFile{})
		got := gate.Severity(0)
		for _, f := range r.Findings {
			if f.Subject == "TRIGGER_URL" {
				got = f.Severity
			}
		}
		if got != c.want {
			t.Errorf("%s with %v: %v, want %v", c.value, c.url, got, c.want)
		}
	}
}

// No value of a secret may be in any finding: the whole example of a release,
// broken in all the ways that yield findings, is searched for.
func TestEnvShowsNoSecret(t *testing.T) {
	secrets := []string{"Own!db-1", "Own!redis-1", "Own!broker-1", "Own!daemon-1", "Own!broken-1", "Own!new-1", "Own!weaviate-1", "difyai" + "123456"}
	dir := checktest.Dir(t, map[string]string{
		".env": "DB_PASSWORD=Own!db-1\nREDIS_HOST=redis\nREDIS_PASSWORD=Own!redis-1\nCELERY_BROKER_URL=redis://:Own!broker-1@redis:6379/1\n" +
			"PLUGIN_DAEMON_KEY=Own!daemon-1\nSERVER_KEY=x\nBROKEN KEY=Own!broken-1\nWEAVIATE_API_KEY=Own!weaviate-1\nWEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS=z\n" +
			"CONSOLE_API_URL=https://u:Own!new-1@a.example/x\nDB_PASSWORD=difyai" + "123456\n",
		"target.env": "ANY_SECRET=Own!new-1\n",
	})
	for _, target := range []string{"", "target.env"} {
		r := checktest.Run(t, &check.Env{WorkDir: dir, From: "1.9.0", To: "1.16.0"}, &EnvFile{File: ".env", Target: target})
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) < 3 {
			t.Errorf("only %v", checktest.Reported(r))
		}
		for _, s := range secrets {
			if strings.Contains(string(text), s) {
				t.Errorf("%q is shown in %s", s, text)
			}
		}
	}
}
