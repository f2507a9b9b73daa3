package kinds

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// fault is a failure of one part of a deployment, and what the gate should say of
// it. Faults of the same part exclude each other, as one hides the other.
type fault struct {
	name, part string
	// serve answers instead of the healthy deployment; it reports whether it did.
	serve func(l *lab, w http.ResponseWriter, r *http.Request) bool
	// env are settings of the deployment's .env.
	env func(t *testing.T) map[string]string
	// rule and cause are of the root cause that is expected: its message has cause.
	rule, cause string
	// blamed is set when errors of the API are explained by the fault as well.
	blamed bool
}

// lab is a deployment of stand-ins behind a stand-in for nginx.
type lab struct {
	api, old, crashed *testserver.DifyAPI
	web               http.Handler
	faults            []fault
}

func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, f := range l.faults {
		if f.serve != nil && f.serve(l, w, r) {
			return
		}
	}
	switch path := r.URL.Path; {
	case under(path, "/socket.io"):
		_, _ = fmt.Fprint(w, `0{"sid":"x"}`)
	case under(path, "/e"):
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"code":-400,"message":"{\"message\":\"endpoint not found\",\"error_type\":\"PluginDaemonBadRequestError\",\"args\":null}","data":null}`)
	case under(path, "/console/api", "/api", "/v1", "/files", "/mcp", "/triggers", "/openapi"):
		l.api.ServeHTTP(w, r)
	default:
		l.web.ServeHTTP(w, r)
	}
}

func under(path string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// badGateway is nginx's own page.
func badGateway(w http.ResponseWriter) {
	w.Header().Set("Server", "nginx/1.27.5")
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = fmt.Fprint(w, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.27.5</center>\r\n</body>\r\n</html>\r\n")
}

// closedPort makes settings of a port on which nobody listens.
func closedPort(t *testing.T, host, port string, more ...string) map[string]string {
	h, p, _ := strings.Cut(checktest.Closed(t), ":")
	out := map[string]string{host: h, port: p}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = strings.NewReplacer("HOST", h, "PORT", p).Replace(more[i+1])
	}
	return out
}

func faults() []fault {
	crash := func(l *lab, w http.ResponseWriter, r *http.Request) bool {
		if !under(r.URL.Path, "/console/api", "/api", "/v1", "/files") {
			return false
		}
		l.crashed.ServeHTTP(w, r)
		return true
	}
	return []fault{
		{
			name: "an nginx that was not recreated", part: "proxy",
			serve: func(l *lab, w http.ResponseWriter, r *http.Request) bool {
				if !under(r.URL.Path, "/socket.io", "/mcp", "/triggers", "/e") {
					return false
				}
				l.web.ServeHTTP(w, r)
				return true
			},
			rule: "http/not-found", cause: "nginx still runs an old configuration: /e, /mcp, /socket.io and /triggers go to web",
		},
		{
			name: "a plugin daemon that is down", part: "proxy",
			serve: func(_ *lab, w http.ResponseWriter, r *http.Request) bool {
				if !under(r.URL.Path, "/e") {
					return false
				}
				badGateway(w)
				return true
			},
			rule: "http/status", cause: "plugin_daemon",
		},
		{
			name: "a front end that is down", part: "web",
			serve: func(_ *lab, w http.ResponseWriter, r *http.Request) bool {
				if under(r.URL.Path, "/socket.io", "/e", "/console/api", "/api", "/v1", "/files", "/mcp", "/triggers", "/openapi") {
					return false
				}
				badGateway(w)
				return true
			},
			rule: "http/status", cause: "web",
		},
		{
			name: "an API that crashes", part: "api", serve: crash,
			rule: "http/status", cause: "the API crashes on requests below /api, /console/api, /files and /v1",
		},
		{
			name: "an API that is down", part: "api",
			serve: func(_ *lab, w http.ResponseWriter, r *http.Request) bool {
				if !under(r.URL.Path, "/console/api", "/api", "/v1", "/files", "/mcp", "/triggers", "/openapi") {
					return false
				}
				badGateway(w)
				return true
			},
			rule: "http/status", cause: "api",
		},
		{
			name: "a database that is down", part: "api", serve: crash,
			env:  func(t *testing.T) map[string]string { return closedPort(t, "DB_HOST", "DB_PORT") },
			rule: "postgres/unreachable", cause: "connection was refused",
		},
		{
			name: "a Redis that is down", part: "redis",
			env: func(t *testing.T) map[string]string {
				return closedPort(t, "REDIS_HOST", "REDIS_PORT", "CELERY_BROKER_URL", "redis://:difyai123456@HOST:PORT/1")
			},
			rule: "redis/unreachable", cause: "connection was refused", blamed: true,
		},
		{
			name: "containers of the old release", part: "api",
			serve: func(l *lab, w http.ResponseWriter, r *http.Request) bool {
				if !under(r.URL.Path, "/console/api", "/api", "/v1", "/files", "/mcp", "/triggers") {
					return false
				}
				l.old.ServeHTTP(w, r)
				return true
			},
			rule: "version/mismatch", cause: "1.15.0",
		},
	}
}

// labDir is the directory of the release with the faults' settings, and its nginx
// template without what the host's resolver would have to know.
func labDir(t *testing.T, files map[string]string, settings map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if name == ".env" || name == ".env.example" {
			for _, key := range slices.Sorted(maps.Keys(settings)) {
				line := regexp.MustCompile(`(?m)^` + key + `=.*$`)
				text = line.ReplaceAllLiteralString(text, "") + "\n" + key + "=" + settings[key] + "\n"
			}
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// labRun runs the live part of the profile against a deployment with faults.
func labRun(t *testing.T, files map[string]string, list ...fault) gate.Report {
	t.Helper()
	const version = "1.16.0"
	l := &lab{api: &testserver.DifyAPI{Version: version}, old: &testserver.DifyAPI{Version: "1.15.0"}, crashed: &testserver.DifyAPI{Version: version}, web: testserver.NextJS(), faults: list}
	l.crashed.Down.Store(true)
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	settings := map[string]string{}
	for _, f := range list {
		if f.env != nil {
			maps.Copy(settings, f.env(t))
		}
	}
	env := profileEnv(t, labDir(t, files, settings), server.URL, version)
	var checks []gate.Check
	for _, s := range append(Profile(env), &release.Version{Base: check.Base{Name: "version"}}) {
		c := s.Check(env)
		if c.Phase == gate.PhasePost && (c.Kind == "http" || c.Kind == "version" || settings["DB_HOST"] != "" && c.Kind == "postgres" ||
			settings["REDIS_HOST"] != "" && (c.Kind == "redis" || c.Kind == "celery")) && !strings.HasSuffix(c.Name, "health") {
			c.Retries = 0
			checks = append(checks, c)
		}
	}
	ran, err := gate.Run(t.Context(), checks, gate.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return gate.Assemble(ran, gate.Policy{FailOn: gate.FailOnError}, gate.RunInfo{Started: time.Now(), URL: server.URL, Phase: gate.PhasePost, Graph: dify.Graph()})
}

// TestFaultLab injects each fault alone and with each of another part. The causes
// are those injected and no others, and each explains the same checks in company
// as alone.
func TestFaultLab(t *testing.T) {
	t.Parallel()
	files := releasedir.Files(t, "1.16.0")
	if rep := labRun(t, files); rep.Verdict == gate.VerdictBlock || len(rep.RootCauses) > 0 {
		t.Fatalf("healthy: %s, %+v", rep.Verdict, rep.RootCauses)
	}
	all := faults()
	alone := make([]map[string][]string, len(all))
	for i, f := range all {
		rep := labRun(t, files, f)
		alone[i] = causesOf(rep)
		if len(rep.RootCauses) != 1 || rep.RootCauses[0].Rule != f.rule || !strings.Contains(rep.RootCauses[0].Message, f.cause) || rep.RootCauses[0].Hint == "" {
			t.Errorf("%s: got %+v, want one cause of %s with %q", f.name, rep.RootCauses, f.rule, f.cause)
		}
		for _, found := range rep.Findings {
			if found.Hint == "" {
				t.Errorf("%s: no hint for %s", f.name, found.Message)
			}
		}
	}
	for i, a := range all {
		for j, b := range all[:i] {
			if a.part == b.part {
				continue
			}
			t.Run(b.name+" and "+a.name, func(t *testing.T) {
				t.Parallel()
				want := inCompany(b, a, alone[j], alone[i])
				if got := causesOf(labRun(t, files, b, a)); !maps.EqualFunc(got, want, slices.Equal[[]string]) {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		}
	}
}

// inCompany is what two faults explain together. Of what both break only the first
// can be seen, and a fault that may be blamed for the API's errors explains those.
func inCompany(a, b fault, byA, byB map[string][]string) map[string][]string {
	want := maps.Clone(byA)
	taken := checksOf(byA)
	if a.env != nil {
		taken = nil // it is seen by checks of its own
	}
	for cause, explains := range byB {
		want[cause] = slices.DeleteFunc(slices.Clone(explains), func(name string) bool { return slices.Contains(taken, name) })
	}
	if b.blamed && a.part == "api" {
		want["redis"] = append(slices.Clone(want["redis"]), checksOf(byA)...)
		if a.env == nil {
			want = map[string][]string{"redis": want["redis"]}
		} else {
			want["redis"] = slices.DeleteFunc(want["redis"], func(name string) bool { return name == "postgres" })
		}
	}
	for _, explains := range want {
		slices.Sort(explains)
	}
	return want
}

// checksOf are the checks that causes name or explain.
func checksOf(causes map[string][]string) []string {
	var out []string
	for cause, explains := range causes {
		out = append(append(out, cause), explains...)
	}
	return out
}

// causesOf are the checks that each cause explains, by the cause's own check.
func causesOf(rep gate.Report) map[string][]string {
	out := map[string][]string{}
	for _, c := range rep.RootCauses {
		explains := slices.Clone(c.Explains)
		slices.Sort(explains)
		out[c.Check] = explains
	}
	return out
}
