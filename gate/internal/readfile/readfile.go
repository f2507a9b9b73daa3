// Package readfile reads files that nobody vouches for: a repository under test
// may hold a link to a device, a pipe that never ends, or a very large file.
package readfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Bounded reads a regular file of at most limit bytes. Its errors say what is there
// instead; the path is left to the caller, who knows how to show it.
func Bounded(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path) // before opening: a pipe without a writer would keep us waiting
	switch {
	case err != nil:
		return nil, bare(err)
	case info.IsDir():
		return nil, errors.New("a directory, want a file")
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1)) // it may grow meanwhile
	if err != nil {
		return nil, bare(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("larger than %s, want less", size(limit))
	}
	return data, nil
}

// bare drops the path that os puts into its errors.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	if n >= 1<<10 && n%(1<<10) == 0 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// MaxText bounds env files, templates, certificates and what else is small.
const MaxText = 8 << 20

// Text is Bounded with errors that name the file.
func Text(path string, limit int64) ([]byte, error) {
	data, err := Bounded(path, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}
