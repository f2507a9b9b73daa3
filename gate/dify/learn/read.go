package learn

import (
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

// text returns a file; one that is missing is listed.
func (r *reader) text(name string) (string, bool) {
	data, ok := r.tree.files[name]
	if !ok && !slices.ContainsFunc(r.tree.unread, func(u string) bool { return strings.HasPrefix(u, name+": ") }) {
		r.cannot(name, "not in the tree")
	}
	return string(data), ok
}

// finish sorts the lists and bounds what could not be read.
func (r *reader) finish() {
	for i := range r.unread {
		r.unread[i] = shown(r.unread[i])
	}
	f := r.facts
	f.Unread = r.unread
	f.Sort()
	if more := len(f.Unread) - maxUnread; more > 0 {
		f.Unread = append(f.Unread[:maxUnread], fmt.Sprintf("and %d more places", more))
	}
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
