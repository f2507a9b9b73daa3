package fix

import (
	"os"
	"path/filepath"
	"testing"
)

// The shadow never writes to what it looks like, whatever folders are on the way.
func TestShadowLeavesTheFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string][]byte{}
	for _, name := range []string{"a", "envs/b", "envs/core/c", "envs/core/d", "envs/other/e"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		files[path] = []byte("new")
	}
	beside := filepath.Join(dir, "envs/core/beside")
	if err := os.WriteFile(beside, []byte("beside"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := newShadow(files)
	if err != nil {
		t.Fatal(err)
	}
	for path := range files {
		real, _ := os.ReadFile(path)
		shown, _ := os.ReadFile(s.root + path)
		if string(real) != "old" || string(shown) != "new" {
			t.Errorf("%s: %q on the disk and %q in the shadow, want old and new", path, real, shown)
		}
	}
	if data, _ := os.ReadFile(s.root + beside); string(data) != "beside" {
		t.Errorf("what stands beside reads %q", data)
	}
	if err := s.remove(); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(beside); string(data) != "beside" {
		t.Error("removing the shadow removed a file")
	}
}
