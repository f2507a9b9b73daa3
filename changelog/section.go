package changelog

import (
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// section is what the headings over an entry say of it. Rules ask it for what
// authors set themselves; the model learns the rest from the headings' words.
type section struct {
	breaking, action, migration, removed, deprecated, security bool
	fixes, features, changed                                   bool
	guide, list, people                                        bool
}

// vocabulary are the classes that rules ask for.
type vocabulary struct {
	breaking, remove, deprecate, migrate, hole, security, attention, feature, fix, listing, steps, people, upgrade,
	must, deed, ensure, please, cond, before, negate, noneed, formerly, rename, replace, move, gone, custom, existing,
	regress, pointer, thanks, manual, compat, process, deflt, fail, lose, refuse, now, optional, backup, config, change, symptom lexicon.Class
}

// classes finds the classes by their names in the lexicon.
func classes() vocabulary {
	c := func(name string) lexicon.Class {
		class, ok := lexicon.Find(name)
		if !ok {
			panic("changelog: the lexicon has no class " + name)
		}
		return class
	}
	return vocabulary{
		breaking: c("breaking"), remove: c("remove"), deprecate: c("deprecate"), migrate: c("migrate"), hole: c("hole"), security: c("security"),
		attention: c("attention"), feature: c("feature"), fix: c("fix"), listing: c("listing"), steps: c("steps"), people: c("people"),
		upgrade: c("upgrade"), must: c("must"), deed: c("deed"), ensure: c("ensure"), please: c("please"), cond: c("cond"), before: c("before"),
		negate: c("negate"), noneed: c("noneed"), formerly: c("formerly"), rename: c("rename"), replace: c("replace"), move: c("move"),
		gone: c("gone"), custom: c("custom"), existing: c("existing"), regress: c("regress"), pointer: c("pointer"), thanks: c("thanks"),
		manual: c("manual"), compat: c("compat"), process: c("process"), deflt: c("default"), fail: c("fail"), lose: c("lose"),
		refuse: c("refuse"), now: c("now"), optional: c("optional"), backup: c("backup"), config: c("config"), change: c("change"), symptom: c("symptom"),
	}
}

// topic is one heading, read.
type topic struct {
	tokens  []lexicon.Token
	section section
	release bool // it names a version: the title of a release, or of a part of it
}

// readTopic reads the title of a heading.
func (v *vocabulary) readTopic(title string) topic {
	h := topic{tokens: lexicon.Tokenize(clip(title, maxTitle))}
	words := 0
	has := func(c lexicon.Class) bool { return hasClass(h.tokens, c) }
	for _, t := range h.tokens {
		switch t.Kind {
		case lexicon.Word:
			words++
		case lexicon.Version:
			h.release = true
		}
	}
	negated := has(v.negate) || has(v.noneed)
	short := words <= 4
	s := section{
		breaking: has(v.breaking) && !negated, deprecated: has(v.deprecate) && !negated,
		removed: has(v.remove) && short && !negated && !h.release, migration: has(v.migrate) && !negated && !h.release,
		security: (has(v.hole) || has(v.security)) && short, action: (has(v.attention) || strings.Contains(title, "⚠") || has(v.before) && has(v.upgrade)) && !negated,
		fixes: has(v.fix) && !h.release, features: has(v.feature), list: has(v.listing), changed: has(v.change) && short && !h.release && !has(v.listing), people: has(v.people) || has(v.thanks),
	}
	s.guide = guideTitle(title) || has(v.steps) && has(v.upgrade)
	if s.breaking {
		s.fixes, s.features = false, false
	}
	h.section = s
	return h
}

// guideTitle reports whether a heading is one of those that guides have without
// the word.
func guideTitle(title string) bool {
	title = strings.ToLower(strings.TrimSpace(title))
	switch strings.Trim(title, ":.# ") {
	case "upgrading", "upgrade", "how to upgrade", "updating", "如何升级", "升级":
		return true
	}
	return strings.Contains(title, "docker compose deployments") || strings.Contains(title, "source code deployments")
}

// maxTitle bounds what is read of a heading.
const maxTitle = 200

// sorted reports whether a heading says what sort of entries follow.
func (s section) sorted() bool {
	return s.breaking || s.action || s.migration || s.removed || s.deprecated || s.security || s.fixes || s.features || s.changed
}

// joinTopics reads a path of headings, outermost first: the sort of entries is that
// of the innermost heading that has one, places (guide, list) count from all.
func joinTopics(path []topic) section {
	var all section
	decided := false
	for i := len(path) - 1; i >= 0; i-- {
		here := path[i].section
		guide, list, people := all.guide || here.guide, all.list || here.list, all.people || here.people && i == len(path)-1
		if here.sorted() && !decided {
			all, decided = here, true
		}
		all.guide, all.list, all.people = guide, list, people
	}
	return all
}

func hasClass(tokens []lexicon.Token, c lexicon.Class) bool {
	for _, t := range tokens {
		if t.Has(c) {
			return true
		}
	}
	return false
}

// clip cuts a text to at most n bytes, between runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return string(cutRune([]byte(s[:n])))
}
