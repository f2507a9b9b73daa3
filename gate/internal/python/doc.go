// Package python reads the shape of Python source without running it: which
// classes, functions, assignments, imports and calls a file holds, with their
// literals and places.
//
//	source ─ lexer ─> tokens ─ Parse ─> []Stmt, each with its expressions
//
// It is no parser of the whole language. Names, attributes, calls, strings,
// f-strings, lists, tuples and sums are read as what they are; every other
// expression is [Other]: skipped to its end, its brackets balanced. Blocks are
// found by indentation, as Python finds them. No input is refused; what makes
// no sense becomes Other, too. Of a file at most MaxTokens are read, and brackets
// and blocks nest at most maxDepth deep.
package python
