package changelog

import "strings"

// A sentence of no known form is weighed by its signs: what it speaks of, what
// it says happens to that, and where it stands. Each sign alone is found in
// news, too; together they make what a careful operator stops at.

// weight is the sum of a sentence's signs, by the groups that tell its kind.
type weight struct {
	object  int // things of a deployment or of its clients
	deed    int // an imperative
	duty    int // must, need, only if
	harm    int // fails, expires, is ignored, is lost
	change  int // moves, shrinks, is renamed
	against int // instead, until now, no longer
	place   int // what the heading adds or takes
}

// weighty is the weight from which on a sentence is a change. It was chosen on
// bodies of our own (testdata/judged).
const weighty = 3

func (w weight) sum() int {
	return w.object + w.deed + w.duty + w.harm + w.change + w.against + w.place
}

var (
	harmWords = wordsOf(`fail fails failing stop stops stopped break breaks lose loses expire expires expired invalid invalidated
		reject rejects rejected refuse refuses refused ignore ignores ignored cannot deny denies denied forbid forbids forbidden
		unsupported unusable unavailable gone wipe wipes wiped lock locks locked orphaned discarded purged truncated blocked dies
		hang hangs nobody mandatory obsolete abort aborts aborted`)
	changeWords = wordsOf(`move moves moved switch switches switched rename renamed renames replace replaced replaces split splits
		shrink shrinks shrunk raise raises raised lower lowers lowered increase increases increased decrease decreases decreased
		reduce reduces reduced cut cuts capped prefixed encrypted hashed signed relocated merge merged convert converts converted
		rewrites rewritten purge purges disabled require requires restricts restricted defaults bumped upgraded pinned pins ships
		ship publishes published leaves listens binds exposes exposed mounted reindexed drops dropped removed retired returns answers
		carries counted counts stored stores keeps lives times reads writes runs uses apply applies becomes changed changes change`)
	againstWords = wordsOf(`instead rather anymore previously formerly unless otherwise only now before former old older newer without
		any longer never except`)
	againstForm = expr(`\bused to\b|\b(?:until|up to|till) now\b|\bso far\b|\bin place of\b|\binstead of\b|\brather than\b|\bno longer\b|\bany (?:more|longer)\b`)
	dutyWords   = wordsOf(`must need needs needed should require requires mandatory ought`)
	dutyForm    = expr(`\b(?:has|have|had) to\b|\bunless\b|\bif you(?:r|'ve)?\b|\bin case\b|\bor else\b|\bshould you\b`)
	// clientObject is what those who call or use a deployment have.
	clientObject = expr(`\bpasswords?\b|\brate limits?\b|\bcursors?\b|\bstatus\b|\berrors?\b|\bcode [1-5]\d\d\b|\bhttp [1-5]\d\d\b|\bipv[46]\b|\bobjects?\b|\bbackground (?:tasks?|jobs?)\b|\bretention\b|\bsnapshots?\b|\blogs?\b|\bimports?\b|\bkeys?\b|\busers?\b|\boverrides?\b|\bmonitoring\b|\bcaches?\b|\bfiles?\b|\blinks?\b|\bsessions?\b|\bfields?\b|\brequests?\b|\bresponses?\b|\b(?:start)?tls\b|\bmails?\b|\bsmtp\b|\bplugins?\b|\btriggers?\b`)
	deedStart    = expr(`(?:^(?:also |then |so |just |either |first,? )?|[;:—] ?|\bplease |\bthen |^(?:(?:if|when|should|in case|until|before|after|unless|where) (?:you|your|the upgrade)\b|on (?:kubernetes|docker|helm))[^,]{0,100}, (?:you )?)` + imperatives + ` (?:it|them|this|that|those|these|the|a|an|your|every|all|both|any|from|to|by|with|for|on|` + "`" + `|old|such|[a-z_]+)`)
	// What is only told, may be done, is new or is asked for by what is new.
	stories   = expr(`^(?:we|you can|they|users can|one can|it (?:can|will))\b`)
	additions = expr(`^(?:add(?:s|ed)?|introduc\w+|support(?:s|ed)?|new|allow(?:s|ed)?|enabl(?:es|ed))\b`)
	toUse     = expr(`\bto use (?:it|them|the|this|these|that)\b|^if (?:a|an|any|the) (?:tool|plugin|model|node|app|workflow)\b`)
	// frontEnd is what the web front end is built with.
	frontEnd = expr(`\b(?:react|next\.?js|vite|typescript|tailwind\w*|webpack|jest|vitest|turborepo|pnpm)\b`)
)

// wordsOf makes a set of words parted by blanks.
func wordsOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// weigh judges a sentence that no form fits.
func weigh(e Entry, s sentence, sec section, names Names) (verdict, bool) {
	text := s.fold
	if e.Block == Title || endsInColon(text) || len(words(text)) < 4 || negated.MatchString(text) || mending.MatchString(text) ||
		overview.MatchString(text) || screenTalk.MatchString(text) || frontEnd.MatchString(text) || !named(names) && codeTalk.MatchString(text) {
		return verdict{}, false
	}
	w := signs(e, s, sec, names)
	if w.object == 0 || w.deed+w.duty+w.harm+w.change+w.against == 0 || w.sum() < weighty {
		return verdict{}, false
	}
	switch {
	case w.deed > 0 || w.duty > 0 && w.harm == 0:
		return verdict{Action, "signs: a deed"}, true
	case w.harm > 0:
		return verdict{Breaking, "signs: something stops"}, true
	}
	return verdict{Config, "signs: something changes"}, true
}

func signs(e Entry, s sentence, sec section, names Names) weight {
	text := s.fold
	var w weight
	w.object = weighObject(s, names)
	if deedStart.MatchString(text) {
		w.deed = 2
	}
	if dutyForm.MatchString(text) {
		w.duty = 1
	}
	if againstForm.MatchString(text) {
		w.against = 2
	}
	for _, word := range words(text) {
		w.harm = max(w.harm, sign(harmWords, word, 2))
		w.change = max(w.change, sign(changeWords, word, 1))
		w.duty = max(w.duty, sign(dutyWords, word, 2))
		w.against = max(w.against, sign(againstWords, word, 1))
	}
	w.place = weighPlace(e, sec)
	switch {
	case offer.MatchString(text), toUse.MatchString(text):
		w.place -= 2
	case stories.MatchString(text), additions.MatchString(text):
		w.place--
	}
	return w
}

func sign(set map[string]bool, word string, value int) int {
	if set[word] {
		return value
	}
	return 0
}

func weighObject(s sentence, names Names) int {
	text := s.fold
	n := 0
	switch {
	case strongObject.MatchString(text):
		n = 2
	case operatorObject.MatchString(text), clientObject.MatchString(text), valueObject.MatchString(text):
		n = 1
	}
	if named(names) {
		n += 2
	} else if strings.Count(s.text, "`") >= 2 {
		n++
	}
	return n
}

// weighPlace is what the headings add: operators' headings speak of what
// concerns them, those of features and fixes of what does not.
func weighPlace(e Entry, sec section) int {
	switch {
	case sec.internal, sec.interface_, sec.fixes:
		return -4
	case sec.breaking, sec.action, sec.removed, sec.migration, sec.deprecated, e.Alert != "":
		return 2
	case sec.changed:
		return 2 // what a changelog files under "Changed" behaves in another way
	case sec.deploy, sec.env:
		return 1
	case sec.features:
		return -2
	case sec.added:
		return -1
	}
	return 0
}
