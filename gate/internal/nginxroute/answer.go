package nginxroute

import (
	"github.com/dify-gate/dify-gate/gate/internal/pcre"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

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
type pattern = pcre.Pattern

func compile(text string, fold bool) (*pattern, error) {
	return pcre.Compile(text, pcre.Options{Caseless: fold})
}

// pattern compiles one of the configuration's. What nginx would refuse and what cannot be run is noted; nil is the former.
func (b *builder) pattern(at Pos, what, text string, fold bool) *pattern {
	p, err := compile(text, fold)
	if err != nil {
		b.fail(at, "%s %q: %v", what, text, err)
		return nil
	}
	if why := p.Why(); why != "" {
		b.c.unknown = append(b.c.unknown, routing.UnknownPattern{Pos: at, Text: text, Why: why})
	}
	return p
}

// Unknown lists the patterns that cannot be run, in file order within each server.
func (c *Config) Unknown() []routing.UnknownPattern { return c.unknown }
