package changelog

import (
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// declaresBroken reports whether a text says that a release is broken: "a
// regression introduced in 1.2.0", "fails since 1.2.0", "1.2.0 is broken", "do
// not use 1.2.0". What was introduced in 1.2.0 is so only when it is a mistake.
func (v *vocabulary) declaresBroken(tokens []lexicon.Token) bool {
	for i, t := range tokens {
		switch {
		case t.Has(v.regress) && versionNear(tokens[i+1:], 6):
			return t.Stem == "regress" || strings.HasPrefix(t.Stem, "broken_") || t.Stem == "回归" || v.mistaken(tokens)
		case t.Stem == "since" && versionNear(tokens[i+1:], 2):
			return v.mistaken(tokens[:i])
		case t.Kind == lexicon.Version && v.calledBroken(tokens[i+1:]):
			return true
		case (t.Has(v.negate) || t.Stem == "avoid" || t.Stem == "skip") && i+2 < len(tokens) && avoids(tokens[i+1:min(len(tokens), i+4)]):
			return true
		}
	}
	return false
}

// versionNear reports whether a version, or "the previous release", stands among
// the first n tokens.
func versionNear(tokens []lexicon.Token, n int) bool {
	for _, t := range tokens[:min(len(tokens), n)] {
		if t.Kind == lexicon.Version || t.Stem == "previou" || t.Stem == "previous" || t.Stem == "last" || t.Stem == "上一版本" {
			return true
		}
	}
	return false
}

// mistaken reports whether a text speaks of a mistake or a failure.
func (v *vocabulary) mistaken(tokens []lexicon.Token) bool {
	return hasClass(tokens, v.fail) || hasClass(tokens, v.fix) || hasClass(tokens, v.symptom) || hasClass(tokens, v.lose) || hasClass(tokens, v.breaking)
}

// calledBroken reports whether the words after a version call it broken.
func (v *vocabulary) calledBroken(after []lexicon.Token) bool {
	if len(after) < 2 {
		return false
	}
	verb, said := after[0].Stem, after[1].Stem
	switch verb {
	case "is", "wa", "was", "ha", "had", "i":
		return oneOf(said, "broken", "brok", "faulti", "withdrawn", "yank", "faulty")
	case "broke", "corrupt", "wip", "crash", "hung":
		return true
	}
	return false
}

// avoids reports whether the words after "not" or "avoid" use or install a
// version.
func avoids(after []lexicon.Token) bool {
	deed := false
	for _, t := range after {
		deed = deed || oneOf(t.Stem, "us", "use", "instal", "install", "deploi", "upgrad", "updat", "vers", "version")
		if t.Kind == lexicon.Version {
			return deed || t.Start == after[0].Start
		}
	}
	return false
}

// regression reports whether a statement says that an earlier release is
// broken, or names a failure under a parent that says so.
func (v *vocabulary) regression(st *statement) bool {
	if v.declaresBroken(st.tokens) {
		return !strings.Contains(strings.ToLower(st.body), "regression test")
	}
	return len(st.parent) > 0 && v.declaresBroken(st.parent) && (hasClass(st.tokens, v.fail) || st.has(v.regress) || st.has(v.symptom))
}
