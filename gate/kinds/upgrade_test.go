package kinds

import (
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
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// An untouched directory of the target release is not complained about, for
// every fourth pair of neighbours. Public secrets are.
func TestNoFalseAlarmOnDifysOwnFiles(t *testing.T) {
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	versions := c.Versions()
	releasedir.Some(t, 4, func(t *testing.T, d releasedir.Dir) {
		t.Parallel()
		i := slices.Index(versions, d.Version)
		if i == 0 {
			return // no release comes before it
		}
		env := &check.Env{Dir: d.Path, WorkDir: d.Path, From: versions[i-1], To: d.Version}
		secrets := 0
		for _, s := range []check.Spec{&envfile.EnvFile{}, &release.Upgrade{}, &proxy.Proxy{}} {
			r := checktest.Run(t, env, s)
			if r.Err != nil || r.Skip != "" {
				t.Fatalf("%s: error %v, skip %q", s.Kind(), r.Err, r.Skip)
			}
			for _, f := range r.Findings {
				switch {
				case f.Rule == "env/public-secret":
					secrets++
				case f.Severity > gate.Notice:
					t.Errorf("false alarm %s: %s", f.Rule, f.Message)
				}
			}
		}
		if secrets == 0 {
			t.Error("no public secret found in Dify's own example")
		}
	})
}

// The case of issue 4: an operator at 1.9.2 who goes to 1.10.1.
func TestUpgradeFrom192To1101(t *testing.T) {
	dir := releasedir.Write(t, "1.9.2")
	env := &check.Env{Dir: dir, WorkDir: dir, From: "1.9.2", To: "1.10.1"}
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
}

// The check upgrade leads to rules of other kinds, which it cannot import.
func TestUpgradeLeadsToRules(t *testing.T) {
	t.Parallel()
	for _, id := range []string{release.RemovedInEnv, release.MissingInProxy} {
		if !slices.ContainsFunc(Rules(), func(r gate.Rule) bool { return r.ID == id }) {
			t.Errorf("%s is no rule", id)
		}
	}
}
