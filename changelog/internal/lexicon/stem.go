package lexicon

// Form is the ending of a word.
type Form uint8

// The forms of words.
const (
	Plain  Form = iota
	Plural      // -s, also of verbs
	Past        // -ed
	Going       // -ing
)

// Stem cuts the endings of inflection from a lower-case English word: "removed"
// and "removing" become "remov", as "remove" does. It is crude, and the same
// for the lexicon and for texts, which is all that is asked of it.
func Stem(word string) (string, Form) {
	form := Plain
	n := len(word)
	switch {
	case n > 4 && word[n-3:] == "ies":
		return word[:n-3] + "i", Plural
	case n > 4 && (word[n-4:] == "sses" || word[n-4:] == "shes" || word[n-4:] == "ches" || word[n-3:] == "xes"):
		word, form = word[:n-2], Plural
	case n > 3 && word[n-1] == 's' && word[n-2] != 's' && word[n-2] != 'u' && word[n-2] != 'i' && word[n-2] != '\'':
		word, form = word[:n-1], Plural
	case n > 5 && word[n-3:] == "ing" && hasVowel(word[:n-3]):
		word, form = undouble(word[:n-3]), Going
	case n > 4 && word[n-2:] == "ed" && hasVowel(word[:n-2]) && word[n-3] != 'e':
		word, form = undouble(word[:n-2]), Past
	}
	n = len(word)
	switch {
	case n > 3 && word[n-1] == 'e':
		word = word[:n-1]
	case n > 3 && word[n-1] == 'y' && !isVowel(word[n-2]):
		word = word[:n-1] + "i"
	}
	return word, form
}

// undouble makes "stopp" of "stopped" into "stop".
func undouble(word string) string {
	n := len(word)
	if n > 3 && word[n-1] == word[n-2] && !isVowel(word[n-1]) && word[n-1] != 'l' && word[n-1] != 's' && word[n-1] != 'z' {
		return word[:n-1]
	}
	return word
}

func hasVowel(word string) bool {
	for i := range len(word) {
		if isVowel(word[i]) || word[i] == 'y' {
			return true
		}
	}
	return false
}

func isVowel(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }
