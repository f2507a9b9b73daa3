package changelog

import "unicode"

// isWordRune tells letters and digits of any script from punctuation and emoji.
func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
