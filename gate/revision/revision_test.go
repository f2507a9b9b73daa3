package revision

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// repository makes a git repository of one commit.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, link := strings.CutPrefix(text, "-> "); link {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "x")
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// snapshotOf copies what HEAD of a repository has of docker/.
func snapshotOf(t *testing.T, root string) (into string, err error) {
	t.Helper()
	clone, err := Around(filepath.Join(root, "docker"))
	if err != nil {
		t.Fatal(err)
	}
	commit, err := clone.Commit(t.Context(), "HEAD", false)
	if err != nil {
		t.Fatal(err)
	}
	read, end, err := clone.Reader(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = end() }()
	into = t.TempDir()
	_, err = Snapshot(t.Context(), read, clone.Dir, into)
	return into, err
}

// TestSnapshot: the files that say which images are deployed, and what they name, come
// from the commit; no other file does, and nothing from outside of it.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(outside, []byte("services: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := repository(t, map[string]string{
		"docker/.env":                        "A=1\n",
		"docker/docker-compose.yaml":         "include: [../shared/a.yaml, {path: [b.yml]}, ../../../etc/passwd, \"${X}/c.yaml\"]\nservices:\n  api:\n    extends: {file: base.yaml, service: api}\n    env_file: [own.env, {path: more.env}]\n",
		"docker/b.yml":                       "services: {}\n",
		"docker/base.yaml":                   "-> ../shared/base.yaml",
		"docker/docker-compose.override.yml": "services: {}\n",
		"docker/own.env":                     "B=1\n",
		"docker/more.env":                    "C=1\n",
		"docker/values.yaml":                 "-> " + outside,
		"shared/base.yaml":                   "services: {api: {image: a:1}}\n",
		"shared/a.yaml":                      "services: {}\n",
		"other.yaml":                         "x: 1\n",
		"docker/notes.txt":                   "nothing\n",
	})
	_, err := snapshotOf(t, root)
	if err == nil || !strings.Contains(err.Error(), "docker/values.yaml: a link that leads to no file of the commit") {
		t.Fatalf("a link out of the commit: %v", err)
	}
	git(t, root, "rm", "-q", "docker/values.yaml")
	git(t, root, "commit", "-q", "-m", "y")
	into, err := snapshotOf(t, root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = filepath.WalkDir(into, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(into, path)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	})
	want := []string{"docker/.env", "docker/b.yml", "docker/base.yaml", "docker/docker-compose.override.yml", "docker/docker-compose.yaml", "docker/more.env", "docker/own.env", "shared/a.yaml"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("copied %q, %v; want %q", got, err, want)
	}
	if text, _ := os.ReadFile(filepath.Join(into, "docker", "base.yaml")); string(text) != "services: {api: {image: a:1}}\n" {
		t.Errorf("a link within the commit gives %q", text)
	}
}

// TestHostileRepository: nothing that a repository configures is run.
func TestHostileRepository(t *testing.T) {
	t.Parallel()
	root := repository(t, map[string]string{"docker/docker-compose.yaml": "services: {}\n", ".gitattributes": "*.yaml diff=x filter=x\n"})
	ran := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(root, ".git", "run")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $*\" >>"+ran+"\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "core.editor", "core.alternateRefsCommand", "credential.helper", "diff.x.textconv", "diff.external", "filter.x.smudge", "filter.x.clean", "filter.x.process", "remote.origin.uploadpack", "alias.cat-file", "uploadpack.packObjectsHook"} {
		git(t, root, "config", key, script)
	}
	for _, pair := range [][2]string{{"remote.origin.url", "ext::" + script}, {"remote.origin.promisor", "true"}, {"protocol.ext.allow", "always"}, {"core.hooksPath", filepath.Join(root, ".git")}, {"extensions.partialClone", "origin"}} {
		git(t, root, "config", pair[0], pair[1])
	}
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change"} {
		if err := os.Symlink(script, filepath.Join(root, ".git", hook)); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Remove(ran)
	if _, err := snapshotOf(t, root); err != nil {
		t.Error(err)
	}
	clone, err := Around(filepath.Join(root, "docker"))
	if err != nil {
		t.Fatal(err)
	}
	// A commit that only the remote of the partial clone would have.
	if _, err := clone.Commit(t.Context(), "0123456789012345678901234567890123456789", false); !errors.Is(err, ErrNoCommit) {
		t.Errorf("a commit that is missing: %v", err)
	}
	if text, err := os.ReadFile(ran); err == nil {
		t.Errorf("the repository's own programs were run:\n%s", text)
	}
}

// TestBounds: a commit of endless files, and one that is no commit.
func TestBounds(t *testing.T) {
	t.Parallel()
	endless := func(_ context.Context, name string) ([]byte, error) {
		if !strings.HasSuffix(name, ".yaml") {
			return nil, fs.ErrNotExist
		}
		return []byte("include: [" + strings.Repeat("x", len(name)) + ".yaml, y" + name[max(0, len(name)-40):] + "]\n"), nil
	}
	if _, err := Snapshot(t.Context(), endless, "docker", t.TempDir()); err == nil || !strings.Contains(err.Error(), "more than 300 files") {
		t.Errorf("endless includes: %v", err)
	}
	large := func(context.Context, string) ([]byte, error) { return make([]byte, maxFile+1), nil }
	if _, err := Snapshot(t.Context(), large, "docker", t.TempDir()); err == nil || !strings.Contains(err.Error(), "larger than any file") {
		t.Errorf("a large file: %v", err)
	}
	stopped, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	slow := func(ctx context.Context, _ string) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
	if _, err := Snapshot(stopped, slow, "docker", t.TempDir()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline: %v", err)
	}
}

// TestForkPoint: where a branch left the default one, and a clone that does not reach
// back to it.
func TestForkPoint(t *testing.T) {
	t.Parallel()
	root := repository(t, map[string]string{"docker/.env": "A=1\n"})
	fork := git(t, root, "rev-parse", "HEAD")
	git(t, root, "switch", "-q", "-c", "upgrade")
	git(t, root, "commit", "-q", "--allow-empty", "-m", "on the branch")
	git(t, root, "switch", "-q", "main")
	git(t, root, "commit", "-q", "--allow-empty", "-m", "on main")
	git(t, root, "switch", "-q", "upgrade")
	clone, err := Around(filepath.Join(root, "docker"))
	if err != nil {
		t.Fatal(err)
	}
	if commit, branch, err := clone.ForkPoint(t.Context()); err != nil || commit != fork || branch != "main" {
		t.Errorf("%s, %s, %v; want %s of main", commit, branch, err, fork)
	}
	shallow := filepath.Join(t.TempDir(), "clone")
	git(t, root, "clone", "-q", "--depth", "1", "--no-single-branch", "file://"+root, shallow)
	if clone, err = Around(filepath.Join(shallow, "docker")); err != nil {
		t.Fatal(err)
	}
	git(t, shallow, "remote", "set-head", "origin", "main")
	if _, _, err := clone.ForkPoint(t.Context()); !errors.Is(err, ErrNoCommit) || !strings.Contains(err.Error(), "the clone is shallow, fetch the whole history") {
		t.Errorf("a shallow clone: %v", err)
	}
}
