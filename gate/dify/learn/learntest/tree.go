// Package learntest makes source trees as Dify lays them out, for tests: a
// release 9.9.9 that no catalogue knows, with a new public prefix, a new
// service, a new variable without a default and a new migration.
package learntest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Version is the release that the tree is of.
const Version = "9.9.9"

//go:embed all:tree
var tree embed.FS

// Files are the files of the tree by path. Each call gives a new map.
func Files() map[string]string {
	out := map[string]string{}
	err := fs.WalkDir(tree, "tree", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := tree.ReadFile(name)
		out[strings.TrimPrefix(name, "tree/")] = string(data)
		return err
	})
	if err != nil {
		panic(err) // the files are embedded
	}
	return out
}

// Write puts files below a folder.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Commit is what tarballs of [Tarball] say they are of.
const Commit = "0123456789abcdef0123456789abcdef01234567"

// Tarball packs files as GitHub does: in one folder, with the commit in the
// global header.
func Tarball(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	write := func(h *tar.Header, text string) {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": Commit}}, "")
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	for _, name := range names {
		write(&tar.Header{Typeflag: tar.TypeReg, Name: "dify-0123456/" + name, Size: int64(len(files[name])), Mode: 0o644, ModTime: at}, files[name])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Git makes a folder a git repository with one commit of all its files, and
// tags it. It returns the commit.
func Git(t testing.TB, dir, tag string) string {
	t.Helper()
	run := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com",
			"GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com", "GIT_AUTHOR_DATE=2026-11-29T08:00:00Z", "GIT_COMMITTER_DATE=2026-11-29T08:00:00Z")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q")
	run("add", "-A", "-f")
	run("commit", "-q", "-m", "a release")
	if tag != "" {
		run("tag", tag)
	}
	return run("rev-parse", "HEAD")
}
