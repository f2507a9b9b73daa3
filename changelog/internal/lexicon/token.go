package lexicon

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is the grammar of a token.
type Kind uint8

// The kinds of tokens. From Variable on they are names.
const (
	Word Kind = iota
	Mark      // punctuation that parts clauses: . , ; : ( ) ? ! → and their Chinese forms
	Number
	Quantity // a number with its unit
	Arrow    // → -> =>
	Person   // @someone
	Issue    // #123
	Link     // http://…
	Advisory // CVE-2024-1, GHSA-…
	Variable // UPPER_CASE, with its value cut off
	Option   // --flag
	Path     // /v1/files, docker/.env, app.ini
	Command  // `docker compose up`
	Image    // org/name:tag
	Key      // snake_case, camelCase, dotted.key, [section].KEY
	Value    // `true`, `10`, `"x"`
	Code     // other code
	Version  // v1.2.3
)

var kindNames = [...]string{"word", "mark", "number", "quantity", "arrow", "person", "issue", "link", "advisory", "variable", "option", "path", "command",
	"image", "key", "value", "code", "version"}

func (k Kind) String() string { return kindNames[k] }

// Named reports whether a token of the kind is a name that an operator's files
// could have.
func (k Kind) Named() bool { return Variable <= k && k <= Key }

// Token is a word, a mark or a name of a text.
type Token struct {
	Kind    Kind
	Form    Form
	Quoted  bool    // in a code span
	Stem    string  // of words: the stem, or the phrase; of names: the name as written
	Classes []Class // of words
	Start   int     // bytes
	End     int
}

// Has reports whether the token has the class.
func (t Token) Has(c Class) bool {
	for _, have := range t.Classes {
		if have == c {
			return true
		}
	}
	return false
}

// Tokenize cuts a text of inline Markdown, emphasis dropped and code spans in
// backquotes, into tokens.
func Tokenize(text string) []Token {
	r := reader{book: load(), text: text, tokens: make([]Token, 0, len(text)/5+4)}
	for r.at < len(r.text) {
		r.next()
	}
	return r.phrases()
}

type reader struct {
	book   *book
	text   string
	at     int
	tokens []Token
}

func (r *reader) add(t Token) {
	r.tokens = append(r.tokens, t)
	r.at = t.End
}

// next reads one token, or skips one rune.
func (r *reader) next() {
	c := r.text[r.at]
	switch {
	case c == ' ' || c == '\n' || c == '\t' || c == '*':
		r.at++
	case c == '`':
		r.code()
	case c < utf8.RuneSelf && isWordByte(c), c == '@', c == '#', c == '/', c == '-', c == '.', c == '$', c == '[', c == '{', c == '~', c == '_':
		r.ascii()
	case c < utf8.RuneSelf:
		r.mark(1)
	default:
		r.rune()
	}
}

// mark adds the punctuation that parts clauses, and skips other signs.
func (r *reader) mark(size int) {
	s := r.text[r.at : r.at+size]
	switch s {
	case ".", ",", ";", ":", "(", ")", "?", "!", "|", "—", "–", "，", "。", "；", "：", "（", "）", "？", "！", "、":
		r.add(Token{Kind: Mark, Stem: plainMark(s), Start: r.at, End: r.at + size})
	case "→", "⇒", "➜":
		r.add(Token{Kind: Arrow, Stem: "→", Start: r.at, End: r.at + size})
	case "=", "-":
		if strings.HasPrefix(r.text[r.at+1:], ">") {
			r.add(Token{Kind: Arrow, Stem: "→", Start: r.at, End: r.at + 2})
			return
		}
		r.at++
	default:
		r.at += size
	}
}

func plainMark(s string) string {
	switch s {
	case "，", "、":
		return ","
	case "。":
		return "."
	case "；":
		return ";"
	case "：":
		return ":"
	case "（":
		return "("
	case "）":
		return ")"
	case "？":
		return "?"
	case "！":
		return "!"
	case "–":
		return "—"
	}
	return s
}

// rune reads what is not ASCII: Chinese words, marks, words with accents.
func (r *reader) rune() {
	char, size := utf8.DecodeRuneInString(r.text[r.at:])
	switch {
	case unicode.Is(unicode.Han, char):
		r.chinese()
	case unicode.IsLetter(char):
		r.word(wordEnd(r.text, r.at))
	default:
		r.mark(size)
	}
}

// chinese takes the longest word of the lexicon, or one character.
func (r *reader) chinese() {
	ends := make([]int, 0, 8)
	for i, char := range r.text[r.at:] {
		if i > 0 {
			ends = append(ends, r.at+i)
		}
		if len(ends) >= r.book.longest || !unicode.Is(unicode.Han, char) {
			break
		}
		if r.at+i+utf8.RuneLen(char) == len(r.text) {
			ends = append(ends, len(r.text))
		}
	}
	for i := len(ends) - 1; i >= 0; i-- {
		word := r.text[r.at:ends[i]]
		if classes, ok := r.book.words[word]; ok {
			r.add(Token{Stem: word, Classes: classes, Start: r.at, End: ends[i]})
			return
		}
	}
	_, size := utf8.DecodeRuneInString(r.text[r.at:])
	r.add(Token{Stem: r.text[r.at : r.at+size], Start: r.at, End: r.at + size})
}

// ascii reads a run without blanks: a word, or a name that its signs betray.
func (r *reader) ascii() {
	if strings.HasPrefix(r.text[r.at:], "->") || r.text[r.at] == '/' && r.at > 0 && isWordByte(r.text[r.at-1]) {
		r.mark(1) // an arrow, or "and/or"
		return
	}
	end := runEnd(r.text, r.at)
	run := strings.TrimRight(r.text[r.at:end], ".,;:!?/")
	if strings.HasPrefix(run, "[") && !sectionKey(run) || run == "" {
		r.mark(1)
		return
	}
	if kind := bareKind(run); kind != Word {
		t := Token{Kind: kind, Stem: run, Start: r.at, End: r.at + len(run)}
		if kind == Variable {
			t.Stem = variableName(run)
		}
		r.add(t)
		return
	}
	if !isWordByte(r.text[r.at]) {
		r.mark(1)
		return
	}
	r.word(wordEnd(r.text, r.at))
}

// word adds the word up to end.
func (r *reader) word(end int) {
	raw := strings.TrimRight(r.text[r.at:end], "-'’")
	lower := strings.ToLower(strings.TrimRight(raw, "."))
	lower = strings.ReplaceAll(strings.ReplaceAll(lower, "’", "'"), "‑", "-")
	if contracted, ok := strings.CutSuffix(lower, "n't"); ok && contracted != "" {
		lower = "not"
	}
	lower = strings.TrimSuffix(lower, "'s")
	t := Token{Start: r.at, End: r.at + max(len(raw), 1)}
	if lower == "" {
		r.at = t.End
		return
	}
	t.Stem, t.Form = Stem(lower)
	t.Classes = r.book.words[t.Stem]
	if t.Classes == nil {
		if i := strings.IndexByte(lower, '-'); i > 0 && i < len(lower)-1 {
			t.End = r.at + i // "self-managed-database": word by word
			t.Stem, t.Form = Stem(lower[:i])
			t.Classes = r.book.words[t.Stem]
			r.add(t)
			r.at++
			return
		}
	}
	r.add(t)
}

// phrases joins the words of the phrases of the lexicon.
func (r *reader) phrases() []Token {
	out := r.tokens[:0]
	for i := 0; i < len(r.tokens); i++ {
		t := r.tokens[i]
		if t.Kind == Word && !t.Quoted {
			if p, n := r.longest(r.tokens[i:]); n > 0 {
				t.Stem, t.Classes, t.End = p.text, p.classes, r.tokens[i+n].End
				i += n
			}
		}
		out = append(out, t)
	}
	return out
}

// longest finds the longest phrase that the tokens begin with, and how many
// tokens follow the first.
func (r *reader) longest(tokens []Token) (phrase, int) {
	var best phrase
	n := 0
	for _, p := range r.book.phrases[tokens[0].Stem] {
		if len(p.rest) > n && len(p.rest) < len(tokens) && begins(tokens[1:], p.rest) {
			best, n = p, len(p.rest)
		}
	}
	return best, n
}

func begins(tokens []Token, stems []string) bool {
	for i, s := range stems {
		if tokens[i].Kind != Word || tokens[i].Stem != s {
			return false
		}
	}
	return true
}
