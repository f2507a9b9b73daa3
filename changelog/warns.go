package changelog

import (
	"math"
	"strings"
)

// warns reports whether an entry without a change should be looked at: it
// stands under a grave heading or in an alert, or nearly weighed enough.
func (c *classifier) warns(r *reading, s section) bool {
	e := r.entry
	if e.Block == Fence || e.Block == Title {
		return false
	}
	grave := e.Alert == "IMPORTANT" || e.Alert == "WARNING" || e.Alert == "CAUTION" || s.breaking
	for i := range r.statements {
		st := &r.statements[i]
		if math.IsInf(r.scores[i], -1) || c.reader.v.introduces(&st.sentence) || st.has(c.reader.v.noneed) || st.first().Has(c.reader.v.pointer) {
			continue
		}
		if grave && st.words() > 3 || c.inPlace(r.list, r.scores[i]) > threshold-nearly && !s.guide {
			return true
		}
	}
	return false
}

// nearly is how far below the threshold an entry is still listed as not
// understood.
const nearly = 0.7

// introduces reports whether a sentence only leads over to a list.
func (v *vocabulary) introduces(s *sentence) bool {
	return s.colon() && !named(namesOf(s.body, s.tokens)) && !v.asks(s)
}

// troubleshoots reports whether a sentence is for the case that something goes
// wrong: "if you run into errors".
func (v *vocabulary) troubleshoots(s *sentence) bool {
	for i, t := range s.tokens {
		if !t.Has(v.cond) {
			continue
		}
		for _, after := range s.tokens[i+1 : min(len(s.tokens), i+7)] {
			switch after.Stem {
			case "encounter", "hit", "experienc", "face", "遇到":
				return true
			case "run":
				return strings.Contains(s.body, "run into")
			case "see", "get", "meet":
				return s.has(v.fail) || strings.Contains(s.body, "error") || strings.Contains(s.body, "issue")
			}
		}
	}
	return strings.Contains(s.body, "遇到")
}
