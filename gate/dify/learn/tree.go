package learn

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// The bounds of a tree. Dify 1.16.0 has 1,100 files of interest, 5 MB in all;
// the largest of them has 0.1 MB.
const (
	maxFile    = 2 << 20
	maxTotal   = 32 << 20
	maxFiles   = 20_000
	maxEntries = 500_000 // of any sort in a source
	maxUnread  = 200
)

// Tree are the files of a source that facts are read from, by their path from
// the root of the repository.
type Tree struct {
	Source dify.Source
	files  map[string][]byte
	total  int
	unread []string
}

func newTree(from string) *Tree {
	return &Tree{Source: dify.Source{From: from}, files: map[string][]byte{}}
}

// errTooMuch: no release of Dify is as large.
var errTooMuch = fmt.Errorf("more than %d files or %d MiB of what facts are read from, want the source tree of one release", maxFiles, maxTotal>>20)

// put adds a file.
func (t *Tree) put(name string, data []byte) error {
	if t.total += len(data); t.total > maxTotal || len(t.files) >= maxFiles {
		return errTooMuch
	}
	t.files[name] = data
	return nil
}

// skip lists a file that is there and was not read.
func (t *Tree) skip(name, why string) { t.unread = append(t.unread, name+": "+why) }

// the reasons that several sources have
const (
	whyLink  = "a link, which is not followed"
	whyLarge = "larger than 2 MiB"
)

// under lists the files of a folder with an ending, sorted.
func (t *Tree) under(folder, ending string) []string {
	var out []string
	for name := range t.files {
		if strings.HasPrefix(name, folder) && strings.HasSuffix(name, ending) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// ErrNotDify means that the tree lacks what every release of Dify has.
var ErrNotDify = errors.New("neither docker/docker-compose.yaml nor api/controllers, want the source tree of a Dify release")

func (t *Tree) isDify() bool {
	_, compose := t.files[composeFile]
	return compose || len(t.under("api/controllers/", ".py")) > 0
}

// The files and folders that facts are read from.
const (
	composeFile     = "docker/docker-compose.yaml"
	composeTemplate = "docker/docker-compose-template.yaml"
	envFile         = "docker/.env.example"
	envFolder       = "docker/envs/"
	nginxFolder     = "docker/nginx/"
	entrypoint      = "api/docker/entrypoint.sh"
	versionsFolder  = "api/migrations/versions/"
	pyproject       = "api/pyproject.toml"
	packageFile     = "web/package.json"
)

// codeFolders hold what makes routes and commands.
var codeFolders = []string{"api/controllers/", "api/extensions/", "api/libs/", "api/commands/", "api/constants/"}

// roots are the first parts of all wanted paths.
var roots = []string{"api", "docker", "web"}

// wanted reports whether facts are read from a file.
func wanted(name string) bool {
	switch name {
	case composeFile, composeTemplate, envFile, entrypoint, pyproject, packageFile:
		return true
	}
	switch {
	case strings.HasPrefix(name, envFolder):
		// middleware.env.example belongs to another compose file, which runs the
		// databases alone for development.
		return strings.HasSuffix(name, ".env.example") && path.Base(name) != "middleware.env.example"
	case strings.HasPrefix(name, nginxFolder):
		return strings.HasSuffix(name, ".template")
	case !strings.HasSuffix(name, ".py"):
		return false
	case path.Dir(name) == "api", path.Dir(name)+"/" == versionsFolder:
		return true
	}
	return slices.ContainsFunc(codeFolders, func(folder string) bool { return strings.HasPrefix(name, folder) })
}
