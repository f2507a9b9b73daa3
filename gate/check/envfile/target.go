package envfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// envTarget is what the env file is compared with.
type envTarget struct {
	name string // version or file, for messages
	note string // that another release is used instead of the version's
	// release is the target's; nil without a known target version.
	release *dify.Release
	// exact: release is the target itself, not another that is used instead, of
	// which nothing is demanded.
	exact bool
	from  *dify.Release
	// keys are the variables that the target knows, with their defaults.
	keys map[string]targetKey
	// needs are those that the target's compose file uses without a default.
	needs []deployment.Ref
	file  bool // the target is a file, not the catalogue
}

type targetKey struct {
	def   dify.Default
	since string
	file  string // the example that has it, below docker/
	at    deployment.Place
}

// target finds what to compare with: the file that the entry names, else the
// catalogue's entry for the target version. Without either, keys is nil.
func (e *EnvFile) target(env *check.Env, cat *dify.Catalogue) (envTarget, error) {
	path, err := env.UpgradePath()
	var t envTarget
	if err == nil {
		t.name, t.note, t.release = path.To.Version(), path.To.Note, &path.To.Release
		if t.exact = path.To.Exact; t.exact {
			t.note = ""
		}
		if path.From != nil {
			t.from = &path.From.Release
		}
	} else if !errors.Is(err, check.ErrNoTarget) {
		return t, err
	}
	if e.Target != "" {
		return t, t.readFile(e.ResolvePath(env, e.Target))
	}
	if t.release == nil || !path.To.Exact {
		return t, nil // another release's variables are no demand of this one
	}
	t.keys = map[string]targetKey{}
	for _, v := range t.release.Env() {
		t.keys[v.Name] = targetKey{def: v.Default, since: v.Since, file: v.File}
		if v.Required {
			t.needs = append(t.needs, deployment.Ref{Name: v.Name, Place: deployment.Place{File: "docker-compose.yaml"}})
		}
	}
	return t, nil
}

// commentedOut is a setting that an example only shows: it is known, and need
// not be set.
var commentedOut = lazyregexp.New(`^#\s?([A-Z][A-Z0-9_]+)=`)

// readFile takes the target's example and the compose file beside it.
func (t *envTarget) readFile(path string) error {
	src, err := readfile.Text(path, readfile.MaxText)
	if err != nil {
		return err
	}
	t.name, t.file, t.keys = filepath.Base(path), true, map[string]targetKey{}
	for i, line := range strings.Split(string(src), "\n") {
		if m := commentedOut().FindStringSubmatch(line); m != nil {
			t.keys[m[1]] = targetKey{at: deployment.Place{File: path, Line: i + 1}, since: "-"}
		}
	}
	file, err := dotenv.Read(path)
	if err != nil {
		return err
	}
	for _, entry := range file.Entries {
		t.keys[entry.Key] = targetKey{def: dify.Default{Text: entry.Raw}, at: deployment.Place{File: path, Line: entry.Line}}
	}
	if len(t.keys) == 0 {
		return fmt.Errorf("%s: names no variable, want the target's .env.example", t.name)
	}
	d, err := deployment.ReadFile(path)
	if err != nil {
		return err
	}
	for _, ref := range d.Refs {
		if !ref.HasDefault {
			t.needs = append(t.needs, ref)
		}
	}
	return nil
}
