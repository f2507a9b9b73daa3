package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/learn/learntest"
)

// operator writes the directory of an operator who goes from 1.16.0 to 9.9.9 and
// has taken over nothing but the images.
func operator(t *testing.T, dir string) {
	t.Helper()
	files := learntest.Files()
	template := files["docker/nginx/conf.d/default.conf.template"]
	from := strings.Index(template, "    location /oracle/")
	to := strings.Index(template, "    location / {")
	learntest.Write(t, dir, map[string]string{
		"docker-compose.yaml": "services:\n" +
			"  api:\n    image: langgenius/dify-api:9.9.9\n    environment: {SECRET_KEY: \"${SECRET_KEY:-}\"}\n" +
			"  worker:\n    image: langgenius/dify-api:9.9.9\n" +
			"  web:\n    image: langgenius/dify-web:9.9.9\n" +
			"  nginx:\n    image: nginx:latest\n    environment: {NGINX_PORT: 80, NGINX_SERVER_NAME: _}\n    volumes: [\"./nginx/conf.d:/etc/nginx/conf.d\"]\n",
		".env":                               "SECRET_KEY=" + strings.Repeat("0123456789", 5) + "\n",
		"nginx/conf.d/default.conf.template": template[:from] + template[to:],
	})
}

// runLearned runs gate in a folder and returns its JSON report.
func runLearned(t *testing.T, dir string, env map[string]string, args ...string) (gate.Report, string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	var out, errs bytes.Buffer
	p := &process{
		args:  append([]string{"run", "--from", "1.16.0", "--to", learntest.Version, "--changelog", "notes.md", "--phase", "pre", "--format", "json"}, args...),
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, door: newDoor(&errs), dir: dir,
		lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}
	notes := "# Changelog\n\n## [9.9.9]\n\n- Small improvements to the editor.\n\n## [1.16.0]\n\n- Start.\n"
	if err := os.WriteFile(filepath.Join(dir, "notes.md"), []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	code := p.main(context.Background())
	var rep gate.Report
	if err := json.Unmarshal(out.Bytes(), &rep); err != nil {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, out.String(), errs.String())
	}
	return rep, errs.String()
}

// found reports whether the three things that the release brings were missed.
func found(rep gate.Report) map[string]bool {
	out := map[string]bool{"route": false, "service": false, "variable": false}
	for _, f := range rep.Findings {
		switch {
		case f.Rule == "proxy/route-missing" && strings.Contains(f.Message, "/oracle/"):
			out["route"] = true
		case f.Rule == "upgrade/undeclared" && strings.Contains(f.Message, "adds the service oracle_bridge"):
			out["service"] = true
		case strings.HasPrefix(f.Rule, "env/") && strings.Contains(f.Message, "ORACLE_BRIDGE_TOKEN"):
			out["variable"] = true
		}
	}
	return out
}

func wantFound(t *testing.T, rep gate.Report, want bool) {
	t.Helper()
	for what, got := range found(rep) {
		if got != want {
			t.Errorf("the missing %s: reported %v, want %v", what, got, want)
		}
	}
}

// wantLearned wants the release to be learned, and from there.
func wantLearned(t *testing.T, rep gate.Report, from string) {
	t.Helper()
	c := rep.RestsOn.Catalogue
	if len(c.StandIns) > 0 || !slices.Equal(c.Learned, []string{learntest.Version}) || c.Sources[learntest.Version] != from {
		t.Errorf("catalogue %+v, want %s learned from %q", c, learntest.Version, from)
	}
}

// wantStandIn wants the newest known release to be used instead, and why.
func wantStandIn(t *testing.T, rep gate.Report, why string) {
	t.Helper()
	c := rep.RestsOn.Catalogue
	if len(c.Learned) > 0 || c.StandIns[learntest.Version] != c.Newest || !strings.Contains(c.Sources[learntest.Version], why) {
		t.Errorf("catalogue %+v, want the newest instead of %s because %q", c, learntest.Version, why)
	}
	if line := rep.RestsOn.String(); !strings.Contains(line, "9.9.9 is not known, "+c.Newest+" is used instead") {
		t.Errorf("the second line %q does not say so", line)
	}
}

// tarballs stands for GitHub's API and for the host that it sends to.
func tarballs(t *testing.T, status int) (*httptest.Server, *[]string) {
	t.Helper()
	asked := &[]string{}
	files := learntest.Tarball(t, learntest.Files())
	codeload := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, "codeload"+r.Header.Get("Authorization")+r.Header.Get("Referer"))
		_, _ = w.Write(files)
	}))
	t.Cleanup(codeload.Close)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path+" "+r.Header.Get("Authorization"))
		if status != http.StatusOK {
			w.Header().Set("X-Ratelimit-Remaining", "0")
			w.WriteHeader(status)
			return
		}
		http.Redirect(w, r, codeload.URL+"/archive", http.StatusFound)
	}))
	t.Cleanup(api.Close)
	return api, asked
}

// A release that the built-in catalogue does not know is learned in four ways;
// without any, nothing is demanded and the report says what is used instead.
func TestRunLearns(t *testing.T) {
	t.Run("facts that gate learn --source printed", func(t *testing.T) {
		dir := t.TempDir()
		operator(t, filepath.Join(dir, "own"))
		learntest.Write(t, filepath.Join(dir, "tree"), learntest.Files())
		var out, errs bytes.Buffer
		p := &process{args: []string{"learn", learntest.Version, "--source", "tree"}, stdout: &out, stderr: &errs, dir: dir, lookup: none}
		if code := p.main(context.Background()); code != exitPass {
			t.Fatalf("exit %d\n%s", code, errs.String())
		}
		if err := os.WriteFile(filepath.Join(dir, "facts.json"), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		rep, _ := runLearned(t, dir, nil, "--dir", "own", "--catalogue", "facts.json")
		wantFound(t, rep, true)
		wantLearned(t, rep, "--catalogue")
	})
	t.Run("a checkout round --dir", func(t *testing.T) {
		dir := t.TempDir()
		learntest.Write(t, dir, learntest.Files())
		commit := learntest.Git(t, dir, learntest.Version)
		operator(t, filepath.Join(dir, "docker")) // the operator's own, in place of the release's
		rep, _ := runLearned(t, dir, nil, "--dir", "docker")
		wantFound(t, rep, true)
		wantLearned(t, rep, "the checkout . at "+commit[:7]+", 5 places of it not read")
	})
	t.Run("a tarball from GitHub, and then from the cache", func(t *testing.T) {
		dir := t.TempDir()
		operator(t, filepath.Join(dir, "own"))
		api, asked := tarballs(t, http.StatusOK)
		env := map[string]string{"GITHUB_API_URL": api.URL, "GATE_GITHUB_TOKEN": "a-token"}
		rep, _ := runLearned(t, dir, env, "--dir", "own")
		wantFound(t, rep, true)
		want := []string{"/repos/langgenius/dify/tarball/9.9.9 Bearer a-token", "codeload"}
		if !slices.Equal(*asked, want) {
			t.Errorf("asked %q, want %q", *asked, want)
		}
		api.Close()
		rep, _ = runLearned(t, dir, env, "--dir", "own")
		wantFound(t, rep, true)
		wantLearned(t, rep, "github:langgenius/dify at "+learntest.Commit[:7]+", 5 places of it not read")
	})
	t.Run("off", func(t *testing.T) {
		dir := t.TempDir()
		operator(t, filepath.Join(dir, "own"))
		api, asked := tarballs(t, http.StatusOK)
		rep, _ := runLearned(t, dir, map[string]string{"GITHUB_API_URL": api.URL}, "--dir", "own", "--learn", "off")
		wantFound(t, rep, false)
		wantStandIn(t, rep, "--learn off")
		if len(*asked) > 0 {
			t.Errorf("asked %q", *asked)
		}
		for _, f := range rep.Findings {
			if strings.HasPrefix(f.Rule, "env/") || strings.HasPrefix(f.Rule, "proxy/") || f.Rule == "upgrade/version-skew" {
				t.Errorf("demanded all the same: %s %s", f.Rule, f.Message)
			}
		}
	})
	t.Run("no way", func(t *testing.T) {
		dir := t.TempDir()
		operator(t, filepath.Join(dir, "own"))
		api, _ := tarballs(t, http.StatusForbidden)
		rep, _ := runLearned(t, dir, map[string]string{"GITHUB_API_URL": api.URL}, "--dir", "own")
		wantFound(t, rep, false)
		wantStandIn(t, rep, "rate limit reached (a token raises the limit: GITHUB_TOKEN)")
	})
	t.Run("the release's own files beside the operator's", func(t *testing.T) {
		dir := t.TempDir()
		docker := map[string]string{}
		for name, text := range learntest.Files() {
			if short, ok := strings.CutPrefix(name, "docker/"); ok {
				docker[short] = text
			}
		}
		learntest.Write(t, filepath.Join(dir, "own"), docker)
		if err := os.WriteFile(filepath.Join(dir, "own", ".env"), []byte("SECRET_KEY="+strings.Repeat("0123456789", 5)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		api, _ := tarballs(t, http.StatusNotFound)
		rep, _ := runLearned(t, dir, map[string]string{"GITHUB_API_URL": api.URL}, "--dir", "own")
		if got := found(rep); !got["variable"] || got["service"] || got["route"] {
			t.Errorf("found %v, want the variable alone: the rest is there", got)
		}
		wantLearned(t, rep, "the release's files in own")
	})
}

func none(string) (string, bool) { return "", false }

// What a run learned costs no more than what is built in: both are decoded once.
func BenchmarkKnow(b *testing.B) {
	c, err := dify.Load()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	learntest.Write(b, dir, learntest.Files())
	var out bytes.Buffer
	p := &process{args: []string{"learn", learntest.Version, "--source", dir}, stdout: &out, stderr: &bytes.Buffer{}, dir: dir, lookup: none}
	if code := p.main(context.Background()); code != exitPass {
		b.Fatal(code)
	}
	b.ResetTimer()
	for b.Loop() {
		facts, err := dify.DecodeFacts(bytes.NewReader(out.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.With(facts); err != nil {
			b.Fatal(err)
		}
	}
}

// The commands that inform take the same facts: a route and a release that only
// the given file knows are known to them.
func TestInformingCommandsTakeCatalogues(t *testing.T) {
	dir := t.TempDir()
	operator(t, filepath.Join(dir, "own"))
	learntest.Write(t, filepath.Join(dir, "tree"), learntest.Files())
	notes := "# Changelog\n\n## [9.9.9]\n\n- Small improvements to the editor.\n"
	if err := os.WriteFile(filepath.Join(dir, "notes.md"), []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		p := &process{args: args, stdin: strings.NewReader(""), stdout: &out, stderr: &out, door: newDoor(&out), dir: dir, lookup: none}
		code := p.main(context.Background())
		return code, out.String()
	}
	var facts bytes.Buffer
	p := &process{args: []string{"learn", learntest.Version, "--source", "tree"}, stdout: &facts, stderr: &bytes.Buffer{}, dir: dir, lookup: none}
	if code := p.main(context.Background()); code != exitPass {
		t.Fatalf("gate learn: exit %d", code)
	}
	if err := os.WriteFile(filepath.Join(dir, "facts.json"), facts.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	routes := []string{"routes", "--dir", "own", "--to", learntest.Version}
	if code, out := run(append(routes, "--catalogue", "facts.json")...); code != exitPass || !strings.Contains(out, "/oracle/") {
		t.Errorf("gate routes with the facts: exit %d, want the new prefix /oracle/ in\n%s", code, out)
	}
	if _, out := run(routes...); strings.Contains(out, "/oracle/") {
		t.Errorf("gate routes knows a prefix that nothing told it:\n%s", out)
	}
	notesOf := []string{"changelog", "--from", "1.16.0", "--to", learntest.Version, "--changelog", "notes.md", "--dir", "own"}
	if code, out := run(append(notesOf, "--catalogue", "facts.json")...); code != exitPass {
		t.Errorf("gate changelog with the facts: exit %d\n%s", code, out)
	}
	if code, out := run(append(notesOf, "--catalogue", "absent.json")...); code != exitUsage || !strings.Contains(out, "absent.json") {
		t.Errorf("gate changelog with a file that is not there: exit %d\n%s", code, out)
	}
	if code, out := run("diagnose", "http://127.0.0.1:1/oracle/x", "--catalogue", "absent.json"); code != exitUsage || !strings.Contains(out, "absent.json") {
		t.Errorf("gate diagnose with a file that is not there: exit %d\n%s", code, out)
	}
}
