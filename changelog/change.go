package changelog

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// assignments makes a change of an entry whose fence sets variables.
func (c *classifier) assignments(e *Entry, s section) bool {
	env := codeEnv(e)
	if len(env) == 0 || s.guide && len(e.Code) > 0 && e.Text == "" {
		return false
	}
	c.whole(e, verdict{kind: Config, signal: "variables in a fence"}, Names{Env: env})
	return true
}

// newStep makes a change of a step of the upgrade guide that runs something
// else than the commands of every upgrade.
func (c *classifier) newStep(e *Entry, s section) bool {
	if !s.guide || e.Text == "" {
		return false
	}
	for _, line := range codeCommands(e) {
		if usualCommand(line) {
			continue
		}
		v := verdict{kind: Action, signal: "a step that the guide did not have"}
		if movesData(line) {
			v.kind = Migration
		}
		c.whole(e, v, findNames(e.Text, ""))
		return true
	}
	return false
}

// customCommand makes a change of a fence with a command of the program that
// no usual upgrade runs.
func (c *classifier) customCommand(e *Entry, trouble bool) bool {
	if trouble {
		return false
	}
	for _, line := range codeCommands(e) {
		bare := bareCommand(line)
		if usualCommand(bare) || !flaskCommand(bare) {
			continue
		}
		v := verdict{kind: Action, signal: "a command in a fence"}
		if movesData(bare) {
			v.kind = Migration
		}
		c.whole(e, v, Names{Commands: []string{line}})
		return true
	}
	return false
}

// whole makes a change of an entry as a whole.
func (c *classifier) whole(e *Entry, v verdict, names Names) {
	text := e.Text
	if text == "" && len(names.Commands) > 0 {
		text = names.Commands[0]
	}
	s := newSentence(text, clip(text, maxTitle), 0, false)
	c.add(e, run{list: []statement{{sentence: s, entry: e, section: joinTopics(c.reader.path(e))}}, verdict: v, names: names})
}

// add makes a change of a run of sentences.
func (c *classifier) add(e *Entry, r run) {
	for len(r.list) > 1 && c.reader.v.bland(&r.list[0]) {
		r.list = r.list[1:] // words of welcome before the point
	}
	first, last := &r.list[0].sentence, &r.list[len(r.list)-1].sentence
	v := r.verdict
	if v.kind == Breaking && c.reader.v.keepsOldName(e) {
		v = verdict{kind: Deprecation, signal: "renamed, and the old name still works"}
	}
	text := first.text
	if len(r.list) > 1 {
		text = strings.TrimSpace(e.Text[first.offset:min(len(e.Text), last.offset+len(last.text))])
	}
	place := e.Location
	if line := e.lineAt(first.offset); line != place.Line {
		place.Line, place.Column = line, 1
	}
	place.EndLine = max(place.Line, min(e.Location.EndLine, e.lineAt(last.offset+len(last.text)-1)))
	ch := Change{Version: c.release.Version, Kind: v.kind, Signal: v.signal, Text: text, Context: contextOf(e, first), Names: r.names,
		Location: place, URL: c.release.URL, Source: FromNotes, fromCommit: r.list[0].commit.is}
	if ch.URL == "" {
		ch.URL = e.Link
	}
	if v.kind == Regression {
		ch.Affects = affected(c.release, e.Text+" "+e.Parent)
		ch.fixes = c.reader.v.fixesOnly(r.list)
	}
	if !ch.fromCommit && v.kind != Security && v.kind != Regression && nearEnd(e, last) {
		ch.withCode(e, r.list[0].trouble)
	}
	if asks(v.kind) && c.reader.v.asksForCommand(r) {
		ch.withNamed()
	}
	if last.colon() && !named(r.names) && len(e.Code) == 0 {
		ch.intro = e.Text
	}
	if endsInColon(e.Parent) {
		c.led[e.Parent] = append(c.led[e.Parent], len(c.changes))
	}
	ch.Condition = c.reader.v.conditionOf(ch, r)
	c.changes = append(c.changes, ch)
}

// bland reports whether a sentence names nothing and has no word of what is done
// to a deployment, or of what it is made of.
func (v *vocabulary) bland(st *statement) bool {
	for _, t := range st.tokens {
		if t.Kind.Named() {
			return false
		}
		for _, c := range [...]lexicon.Class{v.must, v.deed, v.ensure, v.please, v.breaking, v.remove, v.gone, v.rename, v.replace, v.move, v.change, v.deflt, v.deprecate,
			v.lose, v.fail, v.refuse, v.migrate, v.hole, v.security, v.regress, v.backup, v.config, v.process, v.cond} {
			if t.Has(c) {
				return false
			}
		}
	}
	return true
}

// nearEnd reports whether the sentence is among the last of its entry, where a
// fence that follows belongs to it.
func nearEnd(e *Entry, last *sentence) bool {
	return last.offset+len(last.text) >= len(e.Text)-200
}

// withCode adds the fence that a sentence introduces: its commands or its
// assignments are what is to be done.
func (ch *Change) withCode(e *Entry, trouble bool) {
	const most = 600
	env, commands := codeEnv(e), codeCommands(e)
	for _, name := range env {
		ch.Names.Env = addName(ch.Names.Env, name)
	}
	for _, line := range commands {
		ch.Names.Commands = addName(ch.Names.Commands, line)
		if !usualCommand(line) && !trouble {
			ch.Commands = append(ch.Commands, Command{Line: line, Why: ch.Text})
		}
	}
	if len(env)+len(commands) == 0 {
		return
	}
	for _, code := range e.Code {
		if len(ch.Text)+len(code.Text) < most {
			ch.Text = strings.TrimSpace(ch.Text + " " + strings.Join(strings.Fields(code.Text), " "))
		}
	}
}

// withNamed takes the commands that the text itself asks for into the run-book.
func (ch *Change) withNamed() {
	for _, line := range ch.Names.Commands {
		known := slices.ContainsFunc(ch.Commands, func(c Command) bool { return bareCommand(c.Line) == bareCommand(line) })
		if !known && !usualCommand(line) {
			ch.Commands = append(ch.Commands, Command{Line: line, Why: ch.Text})
		}
	}
}

// contextOf is what a reader needs beside the text: the parent bullet, the
// label, or the innermost heading.
func contextOf(e *Entry, first *sentence) string {
	switch {
	case e.Parent != "":
		return e.Parent
	case e.Label != "" && !first.label:
		return e.Label
	case first.offset > 0 && first.offset < 300:
		return strings.TrimSpace(e.Text[:first.offset])
	case len(e.Path) > 0:
		return e.Path[len(e.Path)-1]
	}
	return ""
}

// affected finds the release that a text calls broken: the one it names, or
// the one before.
func affected(r Release, text string) Version {
	var found Version
	for _, name := range findNames(text, "").Versions {
		if v, err := ParseVersion(name); err == nil && v.Compare(r.Version) < 0 && v.Compare(found) > 0 {
			found = v
		}
	}
	return found
}

// withoutLeads drops the changes that only lead over to a list whose items are
// changes themselves: the first item mentions them.
func (c *classifier) withoutLeads() []Change {
	kept := make([]Change, 0, len(c.changes))
	drop := map[int]bool{}
	for i, ch := range c.changes {
		if items := c.led[ch.intro]; ch.intro != "" && len(items) > 0 {
			first := &c.changes[items[0]]
			first.Also = append(first.Also, Mention{Version: ch.Version, Text: ch.Text, Location: ch.Location, URL: ch.URL})
			drop[i] = true
		}
	}
	for i, ch := range c.changes {
		if !drop[i] {
			kept = append(kept, ch)
		}
	}
	return kept
}
