package fix

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// Files are the files that would be changed, relative to the base.
func (p *Plan) Files() []string {
	var out []string
	for _, d := range p.files {
		if len(d.changes()) > 0 {
			out = append(out, nameFrom(p.base, d.path))
		}
	}
	return out
}

// Patch is the plan as a unified diff without secrets, "" for nothing to change.
func (p *Plan) Patch() string { return patch(p.files, p.base, p.secrets.secretsOf(p.files)) }

func patch(files []*document, base string, s *secrets) string {
	var b strings.Builder
	for _, d := range files {
		shown, _ := d.hunks(s)
		b.WriteString(d.diff(nameFrom(base, d.path), shown))
	}
	return b.String()
}

// nameFrom is a file's name in a patch: that of the file itself where the path is a link.
func nameFrom(base, path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if real, err := filepath.EvalSymlinks(base); err == nil {
		base = real
	}
	rel, err := filepath.Rel(base, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

// Of is the fix of one finding by itself, nil for one without edits, or whose edits no
// longer fit the file. Its diff is "" where it would show a secret.
func Of(f gate.Finding, base string, known Secrets) *gate.Fix {
	if len(f.Edits) == 0 || f.Unfixed != "" {
		return nil
	}
	byFile := map[string][]owned{}
	var paths []string
	for _, e := range f.Edits {
		if byFile[e.File] == nil {
			paths = append(paths, e.File)
		}
		byFile[e.File] = append(byFile[e.File], owned{e, "x"})
	}
	var docs []*document
	for _, path := range paths {
		d, err := open(path)
		if err != nil || d.apply(byFile[path]) != nil {
			return nil
		}
		docs = append(docs, d)
	}
	out := &gate.Fix{File: nameFrom(base, paths[0])}
	s := known.secretsOf(docs)
	for _, d := range docs {
		name := nameFrom(base, d.path)
		shown, hidden := d.hunks(s)
		if len(hidden) > 0 || !filepath.IsLocal(filepath.FromSlash(name)) {
			return &gate.Fix{File: out.File}
		}
		out.Diff += d.diff(name, shown)
	}
	return out
}

// Summary says in lines what the plan does, for people.
func (p *Plan) Summary() []string {
	var out []string
	for _, f := range p.Fixed {
		out = append(out, "fixed: "+headline(f))
	}
	for _, f := range p.Left {
		out = append(out, fmt.Sprintf("left:  %s; %s", headline(f), f.Unfixed))
	}
	return slices.Clip(out)
}

func headline(f gate.Finding) string {
	place := ""
	if f.Location != nil {
		place = f.Location.File
		if f.Location.Line > 0 {
			place += fmt.Sprintf(":%d", f.Location.Line)
		}
		place += ": "
	}
	return place + f.Rule + ": " + f.Message
}
