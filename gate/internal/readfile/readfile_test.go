//go:build linux

package readfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/readfile/filetest"
)

func TestText(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		kind readfile.Kind // 0: the text is read
		text string        // it, or what the error says after the path
	}{
		"missing":               {readfile.Missing, "no such file"},
		"empty":                 {0, ""},
		"unreadable":            {readfile.Denied, "permission denied, want it readable"},
		"dangling":              {readfile.Dangling, "a link to nowhere, which is missing"},
		"folder":                {readfile.Folder, "a directory, want a file"},
		"FIFO":                  {readfile.Special, "a pipe, want a file"},
		"device":                {readfile.Special, "a device, want a file"},
		"binary":                {readfile.Binary, "not a text file: line 1 holds a NUL byte"},
		"UTF-16":                {readfile.Encoding, "text in UTF-16LE, want UTF-8"},
		"UTF-16 without a mark": {readfile.Encoding, "text in UTF-16LE, want UTF-8"},
		"BOM":                   {0, "a=1\nb=2\n"},
		"CRLF":                  {0, "a=1\r\nb=2\r\n"},
		"100 MB":                {readfile.TooLarge, "larger than 1 MiB, want less"},
	}
	for _, c := range filetest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			c.Make(t, path, []byte("a=1\nb=2\n"))
			var data []byte
			var err error
			filetest.AsNobody(t, dir, func() { data, err = readfile.Text(path, 1<<20) })
			w := want[c.Name]
			if w.kind == 0 {
				if err != nil || string(data) != w.text {
					t.Fatalf("got %q, %v, want %q", data, err, w.text)
				}
				return
			}
			if !readfile.Is(err, w.kind) || !strings.HasPrefix(err.Error(), path+": "+w.text) {
				t.Errorf("got %v, want %q", err, w.text)
			}
			if errors.Is(err, fs.ErrNotExist) != (w.kind == readfile.Missing) {
				t.Errorf("%v: fs.ErrNotExist is for what is missing alone", err)
			}
			if strings.Contains(readfile.Reason(err), dir) {
				t.Errorf("the reason %q names the path, which is the caller's", readfile.Reason(err))
			}
		})
	}
}

func TestExists(t *testing.T) {
	t.Parallel()
	for _, c := range filetest.Cases() {
		path := filepath.Join(t.TempDir(), "file")
		c.Make(t, path, nil)
		there, err := readfile.Exists(path)
		file := c.Name != "dangling" && c.Name != "folder" && c.Name != "FIFO" && c.Name != "device"
		if (err == nil) != file || err == nil && there != (c.Name != "missing") {
			t.Errorf("%s: %v, %v", c.Name, there, err)
		}
		dir, err := readfile.IsDir(path)
		if dir != (c.Name == "folder") || (err != nil) != (c.Name == "dangling") {
			t.Errorf("%s: a folder: %v, %v", c.Name, dir, err)
		}
	}
}

// A folder on the way that may not be entered hides the file, and does not say that
// it is missing.
func TestClosedFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(closed, "a.conf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	filetest.AsNobody(t, dir, func() {
		if _, err := readfile.Exists(filepath.Join(closed, "a.conf")); !readfile.Is(err, readfile.Denied) {
			t.Errorf("Exists: %v", err)
		}
		for _, pattern := range []string{"closed/*.conf", "*/*.conf", "closed/a.conf", "c*d/a.conf"} {
			if got, err := readfile.Glob(filepath.Join(dir, pattern)); !readfile.Is(err, readfile.Denied) {
				t.Errorf("%s: got %v, %v", pattern, got, err)
			}
		}
	})
	_ = os.Chmod(closed, 0o700)
}

// Where every folder may be read, Glob is filepath.Glob.
func TestGlob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a/x.conf", "a/y.conf.template", "b/x.conf", "b/c/z.conf", "top.conf", ".hidden.conf"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "a", "link.conf")); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*", "*.conf", "a/*", "*/*.conf", "*/x.conf", "?/x*", "[ab]/x.conf", "none/*", "none", "top.conf", "top.conf/*",
		"*/c/*.conf", "a/link.conf", "a/../b/*", "./*.conf", "*/"} {
		want, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readfile.Glob(filepath.Join(dir, pattern))
		if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: got %v, %v, want %v", pattern, got, err, want)
		}
	}
	if _, err := readfile.Glob("["); err == nil {
		t.Error("[ is no pattern")
	}
}
