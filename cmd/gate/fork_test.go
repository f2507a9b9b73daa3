package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWarnOfFork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event, kind string
		warned      bool
	}{
		"a fork":          {`{"pull_request":{"head":{"repo":{"full_name":"someone/dify"}},"base":{"repo":{"full_name":"acme/dify"}}}}`, "pull_request", true},
		"a deleted fork":  {`{"pull_request":{"head":{"repo":null},"base":{"repo":{"full_name":"acme/dify"}}}}`, "pull_request", true},
		"an own branch":   {`{"pull_request":{"head":{"repo":{"full_name":"acme/dify"}},"base":{"repo":{"full_name":"acme/dify"}}}}`, "pull_request", false},
		"another event":   {`{"pull_request":{"head":{"repo":null},"base":{"repo":{"full_name":"acme/dify"}}}}`, "pull_request_target", false},
		"a push":          {`{"ref":"refs/heads/main"}`, "pull_request", false},
		"broken":          {`{"pull_request":`, "pull_request", false},
		"another shape":   {`{"pull_request":[1]}`, "pull_request", false},
		"no object":       {`null`, "pull_request", false},
		"no file at all":  {"", "pull_request", false},
		"a nested bomb":   {strings.Repeat(`{"a":`, 1<<20), "pull_request", false},
		"not on a runner": {`{"pull_request":{"head":{"repo":null},"base":{"repo":{"full_name":"acme/dify"}}}}`, "", false},
	} {
		file := filepath.Join(t.TempDir(), "event.json")
		if c.event != "" {
			if err := os.WriteFile(file, []byte(c.event), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": c.kind, "GITHUB_EVENT_PATH": file}
		var stderr bytes.Buffer
		p := &process{stderr: &stderr, lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
		p.warnOfFork()
		if got := strings.Contains(stderr.String(), "comes from a fork"); got != c.warned {
			t.Errorf("%s: warned %v, want %v: %s", name, got, c.warned, stderr.String())
		}
	}
}
