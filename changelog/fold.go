package changelog

import (
	"strings"
	"unicode"
)

// fold prepares text for the forms: lower case, plain hyphens, quotes and
// blanks, no marks of code or emphasis. It keeps Chinese as it is.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := true
	for _, r := range s {
		switch {
		case r == '`' || r == '*' || r == '\u200b' || r == '\ufe0f' || r == '\u00ad':
			continue
		case 0x2010 <= r && r <= 0x2013:
			r = '-'
		case r == '\u2014' || r == '\u2015':
			r = '—'
		case r == '\u2018' || r == '\u2019':
			r = '\''
		case r == '\u201c' || r == '\u201d':
			r = '"'
		}
		if unicode.IsSpace(r) {
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			continue
		}
		blank = false
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.TrimRight(b.String(), " ")
}

// words cuts text into the words that texts are compared by.
func words(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool { return !isWordRune(r) })
}

// wordSet is words without repeats; Chinese runs are cut into characters,
// since they have no blanks.
func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words(s) {
		if r := []rune(w); len(r) > 1 && unicode.Is(unicode.Han, r[0]) {
			for _, c := range r {
				set[string(c)] = true
			}
			continue
		}
		set[w] = true
	}
	return set
}

// overlap is the share of the smaller set's words that the other has too.
func overlap(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return 0
	}
	return float64(common(a, b)) / float64(len(a))
}

// likeness is the share of all words of both that they have in common.
func likeness(a, b map[string]bool) float64 {
	n := common(a, b)
	if n == 0 {
		return 0
	}
	return float64(n) / float64(len(a)+len(b)-n)
}

func common(a, b map[string]bool) int {
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	return n
}
