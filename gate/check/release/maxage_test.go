package release

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// The cache stands in for a source out of reach for a day, or for as long as the
// operator says; after that the run is undecided.
func TestCachedNotesGrowOld(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/markdown")
		w.Header().Set("ETag", `"one"`)
		text := "## 1.3.1\n\n- fix: a typo (#1)\n\n## 1.3.0\n\n- fix: another (#2)\n"
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write([]byte(text))
	}))
	cache := t.TempDir()
	env := checktest.Env(t, probe.NetworkOptions{})
	env.From, env.To = "1.3.0", "1.3.1"
	spec := &Changelog{Source: server.URL + "/CHANGELOG.md", CacheDir: cache}
	if res := checktest.Run(t, env, spec); res.Err != nil {
		t.Fatal(res.Err)
	}
	server.Close()
	age(t, cache, 3*time.Hour)
	if res := checktest.Run(t, env, spec); res.Err != nil || res.Evidence["cache"] == nil {
		t.Errorf("3 hours old: error %v, cache %v; want it read from the cache, said so", res.Err, res.Evidence["cache"])
	}
	age(t, cache, 30*time.Hour)
	checktest.WantUndecided(t, checktest.Run(t, env, spec), "changelog.max_age")
	spec.MaxAge = 48 * time.Hour
	if res := checktest.Run(t, env, spec); res.Err != nil {
		t.Errorf("30 hours old with max_age 48h: %v, want it taken", res.Err)
	}
}

// age makes the answers of a cache so old.
func age(t *testing.T, dir string, old time.Duration) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v: want files in the cache", files, err)
	}
	stored := regexp.MustCompile(`"[Ss]tored": ?"[^"]*"`)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := stored.ReplaceAllStringFunc(string(data), func(s string) string {
			key, _, _ := strings.Cut(s, ":")
			return key + `:"` + time.Now().Add(-old).UTC().Format(time.RFC3339) + `"`
		})
		if text == string(data) {
			t.Fatal("the cache has no time in it")
		}
		checktest.WriteFile(t, f, text)
	}
}
