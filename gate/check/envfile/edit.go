package envfile

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// editable is an env file that edits are made for, read once; nil for what is not there
// or only stands in for it.
func (r *envRun) editable(path string) *check.EnvText {
	if path == r.d.EnvFile && r.d.Standin || path == "" {
		return nil
	}
	if r.texts == nil {
		r.texts = map[string]*check.EnvText{}
	}
	t, read := r.texts[path]
	if !read {
		t = check.ReadEnvText(path)
		r.texts[path] = t
	}
	return t
}

// own is the directory's env file for edits.
func (r *envRun) own() *check.EnvText { return r.editable(r.d.EnvFile) }

// noEnvFile is why nothing is proposed where there is no env file.
const noEnvFile = "there is no .env to change: copy .env.example first"

// home is the env file that a variable of the target belongs in: from 1.14.1 on one below
// envs/, where the operator has that one; else .env.
func (r *envRun) home(example string) *check.EnvText {
	if name, ok := strings.CutSuffix(example, ".example"); ok && strings.HasPrefix(example, "envs/") {
		path := filepath.Join(r.d.Dir, filepath.FromSlash(name))
		attached := slices.ContainsFunc(r.d.Services, func(s deployment.Service) bool { return slices.Contains(s.EnvFiles, path) })
		if there, err := readfile.Exists(path); attached && there && err == nil {
			return r.editable(path)
		}
	}
	return r.own()
}

// addNew proposes a new variable with the release's default, or a comment where a value
// of the operator's own is needed.
func (r *envRun) addNew(f *gate.Finding, name string, k targetKey) {
	if strings.HasPrefix(name, "COMPOSE_") {
		f.Unfixed = "Compose itself reads it, and it decides what starts: set it where the default is wanted"
		return
	}
	if old, ok := r.oldName(name); ok {
		f.Unfixed = "it keeps the value of " + old + ", which has to be renamed"
		return
	}
	t := r.home(k.file)
	if t == nil {
		f.Unfixed = noEnvFile
		return
	}
	title := "New in Dify " + k.since + ", with its default"
	if k.since == "" {
		title = "New in " + r.want.name + ", with its default"
	}
	if k.def.Sum != "" || dotenv.IsSecret(name, k.def.Text) {
		f.Unfixed = "it wants a value of your own, since its default is published"
		if !t.Has(name) {
			f.Edits = []gate.Edit{t.AddComment(title, name+" wants a value of your own (openssl rand -hex 32), since its default is published", name+"=")}
		}
		return
	}
	e, ok := t.Add(name, k.def.Text, title)
	if !ok {
		f.Unfixed = "its default cannot be written on one line"
		return
	}
	f.Edits = []gate.Edit{e}
}

// oldName is a variable that the operator sets and that has another name now.
func (r *envRun) oldName(name string) (string, bool) {
	if r.want.release == nil {
		return "", false
	}
	for _, v := range r.written() {
		if rename, ok := r.want.release.RenamedTo(v.Name); ok && rename.New == name {
			return v.Name, true
		}
	}
	return "", false
}

// takeOut proposes that a variable which the target does not know is renamed, or becomes
// a comment.
func (r *envRun) takeOut(f *gate.Finding, v deployment.Value) {
	if r.want.release == nil {
		f.Unfixed = "the target's release is not known, so that the variable may have another name there"
		return
	}
	reason := "not known to " + r.want.name
	if gone := r.want.release.Gone(v.Name); gone != "" {
		reason = "gone in Dify " + gone
	}
	switch v.Source {
	case deployment.FromHelm:
		f.Unfixed = "a chart has names of its own: look for it in the chart's notes"
	case deployment.FromCompose:
		r.takeOutOfService(f, v, reason)
	default:
		r.takeOutOfFile(f, v, reason)
	}
}

// takeOutOfFile is takeOut for a variable of an env file.
func (r *envRun) takeOutOfFile(f *gate.Finding, v deployment.Value, reason string) {
	t := r.editable(v.File)
	if t == nil {
		f.Unfixed = noEnvFile
		return
	}
	if at, used := r.usedElsewhere(v.Name); used {
		f.Unfixed = fmt.Sprintf("%s still uses it: take that file over from the release first", at)
		return
	}
	all := t.Entries(v.Name)
	rename, ok := r.want.release.RenamedTo(v.Name)
	if !ok {
		f.Edits = comments(t, all, reason)
		return
	}
	f.Hint = fmt.Sprintf("%s is its name since %s: rename it", rename.New, rename.Since)
	other, set := t.Entry(rename.New)
	switch {
	case !set && len(all) != 1:
		f.Unfixed = fmt.Sprintf("%s is its name since %s, and the file sets it more than once: keep one line and rename it", rename.New, rename.Since)
	case !set:
		f.Edits = append([]gate.Edit{t.Rename(all[0], rename.New)}, r.renamedInCompose(rename)...)
	case other.Raw == v.Raw:
		f.Edits = comments(t, all, reason+", now "+rename.New)
	default:
		f.Unfixed = fmt.Sprintf("%s is its name since %s, and is set to another value: keep the one that is meant", rename.New, rename.Since)
	}
}

// comments makes all entries of a variable comments.
func comments(t *check.EnvText, entries []dotenv.Entry, reason string) []gate.Edit {
	var out []gate.Edit
	for _, e := range entries {
		out = append(out, t.Comment(e, reason))
	}
	return out
}

// usedElsewhere finds a use of a variable in the compose files by anything but a
// container of Dify's own, which would notice that it is gone: another product's
// container, a port, a path.
func (r *envRun) usedElsewhere(name string) (at deployment.Place, used bool) {
	for _, ref := range r.d.Refs {
		if ref.Name != name {
			continue
		}
		service, within := r.serviceAt(ref.Place)
		if within && (!ofDify(service) || !mentions(service, name)) {
			return r.shown(ref.Place), true
		}
	}
	for _, s := range r.d.Services {
		if !ofDify(s) && mentions(s, name) {
			return r.shown(s.Place), true
		}
	}
	for _, path := range nginxTemplates(r.d.Dir) {
		if src, err := readfile.Text(path, readfile.MaxText); err == nil && strings.Contains(string(src), "${"+name+"}") {
			return r.shown(deployment.Place{File: path}), true
		}
	}
	return at, false
}

func (r *envRun) shown(p deployment.Place) deployment.Place {
	p.File = check.ShowPath(r.env, p.File)
	return p
}

// serviceAt is the service that a line of a compose file belongs to.
func (r *envRun) serviceAt(at deployment.Place) (nearest deployment.Service, ok bool) {
	for _, s := range r.d.Services {
		if s.File == at.File && s.Line <= at.Line && s.Line > nearest.Line {
			nearest, ok = s, true
		}
	}
	return nearest, ok
}

// ofDify reports whether a service runs an image of Dify's own.
func ofDify(s deployment.Service) bool {
	c, ok := dify.ComponentOfImage(s.Image)
	return ok && c.Service != "nginx" || strings.Contains(s.Image, "langgenius/")
}

// mentions reports whether the environment of a service takes a value from a variable.
func mentions(s deployment.Service, name string) bool {
	for _, v := range s.Env {
		if v.Var == name || strings.Contains(v.Raw, "${"+name) && word(name).MatchString(v.Raw) {
			return true
		}
	}
	return false
}

func word(name string) *regexp.Regexp {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
}

// renamedInCompose renames a variable in the compose files that pass it on by its old
// name, to the container and from the env file.
func (r *envRun) renamedInCompose(n dify.Rename) []gate.Edit {
	var out []gate.Edit
	for _, path := range r.d.ComposeFiles {
		t := check.ReadEditable(path)
		if t == nil || slices.ContainsFunc(t.Texts(), word(n.New).MatchString) {
			continue // it passes the new one on already
		}
		for i, line := range t.Texts() {
			if trimmed := strings.TrimSpace(line); !strings.HasPrefix(trimmed, "#") && word(n.Old).MatchString(line) {
				out = append(out, t.Replace(i+1, i+1, word(n.Old).ReplaceAllLiteralString(line, n.New)))
			}
		}
	}
	return out
}

// setIn proposes another value for an effective value where the env file says it: by the
// variable itself, or by the one that a container's is taken from.
func (r *envRun) setIn(v deployment.Value, value string) ([]gate.Edit, string) {
	name := v.Name
	if v.Var != "" {
		name = v.Var
	}
	t := r.own()
	if v.Source == deployment.FromEnvFile {
		t = r.editable(v.File)
	}
	if t == nil {
		return nil, noEnvFile
	}
	if v.Source == deployment.FromCompose && v.Var == "" && v.File != r.d.EnvFile {
		return r.setInCompose(v, value)
	}
	if _, ok := t.Entry(name); ok {
		if e, ok := t.Set(name, value); ok {
			return []gate.Edit{e}, ""
		}
		return nil, fmt.Sprintf("the line of %s cannot be changed in place", name)
	}
	if e, ok := t.Add(name, value, "Added for Dify "+r.want.name); ok {
		return []gate.Edit{e}, ""
	}
	return nil, fmt.Sprintf("%s cannot be written on one line", name)
}

// setInCompose proposes another value for one that a compose file writes itself.
func (r *envRun) setInCompose(v deployment.Value, value string) ([]gate.Edit, string) {
	y := check.ReadYAMLText(v.File)
	if y == nil {
		return nil, filepath.Base(v.File) + " cannot be read as YAML"
	}
	for _, s := range r.d.Services {
		env := y.At("services", s.Name, "environment")
		if env == nil {
			continue
		}
		if n := scalarOf(env, v.Name); n != nil && n.Line == v.Line {
			text := value
			if n.Value != v.Raw { // NAME=value, an item of a list
				text = v.Name + "=" + value
			}
			if e, ok := y.Set(n, text); ok {
				return []gate.Edit{e}, ""
			}
		}
	}
	return nil, "its line cannot be changed in place"
}
