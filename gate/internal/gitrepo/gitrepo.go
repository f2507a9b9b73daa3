// Package gitrepo asks a git repository by git's plumbing. Nothing is checked out,
// written or fetched, and nothing of the repository is run: no hook, no filter, no
// textconv, no monitor, no helper of a remote.
package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// ErrNoGit means that git is not installed.
var ErrNoGit = errors.New("git is not installed")

// Repository is the git repository in Dir; one around it is somebody else's.
type Repository struct{ Dir string }

// Around finds the repository that a folder is in; fs.ErrNotExist for none.
func Around(dir string) (Repository, error) {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		there, err := readfile.Taken(filepath.Join(at, ".git"))
		if there || err != nil {
			return Repository{at}, err
		}
		if at == filepath.Dir(at) {
			return Repository{}, fs.ErrNotExist
		}
	}
}

// Command is git on the repository. What may run a program or reach the network is
// switched off; a folder that another user owns, as a container's workspace is, is
// read all the same.
func (r Repository) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{
		"--no-replace-objects", "--no-pager",
		"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.alternateRefsCommand=",
		"-c", "protocol.allow=never", "-c", "safe.directory=*", "-C", r.Dir,
	}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(r.absolute()), "GIT_NO_LAZY_FETCH=1", "GIT_OPTIONAL_LOCKS=0",
		"GIT_TERMINAL_PROMPT=0", "GIT_EXTERNAL_DIFF=", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	return cmd
}

func (r Repository) absolute() string {
	if abs, err := filepath.Abs(r.Dir); err == nil {
		return abs
	}
	return r.Dir
}

// Output is what git prints, without the last line feed. The error has the
// beginning of what it says on stderr.
func (r Repository) Output(ctx context.Context, args ...string) (string, error) {
	cmd := r.Command(ctx, args...)
	errs := &head{left: 4 << 10}
	cmd.Stderr = errs
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", ErrNoGit
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("%s: git %s: %w: %s", r.Dir, args[0], err, strings.Join(strings.Fields(errs.String()), " "))
	}
	return strings.TrimSpace(string(out)), nil
}

// Commit finds the commit that a revision means, as git understands revisions.
func (r Repository) Commit(ctx context.Context, revision string) (string, error) {
	return r.Output(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
}

// Installed reports whether there is a git to ask.
func Installed() bool {
	_, err := exec.LookPath("git")
	return err == nil
}

// head keeps the beginning of what a program says.
type head struct {
	bytes.Buffer
	left int
}

func (h *head) Write(p []byte) (int, error) {
	n := min(len(p), h.left)
	h.Buffer.Write(p[:n])
	h.left -= n
	return len(p), nil
}
