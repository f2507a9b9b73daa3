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
