package release

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// versions serves an API whose answers come from one replica after the other.
func versions(t *testing.T, replicas ...string) string {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&testserver.DifyAPI{Version: replicas[int(n.Add(1))%len(replicas)]}).ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func answering(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestVersionRules(t *testing.T) {
	daemon := func(version string) string {
		return answering(t, 200, `{"status":"ok","pool_status":{},"version":"`+version+`","build_time":"x","platform":"local"}`)
	}
	weaviate := func(version string) string { return answering(t, 200, `{"hostname":"x","version":"`+version+`"}`) }
	byPrefix := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version := "1.13.3"
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			version = "1.13.2"
		}
		(&testserver.DifyAPI{Version: version}).ServeHTTP(w, r)
	}))
	defer byPrefix.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, tt := range []struct {
		what, url, to string
		spec          Version
		rules, says   string
		undecided     bool
		skip          bool
	}{
		{what: "the target", url: versions(t, "1.13.3"), to: "1.13.3"},
		{what: "the target with a v", url: versions(t, "1.13.3"), to: "v1.13.3"},
		{what: "no target", url: versions(t, "1.13.3")},
		{what: "another", url: versions(t, "1.13.2"), to: "1.13.3", rules: "version/mismatch", says: "every answer of the API comes from 1.13.2, expected 1.13.3"},
		{what: "the fix is another", url: versions(t, "1.10.1"), to: "1.10.1-fix.1", rules: "version/mismatch"},
		{what: "two replicas", url: versions(t, "1.13.2", "1.13.3"), to: "1.13.3", rules: "version/mixed", says: "6 of 12 answers come from 1.13.2, 6 from 1.13.3, expected 1.13.3 alone"},
		{what: "two replicas, no target", url: versions(t, "1.13.2", "1.13.3"), rules: "version/mixed"},
		{what: "two wrong replicas", url: versions(t, "1.13.1", "1.13.2"), to: "1.13.3", rules: "version/mismatch version/mixed"},
		{what: "one prefix is old", url: byPrefix.URL, to: "1.13.3", rules: "version/mixed"},
		{what: "no version anywhere", url: answering(t, 200, "hello"), to: "1.13.3", undecided: true},
		{what: "nobody there", url: closed.URL, to: "1.13.3", undecided: true},
		{what: "no version, no target", url: answering(t, 200, "hello"), skip: true},
		{what: "daemon as wanted", url: versions(t, "1.16.0"), to: "1.16.0", spec: Version{Daemon: daemon("0.6.3")}},
		{what: "newer daemon", url: versions(t, "1.16.0"), to: "1.16.0", spec: Version{Daemon: daemon("0.6.10")}},
		{what: "old daemon", url: versions(t, "1.16.0"), to: "1.16.0", spec: Version{Daemon: daemon("0.5.2")}, rules: "version/skew", says: "the plugin daemon is 0.5.2, expected 0.6.3 or newer"},
		{what: "old daemon, release by the answer", url: versions(t, "1.16.0"), spec: Version{Daemon: daemon("0.5.2")}, rules: "version/skew"},
		{what: "daemon silent", url: versions(t, "1.16.0"), to: "1.16.0", spec: Version{Daemon: closed.URL}},
		{what: "daemon of no JSON", url: versions(t, "1.16.0"), to: "1.16.0", spec: Version{Daemon: answering(t, 200, strings.Repeat("[", 1<<20))}},
		{what: "a daemon known to lack a route", url: versions(t, "1.16.1"), to: "1.16.1", spec: Version{Daemon: daemon("0.6.3")}, rules: "version/skew", says: "expected 0.6.10 or newer"},
		{what: "the daemon with it", url: versions(t, "1.16.1"), to: "1.16.1", spec: Version{Daemon: daemon("0.6.10")}},
		{what: "old weaviate", url: versions(t, "1.9.2"), to: "1.9.2", spec: Version{Weaviate: weaviate("1.19.0")}, rules: "version/skew", says: "weaviate is 1.19.0, expected 1.27.0"},
		{what: "old weaviate for an old release", url: versions(t, "1.9.1"), to: "1.9.1", spec: Version{Weaviate: weaviate("1.19.0")}},
	} {
		env := checktest.Env(t, probe.NetworkOptions{})
		env.URL, _ = url.Parse(tt.url)
		env.To = tt.to
		res := checktest.Run(t, env, &tt.spec)
		if got := checktest.Rules(res); got != tt.rules || (res.Err != nil) != tt.undecided || (res.Skip != "") != tt.skip {
			t.Errorf("%s: %q, error %v, skip %q, want %q: %v", tt.what, got, res.Err, res.Skip, tt.rules, res.Findings)
			continue
		}
		if tt.says != "" && !strings.Contains(res.Findings[0].Message, tt.says) {
			t.Errorf("%s: %q, want %q in it", tt.what, res.Findings[0].Message, tt.says)
		}
	}
}

func TestVersionNamesThePrefixThatIsOld(t *testing.T) {
	seen := &seenVersions{counts: map[string]int{}, byURL: map[string]map[string]int{}}
	seen.add("http://x/v1/parameters", "1.13.2", "")
	seen.add("http://x/console/api/ping", "1.13.3", "")
	if s := seen.byPrefix(); !strings.Contains(s, "http://x/v1/parameters is 1.13.2") {
		t.Errorf("%q, want the prefix and its release", s)
	}
	seen.add("http://x/v1/parameters", "1.13.3", "")
	if s := seen.byPrefix(); s != "" {
		t.Errorf("%q, want nothing: replicas run different releases behind one prefix", s)
	}
}

// The services that the operator's files name are asked where they resolve.
func TestVersionServicesOfTheFiles(t *testing.T) {
	dir := t.TempDir()
	text := "PLUGIN_DAEMON_URL=http://plugin_daemon.invalid:5002\nVECTOR_STORE=weaviate\nWEAVIATE_ENDPOINT=http://weaviate.invalid:8080\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir, env.WorkDir, env.To = dir, dir, "1.16.0"
	env.URL, _ = url.Parse(versions(t, "1.16.0"))
	c := (&Version{}).Check(env)
	probes := strings.Join(c.Probes, "\n")
	for _, part := range []string{"/console/api/ping", "/v1/parameters", "/api/passport", "http://plugin_daemon.invalid:5002/health/check", "http://weaviate.invalid:8080/v1/meta"} {
		if !strings.Contains(probes, part) {
			t.Errorf("probes\n%s\nwant %s among them", probes, part)
		}
	}
	res := c.Run(t.Context())
	if checktest.Rules(res) != "" || !strings.Contains(fmt.Sprint(res.Evidence["plugin_daemon"]), "does not resolve from here") {
		t.Errorf("%v, %v, want nothing, and that the daemon was not asked", res.Findings, res.Evidence)
	}
}
