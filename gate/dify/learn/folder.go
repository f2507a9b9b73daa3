package learn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// Folder reads the tree that lies in a folder, as it is. Links are not followed
// and no file outside of the folder is opened.
func Folder(ctx context.Context, dir string) (*Tree, error) {
	t, err := walk(ctx, dir, "", roots)
	if err == nil && !t.isDify() {
		err = fmt.Errorf("%s: %w", dir, ErrNotDify)
	}
	return t, err
}

// dockerFolder reads a folder that is the tree's docker folder.
func dockerFolder(ctx context.Context, dir string) (*Tree, error) {
	return walk(ctx, dir, "docker", []string{"docker-compose.yaml", ".env.example", "envs", "nginx"})
}

// walk reads what is wanted below dir, which is the folder prefix of the tree.
func walk(ctx context.Context, dir, prefix string, tops []string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	defer func() { _ = root.Close() }()
	t := newTree("folder")
	entries := 0
	for _, top := range tops {
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
				t.skip(path.Join(prefix, name), bare(err))
				return nil
			case e.IsDir():
				if skipFolder(path.Join(prefix, name)) {
					return fs.SkipDir
				}
				return nil
			}
			return t.fromRoot(root, name, path.Join(prefix, name), e)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return t, nil
}

// skipFolder tells folders in which nothing wanted is: of web only one file is.
func skipFolder(name string) bool {
	return path.Dir(name) == "web" || path.Base(name) == "node_modules" || path.Base(name) == ".venv"
}

// fromRoot takes a file, which the tree has under name.
func (t *Tree) fromRoot(root *os.Root, file, name string, e fs.DirEntry) error {
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
	f, err := root.Open(file)
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
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

func folderError(dir string, err error) error {
	if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
		return fmt.Errorf("%s: neither a folder nor a .tar.gz", dir)
	}
	return fmt.Errorf("%s: %s", dir, bare(err))
}
