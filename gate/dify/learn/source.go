package learn

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// Options say what is learned, and from where.
type Options struct {
	Version string // the release's tag
	// Source is a folder, a .tar.gz, "github" or "github:OWNER/REPO".
	Source string
	// Revision names the commit of a git repository that has no tag for it.
	Revision string
	GitHub   GitHubOptions
	// CacheDir keeps what was learned from GitHub; "" keeps nothing.
	CacheDir string
	// Cached takes what the cache has and asks GitHub only for what it lacks;
	// otherwise the cache helps when GitHub is out of reach.
	Cached bool
	// Note is told what was assumed; it may be nil.
	Note func(string)
}

// GitHubOptions say how GitHub is asked.
type GitHubOptions struct {
	API     string // default: https://api.github.com
	Token   string // sent to the API's host alone
	Client  *http.Client
	Timeout time.Duration // for the whole transfer; default 2 minutes
	// Progress is told how many bytes came, and how many will, -1 when nobody
	// said; it may be nil.
	Progress func(got, of int64)
	Now      func() time.Time
}

// InputError is a source that is missing or not what it should be.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// UnreachableError is a source that gave no answer.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return e.Err.Error() }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Learn reads the facts of a release. Its errors are an *InputError, an
// *UnreachableError, or the context's own.
func Learn(ctx context.Context, o Options) (*dify.Facts, error) {
	o.Version = strings.TrimPrefix(o.Version, "v")
	if !dify.IsVersion(o.Version) {
		return nil, &InputError{fmt.Errorf("version %q, want a release's tag like 1.16.0", o.Version)}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Source == "github" || strings.HasPrefix(o.Source, "github:") {
		return o.fromGitHub(ctx)
	}
	tree, err := o.fromDisk(ctx)
	if err == nil {
		o.compareVersion(tree)
		var facts *dify.Facts
		if facts, err = Read(o.Version, tree); err == nil {
			return facts, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &InputError{err}
}

func (o *Options) fromDisk(ctx context.Context) (*Tree, error) {
	if folder, err := readfile.IsDir(o.Source); err == nil && folder {
		return o.fromFolder(ctx)
	}
	f, err := readfile.Open(o.Source)
	switch {
	case readfile.Is(err, readfile.Missing):
		return nil, fmt.Errorf("%s: %s, want a folder, a .tar.gz, github or github:OWNER/REPO", o.Source, readfile.Reason(err))
	case err != nil:
		return nil, err
	}
	defer func() { _ = f.Close() }()
	tree, err := Tarball(ctx, bufio.NewReaderSize(f, 256<<10))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Source, err)
	}
	return tree, nil
}

// fromFolder reads the tag of a git repository, or else the files as they lie
// in the folder.
func (o *Options) fromFolder(ctx context.Context) (*Tree, error) {
	tree, err := Git(ctx, o.Source, o.Version, o.Revision)
	if err == nil || !errors.Is(err, ErrNoTag) || o.Revision != "" {
		return tree, err
	}
	if tree, err = Folder(ctx, o.Source); err != nil {
		return nil, err
	}
	if there, err := readfile.Taken(filepath.Join(o.Source, ".git")); there || err != nil {
		o.Note(fmt.Sprintf("%s has no tag %s: its files are read as they lie there", o.Source, o.Version))
	} else {
		o.Note(fmt.Sprintf("%s is no git checkout: its files are taken for those of %s", o.Source, o.Version))
	}
	return tree, nil
}

var projectVersion = lazyregexp.New(`(?m)^version\s*=\s*"([^"\n]{1,60})"`)

// compareVersion notes that a tree calls itself another release.
func (o *Options) compareVersion(t *Tree) {
	m := projectVersion().FindSubmatch(t.files[pyproject])
	if m != nil && string(m[1]) != o.Version {
		o.Note(fmt.Sprintf("%s of the source says version %s, not %s", pyproject, shown(string(m[1])), o.Version))
	}
}

// readFacts reads a file of facts.
func readFacts(path string) (*dify.Facts, error) {
	f, err := readfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return dify.DecodeFacts(f)
}
