package changelog

import (
	"strconv"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// writeForm emits the form of the statement and of its entry.
func (st *statement) writeForm(w *signWriter) {
	e := st.entry
	w.sign("b", blockNames[e.Block])
	w.sign("b", "words", bucket(st.words()))
	w.sign("b", "index", strconv.Itoa(min(st.index, 3)))
	if len(st.others) == 1 {
		w.sign("b", "alone")
	} else if st.index == len(st.others)-1 {
		w.sign("b", "last")
	}
	if e.Alert != "" {
		w.sign("b", "alert", e.Alert)
		w.sign("b", "alert")
	}
	if e.Ordered {
		w.sign("b", "ordered")
	}
	if e.Quoted {
		w.sign("b", "quoted")
	}
	if st.label {
		w.sign("b", "label")
	}
	if st.colon() {
		w.sign("b", "colon")
	}
	if len(e.Code) > 0 {
		w.sign("b", "fence")
	}
	if st.trouble {
		w.sign("b", "trouble")
	}
	w.sign("b", "section of", bucket(st.size/2))
	w.sign("b", "body of", bucket(st.doc.entries/8))
	if st.doc.breaking && !st.section.breaking {
		w.sign("b", "another section is breaking")
		if st.commit.is || e.Block == Bullet {
			w.sign("b", "another section is breaking", st.section.name())
		}
	}
	named, n := false, 0
	for _, t := range st.tokens {
		if t.Kind.Named() {
			named = true
			n++
		}
	}
	w.sign("b", "names", strconv.Itoa(min(n, 3)))
	if named && st.words() <= 3 {
		w.sign("b", "bare name")
	}
	s := st.section
	for _, f := range [...]struct {
		on   bool
		name string
	}{{s.breaking, "breaking"}, {s.action, "action"}, {s.migration, "migration"}, {s.removed, "removed"}, {s.deprecated, "deprecated"}, {s.security, "security"},
		{s.fixes, "fixes"}, {s.changed, "changed"}, {s.features, "features"}, {s.guide, "guide"}, {s.list, "list"}} {
		if f.on {
			w.sign("b", "section", f.name)
		}
	}
}

var blockNames = map[Block]string{Paragraph: "paragraph", Bullet: "bullet", TableRow: "row", Fence: "fence", Raw: "raw", Title: "title"}

func bucket(n int) string {
	switch {
	case n <= 2:
		return "1-2"
	case n <= 4:
		return "3-4"
	case n <= 8:
		return "5-8"
	case n <= 16:
		return "9-16"
	case n <= 30:
		return "17-30"
	}
	return "31+"
}

// writeCrosses emits pairs of the section and what the sentence says.
func (st *statement) writeCrosses(w *signWriter, tokens []lexicon.Token) {
	place := st.section.name()
	if st.entry.Alert != "" {
		place = "alert"
	}
	for _, t := range tokens {
		for _, c := range t.Classes {
			w.sign("x", place, c.String())
		}
		if t.Kind.Named() {
			w.sign("x", place, t.Kind.String())
		}
	}
	first := st.first()
	for _, c := range first.Classes {
		w.sign("x", place, "first", c.String(), formNames[first.Form])
	}
}

// name is the section's sort in one word.
func (s section) name() string {
	switch {
	case s.people:
		return "people"
	case s.breaking:
		return "breaking"
	case s.fixes:
		return "fixes"
	case s.removed:
		return "removed"
	case s.deprecated:
		return "deprecated"
	case s.security:
		return "security"
	case s.migration:
		return "migration"
	case s.action:
		return "action"
	case s.guide:
		return "guide"
	case s.changed:
		return "changed"
	case s.features:
		return "features"
	case s.list:
		return "list"
	}
	return "none"
}
