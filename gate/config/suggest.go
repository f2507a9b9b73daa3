package config

import (
	"fmt"
	"strings"
)

// Nearest returns the candidate that is closest to word, or "" when none is
// close enough to be a slip: at most a third of the word may differ, and never
// more than three characters. Case and the sort of dash do not count.
func Nearest(word string, candidates []string) string {
	const longest = 64 // a longer word is no slip, and would only cost time
	if len(word) > longest {
		return ""
	}
	norm := func(s string) []rune { return []rune(strings.ReplaceAll(strings.ToLower(s), "_", "-")) }
	best, least := "", min(3, (len(word)+1)/3)+1
	for _, c := range candidates {
		if len(c) > longest {
			continue
		}
		if d := distance(norm(word), norm(c)); d < least {
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

// distance is the number of characters to insert, delete, replace or swap with
// the next one, to make b of a.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
