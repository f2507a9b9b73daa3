package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Mistake is something wrong in gate.yaml, at a place.
type Mistake struct {
	File         string
	Line, Column int // 1-based; 0 when the whole file is meant
	// Path leads to the value: checks.http[0].url. Empty for the file itself.
	Path    string
	Message string
}

// Error is one line: file:line:column: path: message.
func (m Mistake) Error() string {
	var b strings.Builder
	b.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", m.Line, m.Column)
	}
	b.WriteString(": ")
	if m.Path != "" {
		b.WriteString(oneLine(m.Path) + ": ")
	}
	b.WriteString(oneLine(m.Message))
	return b.String()
}

// oneLine shows control characters, which a key of the file may hold, as escapes.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strings.ReplaceAll(strings.Trim(strconv.Quote(s), `"`), `\"`, `"`)
}

// Mistakes are all that is wrong in a file, in the order of their places.
type Mistakes []Mistake

// Error is a line for each mistake.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted orders by place and drops repetitions.
func (ms Mistakes) sorted() Mistakes {
	slices.SortStableFunc(ms, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ms)
}

// err is nil for no mistakes; a nil slice inside an error would not be.
func (ms Mistakes) err() error {
	if len(ms) == 0 {
		return nil
	}
	return ms.sorted()
}
