package fix

import (
	"cmp"
	"fmt"
	"path/filepath"
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

// Summary says in lines what the plan does, for people: findings of one rule with the same
// end are one line, unless each is asked for.
func (p *Plan) Summary(each bool) []string {
	var out []string
	for _, g := range grouped(p.Fixed, each, func(gate.Finding) string { return "" }) {
		out = append(out, "fixed: "+g.text)
	}
	for _, g := range grouped(p.Left, each, func(f gate.Finding) string { return f.Unfixed }) {
		reason, _, _ := strings.Cut(g.reason, "\n")
		out = append(out, "left:  "+g.text+"; "+strings.TrimSuffix(reason, ":"))
	}
	return out
}

// group are findings that one line tells of.
type group struct {
	text, reason string
	findings     []gate.Finding
}

// shownNames is how many findings of a group are named.
const shownNames = 5

// grouped joins findings of one rule with one reason, where they are more than a few.
func grouped(findings []gate.Finding, each bool, reasonOf func(gate.Finding) string) []group {
	var all []group
	at := map[string]int{}
	for _, f := range findings {
		k := f.Rule + "\x00" + reasonOf(f)
		i, known := at[k]
		if !known {
			i = len(all)
			at[k] = i
			all = append(all, group{reason: reasonOf(f)})
		}
		all[i].findings = append(all[i].findings, f)
	}
	var out []group
	for _, g := range all {
		if each || len(g.findings) <= 2 {
			for _, f := range g.findings {
				out = append(out, group{text: headline(f), reason: g.reason})
			}
			continue
		}
		var names []string
		for _, f := range g.findings[:min(len(g.findings), shownNames)] {
			names = append(names, cmp.Or(f.Subject, f.Message))
		}
		g.text = fmt.Sprintf("%s (%d): %s", g.findings[0].Rule, len(g.findings), strings.Join(names, ", "))
		if more := len(g.findings) - len(names); more > 0 {
			g.text += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, g)
	}
	return out
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
