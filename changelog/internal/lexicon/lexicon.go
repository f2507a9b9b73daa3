package lexicon

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed lexicon.txt
var source string

// Class is what a word says to an operator; its name is in ClassNames.
type Class uint8

// book is the parsed lexicon.
type book struct {
	names   []string           // by Class
	words   map[string][]Class // by stem, or by Chinese word
	phrases map[string][]phrase
	longest int // runes of the longest Chinese word
}

// phrase is several words that are read as one.
type phrase struct {
	rest    []string // stems after the first
	text    string   // "no_longer"
	classes []Class
}

var load = sync.OnceValue(func() *book { return parse(source) })

// parse reads "class: word word …" lines.
func parse(text string) *book {
	b := &book{words: map[string][]Class{}, phrases: map[string][]phrase{}}
	for line := range strings.Lines(text) {
		name, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		class := Class(len(b.names))
		b.names = append(b.names, name)
		for _, word := range strings.Fields(words) {
			b.add(word, class)
		}
	}
	return b
}

func (b *book) add(word string, class Class) {
	if r, _ := utf8.DecodeRuneInString(word); unicode.Is(unicode.Han, r) {
		b.words[word] = addClass(b.words[word], class)
		b.longest = max(b.longest, utf8.RuneCountInString(word))
		return
	}
	parts := strings.Split(word, "_")
	if len(parts) == 1 {
		stem, _ := Stem(word)
		b.words[stem] = addClass(b.words[stem], class)
		return
	}
	stems := make([]string, len(parts))
	for i, part := range parts {
		stems[i], _ = Stem(part)
	}
	list := b.phrases[stems[0]]
	for i, p := range list {
		if p.text == word {
			list[i].classes = addClass(p.classes, class)
			return
		}
	}
	b.phrases[stems[0]] = append(list, phrase{stems[1:], word, []Class{class}})
}

func addClass(list []Class, class Class) []Class {
	for _, c := range list {
		if c == class {
			return list
		}
	}
	return append(list, class)
}

// String is the class's name in the lexicon.
func (c Class) String() string { return load().names[c] }

// Find returns the class of a name, or false.
func Find(name string) (Class, bool) {
	for i, n := range load().names {
		if n == name {
			return Class(i), true
		}
	}
	return 0, false
}

// Count is how many classes there are.
func Count() int { return len(load().names) }
