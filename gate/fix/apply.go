package fix

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/textfile"
)

// backupEnd ends the name of a file's copy from before. A second one gets a number, so
// that the first is kept.
const backupEnd = ".gate-bak"

// maxBackups is how many copies of one file are kept.
const maxBackups = 1000

// Written is a file that was changed.
type Written struct{ File, Backup string }

// ready is a file that is about to be replaced.
type ready struct {
	path, fresh, backup string
	replaced            bool
}

// Apply writes the files of a plan. Everything that can fail is done before the first of
// them is replaced, each by one rename; when one of these fails all the same, those
// before it are put back.
func (p *Plan) Apply() ([]Written, error) {
	var all []*ready
	undo := func(err error) error {
		for _, r := range all {
			if r.replaced {
				if failed := restore(r); failed != nil {
					err = errors.Join(err, fmt.Errorf("%s: could not be put back, its copy is %s: %w", r.path, r.backup, failed))
					continue
				}
			}
			if r.fresh != "" && !r.replaced {
				err = errors.Join(err, os.Remove(r.fresh))
			}
			if r.backup != "" {
				err = errors.Join(err, os.Remove(r.backup))
			}
		}
		return err
	}
	for _, d := range p.files {
		if len(d.changes()) == 0 {
			continue
		}
		r, err := prepare(d)
		all = append(all, r)
		if err != nil {
			return nil, undo(err)
		}
	}
	for _, r := range all {
		if err := os.Rename(r.fresh, r.path); err != nil {
			return nil, undo(err)
		}
		r.replaced = true
	}
	var out []Written
	for _, r := range all {
		syncDir(filepath.Dir(r.path))
		out = append(out, Written{nameFrom(p.base, r.path), nameFrom(p.base, r.backup)})
	}
	return out, nil
}

// prepare writes the copy of a file and what is to replace it, both beside it.
func prepare(d *document) (*ready, error) {
	r := &ready{}
	path, err := filepath.EvalSymlinks(d.path)
	if err != nil {
		return r, err
	}
	r.path = path
	info, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	if info.Mode().Perm()&0o200 == 0 {
		return r, fmt.Errorf("%s: read-only, want it writable: nothing is changed", d.path)
	}
	data, err := readfile.Bytes(path, readfile.MaxText)
	if err != nil {
		return r, err
	}
	if textfile.Parse(data).Sum != d.read.Sum {
		return r, fmt.Errorf("%s: changed since it was read, nothing is changed; run gate fix again", d.path)
	}
	if r.backup, err = backup(path, data, info); err != nil {
		return r, err
	}
	r.fresh, err = beside(path, d.bytes(), info)
	return r, err
}

// backup copies a file under the first name that is free. The copy is whole as soon as
// it has its name.
func backup(path string, data []byte, info os.FileInfo) (string, error) {
	temp, err := beside(path, data, info)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(temp) }() // it has its other name by then
	for n := range maxBackups {
		name := path + backupEnd
		if n > 0 {
			name = fmt.Sprintf("%s%s.%d", path, backupEnd, n+1)
		}
		err := os.Link(temp, name)
		if err != nil && !errors.Is(err, os.ErrExist) {
			if _, taken := os.Lstat(name); errors.Is(taken, os.ErrNotExist) {
				err = os.Rename(temp, name) // a file system without links
			}
		}
		if err == nil {
			return name, nil
		} else if !errors.Is(err, os.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: %d backups of it are there, want fewer", path, maxBackups)
}

// beside writes a file next to another, with its mode and owner.
func beside(path string, data []byte, info os.FileInfo) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".gate-fix-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), sameOwner(f, info), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// restore puts a file back from its backup.
func restore(r *ready) error {
	data, err := readfile.Bytes(r.backup, readfile.MaxText)
	if err != nil {
		return err
	}
	info, err := os.Stat(r.backup)
	if err != nil {
		return err
	}
	temp, err := beside(r.path, data, info)
	if err != nil {
		return err
	}
	return os.Rename(temp, r.path)
}

// syncDir makes renames in a folder last; where the system cannot, they last soon.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}
