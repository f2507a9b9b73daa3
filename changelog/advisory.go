package changelog

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed advisories.json
var advisoryData []byte

// Advisory is a fact about one release, in our own words, with its evidence.
// It is for what the notes do not say, or not so that a machine could hold it
// against an operator's files.
type Advisory struct {
	ID        string
	Since     Version // the release that brought it: it concerns ranges with from < Since <= to
	Until     Version // from this target on nothing need be done; zero: for ever
	Kind      Kind
	Text      string
	Todo      string
	Condition *Condition
	Commands  []Command
	Names     Names
	Evidence  []string
	Broken    []Version // targets that are known to be bad
	Better    Version   // where to go instead; zero: Since
	Match     Match
}

// Match finds the change of the notes that tells the same. Every filled field
// must fit; an empty Match never does.
type Match struct {
	Env, Queues, Paths []string // one of them is named
	Commands           []string // one of them is part of a command or of the text
	Words              []string // all of them are in the text or its context
	Kind               Kind
}

// Advisories reads the embedded list.
func Advisories() ([]Advisory, error) {
	var raw []struct {
		ID        string
		Since     string
		Until     string
		Kind      Kind
		Text      string
		Todo      string
		Condition *Condition
		Commands  []Command
		Names     Names
		Evidence  []string
		Broken    []string
		Better    string
		Match     Match
	}
	if err := json.Unmarshal(advisoryData, &raw); err != nil {
		return nil, fmt.Errorf("advisories.json: %w", err)
	}
	list := make([]Advisory, 0, len(raw))
	for _, r := range raw {
		a := Advisory{ID: r.ID, Kind: r.Kind, Text: r.Text, Todo: r.Todo, Condition: r.Condition, Commands: r.Commands,
			Names: r.Names, Evidence: r.Evidence, Match: r.Match}
		var err error
		if a.Since, err = ParseVersion(r.Since); err != nil {
			return nil, fmt.Errorf("advisories.json: %s: %w", r.ID, err)
		}
		if a.Until, err = optionalVersion(r.Until); err != nil {
			return nil, fmt.Errorf("advisories.json: %s: %w", r.ID, err)
		}
		if a.Better, err = optionalVersion(r.Better); err != nil {
			return nil, fmt.Errorf("advisories.json: %s: %w", r.ID, err)
		}
		for _, s := range r.Broken {
			v, err := ParseVersion(s)
			if err != nil {
				return nil, fmt.Errorf("advisories.json: %s: %w", r.ID, err)
			}
			a.Broken = append(a.Broken, v)
		}
		list = append(list, a)
	}
	return list, nil
}

func optionalVersion(s string) (Version, error) {
	if s == "" {
		return Version{}, nil
	}
	return ParseVersion(s)
}

// concerns tells whether an upgrade crosses what the advisory speaks of.
func (a Advisory) concerns(r Range) bool {
	return a.Since.Compare(r.From) > 0 && a.Since.Compare(r.To) <= 0 && (a.Until.IsZero() || r.To.Compare(a.Until) < 0) &&
		(!a.Since.Prerelease() || r.To.Prerelease() || r.From.Prerelease())
}

// advise merges the advisories into the changes of the notes: one that tells
// the same gets the advisory's condition and commands, the rest are added.
func advise(changes []Change, r Range, advisories []Advisory) []Change {
	for _, a := range advisories {
		inRange := a.concerns(r)
		at := slices.IndexFunc(changes, func(ch Change) bool {
			near := ch.Version.SameCore(a.Since)
			return ch.Source == FromNotes && (near || !inRange && a.Since.Compare(ch.Version) < 0 && len(a.Match.Words) == 0) && a.Match.fits(ch)
		})
		switch {
		case at >= 0:
			changes[at] = a.support(changes[at])
		case inRange:
			changes = append(changes, a.change())
		}
	}
	slices.SortStableFunc(changes, func(x, y Change) int { return x.Version.Compare(y.Version) })
	return changes
}

// support joins an advisory to the change of the notes that it explains. The
// advisory's condition is the more exact one.
func (a Advisory) support(ch Change) Change {
	ch.Source, ch.Advisory, ch.Todo = FromBoth, a.ID, a.Todo
	if a.Condition != nil && (ch.Condition == nil || ch.Condition.Op != OpAll) {
		ch.Condition = a.Condition
	}
	ch.Names = mergeNames(ch.Names, a.Names)
	ch.Evidence = append(ch.Evidence, a.Evidence...)
	for _, c := range a.commands() {
		if !slices.ContainsFunc(ch.Commands, func(have Command) bool { return bareCommand(have.Line) == bareCommand(c.Line) }) {
			ch.Commands = append(ch.Commands, c)
		}
	}
	return ch
}

func (a Advisory) change() Change {
	ch := Change{Version: a.Since, Kind: a.Kind, Signal: "advisory " + a.ID, Text: a.Text, Names: a.Names, Condition: a.Condition, Todo: a.Todo,
		Commands: a.commands(), Evidence: a.Evidence, Source: FromAdvisory, Advisory: a.ID}
	if len(a.Evidence) > 0 {
		ch.URL = a.Evidence[0]
	}
	return ch
}

func (a Advisory) commands() []Command {
	commands := slices.Clone(a.Commands)
	for i := range commands {
		if commands[i].Why == "" {
			commands[i].Why = a.Text
		}
	}
	return commands
}

// fits tells whether a change of the notes tells what the advisory tells.
func (m Match) fits(ch Change) bool {
	named := func(want, have []string) bool {
		return len(want) == 0 || slices.ContainsFunc(want, func(w string) bool { return slices.Contains(have, w) })
	}
	text := fold(ch.Text + " " + ch.Context)
	for _, w := range m.Words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	all := strings.Join(ch.Names.Commands, "\n") + "\n" + ch.Text
	command := len(m.Commands) == 0 || slices.ContainsFunc(m.Commands, func(c string) bool { return strings.Contains(all, c) })
	empty := len(m.Env)+len(m.Queues)+len(m.Paths)+len(m.Commands)+len(m.Words) == 0
	return !empty && command && named(m.Env, ch.Names.Env) && named(m.Queues, ch.Names.Queues) && named(m.Paths, ch.Names.Paths) &&
		(m.Kind == "" || m.Kind == ch.Kind)
}

// badTargets are the advisories' own known regressions of the target.
func badTargets(r Range, advisories []Advisory) []KnownRegression {
	var found []KnownRegression
	for _, a := range advisories {
		if !slices.ContainsFunc(a.Broken, func(v Version) bool { return v.Compare(r.To) == 0 }) {
			continue
		}
		k := KnownRegression{Broken: r.To, Better: a.Since, Text: a.Text, Fix: a.Since.Fix() && a.Since.SameCore(r.To)}
		if !a.Better.IsZero() {
			k.Better = a.Better
		}
		if len(a.Evidence) > 0 {
			k.URL = a.Evidence[0]
		}
		found = append(found, k)
	}
	return found
}
