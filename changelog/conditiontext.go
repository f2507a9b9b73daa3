package changelog

import (
	"strings"
)

var (
	assigned    = expr("`?([A-Z][A-Z0-9_]{3,})\\s*=\\s*([A-Za-z0-9._/-]+)`?")
	conditional = expr(`(?i)\b(?:if|when|where)\b|如果|若|当`)
	emptyForm   = expr(`\b(?:is|are|was) (?:left )?(?:empty|unset|not set|blank|missing)|为空|未设置`)
	customForm  = expr(
		`(?i)\b(?:if|when) you (?:use|have|set|maintain|rely on|customi[sz]ed?)\b`,
		`\bcustom(?:i[sz]ed)?\b`,
		`\bis set\b`,
		`\bare set\b`,
		`自定义`,
	)
	newName   = expr(`(?i)\b(?:to|with|by|in favou?r of|into|as)\b|→|->|=>|为|被`)
	keptAlias = expr(
		`\bstill (?:accepted|supported|works?|recogni[sz]ed|honou?red)`,
		`\balias`,
		`\bcontinues? to work`,
		`\bbackwards?[- ]compatible`,
		`仍然?(?:支持|可用|兼容)`,
	)
)

// conditionOf derives from a change's own words which deployments it
// concerns; nil when the words do not say.
func conditionOf(ch Change, run []sentence) *Condition {
	switch ch.Kind {
	case Deprecation, Removal, Breaking:
		if old := oldNames(ch); len(old) > 0 {
			return anyEnvSet(old)
		}
	case Migration:
		if len(ch.Commands) == 0 && databaseOnly(ch) {
			return &Condition{Op: OpNot, Of: []Condition{{Op: OpMigrates}}}
		}
		return nil
	case Regression, Security:
		return nil
	}
	return dutyCondition(ch)
}

// dutyCondition reads "If X=true, also include queue q" and "if you use a
// custom X".
func dutyCondition(ch Change) *Condition {
	if ch.Kind != Action && ch.Kind != Breaking && len(ch.Names.Queues) == 0 {
		return nil
	}
	var parts []Condition
	if conditional.MatchString(ch.Text) {
		for _, m := range assigned.FindAllStringSubmatch(ch.Text, -1) {
			parts = append(parts, Condition{Op: OpEnvIs, Name: m[1], Value: m[2]})
		}
	}
	if len(ch.Names.Queues) > 0 {
		var lacks []Condition
		for _, q := range ch.Names.Queues {
			lacks = append(lacks, Condition{Op: OpQueue, Name: q})
		}
		parts = append(parts, oneOrAny(lacks))
		return oneOrAll(parts)
	}
	if len(parts) > 0 {
		return oneOrAll(parts)
	}
	if len(ch.Names.Env) == 1 && conditional.MatchString(ch.Text) {
		switch {
		case emptyForm.MatchString(fold(ch.Text)):
			return &Condition{Op: OpEnvUnset, Name: ch.Names.Env[0]}
		case customForm.MatchString(ch.Text):
			return &Condition{Op: OpEnvSet, Name: ch.Names.Env[0]}
		}
	}
	return nil
}

// oldNames are the variables that a deprecation, removal or renaming takes
// away: those before "to", "with", "in favor of".
func oldNames(ch Change) []string {
	if len(ch.Names.Env) == 0 || ch.Kind == Breaking && !strings.Contains(ch.Signal, "renamed") {
		return nil
	}
	if at := firstAfterName(ch.Text, ch.Names.Env[0]); at > 0 && len(ch.Names.Env) > 1 {
		if old := findNames(ch.Text[:at], "").Env; len(old) > 0 && len(old) < len(ch.Names.Env) {
			return old
		}
	}
	if ch.Kind == Breaking {
		return ch.Names.Env[:1]
	}
	return ch.Names.Env
}

// firstAfterName finds the word that leads over to the new name.
func firstAfterName(text, name string) int {
	at := strings.Index(text, strings.TrimRight(name, "*"))
	if at < 0 {
		return 0
	}
	if m := newName.FindStringIndex(text[at:]); m != nil {
		return at + m[0]
	}
	return 0
}

// databaseOnly tells schema migrations, which a start may run by itself, from
// migrations of data that take a command of their own.
func databaseOnly(ch Change) bool {
	text := fold(ch.Text)
	if strings.Contains(text, "backfill") || strings.Contains(text, "data migration") || strings.Contains(text, "one-time") || strings.Contains(text, "reindex") || strings.Contains(text, "re-index") {
		return false
	}
	for _, command := range ch.Names.Commands {
		if !usualCommand.MatchString(command) {
			return false
		}
	}
	return true
}

func anyEnvSet(names []string) *Condition {
	var of []Condition
	for _, name := range names {
		of = append(of, Condition{Op: OpEnvSet, Name: name})
	}
	c := oneOrAny(of)
	return &c
}

func oneOrAny(of []Condition) Condition {
	if len(of) == 1 {
		return of[0]
	}
	return Condition{Op: OpAny, Of: of}
}

func oneOrAll(of []Condition) *Condition {
	if len(of) == 1 {
		return &of[0]
	}
	return &Condition{Op: OpAll, Of: of}
}
