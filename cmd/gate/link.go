package main

import (
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// link makes the address of a line in the repository on GitHub or GitLab, at
// the commit of the run; nil elsewhere.
func (p *process) link() func(gate.Location) string {
	var base, dir string
	switch {
	case p.onGitHub() && p.getenv("GITHUB_REPOSITORY") != "" && p.getenv("GITHUB_SHA") != "":
		base = fmt.Sprintf("%s/%s/blob/%s/", p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_SHA"))
		dir = p.belowWorkspace()
	case p.getenv("GITLAB_CI") == "true" && p.getenv("CI_PROJECT_URL") != "" && p.getenv("CI_COMMIT_SHA") != "":
		base = fmt.Sprintf("%s/-/blob/%s/", p.getenv("CI_PROJECT_URL"), p.getenv("CI_COMMIT_SHA"))
		if root := p.getenv("CI_PROJECT_DIR"); root != "" {
			dir = relativeTo(root, p.dir)
		}
	default:
		return nil
	}
	return func(l gate.Location) string {
		file := path.Join(dir, l.File)
		if path.IsAbs(l.File) || strings.Contains(l.File, "://") || !filepath.IsLocal(filepath.FromSlash(file)) {
			return ""
		}
		address := base + (&url.URL{Path: file}).EscapedPath()
		if l.Line > 0 {
			address += fmt.Sprintf("#L%d", l.Line)
		}
		return address
	}
}
