package lexicon

import (
	"unicode"
	"unicode/utf8"
)

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// wordEnd is the end of the word at start: letters, digits, and hyphens and
// apostrophes between them.
func wordEnd(text string, start int) int {
	for i, char := range text[start:] {
		inside := char == '-' || char == '\'' || char == '’' || char == '‑'
		if inside || unicode.IsLetter(char) && !unicode.Is(unicode.Han, char) || unicode.IsDigit(char) {
			continue
		}
		if i == 0 {
			continue
		}
		return start + i
	}
	return len(text)
}

// runEnd is the end of the run of ASCII without blanks at start.
func runEnd(text string, start int) int {
	end := start
	for end < len(text) && text[end] < utf8.RuneSelf {
		switch text[end] {
		case ' ', '\n', '\t', '`', '"', '\'', ',', ';', '|', '(', ')':
			return end
		case '*': // ends a family of variables, and is emphasis elsewhere
			if end > start+1 && text[end-1] == '_' && (isUpperLetter(text[end-2]) || isDigit(text[end-2])) {
				return end + 1
			}
			return end
		}
		end++
	}
	return end
}
