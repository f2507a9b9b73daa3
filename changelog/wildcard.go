package changelog

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// wildcard keeps the star of a family of variables ("PUBSUB_*/EVENT_BUS_*")
// from being read as emphasis, which would eat it.
type wildcard struct{}

// Trigger is the star.
func (wildcard) Trigger() []byte { return []byte{'*'} }

// Parse takes a star that follows an upper-case name and its underscore.
func (wildcard) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	_, segment := block.PeekLine()
	source, at := block.Source(), segment.Start
	if at < 2 || source[at-1] != '_' || !isUpperOrDigit(source[at-2]) {
		return nil
	}
	block.Advance(1)
	return ast.NewTextSegment(text.NewSegment(at, at+1))
}

func isUpperOrDigit(c byte) bool { return 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' }
