package changelog

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// What a change takes away, renames or replaces concerns the deployments that
// use it: each name is looked up in the operator's files.

// renames reports whether a text gives one name for another, or takes it away.
func (v *vocabulary) renames(tokens []lexicon.Token) bool {
	for _, t := range tokens {
		if t.Kind == lexicon.Arrow || t.Has(v.rename) || t.Has(v.replace) || t.Has(v.move) || t.Has(v.gone) {
			return true
		}
	}
	return false
}

// goneTokens are the names that a change takes away: those before "to", "with"
// or "in favor of" in "X was renamed to Y", and those after it in "Y replaces
// X". All names where the text does not say which.
func (v *vocabulary) goneTokens(tokens []lexicon.Token) []lexicon.Token {
	var before, after []lexicon.Token
	leads, reversed := false, false
	for _, t := range tokens {
		switch {
		case t.Kind.Named():
			if leads {
				after = append(after, t)
			} else {
				before = append(before, t)
			}
		case leads:
		case len(before) > 0 && v.leadsOver(t):
			leads, reversed = true, v.leadsBack(t)
		}
	}
	switch {
	case reversed && len(after) > 0:
		return after
	case leads || len(before) > 0:
		return before
	}
	return after
}

// leadsOver reports whether a word stands between an old name and a new one.
func (v *vocabulary) leadsOver(t lexicon.Token) bool {
	switch t.Stem {
	case "to", "with", "by", "into", "as", "→", "为", "被", "us", "use", "in_favor_of", "in_favour_of", "and", ";":
		return t.Stem != "and"
	}
	return t.Kind == lexicon.Arrow || t.Has(v.replace) && t.Form == lexicon.Plain || v.leadsBack(t)
}

// leadsBack reports whether the new name stands before a word and the old one
// behind it: "Y instead of X", "Y replaces X".
func (v *vocabulary) leadsBack(t lexicon.Token) bool {
	switch t.Stem {
	case "instead_of", "in_place_of", "rather_than", "而不是":
		return true
	}
	return t.Form == lexicon.Plural && (t.Has(v.replace) || t.Has(v.rename))
}

// usesOf are the conditions under which a deployment uses names. Names of a
// parent bullet count when the text has none.
func (v *vocabulary) usesOf(ch Change, names []lexicon.Token) []Condition {
	var of []Condition
	add := func(c Condition) {
		for _, have := range of {
			if have.Op == c.Op && have.Name == c.Name {
				return
			}
		}
		const enough = 64
		if len(of) < enough {
			of = append(of, c)
		}
	}
	beside := servicesNamed(ch.Text)
	for _, t := range names {
		if c, ok := useOf(t, ch.Names); ok && !slices.Contains(beside, c.Name) {
			add(c)
		}
	}
	if len(of) == 0 && len(names) == 0 {
		for _, name := range ch.Names.Env {
			add(Condition{Op: OpEnvSet, Name: name})
		}
	}
	for _, name := range beside {
		add(Condition{Op: OpService, Name: name})
	}
	return of
}

// useOf is the condition under which a deployment uses a name.
func useOf(t lexicon.Token, names Names) (Condition, bool) {
	switch t.Kind {
	case lexicon.Variable:
		return Condition{Op: OpEnvSet, Name: t.Stem}, true
	case lexicon.Option:
		name, _, _ := strings.Cut(t.Stem, "=")
		return Condition{Op: OpOption, Name: name}, len(name) > 3
	case lexicon.Image:
		return Condition{Op: OpImage, Name: t.Stem}, true
	case lexicon.Command:
		return Condition{Op: OpCommand, Name: bareCommand(t.Stem)}, strings.Contains(t.Stem, " ")
	case lexicon.Path:
		path := strings.TrimRight(routeOf(t), "/*")
		if cut := strings.IndexAny(path, "<{:"); cut >= 0 {
			path = strings.TrimRight(path[:cut], "/")
		}
		return Condition{Op: OpRoute, Name: path}, strings.HasPrefix(path, "/") && len(path) > 3
	case lexicon.Key:
		for _, queue := range names.Queues {
			if queue == t.Stem {
				return Condition{Op: OpQueueUsed, Name: queue}, true
			}
		}
		for _, service := range services {
			if service == t.Stem {
				return Condition{Op: OpService, Name: service}, true
			}
		}
		if strings.Count(t.Stem, "/") > 0 {
			return Condition{Op: OpImage, Name: t.Stem}, true
		}
		return Condition{Op: OpKey, Name: t.Stem}, !strings.ContainsAny(t.Stem, "[]() ")
	}
	return Condition{}, false
}

// servicesNamed are the names beside the word service or container: "the
// certbot service", "the container `legacy_sync`".
func servicesNamed(text string) []string {
	var found []string
	tokens := lexicon.Tokenize(text)
	for i, t := range tokens {
		if t.Stem != "servic" && t.Stem != "container" && t.Stem != "服务" && t.Stem != "容器" {
			continue
		}
		if i > 0 && serviceLike(tokens[i-1]) {
			found = addName(found, strings.Trim(text[tokens[i-1].Start:tokens[i-1].End], "`"))
		}
		if i+1 < len(tokens) && tokens[i+1].Quoted && serviceLike(tokens[i+1]) {
			found = addName(found, strings.Trim(text[tokens[i+1].Start:tokens[i+1].End], "`"))
		}
	}
	return found
}

// serviceLike reports whether a token could name a service of a compose file.
func serviceLike(t lexicon.Token) bool {
	if t.Quoted {
		return (t.Kind == lexicon.Key || t.Kind == lexicon.Code) && strings.Trim(t.Stem, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	}
	for _, name := range services {
		if t.Stem == name || t.Kind == lexicon.Word && strings.HasPrefix(name, t.Stem) && len(t.Stem) > 4 && len(name)-len(t.Stem) <= 1 {
			return true
		}
	}
	return false
}

// behaviourCondition is for what works differently from now on: it concerns who
// names it in a file, and perhaps others.
func (v *vocabulary) behaviourCondition(ch Change, tokens []lexicon.Token) *Condition {
	var subjects []lexicon.Token
	for i, t := range tokens {
		if t.Kind.Named() && t.Kind != lexicon.Key && (t.Kind != lexicon.Variable || i < 4 && !afterDeed(v, tokens[:i])) {
			subjects = append(subjects, t)
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	used := v.usesOf(ch, subjects)
	if len(used) == 0 {
		return nil
	}
	c := oneOrAny(append(used, Condition{Op: OpElsewhere}))
	return &c
}

// afterDeed reports whether a deed stands among tokens: "set `X` to keep it".
func afterDeed(v *vocabulary, tokens []lexicon.Token) bool {
	for _, t := range tokens {
		if t.Has(v.deed) && t.Form == lexicon.Plain {
			return true
		}
	}
	return false
}

// setCondition is for a duty to set one variable or to add one service: it is
// met where that is done.
func (v *vocabulary) setCondition(ch Change, tokens []lexicon.Token) *Condition {
	if ch.Kind != Action || hasClass(tokens, v.cond) || hasClass(tokens, v.optional) || hasClass(tokens, v.negate) {
		return nil
	}
	for i, t := range tokens {
		if i+1 >= len(tokens) || t.Form != lexicon.Plain {
			continue
		}
		next := tokens[i+1]
		switch t.Stem {
		case "set", "defin", "设置":
			if next.Kind == lexicon.Variable && len(ch.Names.Env) == 1 && len(assignedValues(ch.Text, tokens)) == 0 && !saysWhich(tokens[i+2:]) {
				return &Condition{Op: OpEnvUnset, Name: next.Stem}
			}
		case "add", "添加", "新增":
			if named := servicesNamed(ch.Text); len(named) == 1 && len(ch.Names.Env) == 0 {
				return &Condition{Op: OpNoService, Name: named[0]}
			}
		}
	}
	return nil
}

// saysWhich reports whether the value must be a certain one: "to the same
// value", "to at least 32 characters".
func saysWhich(after []lexicon.Token) bool {
	if len(after) > 0 && (after[0].Stem == "to" || after[0].Stem == "为") {
		return true
	}
	for _, t := range after {
		switch t.Stem {
		case "same", "uniqu", "match", "least", "longer", "differ", "different", "相同", "一致":
			return true
		}
	}
	return false
}
