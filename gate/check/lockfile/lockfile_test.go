package lockfile

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/probe"
)

const lockfixtures = "../../internal/lockfile/testdata"

// runLockfile copies a fixture's folder, changes the lockfile and runs.
func runLockfile(t *testing.T, folder, file string, change func(string) string, spec Lockfile) gate.Result {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(filepath.Join(lockfixtures, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(lockfixtures, folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if e.Name() == file && change != nil {
			if text = change(text); text == string(data) {
				t.Fatal("the mutation changes nothing")
			}
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec.File = filepath.Join(dir, file)
	env := checktest.Env(t, probe.NetworkOptions{})
	env.WorkDir = dir
	return checktest.Run(t, env, &spec)
}

var folders = []struct{ folder, file string }{
	{"npm1", "package-lock.json"}, {"npm2", "package-lock.json"}, {"npm3", "package-lock.json"},
	{"yarn1", "yarn.lock"}, {"berry", "yarn.lock"},
	{"pnpm7", "pnpm-lock.yaml"}, {"pnpm8", "pnpm-lock.yaml"}, {"pnpm9", "pnpm-lock.yaml"}, {"uv", "uv.lock"},
}

func TestLockfileHealthy(t *testing.T) {
	for _, c := range folders {
		res := runLockfile(t, c.folder, c.file, nil, Lockfile{})
		if res.Err != nil || len(res.Findings) != 0 {
			t.Errorf("%s: %v, %+v; want no finding", c.folder, res.Err, res.Findings)
		}
	}
}

// replace changes the first occurrence.
func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

// from cuts the text off before the last occurrence of a mark.
func from(mark string) func(string) string {
	return func(s string) string { return s[:strings.LastIndex(s, mark)] }
}

// without drops the lines that hold a mark.
func without(mark string) func(string) string {
	return func(s string) string {
		var kept []string
		for _, line := range strings.Split(s, "\n") {
			if !strings.Contains(line, mark) {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "\n")
	}
}

func half(s string) string { return s[:len(s)/2] }

func cutHash(s string) string {
	at := strings.Index(s, "sha512-")
	return s[:at+27] + s[at+47:]
}

func TestLockfileMutations(t *testing.T) {
	sha1 := "sha1-" + strings.Repeat("A", 27) + "="
	for i, c := range []struct {
		folder, rule string
		change       func(string) string
	}{
		{"npm1", "lockfile/integrity-missing", cutHash},
		{"npm2", "lockfile/integrity-missing", func(s string) string { return cutHash(s) }},
		{"npm3", "lockfile/integrity-missing", cutHash},
		{"npm3", "lockfile/insecure-source", replace("https://registry.example", "http://registry.example")},
		{"npm3", "lockfile/foreign-source", replace("https://registry.example/ms", "https://evil.example/ms")},
		{"npm3", "lockfile/syntax", half},
		{"npm3", "lockfile/syntax", replace("{", "<<<<<<< HEAD\n{")},
		{"npm3", "lockfile/syntax", func(string) string { return "" }},
		{"npm3", "lockfile/unsupported", replace(`"lockfileVersion": 3`, `"lockfileVersion": 9`)},
		{"npm3", "lockfile/out-of-step", replace(`"debug": "^4.3.4"`, `"debug": "^3.0.0"`)},
		{"npm1", "lockfile/insecure-source", replace("https://registry.example", "http://registry.example")},
		{"npm1", "lockfile/syntax", half},
		{"yarn1", "lockfile/integrity-missing", cutHash},
		{"yarn1", "lockfile/insecure-source", replace("https://", "http://")},
		{"yarn1", "lockfile/foreign-source", replace("registry.example/debug", "evil.example/debug")},
		{"yarn1", "lockfile/syntax", from("  version")},
		{"yarn1", "lockfile/syntax", from("ms@")},
		{"yarn1", "lockfile/syntax", replace("version \"", "version ")},
		{"yarn1", "lockfile/out-of-step", replace("debug@^4.3.4", "debug@^4.0.0")},
		{"yarn1", "lockfile/unsupported", replace("# yarn lockfile v1", "# yarn lockfile v7")},
		{"berry", "lockfile/integrity-missing", func(s string) string { at := strings.Index(s, "10c0/"); return s[:at+20] + s[at+40:] }},
		{"berry", "lockfile/integrity-missing", without("checksum")},
		{"berry", "lockfile/syntax", from("\"ms@npm")},
		{"berry", "lockfile/unsupported", replace("version: 8", "version: 80")},
		{"pnpm9", "lockfile/integrity-missing", cutHash},
		{"pnpm9", "lockfile/integrity-missing", replace("resolution: {integrity", "resolution: {tarball: https://registry.example/x.tgz, other")},
		{"pnpm9", "lockfile/unsupported", replace("'9.0'", "'11.0'")},
		{"pnpm8", "lockfile/integrity-missing", cutHash},
		{"pnpm8", "lockfile/syntax", half},
		{"pnpm8", "lockfile/out-of-step", replace("specifier: ^4.3.4", "specifier: ^4.3.5")},
		{"pnpm7", "lockfile/out-of-step", replace("debug: ^4.3.4", "debug: ^4.3.5")},
		{"npm3", "lockfile/integrity-weak", func(s string) string {
			at := strings.Index(s, "sha512-")
			end := at + strings.IndexByte(s[at:], '"')
			return s[:at] + sha1 + s[end:]
		}},
		{"uv", "lockfile/integrity-missing", replace("9f86d081", "")},
		{"uv", "lockfile/insecure-source", replace("https://files.example", "http://files.example")},
		{"uv", "lockfile/integrity-weak", replace("sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", "md5:d41d8cd98f00b204e9800998ecf8427e")},
		{"uv", "lockfile/out-of-step", replace(`specifier = ">=3.7"`, `specifier = ">=3.6"`)},
	} {
		t.Run(fmt.Sprintf("%02d %s %s", i, c.folder, c.rule), func(t *testing.T) {
			file := ""
			for _, l := range folders {
				if l.folder == c.folder {
					file = l.file
				}
			}
			res := runLockfile(t, c.folder, file, c.change, Lockfile{})
			if res.Err != nil {
				t.Fatal(res.Err)
			}
			if len(res.Findings) == 0 {
				t.Fatal("no finding")
			}
			for _, f := range res.Findings {
				if f.Rule != c.rule && !(c.rule == "lockfile/insecure-source" && f.Rule == "lockfile/foreign-source") {
					t.Errorf("%s: %s, want only %s", f.Rule, f.Message, c.rule)
				}
				if f.Location == nil || f.Location.Line < 1 {
					t.Errorf("%s has no line", f.Rule)
				}
			}
			if res.Findings[0].Rule != c.rule {
				t.Errorf("%s, want %s", res.Findings[0].Rule, c.rule)
			}
		})
	}
}

func TestLockfileVersions(t *testing.T) {
	for _, c := range []struct {
		rng  string
		hits int
	}{{">=4.0.0", 0}, {">=5.0.0", 1}, {"<4", 1}, {"~>4.3", 0}} {
		res := runLockfile(t, "npm3", "package-lock.json", nil, Lockfile{Packages: map[string]string{"debug": c.rng}})
		if len(res.Findings) != c.hits || c.hits > 0 && res.Findings[0].Rule != "lockfile/version" {
			t.Errorf("%s: %+v, want %d findings", c.rng, res.Findings, c.hits)
		}
	}
	res := runLockfile(t, "npm3", "package-lock.json", nil, Lockfile{Packages: map[string]string{"left-pad": ">=1"}})
	if len(res.Findings) != 1 || !strings.Contains(res.Findings[0].Message, "not locked") {
		t.Errorf("a package that is missing: %+v", res.Findings)
	}
}

func TestLockfileHosts(t *testing.T) {
	for host, hits := range map[string]int{"registry.example": 0, "*.example": 0, "other.example": 3} {
		res := runLockfile(t, "npm3", "package-lock.json", nil, Lockfile{Hosts: []string{host}})
		if len(res.Findings) != hits {
			t.Errorf("hosts %s: %d findings, want %d", host, len(res.Findings), hits)
		}
	}
}

// TestLockfileOnline asks a registry of npm's protocol, once with the same hash
// and once with another.
func TestLockfileOnline(t *testing.T) {
	hash := ""
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/ms/2.") {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, `{"dist":{"integrity":%q}}`, hash)
	}))
	defer registry.Close()
	own := "sha512-" + strings.Repeat("A", 86) + "=="
	change := func(string) string {
		return fmt.Sprintf(`{"lockfileVersion":3,"packages":{"":{"dependencies":{"debug":"^4.3.4"},"devDependencies":{"@types/ms":"^0.7.31"}},"node_modules/ms":{"version":"2.1.3","resolved":"%s/ms/-/ms-2.1.3.tgz","integrity":%q}}}`, registry.URL, own)
	}
	for h, want := range map[string]bool{own: false, "sha512-" + strings.Repeat("B", 86) + "==": true} {
		hash = h
		res := runLockfile(t, "npm3", "package-lock.json", change, Lockfile{Online: true})
		found := false
		for _, f := range res.Findings {
			found = found || f.Rule == "lockfile/integrity-wrong"
		}
		if res.Err != nil || found != want {
			t.Errorf("hash %s: found %v, err %v; want %v", h[:10], found, res.Err, want)
		}
	}
}

// TestLockfileAdvisories asks a registry of npm's protocol for the advisories on
// the versions; nothing but the one request goes out.
func TestLockfileAdvisories(t *testing.T) {
	answer, status, asked := "{}", http.StatusOK, ""
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked += r.Method + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, answer)
	}))
	defer registry.Close()
	hash := "sha512-" + strings.Repeat("A", 86) + "=="
	lock := func(string) string {
		return fmt.Sprintf(`{"lockfileVersion":3,"packages":{"":{},"node_modules/ms":{"version":"2.1.3","resolved":"%[1]s/npm/ms/-/ms-2.1.3.tgz","integrity":%[2]q},"node_modules/@a/b":{"version":"1.0.0","resolved":"%[1]s/npm/@a/b/-/b-1.0.0.tgz","integrity":%[2]q}}}`, registry.URL, hash)
	}
	one := func(severity, versions string) string {
		return fmt.Sprintf(`{"ms":[{"id":1,"url":"https://advisories.example/1","title":"slow pattern","severity":%q,"vulnerable_versions":%q}]}`, severity, versions)
	}
	for _, tt := range []struct {
		answer string
		status int
		want   string // severity of the finding, "" for none, or an error
	}{
		{"{}", 200, ""},
		{one("high", "<2.1.4"), 200, "error"},
		{one("critical", ">=1.0.0 <1.2.0 || >= 2.0.0 < 2.1.4"), 200, "error"},
		{one("moderate", "<=2.1.3"), 200, "warning"},
		{one("high", "*"), 200, "error"},
		{one("high", "<2.1.3"), 200, ""},
		{one("high", ">=1.0.0 <1.2.0 || =2.1.2"), 200, ""},
		{one("high", "^2.0.0"), 200, "cannot be read"},
		{"{}", 404, "status 404"},
		{"<html>", 200, "want the advisories as JSON"},
	} {
		answer, status, asked = tt.answer, tt.status, ""
		res := runLockfile(t, "npm3", "package-lock.json", lock, Lockfile{Advisories: true, Manifest: ""})
		var got string
		for _, f := range res.Findings {
			if f.Rule == "lockfile/advisory" {
				got = f.Severity.String()
				if f.URL != "https://advisories.example/1" || f.Location == nil {
					t.Errorf("%s: %+v, want its link and place", tt.answer, f)
				}
			}
		}
		if res.Err != nil && (tt.want == "" || !strings.Contains(res.Err.Error(), tt.want)) || res.Err == nil && got != tt.want {
			t.Errorf("%s: %q, error %v, want %q", tt.answer, got, res.Err, tt.want)
		}
		if want := `POST /npm/-/npm/v1/security/advisories/bulk {"@a/b":["1.0.0"],"ms":["2.1.3"]}`; asked != want {
			t.Errorf("the registry was asked %s, want %s", asked, want)
		}
	}
	answer, status, asked = "{}", http.StatusOK, ""
	if res := runLockfile(t, "npm3", "package-lock.json", lock, Lockfile{}); res.Err != nil || asked != "" {
		t.Errorf("without advisories the registry was asked %q (%v)", asked, res.Err)
	}
}
