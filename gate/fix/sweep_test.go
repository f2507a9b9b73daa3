package fix_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/envfile"
	"github.com/dify-gate/dify-gate/gate/check/proxy"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/fix"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// sweepAll tries all neighbouring releases and ten long ways, not a few of them.
var sweepAll = flag.Bool("all", false, "try all pairs of neighbouring releases")

// pairsToTry are the upgrades of a sweep.
func pairsToTry(t *testing.T) [][2]string {
	t.Helper()
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	versions := slices.DeleteFunc(c.Versions(), func(v string) bool { return strings.Contains(v, "-rc") })
	var out [][2]string
	for i := 1; i < len(versions); i++ {
		out = append(out, [2]string{versions[i-1], versions[i]})
	}
	long := [][2]string{
		{"0.15.8", "1.15.0"}, {"0.15.3", "1.0.0"}, {"1.0.0", "1.16.0"}, {"1.4.1", "1.10.1"}, {"1.7.2", "1.13.3"},
		{"1.9.2", "1.14.1"}, {"1.11.4", "1.16.0"}, {"1.13.0", "1.16.0"}, {"0.15.0", "1.9.2"}, {"1.2.0", "1.6.0"},
	}
	if *sweepAll {
		return append(out, long...)
	}
	return [][2]string{{"1.9.2", "1.10.1"}, {"1.13.0", "1.13.1"}, {"1.14.2", "1.15.0"}}
}

// judge runs the checks of the operator's files.
func judge(o operator, from, to string) fix.Judge {
	return func(ctx context.Context, root string) ([]gate.Finding, error) {
		env := &check.Env{Dir: root + o.dir, WorkDir: root + o.root, From: from, To: to, Getenv: func(string) string { return "" }}
		var out []gate.Finding
		for _, spec := range []check.Spec{&envfile.EnvFile{}, &release.Upgrade{}, &proxy.Proxy{}} {
			res := spec.Check(env).Run(ctx)
			if res.Err != nil {
				return nil, fmt.Errorf("%s: %w", spec.Kind(), res.Err)
			}
			out = append(out, res.Findings...)
		}
		return out, nil
	}
}

func options(t *testing.T, o operator, from, to string, show bool) fix.Options {
	t.Helper()
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	public := func(name, value string) bool { _, ok := c.Published(name, value); return ok }
	return fix.Options{Judge: judge(o, from, to), Base: o.root, Dirs: []string{o.dir}, Show: show, Secrets: fix.Secrets{Public: public}}
}

// named are findings as one compares them.
func named(findings []gate.Finding) map[string]gate.Finding {
	out := map[string]gate.Finding{}
	for _, f := range findings {
		file := ""
		if f.Location != nil {
			file = f.Location.File
		}
		out[f.Rule+" "+f.Subject+" "+file] = f
	}
	return out
}

// TestPatchOfEveryUpgrade is what the issue asks to be shown: for each upgrade of an
// operator's directory both tools take the patch, what it fixes is gone, nothing new is
// there, every value of the operator's own still is, and a second patch is empty.
func TestPatchOfEveryUpgrade(t *testing.T) {
	t.Parallel()
	for i, pair := range pairsToTry(t) {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, pair[0], uint64(i))
			ctx := t.Context()
			before, err := judge(o, pair[0], pair[1])(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			plan, err := fix.Make(ctx, options(t, o, pair[0], pair[1], true))
			if err != nil {
				t.Fatal(err)
			}
			patch := plan.Patch()
			if (patch == "") != (len(plan.Fixed) == 0) {
				t.Errorf("%d fixed, and a patch of %d bytes", len(plan.Fixed), len(patch))
			}
			for _, s := range o.secrets {
				if strings.Contains(patch, s) || strings.Contains(strings.Join(plan.Summary(true), "\n"), s) {
					t.Errorf("the patch shows a secret")
				}
			}
			composed := composeOf(t, o.dir)
			applyWith(t, o, patch)
			after, err := judge(o, pair[0], pair[1])(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			compareFindings(t, before, after, plan)
			ownValues(t, o)
			compareCompose(t, composed, composeOf(t, o.dir))
			again, err := fix.Make(ctx, options(t, o, pair[0], pair[1], true))
			if err != nil {
				t.Fatal(err)
			}
			if patch := again.Patch(); patch != "" {
				t.Errorf("the second patch is not empty:\n%s", patch)
			}
			t.Logf("%s: %d before, %d fixed, %d left;%s", t.Name(), len(before), len(plan.Fixed), len(plan.Left), o.odd)
			applyRest(t, o, pair[0], pair[1])
		})
	}
}

// applyRest lets --apply write what a patch may not show, and wants the same of it.
func applyRest(t *testing.T, o operator, from, to string) {
	t.Helper()
	ctx := t.Context()
	before, err := judge(o, from, to)(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fix.Make(ctx, options(t, o, from, to, false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Apply(); err != nil {
		t.Fatal(err)
	}
	after, err := judge(o, from, to)(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	compareFindings(t, before, after, plan)
	ownValues(t, o)
	again, err := fix.Make(ctx, options(t, o, from, to, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Files()) > 0 {
		t.Errorf("after --apply, a second one would change %v", again.Files())
	}
}

// applyWith applies a patch with patch(1) to a copy and with git, and wants the same.
func applyWith(t *testing.T, o operator, patch string) {
	t.Helper()
	if patch == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "gate.patch")
	if err := os.WriteFile(file, []byte(patch), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(other, os.DirFS(o.root)); err != nil {
		t.Fatal(err)
	}
	run(t, other, "patch", "-p1", "--no-backup-if-mismatch", "-i", file)
	run(t, o.root, "git", "init", "-q", ".")
	run(t, o.root, "git", "apply", "--whitespace=nowarn", file)
	if err := os.RemoveAll(filepath.Join(o.root, ".git")); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(o.root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		mine, err1 := os.ReadFile(path)
		theirs, err2 := os.ReadFile(filepath.Join(other, strings.TrimPrefix(path, o.root)))
		if string(mine) != string(theirs) {
			t.Errorf("%s: git apply and patch -p1 made different files", path)
		}
		return errors.Join(err1, err2)
	}); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(testserver.Find(t, name), args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// compareFindings wants what was fixed to be gone, and nothing new.
func compareFindings(t *testing.T, before, after []gate.Finding, plan *fix.Plan) {
	t.Helper()
	was, is := named(before), named(after)
	for name, f := range is {
		if _, known := was[name]; !known {
			t.Errorf("new after the patch: %s: %s", name, f.Message)
		}
	}
	for name := range named(plan.Fixed) {
		if _, still := is[name]; still {
			t.Errorf("still there after the patch: %s", name)
		}
	}
}

// ownValues wants the operator's own values to be there as they were.
func ownValues(t *testing.T, o operator) {
	t.Helper()
	path := filepath.Join(o.dir, ".env")
	f, err := dotenv.Read(path)
	if err != nil || len(f.Errors) > 0 {
		t.Fatalf("%v %v", err, f.Errors)
	}
	for name, want := range o.values {
		if got, ok := f.Lookup(name); !ok || got != want {
			t.Errorf("%s is %q (%v) after the patch, want %q", name, got, ok, want)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, comment := range []string{"# --- ours ---", "#LOG_LEVEL=DEBUG"} {
		if !strings.Contains(string(text), comment) {
			t.Errorf("the comment %q is gone", comment)
		}
	}
	if dos := strings.Count(string(text), "\r\n"); dos > 0 && dos != strings.Count(string(text), "\n") {
		t.Error("the line ends are mixed now")
	}
	if strings.Count(string(text), "\ufeff") > 1 || strings.Index(string(text), "\ufeff") > 0 {
		t.Error("the byte order mark has moved")
	}
}

// composeOf reads a directory with compose-go's own loader.
func composeOf(t *testing.T, dir string) *types.Project {
	t.Helper()
	f, err := dotenv.Read(filepath.Join(dir, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	env := types.Mapping{}
	for _, e := range f.Entries {
		env[e.Key] = e.Value
	}
	details := types.ConfigDetails{WorkingDir: dir, Environment: env}
	for _, name := range []string{"docker-compose.yaml", "docker-compose.override.yaml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: filepath.Join(dir, name)})
		}
	}
	project, err := loader.LoadWithContext(t.Context(), details, func(o *loader.Options) {
		o.SetProjectName("dify", true)
		o.Profiles = []string{"*"}
		o.SkipResolveEnvironment = true
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

var difysImage = regexp.MustCompile(`/dify-[a-z-]+:`)

// compareCompose wants the services to read alike but for the tags of Dify's images, and
// variables that were added, renamed, or are gone.
func compareCompose(t *testing.T, was, is *types.Project) {
	t.Helper()
	names := func(p *types.Project) []string { return slices.Sorted(maps.Keys(p.Services)) }
	if !slices.Equal(names(was), names(is)) {
		t.Fatalf("services %v, want %v", names(is), names(was))
	}
	for name, s := range is.Services {
		old := was.Services[name]
		if old.Image != s.Image && !difysImage.MatchString(s.Image) {
			t.Errorf("%s has the image %s, want %s as before", name, s.Image, old.Image)
		}
		if fmt.Sprint(old.Command, old.Entrypoint, old.Ports, old.Volumes, old.Profiles, old.DependsOn) != fmt.Sprint(s.Command, s.Entrypoint, s.Ports, s.Volumes, s.Profiles, s.DependsOn) {
			t.Errorf("%s differs in more than its image and environment", name)
		}
		changed := 0
		for key, v := range s.Environment {
			if before, had := old.Environment[key]; had && v != nil && before != nil && *before != *v {
				changed++
			}
		}
		if changed > 0 {
			t.Logf("%s: %d variables have another value", name, changed)
		}
	}
}
