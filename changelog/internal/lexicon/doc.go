// Package lexicon reads the words of release notes: it cuts a text into tokens,
// gives each word its classes (what it says to an operator: a duty, a removal,
// a part of a deployment) and finds names by their grammar (variables, options,
// paths, commands, versions).
//
//	Tokenize(text) -> []Token   in the order of the text, with byte offsets
//
// English and Chinese are read by the same lexicon. No regular expression is
// used: one pass over the text, linear in its length. The lexicon (lexicon.txt)
// is parsed at its first use.
package lexicon
