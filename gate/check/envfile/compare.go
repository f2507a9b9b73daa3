package envfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// envName is the env file's name for hints.
func (r *envRun) envName() string {
	if r.d.EnvFile == "" {
		return ".env"
	}
	return filepath.Base(r.d.EnvFile)
}

// end is the place to add a variable at: after the last one.
func (r *envRun) end() deployment.Place {
	p := deployment.Place{File: r.d.EnvFile}
	if n := len(r.d.File.Entries); n > 0 {
		p.Line = r.d.File.Entries[n-1].Line
	}
	if p.File == "" && len(r.d.ComposeFiles) > 0 {
		p.File = r.d.ComposeFiles[0]
	}
	return p
}

// compare reports new, removed and changed variables.
func (r *envRun) compare() {
	if r.want.keys == nil {
		return
	}
	set := map[string]bool{}
	for _, e := range r.d.File.Entries {
		set[e.Key] = true
	}
	for _, s := range r.services() {
		for name, v := range s.Env {
			set[name] = set[name] || v.Source == deployment.FromEnvFile
		}
	}
	names := make([]string, 0, len(r.want.keys))
	for name := range r.want.keys {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !set[name] {
			r.newKey(name, r.want.keys[name])
		}
	}
	for _, v := range r.written() {
		if k, ok := r.want.keys[v.Name]; ok {
			r.changed(v, k)
		} else {
			r.removed(v)
		}
	}
}

// written are the settings that the operator wrote out, each at its place: those of
// the env file, of which the last counts, and what the services of Dify's own code
// get by a value of theirs, not by ${NAME}.
func (r *envRun) written() []deployment.Value {
	var out []deployment.Value
	for _, e := range r.d.File.Entries {
		if last, _ := r.d.File.Last(e.Key); last.Line == e.Line {
			out = append(out, deployment.Value{Name: e.Key, Text: e.Value, Raw: e.Raw, Source: deployment.FromEnv, Place: deployment.Place{File: r.d.EnvFile, Line: e.Line}})
		}
	}
	seen := map[string]bool{} // by name and place
	for _, s := range r.services() {
		if !s.Active || !slices.Contains(append(backend, frontend...), role(s)) {
			continue
		}
		for _, name := range sortedNames(s.Env) {
			v := s.Env[name]
			own := v.Source == deployment.FromHelm || v.Source == deployment.FromCompose || v.Source == deployment.FromEnvFile
			if own && v.Var == "" && !seen[name+v.Place.String()] && v.File != r.d.EnvFile {
				seen[name+v.Place.String()] = true
				out = append(out, v)
			}
		}
	}
	return out
}

// newKey reports a variable that the target has and the upgrade brings: with a
// running version, only what is newer than that.
func (r *envRun) newKey(name string, k targetKey) {
	if r.d.EnvFile == "" || k.since == "-" {
		return
	}
	if !r.want.file && r.want.from != nil {
		if _, had := r.want.from.EnvVar(name); had {
			return
		}
	}
	if !r.want.file && r.want.from == nil {
		return // nothing to tell a new one from one that was always left out
	}
	since := "in " + r.want.name
	if k.since != "" {
		since = "since " + k.since
	}
	at := r.end()
	var related []deployment.Place
	if k.at.File != "" {
		related = append(related, k.at)
	}
	f := r.add(ruleNew, name, fmt.Sprintf("%s is new %s with the default %s, %s does not set it", name, since, check.ShownDefault(name, k.def), r.envName()),
		"set it if the default does not fit", at, related...)
	r.addNew(f, name, k)
}

// removed reports a variable that the target does not know. Of those that no
// release ever had, an own compose file may make use; and COMPOSE_… is
// Compose's. Against a file all others count, for its author knows them.
func (r *envRun) removed(v deployment.Value) {
	if strings.HasPrefix(v.Name, "COMPOSE_") || strings.HasPrefix(v.Name, "DOCKER_") {
		return
	}
	last := r.lastRelease(v.Name)
	if r.want.file && last == "" && slices.ContainsFunc(r.d.Refs, func(ref deployment.Ref) bool { return ref.Name == v.Name }) {
		return
	}
	if !r.want.file && last == "" || v.Source != deployment.FromEnv && r.want.file {
		return
	}
	message := fmt.Sprintf("%s is set, and %s does not know it", v.Name, r.want.name)
	if last != "" {
		message += fmt.Sprintf(" (last in %s)", last)
	}
	hint := "remove it, and look for the variable that took its place"
	if r.want.release != nil && !r.want.file {
		if n, ok := r.want.release.RenamedTo(v.Name); ok {
			message = fmt.Sprintf("%s is set, and %s calls it %s (since %s)", v.Name, r.want.name, n.New, n.Since)
			hint = "rename it to " + n.New + ", its value stays"
		}
	}
	f := r.add(ruleRemoved, v.Name, message, hint, v.Place)
	r.idleSetting(f, v.Name)
	r.takeOut(f, v)
}

// lastRelease names the last release up to the target that has a variable.
func (r *envRun) lastRelease(name string) string {
	last := ""
	for _, v := range r.cat.Versions() {
		rel, _ := r.cat.Release(v)
		if r.want.release != nil && r.want.release.Before(rel) {
			break
		}
		if _, ok := rel.EnvVar(name); ok {
			last = v
		}
	}
	return last
}

// changed reports a value that is an old default. With a running version that
// is the running version's; without, any older one.
func (r *envRun) changed(v deployment.Value, k targetKey) {
	if k.since == "-" || k.def.Is(v.Raw) || k.def.Is(v.Text) {
		return
	}
	old, ok := r.oldDefault(v)
	if !ok || old.Equal(k.def) {
		return
	}
	if _, public := r.cat.Published(v.Name, v.Text); public {
		return // env/public-secret says more
	}
	f := r.add(ruleDefaultChanged, v.Name,
		fmt.Sprintf("%s is %s, an old default; the default in %[4]s is %[3]s", v.Name, dotenv.Shown(v.Name, shownRaw(v)), check.ShownDefault(v.Name, k.def), r.want.name),
		"set it to the new default, or keep yours on purpose", v.Place)
	r.idleSetting(f, v.Name)
	f.Unfixed = "the old default may be meant: take the new one over, or keep it"
}

// idleSetting makes a finding a notice where the variable belongs to a store or a
// database that is not in use: its value has no effect, whatever it is.
func (r *envRun) idleSetting(f *gate.Finding, name string) {
	if !r.inUse(name) {
		f.Severity, f.Impact = gate.Notice, gate.ImpactHygiene
	}
}

func shownRaw(v deployment.Value) string {
	if v.Raw == "" {
		return "(empty)"
	}
	return v.Raw
}

// oldDefault finds the default that a value repeats. An empty one is no pin:
// Compose replaces it by the new default, or it says nothing.
func (r *envRun) oldDefault(v deployment.Value) (dify.Default, bool) {
	if v.Raw == "" {
		return dify.Default{}, false
	}
	if r.want.from != nil {
		had, ok := r.want.from.EnvVar(v.Name)
		return had.Default, ok && had.Default.Is(v.Raw)
	}
	for _, version := range r.cat.Versions() {
		rel, _ := r.cat.Release(version)
		if r.want.release != nil && !rel.Before(*r.want.release) {
			break
		}
		if had, ok := rel.EnvVar(v.Name); ok && had.Default.Is(v.Raw) {
			return had.Default, true
		}
	}
	return dify.Default{}, false
}
