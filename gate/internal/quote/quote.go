// Package quote shortens and cleans text of others before a message repeats it.
package quote

import "strings"

// clipLimit is the length of a clipped text in characters.
const clipLimit = 120

// Clip puts text on one line and cuts it after 120 characters.
func Clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > clipLimit {
		return string(r[:clipLimit]) + "…"
	}
	return s
}
