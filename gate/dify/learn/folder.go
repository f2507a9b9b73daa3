package learn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder reads the tree that lies in a folder, as it is. Links are not followed
// and no file outside of the folder is opened.
func Folder(ctx context.Context, dir string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	defer func() { _ = root.Close() }()
	t := newTree("folder")
	entries := 0
	for _, top := range roots {
		err := fs.WalkDir(root.FS(), top, func(name string, e fs.DirEntry, err error) error {
			if entries++; entries > maxEntries {
				return errTooMuch
			}
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, fs.ErrNotExist) && name == top:
				return nil
			case err != nil:
				t.skip(name, bare(err))
				return nil
			case e.IsDir():
				if skipFolder(name) {
					return fs.SkipDir
				}
				return nil
			}
			return t.fromRoot(root, name, e)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
	if !t.isDify() {
		return nil, fmt.Errorf("%s: %w", dir, ErrNotDify)
	}
	return t, nil
}

// skipFolder tells folders in which nothing wanted is: of web only one file is.
func skipFolder(name string) bool {
	return filepath.ToSlash(filepath.Dir(name)) == "web" || filepath.Base(name) == "node_modules" || filepath.Base(name) == ".venv"
}

func (t *Tree) fromRoot(root *os.Root, name string, e fs.DirEntry) error {
	name = filepath.ToSlash(name)
	if !wanted(name) {
		return nil
	}
	if e.Type()&fs.ModeSymlink != 0 {
		t.skip(name, whyLink)
		return nil
	}
	if !e.Type().IsRegular() {
		t.skip(name, "not a regular file")
		return nil
	}
	f, err := root.Open(name)
	if err != nil {
		t.skip(name, bare(err))
		return nil
	}
	defer func() { _ = f.Close() }()
	return t.take(name, f)
}

// take reads a wanted file; one that is too large is listed.
func (t *Tree) take(name string, from io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		t.skip(name, whyLarge)
		return nil
	}
	return t.put(name, data)
}

// bare is the reason of an error without the path that os puts before it.
func bare(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func folderError(dir string, err error) error {
	if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
		return fmt.Errorf("%s: neither a folder nor a .tar.gz", dir)
	}
	return fmt.Errorf("%s: %s", dir, bare(err))
}
