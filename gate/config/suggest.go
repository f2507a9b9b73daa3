package config

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// Nearest returns the candidate that is closest to word, or "" when none is
// close enough to be a slip: at most a third of the word may differ, and never
// more than three characters. Case and the sort of dash do not count.
func Nearest(word string, candidates []string) string {
	norm := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }
	best, least := "", min(3, (len(word)+1)/3)+1
	for _, c := range candidates {
		if d := quote.Distance(norm(word), norm(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// Want ends a message about a word outside of its set: did you mean the
// nearest, and in any case the whole set.
func Want(word string, valid []string) string {
	list := "want one of " + strings.Join(valid, ", ")
	if near := Nearest(word, valid); near != "" {
		return fmt.Sprintf("did you mean %q? %s", near, list)
	}
	return list
}
