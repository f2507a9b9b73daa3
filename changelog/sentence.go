package changelog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// sentence is a part of an entry's text that is judged on its own.
type sentence struct {
	text   string          // as written
	tokens []lexicon.Token // without the entry's label; offsets count in body
	body   string          // the text that the tokens were read of
	offset int             // of text in the entry's text
	label  bool            // the entry's label stands in it
}

// colon reports whether the sentence only leads over to a list or a fence.
func (s *sentence) colon() bool { return endsInColon(s.text) }

// words counts its words and names.
func (s *sentence) words() int {
	n := 0
	for _, t := range s.tokens {
		if t.Kind != lexicon.Mark && t.Kind != lexicon.Arrow {
			n++
		}
	}
	return n
}

func (s *sentence) has(c lexicon.Class) bool { return hasClass(s.tokens, c) }

// first is the first word or name, or a zero token.
func (s *sentence) first() lexicon.Token {
	for _, t := range s.tokens {
		if t.Kind != lexicon.Mark {
			return t
		}
	}
	return lexicon.Token{}
}

// sentences cuts an entry's text into sentences, and lists of deeds into
// clauses. A commit line is one sentence, its subject.
func sentences(e *Entry, c commit, v *vocabulary) []sentence {
	if c.is {
		return []sentence{newSentence(c.subject, c.subject, c.start, false)}
	}
	text := e.Text
	if at := lastCredit(text); at > 0 && !strings.Contains(text[at:], ". ") {
		text = text[:at]
	}
	var out []sentence
	labelEnd := labelLength(e)
	for start := 0; start < len(text); {
		end := sentenceEnd(text, start)
		if start == 0 && end <= labelEnd && labelEnd < len(text) {
			end = sentenceEnd(text, labelEnd) // the label alone is no sentence
		}
		out = appendClauses(out, text, start, end, labelEnd, v)
		for start = end; start < len(text) && text[start] == ' '; {
			start++
		}
	}
	return out
}

func newSentence(text, body string, offset int, label bool) sentence {
	return sentence{text: text, tokens: lexicon.Tokenize(body), body: body, offset: offset, label: label}
}

// appendClauses adds one sentence, or its clauses when it is a list of past
// deeds: "fixed a, restored b, and removed c". Thanks are left out.
func appendClauses(out []sentence, text string, start, end, labelEnd int, v *vocabulary) []sentence {
	body := start
	if start == 0 {
		body = min(labelEnd, end)
	}
	whole := strings.TrimSpace(text[start:end])
	if whole == "" {
		return out
	}
	s := newSentence(whole, text[body:end], start, start == 0 && labelEnd > 0)
	if v.thanksOnly(&s) {
		return out
	}
	cuts := deedCuts(s.tokens)
	if len(cuts) == 0 {
		return append(out, s)
	}
	from := start
	for _, cut := range append(cuts, end-body) {
		to := min(body+cut, end)
		part := strings.TrimSpace(text[from:to])
		part = strings.TrimRight(part, ", ")
		partBody := text[max(from, body):to]
		if part != "" {
			out = append(out, newSentence(part, partBody, from, from == 0 && labelEnd > 0))
		}
		from = to
	}
	return out
}

// deedCuts finds where the further deeds of a list begin: the first word is a
// past deed, and so is one after a comma or an "and".
func deedCuts(tokens []lexicon.Token) []int {
	if len(tokens) < 5 || !pastDeed(tokens[0]) {
		return nil
	}
	var cuts []int
	for i := 2; i < len(tokens)-1; i++ {
		if !pastDeed(tokens[i]) {
			continue
		}
		before := tokens[i-1]
		if before.Kind == lexicon.Mark && (before.Stem == "," || before.Stem == ";") || before.Stem == "and" || before.Stem == "plus" {
			cuts = append(cuts, tokens[i].Start)
		}
	}
	return cuts
}

// pastDeed reports whether a token is a verb in the past tense that the lexicon
// knows as a change.
func pastDeed(t lexicon.Token) bool {
	return t.Kind == lexicon.Word && t.Form == lexicon.Past && len(t.Classes) > 0 && !adjectives[t.Stem]
}

// adjectives are stems whose -ed form rarely begins a deed.
var adjectives = map[string]bool{"relat": true, "shar": true, "nest": true, "advanc": true, "associat": true, "unus": true, "requir": true, "limit": true,
	"dedicat": true, "host": true, "manag": true, "structur": true, "detail": true, "deprecat": true, "default": true, "encrypt": true, "self-host": true, "exist": true,
	"nam": true, "bas": true, "affect": true, "expos": true, "sav": true, "stor": true}

// thanksOnly reports whether a sentence only thanks somebody.
func (v *vocabulary) thanksOnly(s *sentence) bool {
	first := s.first()
	if !first.Has(v.thanks) {
		return false
	}
	for _, t := range s.tokens {
		if t.Kind == lexicon.Person {
			return true
		}
	}
	return s.words() <= 12
}

// labelLength is the length of "Label:" or "Label — " at the start of the
// text. A bold word in running text is no label.
func labelLength(e *Entry) int {
	if e.Label == "" {
		return 0
	}
	at := strings.Index(e.Text, e.Label)
	if at < 0 || at > 8 {
		return 0
	}
	end := at + len(e.Label)
	rest := strings.TrimLeft(e.Text[end:], " ")
	for _, mark := range []string{":", "：", "—", "–", "- "} {
		if strings.HasPrefix(rest, mark) {
			return len(e.Text) - len(strings.TrimLeft(rest[len(mark):], " "))
		}
	}
	return 0
}

// sentenceEnd returns where the sentence that begins at start ends.
func sentenceEnd(text string, start int) int {
	code := false
	for i, r := range text[start:] {
		at := start + i
		if r == '`' {
			code = !code && strings.IndexByte(text[at+1:], '`') >= 0
			continue
		}
		if code {
			continue
		}
		after := at + utf8.RuneLen(r)
		switch r {
		case '。', '！', '？', '；':
			return after
		case '.', '!', '?':
			if end, ok := endsHere(text, start, after, r); ok {
				return end
			}
		}
	}
	return len(text)
}

// endsHere reports whether the full stop before after ends a sentence, and
// where: behind a closing bracket or quote.
func endsHere(text string, start, after int, mark rune) (int, bool) {
	if after >= len(text) {
		return len(text), true
	}
	next, size := utf8.DecodeRuneInString(text[after:])
	if next == ')' || next == '"' || next == '”' || next == '*' {
		after += size
		next, _ = utf8.DecodeRuneInString(text[after:])
	}
	if after >= len(text) {
		return len(text), true
	}
	if next != ' ' || abbreviated(text[start:after]) {
		return 0, false
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text[after:], " "))
	if unicode.IsLower(first) && mark == '.' {
		return 0, false
	}
	return after, true
}

// abbreviated reports whether a text ends in "e.g." or the like.
func abbreviated(text string) bool {
	word := strings.ToLower(text[max(0, len(text)-8):])
	for _, a := range []string{"e.g.", "i.e.", " etc.", " vs.", "approx.", " incl.", " resp.", " no.", " cf.", " al.", " v."} {
		if strings.HasSuffix(word, a) {
			return true
		}
	}
	return false
}

// lineAt returns the line of the source at which an offset of the text stands.
func (e *Entry) lineAt(offset int) int {
	line := e.Location.Line
	for _, b := range e.breaks {
		if b <= offset {
			line++
		}
	}
	return line
}
