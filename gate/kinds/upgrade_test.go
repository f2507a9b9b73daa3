package kinds

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/check/envfile"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// An untouched directory of the target release is not complained about, for
// all neighbouring pairs. Public secrets are.
func TestNoFalseAlarmOnDifysOwnFiles(t *testing.T) {
	if _, err := os.Stat(checktest.ReleaseFolders()); err != nil {
		t.Skip("no release folders in ../shared/dify")
	}
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	versions := c.Versions()
	table := []string{fmt.Sprintf("%-14s %-14s %5s %5s %7s %7s %7s", "from", "to", "new", "other", "secrets", "upgrade", "worse")}
	for i := 1; i < len(versions); i++ {
		dir := filepath.Join(checktest.ReleaseFolders(), versions[i])
		env := &check.Env{Dir: dir, From: versions[i-1], To: versions[i]}
		counts := map[string]int{}
		var bad []string
		for _, s := range []check.Spec{&envfile.EnvFile{}, &release.Upgrade{}, &proxy.Proxy{}} {
			r := s.Check(env).Run(t.Context())
			if r.Err != nil || r.Skip != "" {
				t.Fatalf("%s: %v %s", versions[i], r.Err, r.Skip)
			}
			for _, f := range r.Findings {
				switch {
				case f.Rule == "env/public-secret":
					counts["secrets"]++
				case f.Severity > gate.Notice:
					bad = append(bad, f.Rule+": "+f.Message)
				case f.Rule == "env/new":
					counts["new"]++
				case strings.HasPrefix(f.Rule, "upgrade/"):
					counts["upgrade"]++
				default:
					counts["other"]++
				}
			}
		}
		table = append(table, fmt.Sprintf("%-14s %-14s %5d %5d %7d %7d %7d", versions[i-1], versions[i], counts["new"], counts["other"], counts["secrets"], counts["upgrade"], len(bad)))
		if len(bad) > 0 {
			t.Errorf("%s → %s:\n  %s", versions[i-1], versions[i], strings.Join(bad, "\n  "))
		}
		if counts["secrets"] == 0 {
			t.Errorf("%s: no public secret found in Dify's own example", versions[i])
		}
	}
	t.Log("\n" + strings.Join(table, "\n"))
}

// The case of issue 4: an operator at 1.9.2 who goes to 1.10.1.
func TestUpgradeFrom192To1101(t *testing.T) {
	dir := filepath.Join(checktest.ReleaseFolders(), "1.9.2")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no release folders in ../shared/dify")
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	env := &check.Env{Dir: dir, WorkDir: wd, From: "1.9.2", To: "1.10.1"}
	start := time.Now()
	upgrade := checktest.Run(t, env, &release.Upgrade{})
	settings := checktest.Run(t, env, &envfile.EnvFile{})
	if took := time.Since(start); took > 30*time.Second { // under a second on an idle machine; this finds what does not end
		t.Errorf("took %v", took)
	}
	want := []string{
		"error upgrade/version-skew langgenius/dify-api",
		"error upgrade/version-skew langgenius/dify-plugin-daemon",
		"error upgrade/version-skew langgenius/dify-web",
		"warning upgrade/undeclared route /triggers",
		"warning upgrade/undeclared service db",
		"warning upgrade/undeclared service db_postgres",
		"warning upgrade/undeclared step storage-owner",
	}
	got := checktest.Worse(upgrade)
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("no %q among %s", w, strings.Join(got, "\n"))
		}
	}
	for _, w := range []string{"env/new TRIGGER_URL", "env/new DB_TYPE", "env/new COOKIE_DOMAIN", "env/default-changed DB_HOST", "env/default-changed COMPOSE_PROFILES", "env/inconsistent DB_HOST"} {
		if !slices.Contains(checktest.Reported(settings), w) {
			t.Errorf("no %q among %v", w, checktest.Reported(settings))
		}
	}
	for _, f := range append(upgrade.Findings, settings.Findings...) {
		if f.Location == nil || f.Location.Line == 0 || f.Hint == "" {
			t.Errorf("%s %s: no place or hint", f.Rule, f.Message)
		}
	}
	if testing.Verbose() {
		for _, f := range append(upgrade.Findings, settings.Findings...) {
			t.Logf("%-8s %-22s %s:%d: %s → %s", f.Severity, f.Rule, f.Location.File, f.Location.Line, f.Message, f.Hint)
		}
	}
}
