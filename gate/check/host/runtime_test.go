package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// tool writes an executable that prints a text.
func tool(t *testing.T, dir, name, prints string, code int) {
	t.Helper()
	script := "#!/bin/sh\nprintf '%s\\n' '" + prints + "'\nexit " + string(rune('0'+code)) + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestRuntime(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+"/bin"+string(os.PathListSeparator)+"/usr/bin")
	tool(t, dir, "python3", "Python 3.11.2", 0)
	tool(t, dir, "node", "v20.20.2", 0)
	tool(t, dir, "docker", "unknown command", 1)
	tool(t, dir, "docker-compose", "docker-compose version 1.29.2, build unknown", 0)
	tool(t, dir, "silent", "hello", 0)
	tool(t, dir, "mine", "mine 2.0.0-rc1 (built 2026-01-01)", 0)
	for _, c := range []struct {
		spec Runtime
		rule string // "" for none, "error" for undecided
	}{
		{Runtime{Tool: "python", Version: ">=3.8"}, ""},
		{Runtime{Tool: "python", Version: ">=3.12"}, "runtime/version"},
		{Runtime{Tool: "node", Version: ">=16, <21"}, ""},
		{Runtime{Tool: "node", Version: "~>18.0"}, "runtime/version"},
		{Runtime{Tool: "docker-compose", Version: ">=2.24"}, "runtime/version"},
		{Runtime{Tool: "docker-compose", Version: ">=1.29"}, ""},
		{Runtime{Tool: "no-such-tool", Version: ">=1"}, "runtime/missing"},
		{Runtime{Tool: "no-such-tool"}, "runtime/missing"},
		{Runtime{Tool: "silent", Version: ">=1"}, "error"},
		{Runtime{Tool: "mine", Version: ">1.9"}, ""},
		{Runtime{Tool: "x", Command: []string{"mine", "-v"}, Version: ">=3"}, "runtime/version"},
		{Runtime{Tool: "x", Service: "redis"}, "error"}, // no directory
	} {
		checktest.WantFirst(t, c.spec.Tool+" "+c.spec.Version, checktest.Run(t, checktest.EnvAt(t, ""), &c.spec), c.rule)
	}
}

func TestRuntimeImage(t *testing.T) {
	dir := t.TempDir()
	compose := "services:\n  redis:\n    image: redis:6.2-alpine\n  db:\n    image: postgres:latest\n"
	if err := os.WriteFile(filepath.Join(dir, "docker-compose.yaml"), []byte(compose), 0o600); err != nil {
		t.Fatal(err)
	}
	env := checktest.EnvAt(t, "")
	env.Dir, env.WorkDir = dir, dir
	for _, c := range []struct{ service, version, rule string }{
		{"redis", ">=6.0", ""},
		{"redis", ">=7", "runtime/version"},
		{"db", ">=13", "error"},
		{"nobody", ">=1", "runtime/missing"},
	} {
		spec := &Runtime{Tool: c.service, Service: c.service, Version: c.version}
		res := checktest.Run(t, env, spec)
		checktest.WantFirst(t, c.service+" "+c.version, res, c.rule)
		if c.rule == "runtime/version" && (res.Findings[0].Location == nil || res.Findings[0].Location.Line != 3) {
			t.Errorf("place %+v, want line 3", res.Findings[0].Location)
		}
	}
}

func TestFirstVersion(t *testing.T) {
	for text, want := range map[string]string{
		"Python 3.11.2": "3.11.2", "v20.20.2": "20.20.2", "Docker version 28.2.2, build e6534b4": "28.2.2", "2.24.0": "2.24.0",
		"Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64": "7.0.15", "psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": "15.18",
		"nginx version: nginx/1.22.1": "1.22.1", "git version 2.39.5": "2.39.5", "15-alpine": "15", "hello": "", "2.0.0-rc1": "2.0.0-rc1", "latest": "", "Python 3.13.0rc1": "3.13.0-rc1", "Python 3.14.0b2+": "3.14.0-b2",
		"go version go1.26.8 linux/amd64": "1.26.8", `openjdk version "17.0.15" 2025-04-15`: "17.0.15",
	} {
		if got := firstVersion(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A pre-release stands before its release, and after all others before that.
func TestSatisfies(t *testing.T) {
	for _, c := range []struct {
		version, want string
		ok            bool
	}{
		{"3.13.0-rc1", ">=3.13", false}, {"3.14.0-rc1", ">=3.13", true}, {"3.13.0-rc1", "<3.13", true}, {"2.0.1-beta.1", ">2.0", true},
		{"2.40.0-rc.1", ">=2.24, <3", true}, {"3.0.0-rc1", ">=3.0.0-rc1", true}, {"1.2.3", ">=1.2", true}, {"0.0.0-rc1", ">=0.1", false},
	} {
		if got := check.Satisfies(c.version, c.want); got != c.ok {
			t.Errorf("%s %s: %v, want %v", c.version, c.want, got, c.ok)
		}
	}
}

func TestRuntimeMistakes(t *testing.T) {
	spec := Runtime{Version: "soon", Service: "a", Command: []string{"b"}}
	var all []string
	for _, m := range spec.Validate() {
		all = append(all, m.Message)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"tool is required", "want a range", "exclude each other"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}
