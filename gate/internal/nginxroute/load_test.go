package nginxroute

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What stands where Dify's folders of nginx stand, and is none, is not absent.
func TestFindWantsFolders(t *testing.T) {
	for _, name := range []string{"nginx", "nginx/conf.d"} {
		for kind, put := range map[string]func(path string) error{
			"file":     func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
			"dangling": func(path string) error { return os.Symlink("nowhere", path) },
		} {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), put(path)); err != nil {
				t.Fatal(err)
			}
			if files, err := Find(dir); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s that is a %s: %v, %v", name, kind, files, err)
			}
		}
	}
	if files, err := Find(t.TempDir()); files != nil || err != nil {
		t.Errorf("nothing at all: %v, %v", files, err)
	}
}
