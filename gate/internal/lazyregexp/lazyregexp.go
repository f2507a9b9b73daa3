// Package lazyregexp compiles a regular expression at its first use, so that a
// start of the gate does not pay for what it does not read.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns an expression that is compiled when it is first called. It panics
// then if expr is none; a test of cmd/gate compiles all of them.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
