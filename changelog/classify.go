package changelog

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is what the classifier makes of one sentence.
type verdict struct {
	kind   Kind
	signal string
}

// rank orders kinds when one sentence has several forms, and when one change
// is told twice.
var rank = map[Kind]int{Migration: 8, Action: 7, Breaking: 6, Removal: 5, Regression: 4, Deprecation: 3, Config: 2, Security: 1}

// classifier judges the entries of one release.
type classifier struct {
	release      Release
	before       map[string]bool // steps of the guide of the release before
	changes      []Change
	unclassified []Entry
	troubled     bool // the entry before spoke of errors one may meet
}

// classify finds the changes among a release's entries, and the entries that
// carry a warning sign but have no class.
func classify(r Release, entries []Entry, before map[string]bool) ([]Change, []Entry) {
	c := &classifier{release: r, before: before}
	seen := map[string]bool{}
	for _, e := range entries {
		// The same line in the same place says nothing more the second time.
		if key := e.key(c.troubled); !seen[key] {
			seen[key] = true
			c.entry(e)
		}
	}
	return c.changes, c.unclassified
}

// key is all of an entry that its class depends on.
func (e Entry) key(troubled bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %t %t %t\x00%s\x00%s\x00%s\x00%s\x00%s", e.Block, e.Ordered, e.Quoted, troubled, e.Alert, e.Label, e.Parent, strings.Join(e.Path, "\x01"), e.Text)
	for _, code := range e.Code {
		b.WriteString("\x00" + code.Lang + "\x01" + code.Text)
	}
	return b.String()
}

var (
	fullChangelog = expr(`(?i)^full changelog|/compare/\S+\.\.\.|made their first contribution|^完整.{0,6}(?:变更|更新)?日志`)
	trouble       = expr(
		`\b(?:if|when|in case) (?:you |your )?(?:\w+ ){0,3}(?:encounter|run into|see|get|hit|face|experience|meet)\w* .{0,30}\b(?:errors?|issues?|problems?|failures?|messages?|exceptions?)`,
		`遇到.{0,12}(?:错误|问题|报错)`,
	)
	nothingHere = expr(`^(?:none|n/?a|no breaking changes?|nothing|无|暂无)\W*$`)
)

func (c *classifier) entry(e Entry) {
	text := fold(e.Text)
	sec := sectionOf(sectionPath(e))
	wasTroubled := c.troubled
	if e.Block != Fence {
		c.troubled = trouble.MatchString(text)
	}
	switch {
	case sec.people, fullChangelog.MatchString(e.Text), nothingHere.MatchString(text):
		return
	case e.Block == Title:
		c.title(e, sec)
		return
	}
	if sec.guide && e.Alert == "" && (e.Ordered || len(e.Code) > 0 || e.Block == Fence) && boilerplate(e, c.before) {
		return
	}
	if line, ok := parseCommit(e); ok {
		c.commit(e, line, sec)
		return
	}
	c.prose(e, sec, wasTroubled || c.troubled)
}

// sectionPath is an entry's headings; the parent of a nested bullet counts as
// one when it is only a title ("Breaking changes:").
func sectionPath(e Entry) []string {
	if labelSection.MatchString(fold(e.Label)) {
		return append(append([]string{}, e.Path...), e.Label)
	}
	if e.Parent != "" && len(e.Parent) < 80 && (endsInColon(e.Parent) || countWords(e.Parent) <= 4) {
		return append(append([]string{}, e.Path...), e.Parent)
	}
	return e.Path
}

// labelSection is a bold lead-in that says of its entry what a heading would
// say of a section: "**Security** — tool output is escaped".
var labelSection = expr(`^(?:security|deprecat\w+|removed|removals?|breaking(?: changes?)?|(?:database |data )?migrations?|known issues?|(?:very )?important(?: (?:notice|notes?|changes?))?|attention|warning|caution|(?:attention|note|important|heads[- ]up|notice)(?: (?:for|to) .{1,40})?|heads[- ]up|action required|upgrade (?:notes?|notice)|安全|弃用|移除|注意|重要(?:提示|说明)?|升级须知|升级说明)$`)

// title makes a change of a heading that itself names what is to be done.
func (c *classifier) title(e Entry, sec section) {
	names := findNames(e.Text, "")
	if len(names.Env)+len(names.Queues)+len(names.Paths)+len(names.Commands) == 0 {
		return
	}
	s := sentence{text: e.Text, fold: fold(e.Text)}
	if v, ok := c.judge(e, s, section{guide: sec.guide}, names); ok && v.kind != Security && v.signal != "names a variable" {
		c.add(e, []sentence{s}, v, names)
	}
}

func (c *classifier) commit(e Entry, line commit, sec section) {
	kind, signal, ok := judgeCommit(line)
	if !ok {
		switch {
		case internalType.MatchString(line.kind) || internalScope.MatchString(line.scope) || line.kind == "refactor":
			return
		case sec.breaking:
			kind, signal = Breaking, "heading"
		case sec.removed:
			kind, signal = Removal, "heading"
		case sec.deprecated:
			kind, signal = Deprecation, "heading"
		case sec.security && !sec.list:
			kind, signal = Security, "heading"
		default:
			return
		}
	}
	names := findNames(line.text, "")
	c.add(e, []sentence{{text: line.text}}, verdict{kind, signal}, names)
}

// prose judges sentence by sentence and joins neighbours of one kind.
func (c *classifier) prose(e Entry, sec section, troubled bool) {
	var run []sentence
	var runVerdict verdict
	var runNames Names
	found := false
	flush := func() {
		if len(run) > 0 {
			c.add(e, run, runVerdict, runNames)
			found = true
		}
		run, runNames = nil, Names{}
	}
	for _, s := range sentences(e) {
		if sec.guide && e.Ordered && usualSentence(s.fold) {
			continue
		}
		names := findNames(s.text, e.Parent+" "+strings.Join(e.Path, " "))
		if refersBack.MatchString(s.fold) && len(names.Env) == 0 {
			names.Env = findNames(e.Parent, "").Env
		}
		v, ok := c.judge(e, s, sec, names)
		if step, asks := stepOf(e, sec); ok && asks && e.Ordered && (v.kind == Config || v.kind == Security) {
			v = step
		}
		if ok {
			v = declared(e, s, v)
		}
		if ok && troubled && (v.kind == Action || v.kind == Migration) {
			v = verdict{Config, ifTrouble}
		}
		if !ok || len(run) > 0 && !joins(e, s, runVerdict, v, runNames, names) {
			flush()
		}
		if !ok {
			continue
		}
		if len(run) == 0 || rank[v.kind] > rank[runVerdict.kind] {
			runVerdict = v
		}
		runNames = mergeNames(runNames, names)
		run = append(run, s)
	}
	flush()
	found = found || c.assignments(e, sec) || c.newStep(e, sec) || c.customCommand(e, troubled)
	if !found && warns(e, sec) {
		c.unclassified = append(c.unclassified, e)
	}
}

// ifTrouble is the signal of advice for the case that something goes wrong:
// its commands are not for everybody.
const ifTrouble = "obligation if an error occurs"

// joins tells whether a sentence goes on with the change of the ones before
// it: in a bullet or an alert all sentences speak of one thing, unless one has
// a condition of its own about something else.
func joins(e Entry, s sentence, before, v verdict, beforeNames, names Names) bool {
	if ownCondition.MatchString(s.fold) && named(names) && !related(beforeNames, names) {
		return false
	}
	if before.kind == v.kind {
		return true
	}
	apart := before.kind == Regression || v.kind == Regression || before.kind == Deprecation && v.kind == Config
	return !apart && (e.Block == Bullet || e.Block == TableRow || e.Alert != "")
}

func related(a, b Names) bool {
	if len(a.Env)+len(a.Queues) == 0 || len(b.Env)+len(b.Queues) == 0 {
		return true
	}
	return shares(a.Env, b.Env) || shares(a.Queues, b.Queues)
}

var (
	refersBack   = expr(`\b(?:this|these|those|it|them|both|the (?:new|above|following|variable|setting)s?)\b|该|此|这`)
	ownCondition = expr(`^(?:if|when|for|unless)\b|^(?:如果|若|当)`)
)

func named(n Names) bool { return len(n.Env)+len(n.Queues)+len(n.Paths)+len(n.Commands) > 0 }

// assignments makes a change of an entry whose fence sets variables.
func (c *classifier) assignments(e Entry, sec section) bool {
	env := codeEnv(e)
	if len(env) == 0 || sec.guide && len(e.Code) > 0 && e.Text == "" {
		return false
	}
	c.add(e, []sentence{{text: e.Text, fold: fold(e.Text)}}, verdict{Config, "variables in a fence"}, Names{Env: env})
	return true
}

// newStep makes a change of a step of the upgrade guide that runs something
// else than the commands of every upgrade.
func (c *classifier) newStep(e Entry, sec section) bool {
	v, ok := stepOf(e, sec)
	if ok {
		c.add(e, []sentence{{text: e.Text, fold: fold(e.Text)}}, v, findNames(e.Text, ""))
	}
	return ok
}

// stepOf judges a step of the upgrade guide by its commands.
func stepOf(e Entry, sec section) (verdict, bool) {
	if !sec.guide || e.Text == "" {
		return verdict{}, false
	}
	for _, line := range codeCommands(e) {
		if usualCommand.MatchString(line) {
			continue
		}
		if movesData.MatchString(line) {
			return verdict{Migration, "step that the guide did not have"}, true
		}
		return verdict{Action, "step that the guide did not have"}, true
	}
	return verdict{}, false
}

// add makes a change of sentences that stand next to each other.
func (c *classifier) add(e Entry, run []sentence, v verdict, names Names) {
	first, last := run[0], run[len(run)-1]
	if v.signal == "form: renamed" && keptAlias.MatchString(fold(e.Text)) {
		v = verdict{Deprecation, "form: renamed, the old name still works"}
	}
	text := first.text
	if len(run) > 1 {
		text = strings.TrimSpace(e.Text[first.offset:min(len(e.Text), last.offset+len(last.text))])
	}
	place := e.Location
	if line := e.lineAt(first.offset); line != place.Line {
		place.Line, place.Column = line, 1
	}
	place.EndLine = max(place.Line, min(e.Location.EndLine, e.lineAt(last.offset+len(last.text)-1)))
	ch := Change{Version: c.release.Version, Kind: v.kind, Signal: v.signal, Text: text, Context: contextOf(e, first), Names: names,
		Location: place, URL: c.release.URL, Source: FromNotes}
	if ch.URL == "" {
		ch.URL = e.Link
	}
	if v.kind == Regression {
		ch.Affects = affected(c.release, e.Text+" "+e.Parent)
	}
	if !strings.HasPrefix(v.signal, "commit") && v.kind != Security && v.kind != Regression && offset(e, last) {
		ch.withCode(e)
	}
	if (v.kind == Action || v.kind == Migration) && asksForCommand(fold(text), names) {
		ch.withNamed()
	}
	ch.Condition = conditionOf(ch, run)
	c.changes = append(c.changes, ch)
}

// offset tells whether the sentence is among the last of its entry, where a
// fence that follows belongs to it.
func offset(e Entry, last sentence) bool {
	return last.offset+len(last.text) >= len(e.Text)-200
}

// withCode adds the fence that an obligation introduces: its commands or its
// assignments are what is to be done.
func (ch *Change) withCode(e Entry) {
	const most = 600
	env, commands := codeEnv(e), codeCommands(e)
	for _, name := range env {
		ch.Names.Env = addName(ch.Names.Env, name)
	}
	for _, line := range commands {
		ch.Names.Commands = addName(ch.Names.Commands, line)
		if !usualCommand.MatchString(line) && ch.Signal != ifTrouble {
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
		if !known && !usualCommand.MatchString(line) {
			ch.Commands = append(ch.Commands, Command{Line: line, Why: ch.Text})
		}
	}
}

// contextOf is what a reader needs beside the text: the parent bullet, the
// label, or the innermost heading.
func contextOf(e Entry, first sentence) string {
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

var warningSign = expr(
	`\bbreak(?:s|ing)\b`,
	`\bupgrad(?:e|ing)\b`,
	`\bmust\b`,
	`\brequired?\b`,
	`\bmanual`,
	`\bdeprecat`,
	`\bno longer\b`,
	`⚠`,
	`\bmigrat(?:e|ion)\b`,
	`必须`,
	`升级`,
	`不再`,
	`迁移`,
)

// warns tells whether an entry without a class should be looked at: it stands
// in an alert or under a grave heading, or uses an operator's words.
func warns(e Entry, sec section) bool {
	text := fold(e.Text[labelLength(e):])
	if pointer.MatchString(text) || overview.MatchString(text) || e.Block == Fence || negated.MatchString(text) {
		return false
	}
	grave := e.Alert == "IMPORTANT" || e.Alert == "WARNING" || e.Alert == "CAUTION" || sec.breaking || sec.action
	return grave && countWords(text) > 3 && !endsInColon(text) ||
		warningSign.MatchString(text) && operatorObject.MatchString(text) && !sec.interface_ && !mending.MatchString(text) && !screenTalk.MatchString(text) && !endsInColon(text) && !sec.guide
}
