package gitrepo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// Files reads files of one commit through one process of git. Close ends it.
type Files struct {
	commit string
	limit  int
	cmd    *exec.Cmd

	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

// Open starts reading files of at most limit bytes of a commit, which is an object
// name as Commit gives it.
func (r Repository) Open(ctx context.Context, commit string, limit int) (*Files, error) {
	cmd := r.Command(ctx, "cat-file", "--batch", "--follow-symlinks")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			err = ErrNoGit
		}
		return nil, err
	}
	return &Files{commit: commit, limit: limit, cmd: cmd, in: in, out: bufio.NewReader(out)}, nil
}

// Close ends git.
func (f *Files) Close() error {
	_ = f.in.Close()
	_ = f.cmd.Process.Kill()
	_ = f.cmd.Wait() // killed, so it says nothing
	return nil
}

// Read reads a file by its path below the repository's root, with forward slashes.
// The error is fs.ErrNotExist when the commit has none there. Links within the
// commit are followed, those that lead out of it are an error.
func (f *Files) Read(name string) ([]byte, error) {
	if strings.ContainsAny(name, "\n\x00") {
		return nil, fs.ErrNotExist // git reads one name a line
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := io.WriteString(f.in, f.commit+":"+name+"\n"); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	head, err := f.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	// "ID TYPE SIZE", "NAME missing", or a word for a link that leads nowhere in
	// the tree and the size of what follows.
	fields := strings.Fields(head)
	last := fields[len(fields)-1]
	if last == "missing" || last == "ambiguous" {
		return nil, fs.ErrNotExist
	}
	size, err := strconv.Atoi(last)
	if err != nil || size < 0 {
		return nil, fmt.Errorf("git cat-file: unexpected answer %.80q", head)
	}
	if size > f.limit {
		_, err := io.CopyN(io.Discard, f.out, int64(size)+1)
		return nil, errors.Join(fmt.Errorf("%s: larger than %d bytes", name, f.limit), err)
	}
	data := make([]byte, size+1) // a line feed follows
	if _, err := io.ReadFull(f.out, data); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	switch {
	case len(fields) == 2:
		return nil, fmt.Errorf("%s: a link that leads to no file of the commit (%s)", name, fields[0])
	case len(fields) == 3 && fields[1] == "blob":
		return data[:size], nil
	}
	return nil, fmt.Errorf("%s: a directory, want a file", name)
}
