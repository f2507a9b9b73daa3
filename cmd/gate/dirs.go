package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// defaultDirs are where the operator's files are looked for without --dir.
var defaultDirs = []string{".", "docker"}

// defaultDir is the first of the usual directories that has a compose file with
// an image of Dify's, "" when none has. What was taken is said on stderr.
func (p *process) defaultDir() string {
	for _, name := range defaultDirs {
		dir := p.abs(name)
		files := kinds.DifyFiles(dir)
		if len(files) == 0 {
			continue
		}
		for i, file := range files {
			files[i] = oneLine(p.shown(file))
		}
		_, _ = fmt.Fprintf(p.stderr, "gate: --dir is not set, %s is used: %s\n", name, strings.Join(files, ", "))
		return dir
	}
	return ""
}

// dirOrDefault is the directory that a flag names, absolute and usable, or the default
// one; "" where there is none.
func (p *process) dirOrDefault(dir string) (string, error) {
	if dir == "" {
		return p.defaultDir(), nil
	}
	dir = p.abs(dir)
	return dir, p.usableDir(dir)
}

// shown is a path as messages have it: from the working directory when it is
// below it.
func (p *process) shown(path string) string {
	if rel := relativeTo(p.dir, path); rel != "" {
		return rel
	}
	return path
}

// usableDir wants the operator's Dify directory to be one, with something of
// Dify's in it; "" is none.
func (p *process) usableDir(dir string) error {
	if dir == "" {
		return nil
	}
	err := check.NeedDir(dir)
	switch {
	case err != nil:
		seen := strings.TrimSuffix(err.Error(), ", want a directory")
		return usage("--dir %s: %s, want the directory of docker-compose.yaml", dir, seen)
	case !kinds.Foreign(dir):
		return nil
	}
	shown := p.shown(dir)
	want := "want the directory of Dify's docker-compose.yaml"
	if near := kinds.DifyBelow(dir); near != "" {
		want = fmt.Sprintf("did you mean --dir %s? %s", oneLine(filepath.ToSlash(filepath.Join(shown, near))), want)
	}
	return usage("--dir %s: it has no files of Dify (no compose file with its services, no env file with its variables, no Helm values, no proxy files), %s", shown, want)
}
