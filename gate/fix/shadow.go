package fix

import (
	"errors"
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
	if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(at, data, 0o600)
}

// open makes a folder of the shadow real, with links to what is in the one that it
// looks like.
func (s *shadow) open(dir string) error {
	at := s.root + dir
	if info, err := os.Lstat(at); err == nil && info.IsDir() && dir != string(filepath.Separator) {
		return nil
	}
	if up := filepath.Dir(dir); up != dir {
		if err := s.open(up); err != nil {
			return err
		}
	}
	if err := os.Remove(at); err != nil && dir != string(filepath.Separator) && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
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
