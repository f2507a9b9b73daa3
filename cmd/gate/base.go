package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/forge"
	"github.com/dify-gate/dify-gate/gate/revision"
)

// atCommit resolves --from base and --from git:REV. Input that names no commit is an
// error; a commit that could not be read, or says no version, leaves the range
// unknown.
func (p *process) atCommit(ctx context.Context, s *settings, r *versionRange) error {
	version, source, err := p.versionAt(ctx, s)
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		return err
	case err != nil:
		r.missing = &release.UnknownRange{Reason: fmt.Sprintf("the running version is unknown: --from %s: %s", s.from, err)}
		return nil
	}
	r.upgrade.From, r.upgrade.FromSource, r.complete = version, source, true
	return nil
}

// versionAt is the version that the operator's files deploy at another commit, and
// where it stands.
func (p *process) versionAt(ctx context.Context, s *settings) (version, source string, err error) {
	if s.dir == "" {
		return "", "", usage("--from %s reads your files at another commit, want --dir with the images of Dify", s.from)
	}
	clone, err := revision.Around(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", usage("--from %s: %s", s.from, err)
	}
	base, err := p.base(ctx, s, clone)
	if err != nil {
		return "", "", err
	}
	copied, err := os.MkdirTemp("", "dify-gate-base-")
	if err != nil {
		return "", "", err
	}
	defer func() { _ = os.RemoveAll(copied) }()
	dir, at, err := p.snapshot(ctx, s, clone, base, copied)
	if err != nil {
		return "", "", err
	}
	env := check.Env{Dir: filepath.Join(copied, filepath.FromSlash(dir)), WorkDir: filepath.Join(copied, p.belowRoot(s, clone))}
	version, source = env.Target()
	if version == "" {
		return "", "", fmt.Errorf("%s deploys no release of Dify at %s%s, want --from VERSION", dir, at, problemOf(&env))
	}
	return version, fmt.Sprintf("%s at %s", source, at), nil
}

// problemOf is what the reader of the files says about them.
func problemOf(env *check.Env) string {
	d, err := env.Deployment()
	switch {
	case err != nil:
		return " (no compose file, Helm values or kustomization is there)"
	case len(d.Problems) > 0:
		return fmt.Sprintf(" (%s: %s)", check.ShowPath(env, d.Problems[0].File), d.Problems[0].Text)
	}
	return ""
}

// base is the commit that --from names.
func (p *process) base(ctx context.Context, s *settings, clone *revision.Repository) (forge.Base, error) {
	if rev, ok := strings.CutPrefix(s.from, "git:"); ok {
		return forge.Base{Ref: rev, What: rev}, nil
	}
	base, err := forge.BaseOf(p.getenv, p.event())
	switch {
	case err == nil:
		return base, nil
	case !errors.Is(err, forge.ErrNoForge):
		return base, usage("--from base: %s; want --from VERSION, or git:REVISION", err)
	case clone == nil:
		return base, usage("--from base: %s is in no git repository, want --from VERSION", p.shown(s.dir))
	}
	commit, branch, err := clone.ForkPoint(ctx)
	if err != nil {
		return base, usage("--from base: the default branch: %s; want --from git:REVISION or --from VERSION", err)
	}
	return forge.Base{Ref: commit, What: "where this branch left " + branch}, nil
}

// snapshot copies the files of the commit below into. It returns the operator's
// directory below the root, and the commit in words.
func (p *process) snapshot(ctx context.Context, s *settings, clone *revision.Repository, base forge.Base, into string) (dir, at string, err error) {
	missing := fmt.Errorf("%w: %s is in no git repository", revision.ErrNoCommit, p.shown(s.dir))
	if clone != nil {
		var commit string
		if commit, missing = clone.Commit(ctx, base.Ref, base.Branch); missing == nil {
			at = commitInWords(commit, base.What)
			read, end, err := clone.Reader(ctx, commit)
			if err != nil {
				return "", "", err
			}
			defer func() { _ = end() }()
			_, err = revision.Snapshot(ctx, read, clone.Dir, into)
			return clone.Dir, at, err
		}
	}
	host, err := p.host(s)
	if errors.Is(err, forge.ErrNoForge) {
		return "", "", usage("--from %s: %s: %s; or give --from VERSION", s.from, base.What, missing)
	} else if err != nil {
		return "", "", usage("--from %s: %s", s.from, err)
	}
	dir, err = p.belowClone(s, clone)
	if err != nil {
		return "", "", err
	}
	at = commitInWords(base.Ref, base.What)
	read := func(ctx context.Context, name string) ([]byte, error) { return host.File(ctx, base.Ref, name) }
	files, err := revision.Snapshot(ctx, read, dir, into)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("%s: %w; %s", at, err, missing)
	case files == 0:
		return "", "", fmt.Errorf("%s: %s's API finds no file of Dify's in %s, or the token may not read the repository (permissions: contents: read); %s", at, host.Kind, dir, missing)
	}
	return dir, at, nil
}

// commitInWords is a commit in words.
func commitInWords(commit, what string) string {
	if len(commit) == 40 || len(commit) == 64 {
		commit = commit[:12]
	}
	if what == commit {
		return commit
	}
	return commit + ", " + what
}

// belowClone is the operator's directory below the repository's root, with forward
// slashes.
func (p *process) belowClone(s *settings, clone *revision.Repository) (string, error) {
	if clone != nil {
		return clone.Dir, nil
	}
	for _, variable := range []string{"GITHUB_WORKSPACE", "CI_PROJECT_DIR"} {
		if root := p.getenv(variable); root != "" {
			if rel := relativeTo(root, s.dir); rel != "" {
				return rel, nil
			}
		}
	}
	return "", usage("--from %s: %s is outside of the repository of this run", s.from, p.shown(s.dir))
}

// belowRoot is the working directory below the root, where it is below it.
func (p *process) belowRoot(s *settings, clone *revision.Repository) string {
	root := p.getenv("GITHUB_WORKSPACE")
	if clone != nil {
		root = clone.Root
	}
	here := p.dir
	if real, err := filepath.EvalSymlinks(here); err == nil {
		here = real
	}
	return filepath.FromSlash(relativeTo(root, here))
}

// host is the forge that runs the job.
func (p *process) host(s *settings) (*forge.Host, error) {
	return forge.Here(forge.Options{
		Getenv: p.getenv, Client: trusted(s.network), GitHubToken: s.githubToken, GitLabToken: s.gitlabToken, Event: p.event(),
	})
}

// event is GitHub's event; empty elsewhere, and where its file cannot be read.
func (p *process) event() forge.Event {
	if !p.onGitHub() {
		return forge.Event{}
	}
	e, err := forge.ReadEvent(p.getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return forge.Event{}
	}
	return e
}
