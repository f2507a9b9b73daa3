package changelog

import (
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// conditionOf derives from a change's own words which deployments it
// concerns; nil when the words do not say.
func (v *vocabulary) conditionOf(ch Change, r run) *Condition {
	switch ch.Kind {
	case Migration:
		if len(ch.Commands) == 0 && databaseOnly(ch) {
			return &Condition{Op: OpNot, Of: []Condition{{Op: OpMigrates}}}
		}
		return nil
	case Regression, Security:
		return nil
	}
	tokens := lexicon.Tokenize(ch.Text)
	if ch.Kind == Deprecation || ch.Kind == Removal || ch.Kind != Action && v.renames(tokens) {
		if used := v.usesOf(ch, v.goneTokens(tokens)); len(used) > 0 {
			c := oneOrAny(used)
			return &c
		}
	}
	if duty := v.dutyCondition(ch, tokens); duty != nil || ch.Kind != Breaking {
		return duty
	}
	return v.behaviourCondition(ch, tokens)
}

// dutyCondition reads "If X=true, also include queue q" and "if you use a
// custom X".
func (v *vocabulary) dutyCondition(ch Change, tokens []lexicon.Token) *Condition {
	if ch.Kind != Action && ch.Kind != Breaking && len(ch.Names.Queues) == 0 {
		return nil
	}
	conditional := hasClass(tokens, v.cond)
	var parts []Condition
	if conditional {
		parts = assignedValues(ch.Text, tokens)
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
	if len(ch.Names.Env) == 1 && conditional {
		switch {
		case saysEmpty(tokens):
			return &Condition{Op: OpEnvUnset, Name: ch.Names.Env[0]}
		case saysOwn(v, tokens):
			return &Condition{Op: OpEnvSet, Name: ch.Names.Env[0]}
		}
	}
	return v.setCondition(ch, tokens)
}

// assignedValues are the "X=value" of a text.
func assignedValues(text string, tokens []lexicon.Token) []Condition {
	var parts []Condition
	for _, t := range tokens {
		if t.Kind != lexicon.Variable {
			continue
		}
		rest := strings.TrimLeft(strings.Trim(text[t.Start:min(len(text), t.End+40)], "`"), "${")
		rest, ok := strings.CutPrefix(strings.TrimLeft(strings.TrimPrefix(rest, t.Stem), "`} "), "=")
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " `\"'")
		n := 0
		for n < len(rest) && (isWordByte(rest[n]|0x20) || strings.IndexByte("._/-", rest[n]) >= 0) {
			n++
		}
		if value := strings.TrimRight(rest[:n], "."); value != "" {
			parts = append(parts, Condition{Op: OpEnvIs, Name: t.Stem, Value: value})
		}
	}
	return parts
}

// saysEmpty reports whether a text says that something is empty or not set.
func saysEmpty(tokens []lexicon.Token) bool {
	for i, t := range tokens {
		switch t.Stem {
		case "empti", "unset", "blank", "miss", "为空", "未设置":
			return true
		case "set", "设置":
			if i > 0 && (tokens[i-1].Stem == "not" || tokens[i-1].Stem == "未" || tokens[i-1].Stem == "没有") {
				return true
			}
		case "空":
			return true
		}
	}
	return false
}

// saysOwn reports whether a text says that its reader uses or set something:
// "if you use", "if it is set", "custom".
func saysOwn(v *vocabulary, tokens []lexicon.Token) bool {
	for i, t := range tokens {
		if t.Has(v.custom) {
			return true
		}
		if i == 0 {
			continue
		}
		switch before := tokens[i-1]; t.Stem {
		case "us", "have", "set", "maintain", "reli", "custom":
			if before.Has(v.cond) || before.Stem == "you" || before.Stem == "i" || before.Stem == "is" || before.Stem == "ar" || before.Stem == "are" {
				return true
			}
		}
	}
	return false
}

// keepsOldName reports whether an entry says that an old name still works.
func (v *vocabulary) keepsOldName(e *Entry) bool {
	tokens := lexicon.Tokenize(clip(e.Text, 1000))
	return v.renames(tokens) && hasClass(tokens, v.compat) && !hasClass(tokens, v.gone)
}

// asksForCommand reports whether a run has a command of the program in its
// text that is not the one of every upgrade.
func (v *vocabulary) asksForCommand(r run) bool {
	for _, command := range r.names.Commands {
		if bare := bareCommand(command); flaskCommand(bare) && !usualCommand(bare) {
			return true
		}
	}
	return false
}

// fixesOnly reports whether a regression is only said to be fixed.
func (v *vocabulary) fixesOnly(list []statement) bool {
	first := list[0].first()
	return first.Has(v.fix)
}

// databaseOnly reports which are schema migrations, which a start may run by itself, from
// migrations of data that take a command of their own.
func databaseOnly(ch Change) bool {
	text := fold(ch.Text)
	if strings.Contains(text, "backfill") || strings.Contains(text, "data migration") || strings.Contains(text, "one-time") || strings.Contains(text, "reindex") || strings.Contains(text, "re-index") {
		return false
	}
	for _, command := range ch.Names.Commands {
		if !usualCommand(command) {
			return false
		}
	}
	return true
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
