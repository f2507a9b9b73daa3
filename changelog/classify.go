package changelog

import (
	"math"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// rank orders kinds when one change is reported twice, or a change has sentences of
// several kinds.
var rank = map[Kind]int{Migration: 8, Action: 7, Breaking: 6, Removal: 5, Regression: 4, Deprecation: 3, Config: 2, Security: 1}

// classifier makes changes of the entries of one release.
type classifier struct {
	judge        *judge
	reader       *understander
	release      Release
	before       map[string]bool // steps of the guide of the release before
	changes      []Change
	unclassified []Entry
	trouble      bool // the entry before spoke of errors one may meet
	lists        map[string]*tally
	led          map[string][]int // changes by the parent with a colon that leads over to them
	owed         map[string]Entry // sections headed as breaking without a change yet
	order        []string
}

// reading is an entry on its way to its changes.
type reading struct {
	entry      *Entry
	statements []statement
	scores     []float64 // of each statement, by itself
	list       string
}

// classify finds the changes among a release's entries, and the entries that
// should be one and were not understood. All statements are weighed first:
// what stands in one list is mostly of one sort.
func (j *judge) classify(r Release, entries []Entry, before map[string]bool) ([]Change, []Entry) {
	c := &classifier{judge: j, reader: newUnderstander(), release: r, before: before, owed: map[string]Entry{}, lists: map[string]*tally{}, led: map[string][]int{}}
	c.reader.doc = c.reader.survey(entries)
	seen := map[string]bool{}
	readings := make([]reading, 0, len(entries))
	for i := range entries {
		// The same line in the same place says nothing more the second time.
		if key := entries[i].key(); !seen[key] {
			seen[key] = true
			if r, ok := c.read(&entries[i]); ok {
				readings = append(readings, r)
			}
		}
	}
	for i := range readings {
		c.entry(&readings[i])
	}
	for _, key := range c.order {
		if e, owed := c.owed[key]; owed && !slices.ContainsFunc(c.unclassified, func(u Entry) bool { return u.Location == e.Location }) {
			c.unclassified = append(c.unclassified, e)
		}
	}
	return c.withoutLeads(), c.unclassified
}

// tally is the mean score of a list.
type tally struct {
	sum float64
	n   int
}

// read makes the statements of an entry and weighs each by itself; ok is false
// for what nobody needs to read: thanks, and the usual steps of a guide.
func (c *classifier) read(e *Entry) (reading, bool) {
	topics := c.reader.path(e)
	section := joinTopics(topics)
	c.owe(e, section)
	r := reading{entry: e, statements: c.reader.statements(e), list: e.listKey()}
	trouble := c.trouble
	if e.Block != Fence {
		c.trouble = slices.ContainsFunc(r.statements, func(st statement) bool { return c.reader.v.troubleshoots(&st.sentence) })
	}
	switch {
	case section.people, fullChangelog(e.Text):
		return r, false
	case section.guide && e.Alert == "" && (e.Ordered || len(e.Code) > 0 || e.Block == Fence) && c.reader.v.boilerplate(e, c.before):
		return r, false
	}
	r.scores = make([]float64, len(r.statements))
	for i := range r.statements {
		st := &r.statements[i]
		st.trouble = trouble || c.trouble
		if !c.worth(e, st, section) {
			r.scores[i] = math.Inf(-1)
			continue
		}
		r.scores[i] = c.judge.score(st)
		t := c.lists[r.list]
		if t == nil {
			t = &tally{}
			c.lists[r.list] = t
		}
		t.sum += clamp(r.scores[i])
		t.n++
	}
	return r, true
}

// worth reports whether a sentence could ask for anything at all.
func (c *classifier) worth(e *Entry, st *statement, section section) bool {
	switch {
	case nothingHere(st.text), len(st.tokens) == 0:
		return false
	case section.guide && e.Ordered && c.reader.v.usualSentence(&st.sentence), c.reader.v.takesBack(&st.sentence):
		return false
	case e.Block == Title:
		return named(namesOf(st.text, st.tokens))
	}
	return true
}

// beside is how much the mean score of the rest of its list counts for a
// statement.
const beside = 0.6

// inPlace is a statement's score with that of its list.
func (c *classifier) inPlace(list string, score float64) float64 {
	if t := c.lists[list]; t != nil && t.n > 1 && !math.IsInf(score, -1) {
		score += beside * (t.sum - clamp(score)) / float64(t.n+1)
	}
	return score
}

// clamp keeps a single statement from speaking for its whole list.
func clamp(score float64) float64 { return max(-3, min(3, score)) }

// key is all of an entry that its class depends on.
func (e *Entry) key() string {
	var b strings.Builder
	for _, part := range []string{e.Text, e.Parent, e.Label, e.Alert, strings.Join(e.Path, "\x01")} {
		b.WriteString(part)
		b.WriteByte(0)
	}
	b.WriteByte(byte(e.Block))
	for _, code := range e.Code {
		b.WriteString("\x00" + code.Lang + "\x01" + code.Text)
	}
	return b.String()
}

// entry makes the changes of one entry.
func (c *classifier) entry(r *reading) {
	e := r.entry
	section := joinTopics(c.reader.path(e))
	trouble := len(r.statements) > 0 && r.statements[0].trouble
	found := c.runs(r)
	found = found || e.Block != Title && (c.assignments(e, section) || c.newStep(e, section) || c.customCommand(e, trouble))
	if found {
		delete(c.owed, breakingHead(c.reader, e))
	} else if c.judge.watch == nil && c.warns(r, section) {
		c.unclassified = append(c.unclassified, *e)
	}
}

// owe notes that a section headed as breaking must give a change.
func (c *classifier) owe(e *Entry, s section) {
	if !s.breaking || e.Block == Title {
		return
	}
	key := breakingHead(c.reader, e)
	if _, ok := c.owed[key]; ok || slices.Contains(c.order, key) || nothingHere(e.Text) {
		return
	}
	c.owed[key] = *e
	c.order = append(c.order, key)
}

// breakingHead is the path down to the heading that says breaking.
func breakingHead(u *understander, e *Entry) string {
	for i, title := range e.Path {
		if u.topic(title).section.breaking {
			return strings.Join(e.Path[:i+1], "\x01")
		}
	}
	return e.Parent
}

// nothingHere reports whether an entry only says that there is none.
func nothingHere(text string) bool {
	text = strings.ToLower(strings.Trim(text, " .!*_。"))
	switch text {
	case "none", "n/a", "na", "nothing", "no breaking changes", "no breaking change", "无", "暂无", "没有":
		return true
	}
	return false
}

// fullChangelog reports whether an entry is a line that every generated list
// ends with.
func fullChangelog(text string) bool {
	return len(text) < 400 && (strings.HasPrefix(strings.ToLower(text), "full changelog") || strings.Contains(text, "/compare/") && strings.Contains(text, "...") || strings.Contains(text, "made their first contribution"))
}

// run is a row of sentences that make one change.
type run struct {
	list    []statement
	verdict verdict
	names   Names
}

// runs judges the sentences of an entry. An entry is one change, from its first
// sentence that weighs enough to its last; duties that stand apart are changes
// of their own.
func (c *classifier) runs(r *reading) bool {
	var current run
	found := false
	flush := func() {
		if len(current.list) > 0 {
			c.add(r.entry, current)
			found = true
		}
		current = run{}
	}
	for i := range r.statements {
		st := &r.statements[i]
		if math.IsInf(r.scores[i], -1) {
			continue
		}
		goesOn := len(current.list) > 0
		v, ok := c.judge.decide(st, c.inPlace(r.list, r.scores[i]), goesOn)
		if !ok {
			continue
		}
		names := c.names(r.entry, st)
		if goesOn && !c.joins(r.entry, st, current, v, names) {
			flush()
		}
		if len(current.list) == 0 || v.score > current.verdict.score {
			current.verdict = v
		}
		current.names = mergeNames(current.names, names)
		current.list = append(current.list, *st)
	}
	flush()
	return found
}

// names are what a sentence names; one that only refers back has its parent's.
func (c *classifier) names(e *Entry, st *statement) Names {
	names := namesOf(st.body, st.tokens)
	if len(names.Queues) == 0 && speaksOfQueues(st.tokens) {
		names.Queues = queuesOf(st.parent)
		for _, t := range st.topics {
			if len(names.Queues) == 0 {
				names.Queues = queuesOf(t.tokens)
			}
		}
	}
	if len(names.Env) == 0 && e.Parent != "" && refersBack(st.tokens) {
		names.Env = namesOf(e.Parent, st.parent).Env
	}
	return names
}

// refersBack reports whether a sentence speaks of "it" or "this variable".
func refersBack(tokens []lexicon.Token) bool {
	for _, t := range tokens {
		switch t.Stem {
		case "thi", "this", "thes", "those", "it", "them", "both", "该", "此", "这":
			return true
		}
	}
	return false
}

// joins reports whether a sentence goes on with the change of the ones before
// it. Two duties are two changes when both ask, and the second does not refer
// back: in an alert always, elsewhere when they name different things.
func (c *classifier) joins(e *Entry, st *statement, before run, v verdict, names Names) bool {
	if v.score < threshold {
		return true // only explains
	}
	if startsCondition(&c.reader.v, st) && named(names) && !related(before.names, names) {
		return false
	}
	last := &before.list[len(before.list)-1]
	duties := asks(v.kind) && c.reader.v.asks(&st.sentence) && c.reader.v.asks(&last.sentence) && !refersBack(st.tokens)
	return !duties || e.Alert == "" && !apart(before.names.Env, names.Env)
}

func asks(k Kind) bool { return k == Action || k == Migration }

// asks reports whether a sentence demands something of its reader.
func (v *vocabulary) asks(s *sentence) bool {
	first := s.first()
	return s.has(v.must) || s.has(v.please) || first.Has(v.deed) && first.Form == lexicon.Plain
}

func startsCondition(v *vocabulary, st *statement) bool { return st.first().Has(v.cond) }

func related(a, b Names) bool {
	if len(a.Env)+len(a.Queues) == 0 || len(b.Env)+len(b.Queues) == 0 {
		return true
	}
	return shares(a.Env, b.Env) || shares(a.Queues, b.Queues)
}

func named(n Names) bool { return len(n.Env)+len(n.Queues)+len(n.Paths)+len(n.Commands) > 0 }
