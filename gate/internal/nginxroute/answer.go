package nginxroute

import "github.com/dify-gate/dify-gate/gate/internal/route"

// The words shared with the other simulators; see package route.
type (
	Pos         = route.Pos
	Request     = route.Request
	File        = route.File
	Kind        = route.Kind
	Step        = route.Step
	Place       = route.Place
	Answer      = route.Answer
	SyntaxError = route.SyntaxError
	Errors      = route.Errors
	Entry       = route.Entry
)

// The kinds of answers and files; see package route.
const (
	Unknown  = route.Unknown
	Proxied  = route.Proxied
	Local    = route.Local
	Redirect = route.Redirect
	Static   = route.Static
	Closed   = route.Closed
	Refused  = route.Refused

	FileUnknown = route.FileUnknown
	FileAbsent  = route.FileAbsent
	FileRegular = route.FileRegular
	FileDir     = route.FileDir
)

// NoFiles is a Stat for requests that no file answers, as API paths are.
func NoFiles(path string) File { return route.NoFiles(path) }
