// Package pcre runs the patterns of nginx and Apache, which use PCRE on bytes.
//
//	p, err := pcre.Compile(`^/v1/(?!files)(\w++)`, pcre.Options{})
//	groups, known := p.Match("/v1/chat")
//
// It reads a pattern as PCRE2 10.42 does (translate.go, group.go, escape.go, class.go)
// and writes it anew in the few constructs on which PCRE and the engine below agree:
// every class as its bytes, every group with its number, letters of either case as a
// class. Go's engine runs what it can, in linear time. Look-around, atomic groups,
// possessive quantifiers, back references, conditions, branch reset and \K go to
// regexp2, which backtracks within bounds of time and memory. What neither runs
// exactly as PCRE would (recursion, verbs, call-outs) is not guessed at: Pattern.Why
// says what it is, and Match says that it does not know.
package pcre
