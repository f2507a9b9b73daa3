package main

import (
	"regexp"
	"sync"
)

// lazyRegexp returns an expression that is compiled when it is first called: a
// start of the gate does not pay for what it does not use.
func lazyRegexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
