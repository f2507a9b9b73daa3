package learn

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// Around looks for a checkout of Dify in which dir lies, as its docker folder
// does, and reads the release out of it: its tag, or else its files where they
// are of that version. "" and nil is no error: there is none, or it has another
// version.
func Around(ctx context.Context, dir, version string) (root string, f *dify.Facts, err error) {
	root = checkout(dir)
	if root == "" {
		return "", nil, nil
	}
	version = strings.TrimPrefix(version, "v")
	tree, err := Git(ctx, root, version, "")
	if err != nil {
		if ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		if tree, err = Folder(ctx, root); err != nil || !tree.isOf(version) {
			return "", nil, err
		}
	}
	f, err = Read(version, tree)
	return root, f, err
}

// maxUp is how far above dir a checkout is looked for.
const maxUp = 3

func checkout(dir string) string {
	for range maxUp {
		if isFolder(filepath.Join(dir, "api", "controllers")) && isFolder(filepath.Join(dir, "docker")) {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
	return ""
}

func isFolder(path string) bool {
	folder, err := readfile.IsDir(path)
	return folder && err == nil // what may not be read cannot be learned from
}

// isOf reports whether a tree is of a version, by what it says itself: the
// project's version, or the tag of the api image.
func (t *Tree) isOf(version string) bool {
	if m := projectVersion().FindSubmatch(t.files[pyproject]); m != nil {
		return string(m[1]) == version
	}
	return strings.Contains(string(t.files[composeFile]), "dify-api:"+version+"\n")
}

// Beside reads what a release ships for its operators, where it lies beside the
// operator's own files: dir is a docker folder. Only the lists that such files
// give are set; the others are nil. nil without an error: the images of the
// compose file are of another version, or there is no .env.example.
func Beside(ctx context.Context, dir, version string) (*dify.Facts, error) {
	version = strings.TrimPrefix(version, "v")
	t, err := dockerFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	if t.files[envFile] == nil || !strings.Contains(string(t.files[composeFile]), "dify-api:"+version+"\n") {
		return nil, nil
	}
	r := &reader{tree: t, unread: t.unread, facts: &dify.Facts{Schema: dify.FactsSchema, Version: version, Source: t.Source}}
	r.environment()
	r.compose()
	r.nginx()
	r.composeMinimum()
	r.finish()
	f := r.facts
	f.Routes, f.Commands, f.Queues, f.Migrations = nil, nil, nil, dify.Migrations{}
	if len(t.under(nginxFolder, ".template")) == 0 {
		f.Prefixes, f.Templates = nil, nil
	}
	return f, nil
}
