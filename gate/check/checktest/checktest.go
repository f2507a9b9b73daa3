// Package checktest is what the tests of kinds share: an environment, a run of a
// check that records which rules it reported, and servers that misbehave.
package checktest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Env is an environment as a run has it, without proxies, with a network
// of its own that is closed at the test's end.
func Env(t testing.TB, opts probe.NetworkOptions) *check.Env {
	t.Helper()
	opts.UserAgent = "dify-gate/test"
	network, err := probe.NewNetwork(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	return &check.Env{Network: network, Now: time.Now(), Getenv: func(string) string { return "" }}
}

// EnvAt is an environment with dify.url, which may be "", and a working
// directory of its own.
func EnvAt(t testing.TB, base string) *check.Env {
	t.Helper()
	env := Env(t, probe.NetworkOptions{})
	env.WorkDir = t.TempDir()
	if base != "" {
		var err error
		if env.URL, err = url.Parse(base); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

// minSecret is the length from which a secret in a result is looked for: a
// shorter one stands in any text by chance.
const minSecret = 8

// Run validates a spec and runs its check once within its timeout. Every
// finding must be of a rule that the check lists and have a hint, and no
// secret of the check may show.
func Run(t testing.TB, env *check.Env, spec check.Spec) gate.Result {
	t.Helper()
	if ms := spec.Validate(); len(ms) > 0 {
		t.Fatalf("%s: the entry is wrong: %+v", spec.Kind(), ms)
	}
	c := spec.Check(env)
	if c.Phase == gate.PhasePost && len(c.Probes) == 0 && c.Skip == "" {
		t.Errorf("%s: no probes, want those of a check of the post phase", c.Name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), c.Timeout)
	defer cancel()
	res := c.Run(ctx)
	for _, f := range res.Findings {
		if !slices.Contains(c.Rules, f.Rule) || f.Hint == "" {
			t.Errorf("finding %+v: want a listed rule and a hint", f)
		}
	}
	if _, err := json.Marshal(res.Evidence); err != nil {
		t.Errorf("evidence: %v", err)
	}
	for _, s := range c.Secrets {
		if v := s.Reveal(); len(v) >= minSecret && strings.Contains(fmt.Sprintf("%+v %+v %v %v %v", res, res.Evidence, res.Err, c.Name, c.Probes), v) {
			t.Errorf("the result shows a secret: %+v", res)
		}
	}
	record(spec, res)
	return res
}

// Rules are the rules of a result's findings, sorted, with a space between.
func Rules(res gate.Result) string {
	out := make([]string, 0, len(res.Findings))
	for _, f := range res.Findings {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Want runs a spec and wants exactly these rules, no error, and the words
// in the first finding.
func Want(t testing.TB, env *check.Env, spec check.Spec, rules string, words ...string) gate.Result {
	t.Helper()
	res := Run(t, env, spec)
	want := strings.Fields(rules)
	slices.Sort(want)
	if res.Err != nil || Rules(res) != strings.Join(want, " ") {
		t.Errorf("got rules %q, error %v, want %q\n%+v", Rules(res), res.Err, rules, res.Findings)
		return res
	}
	for _, w := range words {
		if f := res.Findings[0]; !strings.Contains(f.Message+" | "+f.Hint, w) {
			t.Errorf("%s: %s | %s: want %q in it", f.Rule, f.Message, f.Hint, w)
		}
	}
	return res
}

// WantRules compares the rules of a result that was decided, each once.
func WantRules(t testing.TB, res gate.Result, want ...string) {
	t.Helper()
	if res.Err != nil {
		t.Errorf("undecided: %v, want rules %q", res.Err, want)
	}
	got := slices.Compact(strings.Fields(Rules(res)))
	if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("rules %q, want %q; findings %+v", got, want, res.Findings)
	}
}

// WantUndecided wants an error whose text holds a part, and no findings.
func WantUndecided(t testing.TB, res gate.Result, part string) {
	t.Helper()
	if res.Err == nil || !strings.Contains(res.Err.Error(), part) {
		t.Errorf("error %v, want one with %q", res.Err, part)
	}
	if len(res.Findings) > 0 {
		t.Errorf("findings %+v beside an error", res.Findings)
	}
}

// WriteFile writes a file and the folders that lead to it.
func WriteFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// PutFile writes a file below the environment's working directory.
func PutFile(t testing.TB, env *check.Env, name, text string) string {
	t.Helper()
	path := filepath.Join(env.WorkDir, name)
	WriteFile(t, path, text)
	return path
}

// seen is what the tests of this process have run and seen reported.
var seen struct {
	sync.Mutex
	// rules are those of the kinds that ran, by the package of their spec.
	rules    map[string]map[string]bool
	provoked map[string]bool
}

func record(spec check.Spec, res gate.Result) {
	seen.Lock()
	defer seen.Unlock()
	if seen.rules == nil {
		seen.rules, seen.provoked = map[string]map[string]bool{}, map[string]bool{}
	}
	home := reflect.TypeOf(spec).Elem().PkgPath()
	if seen.rules[home] == nil {
		seen.rules[home] = map[string]bool{}
	}
	for _, r := range spec.Rules() {
		seen.rules[home][r.ID] = true
	}
	for _, f := range res.Findings {
		seen.provoked[f.Rule] = true
	}
}

// Main runs a package's tests. When all of them ran and passed, each rule of the
// package's kinds must have been reported at least once in a Run.
func Main(m *testing.M) {
	code := m.Run()
	for _, part := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if flag.Lookup(part).Value.String() != "" {
			os.Exit(code) // only some of the tests ran
		}
	}
	if missed := missed(caller()); code == 0 && len(missed) > 0 {
		fmt.Fprintf(os.Stderr, "no test provoked the rules %s\n", strings.Join(missed, ", "))
		code = 1
	}
	os.Exit(code)
}

// missed are the rules of a package's kinds that no test provoked.
func missed(home string) []string {
	var out []string
	for id := range seen.rules[home] {
		if !seen.provoked[id] {
			out = append(out, id)
		}
	}
	if len(seen.rules[home]) == 0 {
		return []string{"of " + home + " (no Run at all)"}
	}
	slices.Sort(out)
	return out
}

// caller is the package of Main's caller.
func caller() string {
	pc, _, _, _ := runtime.Caller(2)
	return strings.TrimSuffix(runtime.FuncForPC(pc).Name(), ".TestMain")
}

// Reported lists findings as "rule: subject @file:line", without the kind.
func Reported(r gate.Result) []string {
	var out []string
	for _, f := range r.Findings {
		line := f.Rule + " " + f.Subject
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// Worse lists the findings above a notice as "severity rule subject".
func Worse(r gate.Result) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Severity > gate.Notice {
			out = append(out, fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Subject))
		}
	}
	slices.Sort(out)
	return out
}
