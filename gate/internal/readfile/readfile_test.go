//go:build unix

package readfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

func TestBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("12345678"), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	zero := filepath.Join(dir, "zero")
	if err := os.Symlink("/dev/zero", zero); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		limit int64
		want  string // the text, or what the error says
	}{
		{text, 8, "12345678"},
		{text, 7, "larger than 7 bytes"},
		{dir, 8, "a directory, want a file"},
		{pipe, 8, "not a regular file"},
		{zero, 8, "not a regular file"},
	} {
		got, err := readfile.Bounded(c.path, c.limit)
		if err != nil && !strings.HasPrefix(err.Error(), c.want) || err == nil && string(got) != c.want {
			t.Errorf("%s to %d bytes: got %q, %v, want %q", c.path, c.limit, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), dir) {
			t.Errorf("%v names the path, which is the caller's", err)
		}
	}
	if _, err := readfile.Bounded(filepath.Join(dir, "none"), 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want fs.ErrNotExist", err)
	}
}
