package revision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// Reader reads a file of one commit. name is below the repository's root, with
// forward slashes; the error is fs.ErrNotExist for what is missing.
type Reader func(ctx context.Context, name string) ([]byte, error)

// The bounds of a snapshot.
const (
	maxFiles = 300
	maxFile  = 4 << 20  // bytes
	maxTotal = 32 << 20 // bytes
	atOnce   = 8
)

// Snapshot copies the files of the operator's directory dir, a path below the
// repository's root, as they are at a commit, to the same place below into: those
// that the directory is known by, and those that they name.
func Snapshot(ctx context.Context, read Reader, dir, into string) (files int, err error) {
	c := &copier{read: read, into: into, seen: map[string]bool{}}
	var names []string
	for _, name := range deployment.Names() {
		names = append(names, path.Join(dir, name))
	}
	for len(names) > 0 {
		if names, err = c.copy(ctx, dir, names); err != nil {
			return c.files, err
		}
	}
	return c.files, nil
}

// copier copies files.
type copier struct {
	read         Reader
	into         string
	seen         map[string]bool
	files, bytes int
}

// copy copies files, those of them that are there, and returns the names of more
// that they refer to.
func (c *copier) copy(ctx context.Context, dir string, names []string) ([]string, error) {
	var more []string
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	var tooMany error
	for _, name := range names {
		name = path.Clean(name)
		if c.seen[name] || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue // a path that leads out of the repository is of no commit
		}
		if c.seen[name] = true; len(c.seen) > maxFiles {
			tooMany = fmt.Errorf("more than %d files", maxFiles)
			break // what has begun is waited for
		}
		group.Go(func() error {
			data, err := c.read(ctx, name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			more = append(more, named(dir, name, data)...)
			return c.write(name, data)
		})
	}
	err := cmp.Or(group.Wait(), tooMany)
	slices.Sort(more) // what is read does not hang on who was first
	return more, err
}

func (c *copier) write(name string, data []byte) error {
	if c.bytes += len(data); len(data) > maxFile || c.bytes > maxTotal {
		return fmt.Errorf("%s: larger than any file of a deployment", name)
	}
	c.files++
	to := filepath.Join(c.into, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// named are the files that a file names: COMPOSE_FILE of the env file, and what a
// YAML file includes.
func named(dir, name string, data []byte) []string {
	base := path.Base(name)
	switch {
	case strings.HasSuffix(base, ".yaml") || strings.HasSuffix(base, ".yml"):
		return references(path.Dir(name), data)
	case path.Dir(name) != path.Clean(dir) || !strings.HasPrefix(base, ".env") && base != "env.example":
		return nil
	}
	file := dotenv.Parse(data, nil)
	list, _ := file.Last("COMPOSE_FILE")
	separator, _ := file.Last("COMPOSE_PATH_SEPARATOR")
	if separator.Value == "" {
		separator.Value = ":"
	}
	var out []string
	for f := range strings.SplitSeq(list.Value, separator.Value) {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, path.Join(dir, f))
		}
	}
	return out
}
