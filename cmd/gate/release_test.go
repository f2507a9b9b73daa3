package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// releases is a bare repository, and a checkout of it with the scripts of this one.
type releases struct {
	t             *testing.T
	bare, work    string
	scripts, main string
}

func newReleases(t *testing.T) *releases {
	t.Helper()
	dir := t.TempDir()
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	r := &releases{t: t, bare: filepath.Join(dir, "bare.git"), work: filepath.Join(dir, "work"), scripts: filepath.Join(here, "scripts")}
	r.git(dir, "init", "-q", "--bare", "-b", "main", r.bare)
	r.git(dir, "clone", "-q", r.bare, r.work)
	for _, file := range []string{"action.yml", "Dockerfile"} {
		text, err := os.ReadFile(filepath.Join(here, file))
		if err != nil {
			t.Fatal(err)
		}
		r.write(file, string(text))
	}
	return r
}

func (r *releases) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.work, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *releases) git(dir string, args ...string) string {
	r.t.Helper()
	out, err := r.run(dir, "git", args...)
	if err != nil {
		r.t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return out
}

func (r *releases) run(dir, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// version commits a version to main.
func (r *releases) version(v string) {
	r.t.Helper()
	r.write("cmd/gate/VERSION", v+"\n")
	r.git(r.work, "add", "-A")
	r.git(r.work, "commit", "-q", "-m", "Set the version to "+v)
	r.git(r.work, "push", "-q", "origin", "HEAD:main")
	r.main = r.git(r.work, "rev-parse", "HEAD")
}

func (r *releases) script(name string, args ...string) (string, error) {
	r.t.Helper()
	return r.run(r.work, filepath.Join(r.scripts, name), args...)
}

// action is action.yml at a tag of the bare repository.
func (r *releases) action(tag string) string {
	r.t.Helper()
	return r.git(r.bare, "show", "refs/tags/"+tag+":action.yml")
}

func (r *releases) at(ref string) string {
	r.t.Helper()
	return r.git(r.bare, "rev-parse", ref+"^{commit}")
}

func digest(c string) string { return "ghcr.io/dify-gate/dify-gate@sha256:" + strings.Repeat(c, 64) }

// TestReleaseByTag plays releases against a bare repository: the digest stands in
// action.yml at the tag, the moving tags follow and only forward, and a tag that is
// there is never moved.
func TestReleaseByTag(t *testing.T) {
	t.Parallel()
	r := newReleases(t)
	release := func(version, c string) {
		t.Helper()
		r.version(version)
		commit, err := r.script("release-tag", version, digest(c))
		if err != nil {
			t.Fatalf("%s: %v: %s", version, err, commit)
		}
		before, was := r.git(r.work, "status", "--porcelain"), r.action("v"+version)
		if before != "" || commit != r.at("v"+version) || commit != r.at("release/v"+version[:1]) {
			t.Errorf("%s: %q is changed; the script says %s, the tag is at %s", version, before, commit, r.at("v"+version))
		}
		want := strings.Replace(r.git(r.work, "show", "HEAD:action.yml"), "\n  image: Dockerfile\n", "\n  image: docker://"+digest(c)+"\n", 1)
		if was != want || !strings.Contains(was, "sha256:") {
			t.Errorf("%s: action.yml is\n%s\nwant\n%s", version, was, want)
		}
		if got := r.git(r.bare, "diff", "--name-only", r.main, "v"+version); got != "action.yml" {
			t.Errorf("%s differs from main in %s, want action.yml alone", version, got)
		}
	}
	moves := func(version, tags string) {
		t.Helper()
		out, err := r.run(r.work, "bash", "-c", `"$1" "$2" 2>/dev/null`, "-", filepath.Join(r.scripts, "release-move"), version)
		if err != nil || strings.ReplaceAll(out, "\n", " ") != tags {
			t.Errorf("%s moves %q, %v; want %q", version, out, err, tags)
		}
	}
	release("1.2.0", "a")
	if out, err := r.run(r.bare, "git", "rev-parse", "--verify", "-q", "refs/tags/v1"); err == nil {
		t.Errorf("v1 is at %s before the tag was tried", out)
	}
	moves("1.2.0", "1.2.0 1 1.2 latest")
	for _, tag := range []string{"v1", "v1.2"} {
		if r.at("refs/tags/"+tag) != r.at("v1.2.0") || !strings.Contains(r.action(tag), digest("a")) {
			t.Errorf("%s is not at v1.2.0, or does not name its image", tag)
		}
	}
	first := r.at("v1.2.0")
	release("1.2.1", "b")
	moves("1.2.1", "1.2.1 1 1.2 latest")
	if r.at("refs/tags/v1") != r.at("v1.2.1") || r.at("refs/tags/v1.2") != r.at("v1.2.1") || !strings.Contains(r.action("v1"), digest("b")) {
		t.Error("the second release did not move v1 and v1.2")
	}
	if r.at("v1.2.0") != first {
		t.Error("v1.2.0 moved")
	}
	if _, err := r.run(r.bare, "git", "merge-base", "--is-ancestor", first, "release/v1"); err != nil {
		t.Error("the release branch did not go on from the first release")
	}
	release("1.3.0", "c")
	moves("1.3.0", "1.3.0 1 1.3 latest")
	// A fix for the older minor release moves its own tag alone.
	release("1.2.2", "d")
	moves("1.2.2", "1.2.2 1.2")
	if r.at("refs/tags/v1") != r.at("v1.3.0") || r.at("refs/tags/v1.2") != r.at("v1.2.2") {
		t.Error("v1 went back, or v1.2 did not follow")
	}
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"a release that is there", "v1.2.2 is released already", []string{"release-tag", "1.2.2", digest("f")}},
		{"another version than the tree's", "cmd/gate/VERSION of HEAD is 1.2.2, not 2.0.1", []string{"release-tag", "2.0.1", digest("f")}},
		{"no digest", "want REGISTRY/NAME@sha256:DIGEST", []string{"release-tag", "2.0.0", "ghcr.io/dify-gate/dify-gate:2.0.0"}},
		{"text that would run", "want REGISTRY/NAME@sha256:DIGEST", []string{"release-tag", "2.0.0", "a/b$(touch x)@sha256:" + strings.Repeat("a", 64)}},
		{"a tag that is not there", "v3.0.0 is not tagged", []string{"release-move", "3.0.0"}},
	} {
		if out, err := r.script(c.args[0], c.args[1:]...); err == nil || !strings.Contains(out, c.says) {
			t.Errorf("%s: %v: %s; want %q", c.name, err, out, c.says)
		}
	}
}
