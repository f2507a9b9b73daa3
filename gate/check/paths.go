package check

import (
	"path/filepath"
)

// ResolvePath makes a file name of an entry usable from the working directory:
// a relative name is relative to the folder of the gate.yaml that holds the
// entry, and to the working directory for a built-in entry.
func (b *Base) ResolvePath(env *Env, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	if b.Source != nil && b.Source.File != "" {
		name = filepath.Join(filepath.Dir(filepath.FromSlash(b.Source.File)), name)
		if filepath.IsAbs(name) {
			return name
		}
	}
	return filepath.Join(env.WorkDir, name)
}

// ShowPath is a file's name as reports have it: relative to the working
// directory with forward slashes, absolute when it is outside of it.
func ShowPath(env *Env, name string) string {
	abs, err := filepath.Abs(name)
	if err != nil || env.WorkDir == "" {
		return filepath.ToSlash(name)
	}
	rel, err := filepath.Rel(env.WorkDir, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}

// ShownPaths are the names or globs of an entry as reports have them.
func (b *Base) ShownPaths(env *Env, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = ShowPath(env, b.ResolvePath(env, name))
	}
	return out
}
