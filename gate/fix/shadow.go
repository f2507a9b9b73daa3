package fix

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// shadow is a folder that looks like the file system with some files changed: what is on
// the way to them is made anew, all else is a link. Checks read in it what the files
// would be. It holds copies of the operator's files, so that nobody else may open it.
type shadow struct{ root string }

func newShadow(files map[string][]byte) (*shadow, error) {
	root, err := os.MkdirTemp("", "gate-fix-*")
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	s := &shadow{root}
	for path, data := range files {
		if err := s.put(path, data); err != nil {
			return nil, errors.Join(err, s.remove())
		}
	}
	return s, nil
}

func (s *shadow) remove() error { return os.RemoveAll(s.root) }

// put writes a file, and makes the folders above it real.
func (s *shadow) put(path string, data []byte) error {
	if err := s.open(filepath.Dir(path)); err != nil {
		return err
	}
	at := s.root + path
	// A folder that is still a link leads to the operator's own file.
	if real, err := filepath.EvalSymlinks(filepath.Dir(at)); err != nil {
		return err
	} else if real != filepath.Dir(at) {
		return fmt.Errorf("%s is not a folder of the copy %s", real, s.root)
	}
	if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// open makes a folder of the shadow real, and those above it before, with links to what
// is in the one that it looks like.
func (s *shadow) open(dir string) error {
	at := s.root + dir
	if up := filepath.Dir(dir); up != dir {
		if err := s.open(up); err != nil {
			return err
		}
		if info, err := os.Lstat(at); err == nil && info.IsDir() {
			return nil
		}
		if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Mkdir(at, 0o700); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // what may not be listed is not linked; the checks need nothing of it
	}
	for _, e := range entries {
		link := filepath.Join(at, e.Name())
		if err := os.Symlink(filepath.Join(dir, e.Name()), link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
