//go:build linux

// Package filetest makes what may stand at a file's path instead of the file, for
// tests of everything that reads operators' files.
package filetest

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"unicode/utf16"
)

// Case is one thing that may stand at a path.
type Case struct {
	Name string
	// Readable: the file is a text file all the same, and says what it said before.
	Readable bool
	// Make puts it at path; good is what the file should hold.
	Make func(t *testing.T, path string, good []byte)
}

// Cases are all of them.
func Cases() []Case {
	write := func(change func([]byte) []byte) func(*testing.T, string, []byte) {
		return func(t *testing.T, path string, good []byte) { must(t, os.WriteFile(path, change(good), 0o644)) }
	}
	return []Case{
		{"missing", false, func(*testing.T, string, []byte) {}},
		{"empty", false, write(func([]byte) []byte { return nil })},
		{"unreadable", false, func(t *testing.T, path string, good []byte) { must(t, os.WriteFile(path, good, 0)) }},
		{"dangling", false, func(t *testing.T, path string, _ []byte) { must(t, os.Symlink("nowhere", path)) }},
		{"folder", false, func(t *testing.T, path string, _ []byte) { must(t, os.Mkdir(path, 0o755)) }},
		{"FIFO", false, func(t *testing.T, path string, _ []byte) { must(t, syscall.Mkfifo(path, 0o644)) }},
		{"device", false, func(t *testing.T, path string, _ []byte) { must(t, os.Symlink("/dev/zero", path)) }},
		{"binary", false, write(func(good []byte) []byte { return append([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00"), good...) })},
		{"UTF-16", false, write(func(good []byte) []byte { return wide("\ufeff" + string(good)) })},
		{"UTF-16 without a mark", false, write(func(good []byte) []byte { return wide(string(good)) })},
		{"BOM", true, write(func(good []byte) []byte { return append([]byte("\xef\xbb\xbf"), good...) })},
		{"CRLF", true, write(func(good []byte) []byte { return bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")) })},
		{"100 MB", false, func(t *testing.T, path string, good []byte) {
			must(t, os.WriteFile(path, good, 0o644))
			must(t, os.Truncate(path, 100<<20))
		}},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wide(text string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// AsNobody runs read as a user who owns nothing, since root may read every file. What
// its owner may read below dir, and the way to it, is opened up to that user; a mode
// of 0 stays.
func AsNobody(t *testing.T, dir string, read func()) {
	t.Helper()
	if os.Getuid() != 0 {
		read()
		return
	}
	for d := dir; d != filepath.Dir(d); d = filepath.Dir(d) {
		info, err := os.Stat(d)
		must(t, err)
		if info.Mode().Perm()&0o055 != 0o055 {
			must(t, os.Chmod(d, info.Mode().Perm()|0o055))
		}
	}
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() && !e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o400 != 0 && path != dir {
			err = os.Chmod(path, open(info.Mode().Perm()))
		}
		return err
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		const nobody = 65534
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
			t.Error(errno)
			return
		}
		read()
	}()
	<-done
}

// open gives everybody the right to read that the owner has, and to enter.
func open(m fs.FileMode) fs.FileMode { return m | (m&0o500)>>3 | (m&0o500)>>6 }
