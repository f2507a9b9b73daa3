package changelog

import (
	"regexp"
	"strings"
	"sync"
)

// expression is a regular expression that is compiled at its first use, so
// that a command that reads no notes does not pay for it.
type expression struct {
	alternatives []string
	once         sync.Once
	re           *regexp.Regexp
}

// expr makes an expression of alternatives. A text that is none panics at the
// first use; a test compiles all of them.
func expr(alternatives ...string) *expression { return &expression{alternatives: alternatives} }

func (e *expression) get() *regexp.Regexp {
	e.once.Do(func() { e.re = regexp.MustCompile(e.String()) })
	return e.re
}

func (e *expression) String() string                 { return strings.Join(e.alternatives, "|") }
func (e *expression) MatchString(s string) bool      { return e.get().MatchString(s) }
func (e *expression) FindString(s string) string     { return e.get().FindString(s) }
func (e *expression) FindStringIndex(s string) []int { return e.get().FindStringIndex(s) }
func (e *expression) FindStringSubmatch(s string) []string {
	return e.get().FindStringSubmatch(s)
}
func (e *expression) FindAllString(s string, n int) []string { return e.get().FindAllString(s, n) }
func (e *expression) FindAllStringSubmatch(s string, n int) [][]string {
	return e.get().FindAllStringSubmatch(s, n)
}
func (e *expression) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return e.get().FindAllStringSubmatchIndex(s, n)
}
func (e *expression) ReplaceAllString(s, by string) string { return e.get().ReplaceAllString(s, by) }
func (e *expression) Split(s string, n int) []string       { return e.get().Split(s, n) }
