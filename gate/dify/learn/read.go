package learn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// reader makes facts of a tree.
type reader struct {
	tree   *Tree
	facts  *dify.Facts
	unread []string
}

// Read reads the facts of a release. version is its tag.
func Read(version string, t *Tree) (*dify.Facts, error) {
	if !t.isDify() {
		return nil, ErrNotDify
	}
	r := &reader{tree: t, unread: slices.Clone(t.unread), facts: &dify.Facts{
		Schema: dify.FactsSchema, Version: strings.TrimPrefix(version, "v"), Source: t.Source,
	}}
	r.environment()
	r.compose()
	r.nginx()
	r.routes()
	r.migrations()
	r.commands()
	r.queues()
	r.minimums()
	r.finish()
	return r.facts, nil
}

// cannot lists what could not be read.
func (r *reader) cannot(place, format string, args ...any) {
	r.unread = append(r.unread, place+": "+fmt.Sprintf(format, args...))
}

// text returns a file; one that is not there is listed.
func (r *reader) text(name string) (string, bool) {
	data, ok := r.tree.files[name]
	if !ok && !slices.ContainsFunc(r.tree.unread, func(u string) bool { return strings.HasPrefix(u, name+": ") }) {
		r.cannot(name, "not in the tree")
	}
	return string(data), ok
}

// finish sorts the lists and bounds what could not be read.
func (r *reader) finish() {
	f := r.facts
	f.Routes = sorted(f.Routes, func(a, b dify.RouteFact) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	f.Env = sorted(f.Env, func(a, b dify.EnvFact) int { return cmp.Compare(a.Name, b.Name) })
	f.Secrets = sorted(f.Secrets, func(a, b dify.SecretFact) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Sum, b.Sum))
	})
	f.Queues, f.Commands = sorted(f.Queues, cmp.Compare), sorted(f.Commands, cmp.Compare)
	f.Templates = sorted(f.Templates, func(a, b dify.TemplateFact) int { return cmp.Compare(a.Name, b.Name) })
	u := r.unread
	for i := range u {
		u[i] = shown(u[i])
	}
	u = sorted(u, cmp.Compare)
	if len(u) > maxUnread {
		u = append(u[:maxUnread], fmt.Sprintf("and %d more places", len(u)-maxUnread))
	}
	f.Unread = u
}

// sorted sorts a list, drops doubles of what compares equal, and makes an empty
// one of nil, so that JSON has [] and not null.
func sorted[T any](list []T, compare func(a, b T) int) []T {
	slices.SortStableFunc(list, compare)
	list = slices.CompactFunc(list, func(a, b T) bool { return compare(a, b) == 0 })
	if list == nil {
		return []T{}
	}
	return list
}

// shown is a line of unread without what a terminal would obey.
func shown(text string) string {
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '\ufffd'
		}
		return c
	}, text)
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return text
}

// printable reports whether a text can be a name, path or value: one line
// without control characters.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) && c != '\t' })
}
