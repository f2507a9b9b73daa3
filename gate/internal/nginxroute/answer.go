package nginxroute

import "github.com/dify-gate/dify-gate/gate/internal/routing"

// The words shared with the other simulators; see package routing.
type (
	Pos         = routing.Pos
	Request     = routing.Request
	File        = routing.File
	Kind        = routing.Kind
	Step        = routing.Step
	Place       = routing.Place
	Answer      = routing.Answer
	SyntaxError = routing.SyntaxError
	Errors      = routing.Errors
	Entry       = routing.Entry
)

// The kinds of answers and files; see package routing.
const (
	Unknown  = routing.Unknown
	Proxied  = routing.Proxied
	Local    = routing.Local
	Redirect = routing.Redirect
	Static   = routing.Static
	Closed   = routing.Closed
	Refused  = routing.Refused

	FileUnknown = routing.FileUnknown
	FileAbsent  = routing.FileAbsent
	FileRegular = routing.FileRegular
	FileDir     = routing.FileDir
)

// NoFiles is a Stat for requests that no file answers, as API paths are.
func NoFiles(path string) File { return routing.NoFiles(path) }

// pattern is a PCRE pattern of the configuration.
type pattern = routing.Pattern

func compile(text string, fold bool) (*pattern, error) { return routing.Compile(text, fold) }
