package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/learn"
)

// folder are the releases in the repository: the list of them, with the commit
// of each, and a file for each.
type folder struct{ dir, list string }

// entry is a line of the list: VERSION COMMIT.
type entry struct{ version, commit string }

const listHead = `# The releases of the catalogue, oldest first, each with its commit in langgenius/dify.
# 1.16.0 and 1.16.0-rc1 are the commits that bump the version; the others are tags.
`

func (f folder) entries() ([]entry, error) {
	src, err := os.Open(f.list)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	var out []entry
	for lines := bufio.NewScanner(src); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		version, commit, ok := strings.Cut(line, " ")
		if !ok || !dify.IsVersion(version) || len(commit) != 40 {
			return nil, fmt.Errorf("%s: %q, want VERSION COMMIT", f.list, line)
		}
		out = append(out, entry{version, commit})
	}
	return out, nil
}

// read reads all releases in the order of the list.
func (f folder) read() ([]*dify.Facts, error) {
	list, err := f.entries()
	if err != nil {
		return nil, err
	}
	var out []*dify.Facts
	var last *dify.Facts
	for _, e := range list {
		src, err := os.ReadFile(f.file(e.version))
		if err != nil {
			return nil, err
		}
		facts, err := unfold(src, last)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.file(e.version), err)
		}
		if facts.Version != e.version {
			return nil, fmt.Errorf("%s: it holds the facts of %s", f.file(e.version), facts.Version)
		}
		last = facts
		out = append(out, facts)
	}
	return out, nil
}

func (f folder) file(version string) string { return filepath.Join(f.dir, version+".json") }

// write writes the list and all files.
func (f folder) write(releases []*dify.Facts) error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil { //nolint:gosec // sources are for everybody
		return err
	}
	list := bytes.NewBufferString(listHead)
	var last *dify.Facts
	for _, facts := range releases {
		fmt.Fprintf(list, "%s %s\n", facts.Version, facts.Source.Commit)
		src, err := fold(facts, last)
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.file(facts.Version), src, 0o644); err != nil { //nolint:gosec // sources are for everybody
			return err
		}
		last = facts
	}
	return os.WriteFile(f.list, list.Bytes(), 0o644) //nolint:gosec // sources are for everybody
}

// learn reads all releases of the list out of checkouts.
func (f folder) learn(ctx context.Context, checkouts []string) error {
	list, err := f.entries()
	if err != nil {
		return err
	}
	var out []*dify.Facts
	for _, e := range list {
		facts, err := fromAny(ctx, checkouts, e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.version, err)
		}
		for _, u := range facts.Unread {
			fmt.Fprintf(os.Stderr, "%s: not read: %s\n", e.version, u)
		}
		out = append(out, facts)
	}
	return f.write(out)
}

func fromAny(ctx context.Context, checkouts []string, e entry) (*dify.Facts, error) {
	var errs []error
	for _, dir := range checkouts {
		tree, err := learn.Git(ctx, dir, e.version, e.commit)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		tree.Source.Tag = e.version
		return learn.Read(e.version, tree)
	}
	return nil, errors.Join(errs...)
}

// add puts one release more in its place.
func (f folder) add(path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	facts, err := dify.DecodeFacts(src)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(facts.Source.Commit) != 40 {
		return fmt.Errorf("%s: no commit: learn the release from a git repository or from GitHub", path)
	}
	facts.Sort()
	all, err := f.read()
	if err != nil {
		return err
	}
	return f.write(dify.InOrder(append(all, facts)))
}
