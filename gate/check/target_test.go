package check_test

import (
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// The target is what most of Dify's images say; a pinned one never decides alone.
func TestTarget(t *testing.T) {
	images := func(pairs ...string) string {
		s := "services:\n"
		for i := 0; i < len(pairs); i += 2 {
			kind := "api"
			if strings.HasPrefix(pairs[i], "web") {
				kind = "web"
			}
			s += "  " + pairs[i] + ":\n    image: langgenius/dify-" + kind + ":" + pairs[i+1] + "\n"
		}
		return s
	}
	const old, now = "1.13.0", "1.13.3"
	all := images("api", now, "worker", now, "worker_beat", now, "web", now)
	for _, c := range []struct {
		name, base, over, want, source string
	}{
		{"all agree", all, "", now, "compose.yaml:3"},
		{"the api is pinned to an older one", all, images("api", old), now, "3 of 4"},
		{"the api is pinned to a newer one", all, images("api", "1.14.0"), now, "3 of 4"},
		{"all but the web are pinned to an older one", all, images("api", old, "worker", old, "worker_beat", old), now, "1 of 4"},
		{"all but one are raised", images("api", old, "worker", old, "web", old), images("api", now, "web", now), now, "compose.override.yaml"},
		{"all are raised", images("api", old, "web", old), images("api", now, "web", now), now, "compose.override.yaml:3"},
		{"one was forgotten", images("api", now, "worker", now, "web", old), "", now, "2 of 3"},
		{"half and half", images("api", old, "web", now), "", now, "1 of 2"},
		{"no version", images("api", "latest", "web", now), "", now, "dify-web"},
		{"no tag at all", images("api", "latest"), "", "", ""},
		{"with v", images("api", "v"+now, "worker", now), "", "v" + now, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"compose.yaml": c.base}
			if c.over != "" {
				files["compose.override.yaml"] = c.over
			}
			dir := checktest.Dir(t, files)
			got, source := (&check.Env{Dir: dir, WorkDir: dir}).Target()
			if got != c.want || !strings.Contains(source, c.source) {
				t.Errorf("%q from %q, want %q from …%s…", got, source, c.want, c.source)
			}
		})
	}
}
