package config

import "github.com/dify-gate/dify-gate/gate/internal/suggest"

// Want ends a message about a word outside of its closed set, for the command
// line, which speaks as the file's mistakes do.
func Want(word string, valid []string) string { return suggest.Want(word, valid) }

// Nearest is the valid word that was probably meant, or "".
func Nearest(word string, valid []string) string { return suggest.Nearest(word, valid) }
