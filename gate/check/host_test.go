package check

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// hostEnv is an Env for checks of the host, its files and its figures; base
// may be "".
func hostEnv(t testing.TB, base string) *Env {
	t.Helper()
	network, err := NewNetwork(NetworkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	env := &Env{Network: network, Now: time.Now(), WorkDir: t.TempDir(), Getenv: func(string) string { return "" }}
	if base != "" {
		if env.URL, err = url.Parse(base); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

// runHost validates a spec and runs its check within its timeout.
func runHost(t testing.TB, env *Env, s Spec) gate.Result {
	t.Helper()
	if ms := s.Validate(); len(ms) > 0 {
		t.Fatalf("mistakes: %v", ms)
	}
	c := s.Check(env)
	if c.Phase == gate.PhasePost && len(c.Probes) == 0 {
		t.Error("a check of the post phase lists its probes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), c.Timeout)
	defer cancel()
	return c.Run(ctx)
}

// rulesIn are the rules that a result reports, sorted, each once.
func rulesIn(res gate.Result) []string {
	out := []string{}
	for _, f := range res.Findings {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wantRules compares the rules of a result that was decided.
func wantRules(t testing.TB, res gate.Result, want ...string) {
	t.Helper()
	if res.Err != nil {
		t.Errorf("undecided: %v, want rules %q", res.Err, want)
	}
	if got := rulesIn(res); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("rules %q, want %q; findings %+v", got, want, res.Findings)
	}
}

// wantUndecided wants an error whose text holds a part, and no findings.
func wantUndecided(t testing.TB, res gate.Result, part string) {
	t.Helper()
	if res.Err == nil || !strings.Contains(res.Err.Error(), part) {
		t.Errorf("error %v, want one with %q", res.Err, part)
	}
	if len(res.Findings) > 0 {
		t.Errorf("findings %+v beside an error", res.Findings)
	}
}

func messageFor(res gate.Result, rule string) string {
	for _, f := range res.Findings {
		if f.Rule == rule {
			return f.Message
		}
	}
	return ""
}

// putFile writes a file below the environment's working directory.
func putFile(t testing.TB, env *Env, name, text string) string {
	t.Helper()
	path := filepath.Join(env.WorkDir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
