package check

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// KeyList is the sorted keys of a map for evidence, where none is a list too.
func KeyList[V any](m map[string]V) []string {
	return slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(m))))
}

func Intersects(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) || slices.Contains(b, "*") })
}

// InOneLine makes untrusted text a line without control characters, cut at n runes.
func InOneLine(s string, n int) string {
	var b strings.Builder
	count, blank := 0, true
	for _, c := range s {
		if unicode.IsSpace(c) || unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			if !blank {
				b.WriteByte(' ')
				count++
			}
			blank = true
			continue
		}
		if count >= n {
			b.WriteString("…")
			break
		}
		b.WriteRune(c)
		count++
		blank = false
	}
	return strings.TrimSpace(b.String())
}
