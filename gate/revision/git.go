package revision

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/gitrepo"
)

// ErrNoCommit means that git does not have the commit: git is not installed, there is no
// repository, or the clone is shallow.
var ErrNoCommit = errors.New("git does not have it")

// Repository is the clone that the operator's directory is in.
type Repository struct {
	git gitrepo.Repository
	// Dir is the operator's directory below the root, with forward slashes.
	Dir string
	// Root is the root, absolute.
	Root string
}

// Around finds the clone around a folder. The error is fs.ErrNotExist (io/fs) for none.
func Around(dir string) (*Repository, error) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	git, err := gitrepo.Around(dir)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(git.Dir, dir)
	if err != nil {
		return nil, err
	}
	return &Repository{git, filepath.ToSlash(rel), git.Dir}, nil
}

// Commit finds the commit that a revision means; branch wants it as a branch, of the
// remote first. The error is ErrNoCommit, with the reason, where git does not have it.
func (r *Repository) Commit(ctx context.Context, revision string, branch bool) (string, error) {
	tries := []string{revision}
	if branch {
		tries = []string{"refs/remotes/origin/" + revision, "refs/heads/" + revision}
	}
	var err error
	for _, try := range tries {
		var commit string
		if commit, err = r.git.Commit(ctx, try); err == nil {
			return commit, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	return "", r.lacks(ctx, err)
}

// lacks says why git does not have a commit.
func (r *Repository) lacks(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, gitrepo.ErrNoGit):
		return fmt.Errorf("%w: git is not installed", ErrNoCommit)
	case r.shallow(ctx):
		return fmt.Errorf("%w: the clone is shallow, fetch the whole history (git fetch --unshallow; actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0)", ErrNoCommit)
	}
	return fmt.Errorf("%w: no such commit, branch or tag in %s", ErrNoCommit, r.Root)
}

func (r *Repository) shallow(ctx context.Context) bool {
	out, err := r.git.Output(ctx, "rev-parse", "--is-shallow-repository")
	return err == nil && out == "true"
}

// defaultBranches are where the default branch is looked for, the remote's own word
// first.
var defaultBranches = []string{"refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"}

// ForkPoint is the commit where the branch that is checked out left the default
// branch, and the default branch's name.
func (r *Repository) ForkPoint(ctx context.Context) (commit, branch string, err error) {
	for _, ref := range defaultBranches {
		if _, err = r.git.Commit(ctx, ref); err != nil {
			if errors.Is(err, gitrepo.ErrNoGit) || ctx.Err() != nil {
				return "", "", r.lacks(ctx, err)
			}
			continue
		}
		commit, err = r.git.Output(ctx, "merge-base", "HEAD", ref)
		branch = strings.TrimPrefix(strings.TrimPrefix(ref, "refs/remotes/"), "refs/heads/")
		if err != nil {
			return "", "", fmt.Errorf("%w: no commit that this branch shares with %s", r.lacks(ctx, err), branch)
		}
		return commit, branch, nil
	}
	return "", "", fmt.Errorf("%w: there is no branch main or master, of origin or here", ErrNoCommit)
}

// Reader reads files of a commit, until ctx ends or close is called.
func (r *Repository) Reader(ctx context.Context, commit string) (read Reader, close func() error, err error) {
	files, err := r.git.Open(ctx, commit, maxFile)
	if err != nil {
		return nil, nil, err
	}
	return func(_ context.Context, name string) ([]byte, error) { return files.Read(name) }, files.Close, nil
}
