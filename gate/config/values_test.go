package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/config"
)

// parse reads a text that has to be right.
func parse(t *testing.T, text string, env map[string]string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("gate.yaml", []byte(text), options(t.TempDir(), env))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// mistakes reads a text that has to be wrong, and returns the message.
func mistakes(t *testing.T, text string, opts config.Options) string {
	t.Helper()
	_, err := config.Parse("gate.yaml", []byte(text), opts)
	if err == nil {
		t.Fatalf("got no mistake in:\n%s", text)
	}
	return err.Error()
}

func TestUnknownSection(t *testing.T) {
	t.Parallel()
	got := mistakes(t, "version: 1\nchecks:\n  htpp: []\n", options(t.TempDir(), nil))
	if want := `gate.yaml:3:3: checks.htpp: unknown key "htpp", did you mean "http"? want one of `; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s…", got, want)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	env := map[string]string{"N": "7", "EMPTY": "", "URL": "http://dify", "TRUE": "true", "EVIL": "x: [1]\nversion: 2\n# \"'{"}
	cfg := parse(t, `
version: 1
run: {concurrency: "${N}", timeout: "${D:-90s}"}
checks:
  http:
    - url: ${URL}/v1?cost=$$5&re=^x$
      retries: ${N}
      follow_redirects: ${TRUE}
      headers: {A: "${EVIL}", B: "$${N}", C: "${EMPTY:-none}", D: "${EMPTY}", E: "a$b"}
      expect:
        json: {quoted: "${N}"}
    - url: /v1
      expect:
        json:
          plain: ${N}
`, env)
	h := cfg.Checks.HTTP[0]
	if cfg.Run.Concurrency != 7 || cfg.Run.Timeout.Of() != 90*time.Second || *h.Retries != 7 || !h.FollowRedirects {
		t.Errorf("got concurrency %d, timeout %s, retries %d, follow %v", cfg.Run.Concurrency, cfg.Run.Timeout, *h.Retries, h.FollowRedirects)
	}
	if want := "http://dify/v1?cost=$5&re=^x$"; h.URL != want {
		t.Errorf("got url %q, want %q", h.URL, want)
	}
	want := map[string]string{"A": env["EVIL"], "B": "${N}", "C": "none", "D": "", "E": "a$b"}
	if diff := cmp.Diff(want, h.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if got := h.Expect.JSON["quoted"].String(); got != `"7"` {
		t.Errorf("got %s for a quoted variable, want a text", got)
	}
	if got := cfg.Checks.HTTP[1].Expect.JSON["plain"].String(); got != "7" {
		t.Errorf("got %s for a plain variable, want a number", got)
	}
}

func TestAliasesAndMerges(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
version: 1
checks:
  http:
    - &first {url: /a, name: one, timeout: 3s, expect: &ok {status: 200}}
    - {<<: *first, name: two, timeout: 4s}
    - {url: /c, name: three, expect: *ok}
`, nil)
	var got []string
	for _, h := range cfg.Checks.HTTP {
		got = append(got, h.Name+" "+h.URL+" "+h.Timeout.String()+" "+h.Expect.Status.String())
	}
	want := []string{"one /a 3s 200", "two /a 4s 200", "three /c 0s 200"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestPathsBeginAtTheFolderOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, f := range []string{"conf/notes.md", "conf/dify/.env", "conf/dify/.env.example", "conf/.env.example"} {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text := "version: 1\nchangelog: {source: notes.md}\ndify: {dir: dify}\nchecks:\n  env: [{file: .env, target: .env.example}]\n"
	if err := os.WriteFile(filepath.Join(dir, "conf", "gate.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load("conf/gate.yaml", options(dir, nil))
	if err != nil {
		t.Fatal(err)
	}
	entry := cfg.Checks.Env[0]
	// .env is only in dify.dir; .env.example is in both places, and the folder
	// of gate.yaml wins.
	got := []string{cfg.Changelog.Source, cfg.Dify.Dir, entry.File, entry.Target}
	want := []string{"conf/notes.md", "conf/dify", "conf/dify/.env", "conf/.env.example"}
	for i := range want {
		want[i] = filepath.Join(dir, want[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	checks, err := config.Build(cfg, nil, &check.Env{WorkDir: dir})
	if err != nil || strings.Contains(checks[0].Name, dir) {
		t.Errorf("got %+v, %v; want a name without the working directory", checks, err)
	}
	if want := (gate.Location{File: "conf/gate.yaml", Line: 5, Column: 9, EndLine: 5}); *entry.Source != want {
		t.Errorf("got source %+v, want %+v", *entry.Source, want)
	}
}

func TestPolicyAndWaivers(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
version: 1
policy:
  fail_on: warning
  severity:
    http/status: notice
    "http/*": warning
waivers:
  - {rule: http/*, match: gone, versions: ">=1.13.1, <1.14", reason: known, owner: ops, expires: 2027-11-25}
  - {fingerprint: 0123456789abcdef, reason: old, expires: 2020-01-01}
`, nil)
	p := cfg.GatePolicy()
	order := []gate.SeverityOverride{{Rule: "http/status", Severity: gate.Notice}, {Rule: "http/*", Severity: gate.Warning}}
	if diff := cmp.Diff(order, p.Severity); diff != "" || p.FailOn != gate.FailOnWarning {
		t.Errorf("policy %s (-want +got):\n%s", p.FailOn, diff)
	}
	w := p.Waivers[0]
	for version, want := range map[string]bool{"1.13.0": false, "1.13.1": true, "1.13.2-fix.1": true, "1.14.0": false, "v1.13.5": true, "": false} {
		if got := w.Versions(version); got != want {
			t.Errorf("waiver of >=1.13.1, <1.14: got %v for %q, want %v", got, version, want)
		}
	}
	if w.Owner != "ops" || w.Expires.Format(time.DateOnly) != "2027-11-25" || w.Source.Line != 9 {
		t.Errorf("got waiver %+v", w)
	}
	if p.Waivers[1].Versions != nil {
		t.Error("a waiver without versions has a range, want all")
	}
}

func TestNamesAreMadeUnique(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
version: 1
checks:
  http: [{url: /v1}, {url: /v1}, {url: /v1, name: "http GET /v1 (2)"}]
`, nil)
	checks, err := config.Build(cfg, []check.Spec{&web.HTTP{URL: "/v1"}}, &check.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range checks {
		got = append(got, c.Name)
	}
	// The built-in check has the kind and name of an entry, which overrides it.
	want := []string{"http GET /v1", "http GET /v1 (3)", "http GET /v1 (2)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestNeedsMayNameBuiltinChecks(t *testing.T) {
	t.Parallel()
	opts := options(t.TempDir(), nil)
	opts.Builtin = true
	cfg, err := config.Parse("gate.yaml", []byte("version: 1\nchecks:\n  http:\n    - {name: a, url: /v1, needs: [tcp db:5432]}\n    - {name: b, url: /v1, needs: [tcp db:543]}\n"), opts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = config.Build(cfg, []check.Spec{&web.TCP{Address: "db:5432"}}, &check.Env{})
	want := `gate.yaml:5:35: checks.http[1].needs[0]: no check is named "tcp db:543", did you mean "tcp db:5432"? want one of a, b, tcp db:5432`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got, err := config.Find(dir); got != "" || err != nil {
		t.Errorf("got %q, %v in an empty directory, want none", got, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ".github"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".github/gate.yaml", ".gate.yaml", "gate.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := config.Find(dir); got != name || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, name)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("version: 1\nchecks: {http: [&a {url: /v1, expect: {json: {a: {gt: 1}}}}, {<<: *a}]}\n"))
	f.Add([]byte("{\r0"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := config.Parse("gate.yaml", data, options(dir, map[string]string{"X": "y"}))
		if (cfg == nil) == (err == nil) {
			t.Fatalf("got %v and %v, want one of them", cfg, err)
		}
		// YAML ends lines at a lone CR and at three marks of Unicode as well.
		lines := 2 + strings.Count(string(data), "\n") + strings.Count(string(data), "\r") +
			strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
		if ms, ok := err.(config.Mistakes); ok {
			for _, m := range ms {
				if m.Line > lines || strings.ContainsAny(m.Error(), "\n\r") {
					t.Errorf("got %q, want one line and a place inside of %d lines", m.Error(), lines)
				}
			}
		}
	})
}

// TestNarrowWaivers: what names findings is taken, also over several rules.
func TestNarrowWaivers(t *testing.T) {
	t.Parallel()
	for _, w := range []string{
		`{rule: env/public-secret, reason: r, expires: 2027-01-31}`,
		`{rule: env/public-s*, reason: r, expires: 2027-01-31}`,
		`{rule: "*/*", match: SECRET_KEY, reason: r, expires: 2027-01-31}`,
		`{rule: "env/*", match: "/^DB_.*/", reason: r, expires: 2027-01-31}`,
		`{fingerprint: 0123456789abcdef, reason: r, expires: 2027-01-31}`,
	} {
		if _, err := config.Parse("gate.yaml", []byte("version: 1\nwaivers:\n  - "+w+"\n"), options(t.TempDir(), nil)); err != nil {
			t.Errorf("%s: %v, want it taken", w, err)
		}
	}
}

// TestFindWhatIsNoFile: what is there and cannot be the file stops the search.
func TestFindWhatIsNoFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		put  func(dir string) error
		want string
	}{
		"gate.yml":          {func(d string) error { return os.WriteFile(filepath.Join(d, "gate.yml"), nil, 0o644) }, "did you mean gate.yaml?"},
		".gate.yml":         {func(d string) error { return os.WriteFile(filepath.Join(d, ".gate.yml"), nil, 0o644) }, "did you mean .gate.yaml?"},
		"a directory":       {func(d string) error { return os.Mkdir(filepath.Join(d, "gate.yaml"), 0o755) }, "gate.yaml: a directory"},
		"a link to none":    {func(d string) error { return os.Symlink("none", filepath.Join(d, ".gate.yaml")) }, ".gate.yaml: a link to none"},
		"a device":          {func(d string) error { return os.Symlink("/dev/zero", filepath.Join(d, "gate.yaml")) }, "gate.yaml: a device, want a file"},
		".github is a file": {func(d string) error { return os.WriteFile(filepath.Join(d, ".github"), nil, 0o644) }, ""},
	} {
		dir := t.TempDir()
		if err := c.put(dir); err != nil {
			t.Fatal(err)
		}
		file, err := config.Find(dir)
		if file != "" || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v, want an error with %q", name, file, err, c.want)
		}
	}
}
