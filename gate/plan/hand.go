package plan

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// told are the steps of the catalogue that an advisory tells as well, among the
// changes; with a path only where a change that names it applies: at a desk the file
// may not be there to be looked at.
var told = map[string]string{
	"plugin-migration": "", "metadata-migration": "", "worker-beat": "", "datasource-credentials": "", "files-url": "", "weaviate-server": "",
	"secret-key-explicit": "", "auto-upgrade-backfill": "", "agent-services": "", "agent-token": "", "edition-renamed": "", "weaviate-139": "",
	"sandbox-token": "", "storage-owner": "volumes/app/storage", "sandbox-config": "volumes/sandbox/conf/config.yaml",
	"compose-version": "", // stands among the minimums
	"orphan-db":       "", // the old containers are stopped with the old files, and no orphan is removed
}

func (b *builder) told(id string) bool {
	path, known := told[id]
	return known && (path == "" || slices.ContainsFunc(b.in.Changes, func(c gate.Change) bool { return c.Applies != "no" && slices.Contains(c.Names.Paths, path) }))
}

// byHand writes what the notes and the catalogue ask for and no command does.
func (b *builder) byHand(phase Phase) {
	for _, c := range b.in.Changes {
		if b.inHop(c.Version) && handPhase(c) == phase && b.asks(c) {
			b.change(phase, c)
		}
	}
	if phase != Before {
		return
	}
	for _, t := range b.touched {
		if !b.inHop(t.Release) || b.told(t.ID) {
			continue
		}
		why := t.Text
		if t.What != "" {
			why += ": " + t.What
		}
		if t.Unverified {
			why += " (not verified: " + t.Source + ")"
		}
		b.addSince(Before, t.Release, sentence(t.Do), why)
		if !t.Seen {
			b.optional()
		}
	}
}

// handPhase is when a change is seen to: holes are closed by the upgrade, and what
// remains to be done about them comes after it.
func handPhase(c gate.Change) Phase {
	if c.Kind == "security" || strings.Contains(strings.ToLower(c.Action), "after the upgrade") {
		return After
	}
	return Before
}

// asks reports whether a change leaves something to an operator that is not a command
// of the run-book and not done by every upgrade.
func (b *builder) asks(c gate.Change) bool {
	switch {
	case c.Applies == "no", slices.ContainsFunc(c.Evidence, func(e string) bool { return strings.HasPrefix(e, "already reported by") }):
		return false
	case slices.ContainsFunc(b.in.RunBook, func(s gate.Step) bool { return s.Version == c.Version && runs(c, s) }):
		return false
	}
	switch c.Kind {
	case "action", "breaking", "removal":
		return true
	case "config", "security", "deprecation", "migration":
		return c.Action != "" && (c.Kind != "deprecation" || c.Applies == "yes")
	}
	return false
}

// runs reports whether a step of the run-book is what a change asks for.
func runs(c gate.Change, s gate.Step) bool {
	if slices.ContainsFunc(c.Names.Commands, func(name string) bool { return strings.Contains(s.Command, name) || strings.Contains(name, s.Command) }) {
		return true
	}
	text, why := oneLine(c.Text), oneLine(s.Why)
	n := min(len(text), len(why), 60)
	return n > 0 && text[:n] == why[:n]
}

func (b *builder) change(phase Phase, c gate.Change) {
	what, why := c.Action, check.InOneLine(c.Text, 400)
	if what == "" {
		what, why = c.Text, "Listed under "+c.Kind+" for "+c.Version+"."
	}
	if len(c.Evidence) > 0 && !strings.HasPrefix(c.Evidence[0], "http") {
		why += " Here: " + c.Evidence[0] + "."
	}
	if c.URL != "" {
		why += " " + c.URL
	}
	b.addSince(phase, c.Version, sentence(check.InOneLine(what, 240)), why)
	if c.Applies != "yes" && (c.Action != "" || !slices.Contains(c.Sources, "notes")) {
		b.optional()
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// sentence begins a text with a capital letter.
func sentence(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	first, _, _ := strings.Cut(text, " ")
	if strings.ContainsAny(first, "_./=") { // a name stays as it is
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
