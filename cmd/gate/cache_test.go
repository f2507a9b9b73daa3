//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestKeepCache: what the action's container keeps as root is the runner's in the end,
// so that actions/cache can read it.
func TestKeepCache(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	kept := filepath.Join(home, ".cache", "dify-gate", "learned", "x.json")
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, 1001, 127); err != nil {
		t.Fatal(err)
	}
	owner := func(path string) uint32 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Uid
	}
	env := map[string]string{"HOME": home}
	p := &process{stderr: io.Discard, lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	p.keepCache()
	if owner(kept) != 0 {
		t.Error("outside of GitHub the file was given away")
	}
	env["GITHUB_ACTIONS"] = "true"
	p.keepCache()
	for path := kept; path != home; path = filepath.Dir(path) {
		if owner(path) != 1001 {
			t.Errorf("%s belongs to %d, want the owner of the home", path, owner(path))
		}
	}
}
