package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTokenStaysAtItsForge runs gate changelog against an API that gate.yaml names:
// the environment's token is not sent there, one given by hand is.
func TestTokenStaysAtItsForge(t *testing.T) {
	t.Parallel()
	const token = "ghs_0123456789abcdefghij"
	var mu sync.Mutex
	var seen []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Get("Authorization"))
		mu.Unlock()
		_, _ = io.WriteString(w, `[{"tag_name":"1.13.2","body":"- fix: a"},{"tag_name":"1.13.1","body":"- fix: b"}]`)
	}))
	defer api.Close()
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		sent bool
	}{
		{"GITHUB_TOKEN", nil, map[string]string{"GITHUB_TOKEN": token}, false},
		{"GH_TOKEN", nil, map[string]string{"GH_TOKEN": token}, false},
		{"the action's default", nil, map[string]string{"GITHUB_ACTIONS": "true", "INPUT_GITHUB-TOKEN": token}, false},
		{"its own forge, but no TLS", nil, map[string]string{"GITHUB_TOKEN": token, "GITHUB_API_URL": api.URL}, false},
		{"by hand", []string{"--github-token", token}, map[string]string{"GITHUB_TOKEN": "other"}, true},
		{"GATE_GITHUB_TOKEN", nil, map[string]string{"GATE_GITHUB_TOKEN": token, "GITHUB_TOKEN": "other"}, true},
	} {
		dir := t.TempDir()
		config := fmt.Sprintf("version: 1\nchangelog: {source: github, api: %q}\n", api.URL)
		if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		seen = nil
		var stderr bytes.Buffer
		p := &process{
			args: append([]string{"changelog", "--from", "1.13.1", "--to", "1.13.2"}, c.args...), stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr,
			lookup: func(k string) (string, bool) { v, ok := c.env[k]; return v, ok }, dir: dir,
		}
		if code := p.main(t.Context()); code != exitPass || len(seen) == 0 {
			t.Errorf("%s: exit %d after %d requests: %s", c.name, code, len(seen), stderr.String())
			continue
		}
		if got := seen[0] == "Bearer "+token; got != c.sent || !c.sent && seen[0] != "" {
			t.Errorf("%s: the API got the header %q, want it: %v", c.name, seen[0], c.sent)
		}
		if said := strings.Count(stderr.String(), "is not sent to"); (said == 1) == c.sent || said > 1 {
			t.Errorf("%s: said %d times that it is not sent: %s", c.name, said, stderr.String())
		}
	}
}

func TestOwnForge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		api  string
		want bool
	}{
		{nil, "", true},
		{nil, "https://api.github.com", true},
		{nil, "https://API.github.com/", true},
		{nil, "http://api.github.com", false},
		{nil, "https://api.github.com.evil.example", false},
		{nil, "https://evil.example/api.github.com", false},
		{nil, "https://api.github.com:8443", false},
		{map[string]string{"GITHUB_API_URL": "https://ghe.example/api/v3"}, "https://ghe.example/api/v3", true},
		{map[string]string{"GITHUB_API_URL": "https://ghe.example/api/v3"}, "", false}, // a server's token is not github.com's
	} {
		p := &process{lookup: func(k string) (string, bool) { v, ok := c.env[k]; return v, ok }}
		if got := p.ownForge(c.api); got != c.want {
			t.Errorf("%q with %v: got %v, want %v", c.api, c.env, got, c.want)
		}
	}
	server := &process{lookup: func(k string) (string, bool) {
		return map[string]string{"GITHUB_SERVER_URL": "https://ghe.example", "GITHUB_API_URL": "https://ghe.example/api/v3"}[k], true
	}}
	if got := server.notesAPI(); got != "" {
		t.Errorf("on an enterprise server the notes come from %q, want github.com", got)
	}
}
