// Package readfile reads files that nobody vouches for: a repository under test
// may hold a link to a device, a pipe that never ends, or a very large file.
// It is the only door to an operator's files: a file that may not be read, or
// that is something else than a text file, is never taken for an absent one.
//
//	Text    reads a text file
//	Bytes   reads a file of any content, Decode makes text of it
//	Open    opens a file, Stream also a pipe
//	Exists  reports whether a file is there, IsDir whether a folder is, Taken whether anything is
//	Info    is a file's size and times
//	Glob    lists the files that a pattern matches, and fails on a folder that may not be read
//	List    lists a folder
//
// All errors are *Error.
package readfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// MaxText bounds env files, templates, certificates and what else is small.
const MaxText = 8 << 20

// Text reads a text file of at most limit bytes: UTF-8, a byte order mark
// dropped, line ends as they are. An empty file is text.
func Text(path string, limit int64) ([]byte, error) {
	data, err := Bytes(path, limit)
	if err != nil {
		return nil, err
	}
	data, err = Decode(data)
	return data, At(path, err)
}

// Bytes reads a regular file of at most limit bytes, whatever it holds.
func Bytes(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1)) // it may grow meanwhile
	if err != nil {
		return nil, failed(path, err)
	}
	if int64(len(data)) > limit {
		return nil, &Error{path, TooLarge, "larger than " + size(limit) + ", want less", nil}
	}
	return data, nil
}

// Open opens a regular file. It never waits: not for the writer of a pipe
// either that takes a file's place at this very moment.
func Open(path string) (*os.File, error) {
	if ok, err := Exists(path); err != nil {
		return nil, err
	} else if !ok {
		return nil, &Error{path, Missing, syscall.ENOENT.Error(), fs.ErrNotExist}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, failed(path, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = regular(path, info.Mode())
	}
	if err != nil {
		_ = f.Close()
		return nil, failed(path, err)
	}
	return f, nil
}

// Stream opens a file, or a pipe as a shell's <(…) makes one. It waits for the pipe's
// writer, so it is for what the command line names, under a time limit.
func Stream(path string) (*os.File, error) {
	mode, err := modeOf(path)
	switch {
	case err != nil:
		return nil, err
	case mode&fs.ModeNamedPipe == 0:
		return Open(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, failed(path, err)
	}
	return f, nil
}

// Info is what the system knows of a regular file, or of the one that a link leads to.
func Info(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		_, err = modeOf(path) // which says more
		return nil, err
	}
	return info, regular(path, info.Mode())
}

// List lists a folder, by name.
func List(path string) ([]fs.DirEntry, error) {
	if err := NeedDir(path); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, failed(path, err)
	}
	return entries, nil
}

// Taken reports whether anything is at path, of whatever kind. A link to nothing is
// an error.
func Taken(path string) (bool, error) {
	_, err := modeOf(path)
	if absent(err) {
		return false, nil
	}
	return err == nil, err
}

// Exists reports whether a regular file, or a link to one, is at path. Only a
// path at which nothing is gives false; what is something else, and what may not
// be looked at, is an error.
func Exists(path string) (bool, error) {
	mode, err := modeOf(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, regular(path, mode)
}

// IsDir reports whether a folder, or a link to one, is at path. What is there and
// is no folder gives false; what may not be looked at is an error.
func IsDir(path string) (bool, error) {
	mode, err := modeOf(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return mode.IsDir(), err
}

// NeedDir is nil for a folder, or a link to one; else it says what is there.
func NeedDir(path string) error {
	mode, err := modeOf(path)
	if err == nil && !mode.IsDir() {
		return &Error{path, Failed, "a file, want a directory", nil}
	}
	return err
}

// modeOf is the mode of what a path leads to. Only an error of the kind Missing is
// fs.ErrNotExist.
func modeOf(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	if err == nil {
		return info.Mode(), nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if link, linkErr := os.Lstat(path); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 {
			target, _ := os.Readlink(path)
			return 0, &Error{path, Dangling, "a link to " + filepath.ToSlash(target) + ", which is missing; make its target, or delete the link", nil}
		}
	}
	return 0, failed(path, err)
}

// regular is nil for a regular file's mode.
func regular(path string, m fs.FileMode) error {
	switch {
	case m.IsRegular():
		return nil
	case m.IsDir():
		return &Error{path, Folder, "a directory, want a file (Docker makes a directory where a file to mount is missing)", nil}
	case m&fs.ModeNamedPipe != 0:
		return &Error{path, Special, "a pipe, want a file", nil}
	case m&fs.ModeSocket != 0:
		return &Error{path, Special, "a socket, want a file", nil}
	}
	return &Error{path, Special, "a device, want a file", nil}
}

// Blank reports whether a text holds nothing but white space.
func Blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }
