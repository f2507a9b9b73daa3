package learn_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/dify/learn"
	"github.com/dify-gate/dify-gate/gate/dify/learn/learntest"
)

// packed writes a tarball of headers, each with so many zeros as its size says,
// after the test's tree.
func packed(t testing.TB, headers ...*tar.Header) io.Reader {
	t.Helper()
	r, w := io.Pipe()
	go func() {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			_ = w.CloseWithError(err)
			return
		}
		out := tar.NewWriter(z)
		zeros := make([]byte, 1<<20)
		for _, h := range headers {
			err = errors.Join(err, out.WriteHeader(h))
			for left := h.Size; left > 0 && err == nil; left -= int64(len(zeros)) {
				_, err = out.Write(zeros[:min(left, int64(len(zeros)))])
			}
		}
		for name, text := range learntest.Files() {
			err = errors.Join(err, out.WriteHeader(&tar.Header{Name: "dify/" + name, Size: int64(len(text)), Mode: 0o644}))
			_, wrong := out.Write([]byte(text))
			err = errors.Join(err, wrong)
		}
		_ = w.CloseWithError(errors.Join(err, out.Close(), z.Close()))
	}()
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestHostileTarballs(t *testing.T) {
	t.Parallel()
	file := func(name string, size int64) *tar.Header { return &tar.Header{Name: name, Size: size, Mode: 0o644} }
	link := func(kind byte) *tar.Header {
		return &tar.Header{Typeflag: kind, Name: "dify/api/libs/passport.py", Linkname: "/etc/passwd"}
	}
	for _, tt := range []struct {
		name   string
		header *tar.Header
		err    string // or
		unread string
	}{
		{"up and out", file("../etc/passwd", 10), `entry "../etc/passwd" leaves the tree`, ""},
		{"up and out in the middle", file("dify/../../api/app.py", 10), "leaves the tree", ""},
		{"absolute", file("/etc/passwd", 10), "leaves the tree", ""},
		{"of Windows", file(`..\api\app.py`, 10), "leaves the tree", ""},
		{"a symbolic link", link(tar.TypeSymlink), "", "api/libs/passport.py: a link, which is not followed"},
		{"a hard link", link(tar.TypeLink), "", "api/libs/passport.py: a link, which is not followed"},
		{"a Python file of 50 MB", file("dify/api/libs/large.py", 50<<20), "", "api/libs/large.py: larger than 2 MiB"},
		{"a gigabyte of zeros", file("dify/web/zeros", 1<<30), "larger than any of Dify's", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tree, err := learn.Tarball(context.Background(), packed(t, tt.header))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			f, err := learn.Read(learntest.Version, tree)
			if err != nil || !strings.Contains(strings.Join(f.Unread, "\n"), tt.unread) {
				t.Errorf("error %v, unread %q, want %q", err, f.Unread, tt.unread)
			}
		})
	}
}

func TestBrokenTarballs(t *testing.T) {
	t.Parallel()
	whole := learntest.Tarball(t, learntest.Files())
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"empty":           {nil, "the tarball is cut"},
		"cut":             {whole[:len(whole)/2], "the tarball is cut"},
		"no gzip":         {[]byte(strings.Repeat("plain text ", 100)), "not a .tar.gz"},
		"gzip, no tar":    {zipped(t, strings.Repeat("plain text ", 1000)), "not a .tar.gz"},
		"another project": {learntest.Tarball(t, map[string]string{"README.md": "x"}), "want the source tree of a Dify release"},
	} {
		if _, err := learn.Tarball(context.Background(), bytes.NewReader(tt.data)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := learn.Tarball(ctx, bytes.NewReader(whole)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Links out of a folder, to a device and to itself are not followed; a git tree
// with links neither.
func TestLinksInFolders(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege there")
	}
	dir := t.TempDir()
	learntest.Write(t, dir, learntest.Files())
	for name, to := range map[string]string{
		"api/libs/passwd.py": "/etc/passwd", "api/libs/zero.py": "/dev/zero", "api/controllers/loop": ".", "docker/envs/out.env.example": "../../../../etc/hostname",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.Symlink(to, path)); err != nil {
			t.Fatal(err)
		}
	}
	learntest.Git(t, dir, "1.0.0")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	folder, err := learn.Folder(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	git, err := learn.Git(ctx, dir, "1.0.0", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, tree := range map[string]*learn.Tree{"folder": folder, "git": git} {
		f, err := learn.Read(learntest.Version, tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"api/libs/passwd.py: a link", "api/libs/zero.py: a link", "docker/envs/out.env.example: a link"} {
			if !strings.Contains(strings.Join(f.Unread, "\n"), want) {
				t.Errorf("%s: unread %q lacks %q", name, f.Unread, want)
			}
		}
	}
}

// A tarball of Dify's size, streamed, takes little more than its files of
// interest.
func BenchmarkTarball(b *testing.B) {
	files := learntest.Files()
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(i * i >> 7)
	}
	for i := range 60 {
		files["web/assets/"+strings.Repeat("x", i+1)] = string(noise)
	}
	data := learntest.Tarball(b, files)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		tree, err := learn.Tarball(context.Background(), bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := learn.Read(learntest.Version, tree); err != nil {
			b.Fatal(err)
		}
	}
}
