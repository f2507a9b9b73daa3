package main

import (
	"testing"

	"github.com/dify-gate/dify-gate/gate"
)

func TestLink(t *testing.T) {
	t.Parallel()
	github := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc", "GITHUB_WORKSPACE": "/ws"}
	gitlab := map[string]string{"GITLAB_CI": "true", "CI_PROJECT_URL": "https://gitlab.example/g/p", "CI_COMMIT_SHA": "abc", "CI_PROJECT_DIR": "/ws"}
	for _, c := range []struct {
		env      map[string]string
		location gate.Location
		want     string
	}{
		{github, gate.Location{File: "a b/#x.yaml", Line: 3}, "https://github.com/o/r/blob/abc/deploy/a%20b/%23x.yaml#L3"},
		{github, gate.Location{File: "../x.yaml"}, "https://github.com/o/r/blob/abc/x.yaml"},
		{github, gate.Location{File: "../../x.yaml"}, ""},
		{github, gate.Location{File: "/etc/x.yaml", Line: 1}, ""},
		{github, gate.Location{File: "https://github.com/x", Line: 1}, ""},
		{gitlab, gate.Location{File: ".env", Line: 7}, "https://gitlab.example/g/p/-/blob/abc/deploy/.env#L7"},
	} {
		p := &process{dir: "/ws/deploy", lookup: func(k string) (string, bool) { v, ok := c.env[k]; return v, ok }}
		if got := p.link()(c.location); got != c.want {
			t.Errorf("%v: %q, want %q", c.location, got, c.want)
		}
	}
	if p := (&process{lookup: func(string) (string, bool) { return "", false }}); p.link() != nil {
		t.Error("a link at a desk")
	}
}
