package changelog

import (
	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// A sign is what the model sees of a statement: a short text of parts that are
// parted by ":", the first being its sort.
//
//	w:STEM w:STEM:STEM       a word or name of the sentence, two in a row
//	c:CLASS c:CLASS:FORM     a class of the lexicon that stands in it
//	o:CLASS:CLASS            two classes, in this order
//	f:…                      its first word, and the class of that
//	h:… g:…                  words and classes of the innermost heading, and of those above
//	p:… l:…                  of the parent bullet, and of the bold lead-in
//	e:CLASS                  of the other sentences of the entry
//	k:… s:…                  type and scope of a commit line
//	b:…                      place and form: block, alert, length, order
//	x:…:…                    two of the above together
//
// Names stand as their kind ("variable"): what a product calls its things tells
// nothing of the next product.

// signWriter collects signs into a buffer that is used again.
type signWriter struct {
	buf  []byte
	emit func(sign []byte)
}

func (w *signWriter) sign(parts ...string) {
	w.buf = w.buf[:0]
	for i, p := range parts {
		if i > 0 {
			w.buf = append(w.buf, ':')
		}
		w.buf = append(w.buf, p...)
	}
	w.emit(w.buf)
}

// wordOf is a token as signs have it.
func wordOf(t lexicon.Token) string {
	if t.Kind == lexicon.Word || t.Kind == lexicon.Mark || t.Kind == lexicon.Arrow {
		return t.Stem
	}
	return t.Kind.String()
}

var formNames = [...]string{"", "s", "ed", "ing"}

// maxTokens bounds what is read of a sentence: longer ones are tables in
// disguise.
const maxTokens = 120

// write emits all signs of a statement; some more than once.
func (st *statement) write(w *signWriter) {
	w.sign("bias")
	tokens := st.tokens[:min(len(st.tokens), maxTokens)]
	writeWords(w, tokens)
	writeOrder(w, tokens)
	st.writeFirst(w)
	st.writePlace(w)
	st.writeCommit(w, tokens)
	st.writeForm(w)
	st.writeCrosses(w, tokens)
}

func writeWords(w *signWriter, tokens []lexicon.Token) {
	last := "^"
	for _, t := range tokens {
		if t.Kind == lexicon.Mark {
			if t.Stem != "," {
				last = t.Stem
			}
			continue
		}
		word := wordOf(t)
		w.sign("w", word)
		w.sign("w", last, word)
		if t.Form == lexicon.Past || t.Form == lexicon.Going {
			w.sign("w", word, "+", formNames[t.Form])
		}
		for _, c := range t.Classes {
			name := c.String()
			w.sign("c", name)
			w.sign("c", name, "+", formNames[t.Form])
			w.sign("m", last, name)
		}
		last = word
	}
}

// writeOrder emits pairs of classes in their order, near each other.
func writeOrder(w *signWriter, tokens []lexicon.Token) {
	const near = 6 // tokens with a class
	var recent [near]*lexicon.Token
	n := 0
	for i := range tokens {
		t := &tokens[i]
		if t.Kind == lexicon.Mark && (t.Stem == "." || t.Stem == ";") {
			n = 0
			continue
		}
		if len(t.Classes) == 0 && !t.Kind.Named() {
			continue
		}
		for k := range min(n, near) {
			pairs(w, recent[(n-1-k)%near], t)
		}
		recent[n%near] = t
		n++
	}
}

func pairs(w *signWriter, a, b *lexicon.Token) {
	if a.Kind.Named() {
		pairsWith(w, a.Kind.String(), b)
		return
	}
	for _, c := range a.Classes {
		pairsWith(w, c.String(), b)
	}
}

func pairsWith(w *signWriter, first string, b *lexicon.Token) {
	if b.Kind.Named() {
		w.sign("o", first, b.Kind.String())
		return
	}
	for _, c := range b.Classes {
		w.sign("o", first, c.String())
	}
}

// writeFirst emits how the sentence begins.
func (st *statement) writeFirst(w *signWriter) {
	first := st.first()
	form := formNames[first.Form]
	w.sign("f", wordOf(first), form)
	for _, c := range first.Classes {
		w.sign("f", "c", c.String(), form)
	}
	n := 0
	for _, t := range st.tokens {
		if t.Kind == lexicon.Mark {
			continue
		}
		if n++; n == 2 {
			w.sign("f", wordOf(first), wordOf(t))
			for _, c := range t.Classes {
				w.sign("f2", "c", c.String())
			}
			break
		}
	}
}

// writePlace emits what stands above and beside the statement.
func (st *statement) writePlace(w *signWriter) {
	if len(st.topics) == 0 {
		w.sign("h", "none")
	}
	for i, t := range st.topics {
		sort := "g"
		if i == len(st.topics)-1 {
			sort = "h"
		}
		writeTokens(w, sort, t.tokens)
	}
	writeTokens(w, "p", st.parent[:min(len(st.parent), 24)])
	writeTokens(w, "l", st.lead)
	for i := range st.others {
		if i == st.index {
			continue
		}
		for _, t := range st.others[i].tokens[:min(len(st.others[i].tokens), 40)] {
			for _, c := range t.Classes {
				w.sign("e", c.String())
			}
			if t.Kind.Named() {
				w.sign("e", t.Kind.String())
			}
		}
	}
	if st.before != nil {
		first := st.before.first()
		for _, c := range first.Classes {
			w.sign("e", "first", c.String(), formNames[first.Form])
		}
	}
}

func writeTokens(w *signWriter, sort string, tokens []lexicon.Token) {
	last := "^"
	for _, t := range tokens {
		if t.Kind == lexicon.Mark {
			continue
		}
		word := wordOf(t)
		w.sign(sort, word)
		w.sign(sort, last, word)
		last = word
		for _, c := range t.Classes {
			w.sign(sort, "c", c.String())
		}
	}
}

// writeCommit emits the type and scope of a commit line.
func (st *statement) writeCommit(w *signWriter, tokens []lexicon.Token) {
	c := st.commit
	if !c.is {
		return
	}
	w.sign("k", "line")
	if c.kind != "" {
		w.sign("k", c.kind)
	}
	if c.breaking {
		w.sign("k", "!")
	}
	scope := lexicon.Tokenize(clip(c.scope, 40))
	writeTokens(w, "s", scope)
	for _, t := range tokens {
		for _, class := range t.Classes {
			w.sign("x", "k", class.String())
			if c.kind != "" {
				w.sign("x", c.kind, class.String())
			}
		}
		if t.Kind.Named() {
			w.sign("x", "k", t.Kind.String())
		}
	}
}
