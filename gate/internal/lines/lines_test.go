package lines

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// all reads everything; cut lines get a "…".
func all(t testing.TB, r io.Reader, max int) []string {
	t.Helper()
	l := NewReader(r, max)
	var out []string
	for {
		line, cut, err := l.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text := string(line)
		if cut {
			text += "…"
		}
		if out = append(out, text); l.Number() != len(out) {
			t.Fatalf("line %d has number %d", len(out), l.Number())
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300<<10)
	for in, want := range map[string]string{
		"":                                    "",
		"a":                                   "a",
		"a\n":                                 "a",
		"a\r\nb\n\nc":                         "a|b||c",
		"123456789\n1234567890\nend":          "12345678…|12345678…|end",
		long + "\n" + long + "\nend\n" + long: "xxxxxxxx…|xxxxxxxx…|end|xxxxxxxx…",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in)), "with the end": iotest.DataErrReader(strings.NewReader(in))} {
			if got := strings.Join(all(t, r, 8), "|"); got != want {
				t.Errorf("%s: %.40q: got %q, want %q", name, in, got, want)
			}
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, "a\nb\n")
	_ = z.Close()
	for name, data := range map[string][]byte{"plain": []byte("a\nb\n"), "packed.log": packed.Bytes(), "cut.gz": packed.Bytes()[:20], "empty": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"plain", "packed.log"} {
		f, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(all(t, f, 100), "|"); got != "a|b" {
			t.Errorf("%s: got %q", name, got)
		}
		_ = f.Close()
	}
	f, err := Open(filepath.Join(dir, "cut.gz"))
	if err == nil {
		_, err = io.ReadAll(f)
	}
	if err == nil {
		t.Error("a gzip file that is cut off is read without an error")
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "a directory", "pipe": "a pipe", "missing": "no such file", "/dev/zero": "a device"} {
		path := name
		if !filepath.IsAbs(name) {
			path = filepath.Join(dir, name)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.log", "a.log", "x[1].log"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]int{"*.log": 3, "missing": 1, "*.txt": 0, "x[1].log": 1} {
		if names, err := Glob(filepath.Join(dir, pattern)); err != nil || len(names) != want {
			t.Errorf("%s: %q, %v, want %d names", pattern, names, err, want)
		}
	}
}
