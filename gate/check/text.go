package check

import (
	"maps"
	"slices"
)

// keyList is the sorted keys of a map for evidence, where none is a list too.
func keyList[V any](m map[string]V) []string {
	return slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(m))))
}
