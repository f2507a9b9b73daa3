package envfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

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
	set := map[string]dotenv.Entry{}
	for _, e := range r.d.File.Entries {
		set[e.Key] = e
	}
	names := make([]string, 0, len(r.want.keys))
	for name := range r.want.keys {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if _, ok := set[name]; !ok {
			r.newKey(name, r.want.keys[name])
		}
	}
	for _, e := range r.d.File.Entries {
		if set[e.Key].Line != e.Line {
			continue // a later entry overrides it
		}
		if k, ok := r.want.keys[e.Key]; ok {
			r.changed(e, k)
		} else {
			r.removed(e)
		}
	}
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
	r.add(ruleNew, name, fmt.Sprintf("%s is new %s with the default %s, %s does not set it", name, since, check.ShownDefault(name, k.def), r.envName()),
		"set it if the default does not fit", at, related...)
}

// removed reports a variable that the target does not know. Of those that no
// release ever had, an own compose file may make use; and COMPOSE_… is
// Compose's. Against a file all others count, for its author knows them.
func (r *envRun) removed(e dotenv.Entry) {
	if strings.HasPrefix(e.Key, "COMPOSE_") || strings.HasPrefix(e.Key, "DOCKER_") {
		return
	}
	last := r.lastRelease(e.Key)
	if r.want.file && last == "" && slices.ContainsFunc(r.d.Refs, func(ref deployment.Ref) bool { return ref.Name == e.Key }) {
		return
	}
	if !r.want.file && last == "" {
		return
	}
	message := fmt.Sprintf("%s is set, and %s does not know it", e.Key, r.want.name)
	if last != "" {
		message += fmt.Sprintf(" (last in %s)", last)
	}
	r.add(ruleRemoved, e.Key, message, "remove it, and look for the variable that took its place", deployment.Place{File: r.d.EnvFile, Line: e.Line})
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
func (r *envRun) changed(e dotenv.Entry, k targetKey) {
	if k.since == "-" || k.def.Is(e.Raw) || k.def.Is(e.Value) {
		return
	}
	old, ok := r.oldDefault(e)
	if !ok || old.Equal(k.def) {
		return
	}
	if _, public := r.cat.Published(e.Key, e.Value); public {
		return // env/public-secret says more
	}
	r.add(ruleDefaultChanged, e.Key,
		fmt.Sprintf("%s is %s, an old default; the default in %[4]s is %[3]s", e.Key, dotenv.Shown(e.Key, shownRaw(e)), check.ShownDefault(e.Key, k.def), r.want.name),
		"set it to the new default, or keep yours on purpose", deployment.Place{File: r.d.EnvFile, Line: e.Line})
}

func shownRaw(e dotenv.Entry) string {
	if e.Raw == "" {
		return "(empty)"
	}
	return e.Raw
}

// oldDefault finds the default that a value repeats. An empty one is no pin:
// Compose replaces it by the new default, or it says nothing.
func (r *envRun) oldDefault(e dotenv.Entry) (dify.Default, bool) {
	if e.Raw == "" {
		return dify.Default{}, false
	}
	if r.want.from != nil {
		v, ok := r.want.from.EnvVar(e.Key)
		return v.Default, ok && v.Default.Is(e.Raw)
	}
	for _, version := range r.cat.Versions() {
		rel, _ := r.cat.Release(version)
		if r.want.release != nil && !rel.Before(*r.want.release) {
			break
		}
		if v, ok := rel.EnvVar(e.Key); ok && v.Default.Is(e.Raw) {
			return v.Default, true
		}
	}
	return dify.Default{}, false
}
