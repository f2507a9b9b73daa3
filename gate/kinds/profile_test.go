package kinds

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/check/redis"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func profileEnv(t *testing.T, dir, address, to string) *check.Env {
	t.Helper()
	network, err := probe.NewNetwork(probe.NetworkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	env := &check.Env{Network: network, Dir: dir, WorkDir: dir, To: to}
	if address != "" {
		if env.URL, err = url.Parse(address); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

// named finds a check of the profile.
func named(t *testing.T, env *check.Env, name string) (gate.Check, bool) {
	t.Helper()
	for _, s := range Profile(env) {
		if ms := s.Validate(); len(ms) > 0 {
			t.Errorf("%s %s: %v", s.Kind(), s.Common().Name, ms)
		}
		if c := s.Check(env); c.Name == name {
			return c, true
		}
	}
	return gate.Check{}, false
}

func TestProfileByRelease(t *testing.T) {
	const local = "http://127.0.0.1:1"
	cases := []struct {
		to, name string
		want     bool
	}{
		{"0.15.8", "service api wants a key", true},
		{"0.15.8", "plugin endpoints are routed", false},
		{"1.5.1", "mcp is routed", false},
		{"1.6.0", "mcp is routed", true},
		{"1.9.2", "triggers are routed", false},
		{"1.10.0", "triggers are routed", true},
		{"1.14.2", "openapi is routed", false},
		{"1.15.0", "openapi is routed", true},
		{"1.99.0", "openapi is routed", true},
		{"", "openapi is routed", true},
	}
	for _, c := range cases {
		if _, ok := named(t, profileEnv(t, "", local, c.to), c.name); ok != c.want {
			t.Errorf("%q at %q: %v, want %v", c.name, c.to, ok, c.want)
		}
	}
}

func TestProfileFromEnvFile(t *testing.T) {
	dir := checktest.Dir(t, map[string]string{
		".env": "REDIS_HOST=redis.example\nREDIS_PORT=6380\nREDIS_USE_SSL=true\nREDIS_PASSWORD=p@ss/word1\nREDIS_DB=3\nCELERY_BROKER_URL=redis://:p1secret@broker.example/1\n" +
			"VECTOR_STORE=pgvector\nPGVECTOR_HOST=vec.example\nSSRF_PROXY_HTTP_URL=http://proxy.example:3128\nCOMPOSE_PROFILES=pgvector,collaboration\n",
	})
	env := profileEnv(t, dir, "https://dify.example.com/base", "1.15.0")
	want := map[string]string{
		"redis":                   "redis.example:6380/3",
		"celery":                  "broker.example:6379/1",
		"vector store pgvector":   "vec.example:5432",
		"ssrf proxy":              "proxy.example:3128",
		"collaboration is routed": "https://dify.example.com/base/socket.io/",
		"console api answers":     "https://dify.example.com/base/console/api/ping",
		"plugin daemon health":    "http://plugin_daemon:5002/health/check",
		"sandbox health":          "http://sandbox:8194/health",
	}
	for name, part := range want {
		c, ok := named(t, env, name)
		if probes := strings.Join(c.Probes, "\n"); !ok || !strings.Contains(probes, part) {
			t.Errorf("%s probes %q, want %s", name, probes, part)
		} else if strings.Contains(probes, "word1") || strings.Contains(probes, "p1secret") {
			t.Errorf("%s shows a password: %s", name, probes)
		}
	}
	for _, name := range []string{"local sandbox health", "agent backend", "vector store weaviate"} {
		if _, ok := named(t, env, name); ok {
			t.Errorf("%s is there", name)
		}
	}
	seen := map[string]bool{}
	for _, s := range Profile(env) {
		c := s.Check(env)
		if seen[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		seen[c.Name] = true
		if c.Phase == gate.PhasePost && len(c.Probes) == 0 {
			t.Errorf("%s lists no probe", c.Name)
		}
	}
}

func TestProfileDatabases(t *testing.T) {
	cases := map[string][2]string{
		"DB_HOST=pg.example\nDB_PASSWORD=p@ss:word1\n":                      {"postgres", "pg.example:5432"},
		"DB_HOST=my.example\nDB_TYPE=mysql\nDB_PORT=3307\n":                 {"mysql", "my.example:3307"},
		"DB_HOST=db_postgres\nDB_TYPE=postgresql\nDB_DATABASE=other_name\n": {"postgres", "other_name"},
	}
	for env, want := range cases {
		dir := checktest.Dir(t, map[string]string{".env": env})
		c, ok := named(t, profileEnv(t, dir, "", "1.15.0"), want[0])
		probes := strings.Join(c.Probes, " ")
		if !ok || !strings.Contains(probes, want[1]) || strings.Contains(probes, "word1") {
			t.Errorf("%q: %q", env, probes)
		}
		if m, ok := named(t, profileEnv(t, dir, "", "1.15.0"), "migration"); !ok || !strings.Contains(strings.Join(m.Probes, " "), want[1]) {
			t.Errorf("%q: migration probes %v", env, m.Probes)
		}
	}
	dir := checktest.Dir(t, map[string]string{".env": "A=1\n"})
	for _, name := range []string{"postgres", "mysql"} {
		if _, ok := named(t, profileEnv(t, dir, "", "1.15.0"), name); ok {
			t.Errorf("%s without DB_HOST", name)
		}
	}
}

// Settings that say that a server is there, but not where, leave its check undecided;
// what the gate has no probe for is skipped.
func TestProfileTellsOfSettings(t *testing.T) {
	const skipped, undecided, failed = "skipped", "undecided", "failed"
	for env, want := range map[string][3]string{
		"REDIS_USE_SENTINEL=true\nREDIS_SENTINELS=\n":                    {"redis", undecided, "REDIS_SENTINELS names none"},
		"REDIS_USE_SENTINEL=true\nREDIS_SENTINELS=h:1\n":                 {"redis", undecided, "REDIS_SENTINEL_SERVICE_NAME: master is required"},
		"REDIS_USE_CLUSTERS=true\n":                                      {"redis", undecided, "REDIS_CLUSTERS names none"},
		"REDIS_HOST=h.example\nREDIS_PORT=x\n":                           {"redis", failed, "REDIS_PORT"},
		"DB_HOST=h.example\nDB_PORT=x\n":                                 {"postgres", undecided, "port"},
		"CELERY_BROKER_URL=amqp://u:sesame@rabbit.example//\n":           {"celery", skipped, `CELERY_BROKER_URL: scheme "amqp"`},
		"CELERY_BROKER_URL='redis://:ses/ame@h.example/1'\n":             {"celery", failed, "%2F"},
		"CELERY_BROKER_URL='redis://:ses#ame@h.example/1'\n":             {"celery", failed, "CELERY_BROKER_URL cannot be read"},
		"CELERY_BROKER_URL=sentinel://h.example/1\n":                     {"celery", undecided, "CELERY_SENTINEL_MASTER_NAME"},
		"VECTOR_STORE=tencent\n":                                         {"vector store tencent", skipped, "no probe"},
		"VECTOR_STORE=weaviate\nWEAVIATE_ENDPOINT=weaviate:8080\n":       {"vector store weaviate", undecided, "WEAVIATE_ENDPOINT is no URL"},
		"PLUGIN_DAEMON_URL=plugin_daemon:5002\n":                         {"plugin daemon health", undecided, "PLUGIN_DAEMON_URL is no URL"},
		"SSRF_PROXY_HTTP_URL=ssrf_proxy:3128\n":                          {"ssrf proxy", undecided, "SSRF_PROXY_HTTP_URL is no URL"},
		"A='unterminated\n":                                              {"settings of what is live", undecided, ".env:1: "},
		"VECTOR_STORE=elasticsearch-ja\nELASTICSEARCH_HOST=es.example\n": {"vector store elasticsearch-ja", "", ""},
		"REDIS_HOST=h.example\nCELERY_BROKER_URL=redis://h.example/1\n":  {"celery", "", ""},
	} {
		dir := checktest.Dir(t, map[string]string{".env": env})
		c, ok := named(t, profileEnv(t, dir, "", "1.15.0"), want[0])
		said, how := c.Skip, ""
		if said != "" {
			how = skipped
		} else if want[1] != "" {
			res := c.Run(t.Context())
			if res.Err != nil {
				said, how = res.Err.Error(), undecided
			} else if len(res.Findings) == 1 && res.Findings[0].Severity == gate.Error {
				said, how = res.Findings[0].Message+res.Findings[0].Hint, failed
			}
		}
		if !ok || how != want[1] || !strings.Contains(said, want[2]) || strings.Contains(said, "ame@") || strings.Contains(said, "sesame") {
			t.Errorf("%q: there %v, %s: %q, want %q", env, ok, how, said, want)
		}
	}
}

// Dify does not verify a Redis over TLS unless a setting asks for it.
func TestProfileRedisTLS(t *testing.T) {
	for reqs, skip := range map[string]bool{"CERT_NONE": true, "CERT_REQUIRED": false} {
		dir := checktest.Dir(t, map[string]string{".env": "REDIS_HOST=h.example\nREDIS_USE_SSL=true\nCELERY_BROKER_URL=rediss://h.example/1\nREDIS_SSL_CERT_REQS=" + reqs + "\n"})
		p := newProfile(profileEnv(t, dir, "", "1.15.0"))
		access, _ := p.redis()
		broker := redis.RedisAccess{URL: gate.NewSecret(p.unverified(p.lookup("CELERY_BROKER_URL")))}
		for _, a := range []redis.RedisAccess{access, broker} {
			if s, err := a.Resolve(); err != nil || !s.Target.TLS || s.Target.SkipVerify != skip {
				t.Errorf("%s: %+v %v, want verification %v", reqs, s.Target, err, !skip)
			}
		}
	}
}

// CORS matters where pages and API have different origins, and only there.
func TestProfileCORS(t *testing.T) {
	for env, want := range map[string]string{
		"CONSOLE_WEB_URL=https://c.example\nCONSOLE_API_URL=https://api.example\n": "https://api.example/console/api/system-features",
		"CONSOLE_WEB_URL=https://c.example\nCONSOLE_API_URL=https://c.example\n":   "",
		"CONSOLE_WEB_URL=https://c.example\n":                                      "",
	} {
		dir := checktest.Dir(t, map[string]string{".env": env})
		c, ok := named(t, profileEnv(t, dir, "https://dify.example.com", "1.15.0"), "console cors")
		if ok != (want != "") || !strings.Contains(strings.Join(c.Probes, " "), want) {
			t.Errorf("%q: %v %v, want %q", env, ok, c.Probes, want)
		}
	}
}

// An app is run only for who gives a key.
func TestProfileAppNeedsKey(t *testing.T) {
	env := profileEnv(t, "", "https://dify.example.com", "1.15.0")
	if _, ok := named(t, env, "app"); ok {
		t.Error("an app would be run without a key")
	}
	env.APIKey = gate.NewSecret("app-key-of-the-operator")
	c, ok := named(t, env, "app")
	if probes := strings.Join(c.Probes, " "); !ok || !strings.Contains(probes, "POST https://dify.example.com/v1") || strings.Contains(probes, "app-key") {
		t.Errorf("with a key: %v %q", ok, probes)
	}
}

func TestProfileAddressesOfParts(t *testing.T) {
	env := profileEnv(t, "", "https://dify.example.com", "1.15.0")
	env.ConsoleURL, _ = url.Parse("https://console.example.com")
	env.APIURL, _ = url.Parse("https://api.example.com/")
	for name, want := range map[string]string{
		"tls dify.example.com:443":     "dify.example.com:443",
		"tls console.example.com:443":  "console.example.com:443",
		"console api answers":          "GET https://console.example.com/console/api/ping",
		"service api wants a key":      "GET https://api.example.com/v1/parameters",
		"web app api wants a passport": "GET https://dify.example.com/api/passport",
	} {
		if c, _ := named(t, env, name); !strings.Contains(strings.Join(c.Probes, " "), want) {
			t.Errorf("%s probes %v, want %s", name, c.Probes, want)
		}
	}
}

// A name of the compose network that does not resolve is skipped with the way
// to it; one that --resolve knows is tried, and so is a public one.
func TestProfileInsideTheNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dir := checktest.Dir(t, map[string]string{".env": "SSRF_PROXY_HTTP_URL=http://no-such-name-here:3128\n"})
	env := profileEnv(t, dir, "", "1.15.0")
	c, _ := named(t, env, "ssrf proxy")
	r := c.Run(t.Context())
	if !strings.Contains(r.Skip, "compose network") || !strings.Contains(r.Skip, "--resolve no-such-name-here:3128:") {
		t.Errorf("%+v", r)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if env.Network, err = probe.NewNetwork(probe.NetworkOptions{Resolve: []string{"no-such-name-here:3128:127.0.0.1:" + port}}); err != nil {
		if env.Network, err = probe.NewNetwork(probe.NetworkOptions{Resolve: []string{"no-such-name-here:3128:127.0.0.1"}}); err != nil {
			t.Fatal(err)
		}
	}
	c, _ = named(t, env, "ssrf proxy")
	if r := c.Run(t.Context()); r.Skip != "" {
		t.Errorf("with --resolve it is skipped: %s", r.Skip)
	}
	// The same, listed by hand, fails.
	own := (&web.TCP{Address: "no-such-name-here.invalid:1"}).Check(env)
	if r := own.Run(t.Context()); len(r.Findings) == 0 {
		t.Errorf("by hand: %+v", r)
	}
}

func TestProfileInnerAPIStaysInside(t *testing.T) {
	open := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if open {
			w.Header().Set("X-Version", "1.15.0")
			w.Header().Set("X-Env", "PRODUCTION")
		} else {
			w.Header().Set("X-Powered-By", "Next.js")
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	env := profileEnv(t, "", server.URL, "1.15.0")
	c, ok := named(t, env, "inner api is not public")
	if !ok {
		t.Fatal("no such check")
	}
	if r := c.Run(context.Background()); len(r.Findings) != 0 || r.Err != nil {
		t.Errorf("hidden: %v %v", r.Findings, r.Err)
	}
	open = true
	r := c.Run(context.Background())
	if len(r.Findings) != 1 || r.Findings[0].Rule != "http/responder" || r.Findings[0].Severity != gate.Error {
		t.Errorf("open: %v", r.Findings)
	}
}

// A release yields a profile whose entries are valid.
func TestProfileOfReleases(t *testing.T) {
	releasedir.Some(t, 6, func(t *testing.T, d releasedir.Dir) {
		env := profileEnv(t, d.Path, "http://127.0.0.1:1", d.Version)
		for _, name := range []string{"redis", "celery", "console api answers", "vector store weaviate", "sandbox health", "env"} {
			if _, ok := named(t, env, name); !ok {
				t.Errorf("no %s", name)
			}
		}
	})
}

func TestSurvey(t *testing.T) {
	dir := checktest.Dir(t, map[string]string{
		".env":                "DB_HOST=pg.example\nCONSOLE_API_URL=https://console.example.com\nFILES_URL=https://u:topsecret@files.example.com/\nCOMPOSE_PROFILES=b,a\n",
		"docker-compose.yaml": "services:\n  api: {image: \"langgenius/dify-api:1.15.0\"}\n",
	})
	env := &check.Env{Dir: dir, WorkDir: dir, To: "1.15.0"}
	s, err := SurveyDir(env)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(s.Files, " ") != ".env docker-compose.yaml" || s.Address != "https://console.example.com" || s.Compose != "2.24.0" {
		t.Errorf("%+v", s)
	}
	if len(s.Settings) != 1 || s.Settings[0] != (Found{Name: "DB_HOST", Value: "pg.example", Place: ".env:1"}) {
		t.Errorf("settings %+v", s.Settings)
	}
	if len(s.URLs) != 2 || s.URLs[1] != (Found{Field: "files_url", Name: "FILES_URL", Value: "https://files.example.com", Place: ".env:3"}) {
		t.Errorf("URLs %+v", s.URLs)
	}
	if _, err := SurveyDir((&check.Env{Dir: filepath.Join(dir, "none")})); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
}
