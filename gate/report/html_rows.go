package report

import "slices"

// How many rows of a list a page holds as elements, and how many stand
// together in a <noscript> after them. A browser that runs scripts reads a
// <noscript> as one text and builds nothing from it, so that thousands of rows
// cost no more than their bytes; the script turns one into rows when somebody
// asks for them. Without scripts all of them are shown.
const (
	rowsAtOnce = 150
	rowsAsked  = 500
)

// htmlRows is a list as the page shows it: the first rows, and the rest in
// parts.
type htmlRows[T any] struct {
	First []T
	More  [][]T
}

func rowsOf[T any](all []T) htmlRows[T] {
	n := min(len(all), rowsAtOnce)
	return htmlRows[T]{First: all[:n], More: slices.Collect(slices.Chunk(all[n:], rowsAsked))}
}

// Rest is how many rows wait to be asked for.
func (r htmlRows[T]) Rest() int {
	n := 0
	for _, part := range r.More {
		n += len(part)
	}
	return n
}

// Len is how many rows there are.
func (r htmlRows[T]) Len() int { return len(r.First) + r.Rest() }
