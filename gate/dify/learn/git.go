package learn

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/gitrepo"
)

// ErrNoTag means that the folder is no git repository, or it has no such tag.
var ErrNoTag = errors.New("no such tag")

// Git reads the tree of a tag, or of revision when that is not "", out of a git
// repository; its files as they lie in the folder do not matter. The repository
// must be dir itself: one around it is somebody else's.
func Git(ctx context.Context, dir, version, revision string) (*Tree, error) {
	g := repository{gitrepo.Repository{Dir: dir}, ctx}
	t := newTree("git")
	var err error
	t.Source.Commit, t.Source.Tag, err = g.commit(version, revision)
	if err != nil {
		return nil, err
	}
	if t.Source.Date, err = g.date(t.Source.Commit); err != nil {
		return nil, err
	}
	files, err := g.list(t, t.Source.Commit)
	if err != nil {
		return nil, err
	}
	if err := g.read(t, files); err != nil {
		return nil, err
	}
	if !t.isDify() {
		return nil, fmt.Errorf("%s at %s: %w", dir, t.Source.Commit, ErrNotDify)
	}
	return t, nil
}

// repository is a git repository that is asked until ctx ends.
type repository struct {
	gitrepo.Repository
	ctx context.Context
}

// commit finds the commit of a tag, with or without a leading v.
func (g repository) commit(version, revision string) (commit, tag string, err error) {
	if !gitrepo.Installed() {
		return "", "", fmt.Errorf("%w: git is not installed", ErrNoTag)
	}
	if revision != "" {
		commit, err = g.Commit(g.ctx, revision)
		if err != nil {
			return "", "", fmt.Errorf("%s: no commit %q in it", g.Dir, revision)
		}
		return commit, "", nil
	}
	plain := strings.TrimPrefix(version, "v")
	for _, tag := range []string{plain, "v" + plain} {
		commit, err = g.Commit(g.ctx, "refs/tags/"+tag)
		if err == nil {
			return commit, tag, nil
		}
		if g.ctx.Err() != nil {
			return "", "", g.ctx.Err()
		}
	}
	return "", "", fmt.Errorf("%s: %w: %s", g.Dir, ErrNoTag, plain)
}

func (g repository) date(commit string) (string, error) {
	out, err := g.Output(g.ctx, "show", "-s", "--format=%cd", "--date=format:%Y-%m-%d", commit)
	return out, err
}

// blob is a wanted file of a commit.
type blob struct{ id, name string }

// list finds the wanted files of a commit.
func (g repository) list(t *Tree, commit string) ([]blob, error) {
	cmd := g.Command(g.ctx, append([]string{"ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--"}, roots...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var files []blob
	entries := 0
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 64<<10)
	scanner.Split(atZero)
	for scanner.Scan() {
		// "100644 blob ID    SIZE\tNAME"
		head, name, _ := strings.Cut(scanner.Text(), "\t")
		fields := strings.Fields(head)
		if entries++; entries > maxEntries || len(fields) != 4 {
			err = errTooMuch
			break
		}
		if !wanted(name) {
			continue
		}
		size, _ := strconv.Atoi(fields[3])
		switch {
		case fields[0] == "120000":
			t.skip(name, whyLink)
		case fields[1] != "blob":
			t.skip(name, "not a file")
		case size > maxFile:
			t.skip(name, whyLarge)
		default:
			files = append(files, blob{fields[2], name})
		}
	}
	if err == nil {
		err = scanner.Err()
	}
	if err != nil {
		_ = cmd.Process.Kill()
	}
	if waitErr := cmd.Wait(); err == nil {
		err = waitErr
	}
	if err != nil {
		return nil, fmt.Errorf("%s: git ls-tree: %w", g.Dir, err)
	}
	return files, nil
}

func atZero(data []byte, _ bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil
}

// read reads the files in one process.
func (g repository) read(t *Tree, files []blob) error {
	cmd := g.Command(g.ctx, "cat-file", "--batch", "--buffer")
	var ids strings.Builder
	for _, f := range files {
		ids.WriteString(f.id + "\n")
	}
	cmd.Stdin = strings.NewReader(ids.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = batch(t, files, bufio.NewReaderSize(out, 256<<10))
	if err != nil {
		_ = cmd.Process.Kill()
	}
	if waitErr := cmd.Wait(); err == nil {
		err = waitErr
	}
	if err != nil {
		return fmt.Errorf("%s: git cat-file: %w", g.Dir, err)
	}
	return nil
}

// batch reads what cat-file answers: "ID blob SIZE\n" and the content, or
// "ID missing\n" for what a partial clone lacks.
func batch(t *Tree, files []blob, from *bufio.Reader) error {
	for _, f := range files {
		head, err := from.ReadString('\n')
		if err != nil {
			return err
		}
		fields := strings.Fields(head)
		if len(fields) != 3 {
			t.skip(f.name, "not in the repository: the clone is partial")
			continue
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size > maxFile {
			return fmt.Errorf("%s: size %s", f.name, fields[2])
		}
		data := make([]byte, size+1) // a line feed follows
		if _, err := io.ReadFull(from, data); err != nil {
			return err
		}
		if err := t.put(f.name, data[:size]); err != nil {
			return err
		}
	}
	return nil
}
