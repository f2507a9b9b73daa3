package fix_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/fix"
)

// oldToNew judges files of lines: each that reads "old" wants to be "new".
func oldToNew(files ...string) fix.Judge {
	return func(_ context.Context, root string) ([]gate.Finding, error) {
		var out []gate.Finding
		for _, path := range files {
			text := check.ReadEditable(root + path)
			if text == nil {
				return nil, fmt.Errorf("%s: cannot be read", path)
			}
			for i, line := range text.Texts() {
				if strings.HasPrefix(line, "old") {
					out = append(out, gate.Finding{Rule: "x/old", Subject: line, Message: line,
						Location: &gate.Location{File: filepath.Base(path)}, Edits: []gate.Edit{text.Replace(i+1, i+1, "new"+line[3:])}})
				}
			}
		}
		return out, nil
	}
}

func planOf(t *testing.T, dir string, files ...string) (*fix.Plan, error) {
	t.Helper()
	return fix.Make(t.Context(), fix.Options{Judge: oldToNew(files...), Base: dir, Dirs: []string{dir}})
}

func TestApplyKeepsACopyOfEach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	writeFile(t, path, "1\r\nold\r\n3")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	for round, want := range []string{"a.gate-bak", "a.gate-bak.2"} {
		plan, err := planOf(t, dir, path)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		written, err := plan.Apply()
		if err != nil || len(written) != 1 || written[0].Backup != want {
			t.Fatalf("round %d: %+v %v, want the copy %s", round, written, err, want)
		}
		if copied, _ := os.ReadFile(filepath.Join(dir, want)); !bytes.Equal(copied, before) {
			t.Errorf("the copy reads %q, want %q", copied, before)
		}
		if now, _ := os.ReadFile(path); string(now) != "1\r\nnew\r\n3" {
			t.Errorf("the file reads %q", now)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
			t.Errorf("mode %o, want 640", info.Mode().Perm())
		}
		writeFile(t, path, "1\r\nold\r\n3")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 3 {
		t.Errorf("%v is left, want the file and two copies", entries)
	}
}

// What cannot be changed is one error, and nothing else is changed either.
func TestApplyIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		between func(t *testing.T, dir string)
		want    string
	}{
		{"read-only", func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, "b"), 0o444); err != nil {
				t.Fatal(err)
			}
		}, nil, "b: read-only"},
		{"a link out of the directory", func(t *testing.T, dir string) {
			outside := filepath.Join(t.TempDir(), "b")
			writeFile(t, outside, "old\n")
			if err := os.Remove(filepath.Join(dir, "b")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside, filepath.Join(dir, "b")); err != nil {
				t.Fatal(err)
			}
		}, nil, "outside of"},
		{"no text", func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "b"), "old\n\x00") }, nil, "cannot be read"},
		{"changed meanwhile", nil, func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "b"), "old\nmore\n") }, "b: changed since it was read"},
		{"gone meanwhile", nil, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "b")); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "a"), "old\n")
		writeFile(t, filepath.Join(dir, "b"), "old\n")
		if tt.prepare != nil {
			tt.prepare(t, dir)
		}
		plan, err := planOf(t, dir, filepath.Join(dir, "a"), filepath.Join(dir, "b"))
		if err == nil {
			if tt.between != nil {
				tt.between(t, dir)
			}
			_, err = plan.Apply()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", tt.name, err, tt.want)
		}
		if a, _ := os.ReadFile(filepath.Join(dir, "a")); string(a) != "old\n" {
			t.Errorf("%s: the other file reads %q, want it as it was", tt.name, a)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*gate-bak*")); len(left) > 0 {
			t.Errorf("%s: %v is left", tt.name, left)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".gate-fix-*")); len(left) > 0 {
			t.Errorf("%s: %v is left", tt.name, left)
		}
	}
}

// A link within the directory stays a link.
func TestApplyFollowsALinkWithin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "real"), "old\n")
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	plan, err := planOf(t, dir, filepath.Join(dir, "link"))
	if err != nil {
		t.Fatal(err)
	}
	if patch := plan.Patch(); !strings.HasPrefix(patch, "--- a/real\n+++ b/real\n") {
		t.Errorf("the patch names %q", patch)
	}
	if _, err := plan.Apply(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "real")); string(text) != "new\n" {
		t.Errorf("the file reads %q", text)
	}
	if target, err := os.Readlink(filepath.Join(dir, "link")); err != nil || target != "real" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}

// killFiles are how many files the process that is killed changes, each of killSize bytes.
const (
	killFiles = 12
	killSize  = 200 << 10
)

// TestApplyChild is the process that TestKill kills; by itself it does nothing.
func TestApplyChild(t *testing.T) {
	dir := os.Getenv("FIX_TEST_DIR")
	if dir == "" {
		return
	}
	var files []string
	for i := range killFiles {
		files = append(files, filepath.Join(dir, fmt.Sprint("f", i)))
	}
	plan, err := planOf(t, dir, files...)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "ready"), "")
	if _, err := plan.Apply(); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills --apply at random points: each file is the old or the new one as a whole,
// and whatever has the name of a copy is the old one as a whole.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 4
	if *sweepAll {
		rounds = 100
	}
	old := "old\n" + strings.Repeat("a line that stays\n", killSize/18)
	fresh := "new" + old[3:]
	cut, mixed := 0, 0
	for range rounds {
		dir := t.TempDir()
		for i := range killFiles {
			writeFile(t, filepath.Join(dir, fmt.Sprint("f", i)), old)
		}
		cmd := exec.Command(os.Args[0], "-test.run", "^TestApplyChild$")
		cmd.Env = append(os.Environ(), "FIX_TEST_DIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil {
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err != nil {
			cut++
		}
		news := 0
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".gate-fix-") || e.Name() == "ready" {
				return err
			}
			text, err := os.ReadFile(path)
			isNew := string(text) == fresh
			if isNew && !strings.Contains(e.Name(), "gate-bak") {
				news++
			}
			if string(text) != old && (!isNew || strings.Contains(e.Name(), "gate-bak")) {
				t.Errorf("%s is neither the old nor the new file: %d bytes, %x", e.Name(), len(text), sha256.Sum256(text))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if news > 0 && news < killFiles {
			mixed++
		}
		if backups, _ := filepath.Glob(filepath.Join(dir, "*.gate-bak")); news > 0 && len(backups) != killFiles {
			t.Errorf("%d files are new, and %d copies are there, want one of each", news, len(backups))
		}
	}
	t.Logf("%d rounds: %d were cut short, %d between two files", rounds, cut, mixed)
}
