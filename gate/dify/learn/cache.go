package learn

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// Cache keeps what was learned from GitHub: Dir/OWNER+REPO/VERSION@COMMIT.json.
// Whatever is wrong with it makes it empty: it is a convenience, never a reason
// to fail. The zero value keeps nothing.
type Cache struct{ Dir string }

func (c Cache) folder(repository string) string {
	return filepath.Join(c.Dir, strings.ReplaceAll(repository, "/", "+"))
}

// get returns the facts of a version that were stored last.
func (c Cache) get(repository, version string) (*dify.Facts, bool) {
	if c.Dir == "" {
		return nil, false
	}
	found, err := os.ReadDir(c.folder(repository))
	if err != nil {
		return nil, false
	}
	var newest os.FileInfo
	for _, e := range found {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasPrefix(e.Name(), version+"@") {
			continue
		}
		if newest == nil || info.ModTime().After(newest.ModTime()) {
			newest = info
		}
	}
	if newest == nil {
		return nil, false
	}
	facts, err := readFacts(filepath.Join(c.folder(repository), newest.Name()))
	if err != nil || facts.Version != version {
		return nil, false
	}
	return facts, true
}

// put keeps facts, atomically and for the user alone.
func (c Cache) put(repository string, f *dify.Facts) error {
	if c.Dir == "" || f.Source.Commit == "" {
		return nil
	}
	folder := c.folder(repository)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, ".learned-*")
	if err != nil {
		return err
	}
	err = f.Encode(temp)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(folder, f.Version+"@"+f.Source.Commit+".json"))
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}
