package proxy

import (
	"bytes"
	"slices"
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Setting is a directive of a proxy's files that holds for a request.
type Setting struct {
	Name, Value string
	At          *gate.Location
}

// Setting is an nginx directive with one value as it holds for the place that
// took a request: in it, or else in the server or the http block around it. The
// Value is "" where none is set.
func (t *Trace) Setting(at *routing.Place, name string) Setting {
	out := Setting{Name: name}
	for _, o := range t.inForce(at, name) {
		if len(o.words) == 2 {
			out.Value, out.At = t.rendered(o.words[1]), &gate.Location{File: o.file, Line: o.line}
		}
	}
	return out
}

// inForce are the directives of a name that hold for a place: those of the innermost
// block that has any, as nginx inherits them.
func (t *Trace) inForce(at *routing.Place, name string) []occurrence {
	c, ok := t.files.router.(*nginxroute.Config)
	if !ok || at == nil {
		return nil
	}
	found, scope := t.occurrences(c, at, name)
	var out []occurrence
	best := -1
	for _, o := range found {
		if len(o.scope) > len(scope) || !slices.Equal(o.scope, scope[:len(o.scope)]) || len(o.scope) < best {
			continue
		}
		if len(o.scope) > best {
			best, out = len(o.scope), nil
		}
		out = append(out, o)
	}
	return out
}

// occurrence is a directive with the blocks that it stands in, by number.
type occurrence struct {
	scope []int
	words []string // the directive's name first
	file  string
	line  int
}

// occurrences lists where a directive stands in the file of a location, and in
// what is included there, with the blocks that the location is in.
func (t *Trace) occurrences(c *nginxroute.Config, at *routing.Place, name string) (out []occurrence, scope []int) {
	data, err := readfile.Text(t.files.paths[at.Pos.File], maxProbe)
	if err != nil {
		return nil, nil // it was read a moment ago; then the setting is not named
	}
	directives(data, func(words []string, stack []int, line int, opens bool) {
		switch {
		case opens:
			if scope == nil && line >= at.Pos.Line && len(words) > 1 && words[0] == "location" && strings.Join(words[1:], " ") == at.Name {
				scope = slices.Clone(stack)
			}
		case words[0] == name:
			out = append(out, occurrence{slices.Clone(stack), words, at.Pos.File, line})
		case words[0] == "include" && len(words) == 2:
			out = append(out, t.included(c, words[1], name, slices.Clone(stack))...)
		}
	})
	return out, scope
}

// directives gives the words of each directive of an nginx file, with the numbers of
// the blocks that it stands in; opens: it is the head of a block, the last of them.
func directives(data []byte, each func(words []string, stack []int, line int, opens bool)) {
	var words []string
	var stack []int
	blocks := 0
	for tok := range crossplane.Lex(bytes.NewReader(data)) {
		switch {
		case tok.Error != nil, strings.HasPrefix(tok.Value, "#") && !tok.IsQuoted: // the lexer has to be read to its end
		case tok.Value == "{" && !tok.IsQuoted:
			blocks++
			stack = append(stack, blocks)
			if len(words) > 0 {
				each(words, stack, tok.Line, true)
			}
			words = nil
		case tok.Value == "}" && !tok.IsQuoted:
			stack, words = stack[:max(0, len(stack)-1)], nil
		case tok.Value == ";" && !tok.IsQuoted:
			if len(words) > 0 {
				each(words, stack, tok.Line, false)
			}
			words = nil
		default:
			words = append(words, tok.Value)
		}
	}
}

// included finds a directive at the top of an included file.
func (t *Trace) included(c *nginxroute.Config, include, name string, scope []int) []occurrence {
	base := include[strings.LastIndexByte(include, '/')+1:]
	var out []occurrence
	for shown, file := range t.files.paths {
		if !slices.Contains(c.Files, file) || !strings.HasSuffix(strings.TrimSuffix("/"+shown, ".template"), "/"+base) {
			continue
		}
		data, err := readfile.Text(file, maxProbe)
		if err != nil {
			continue // as above
		}
		directives(data, func(words []string, stack []int, line int, opens bool) {
			if !opens && len(stack) == 0 && words[0] == name {
				out = append(out, occurrence{scope, words, shown, line})
			}
		})
	}
	return out
}

// rendered is a value of a template as the container has it.
func (t *Trace) rendered(value string) string {
	name, ok := strings.CutPrefix(value, "${")
	if !ok || t.files.deployment == nil {
		return value
	}
	name = strings.TrimSuffix(name, "}")
	if s, ok := nginxService(t.files.deployment); ok && s.Env[name].Text != "" {
		return s.Env[name].Text
	}
	if v := t.files.deployment.Lookup(name); v != "" {
		return v
	}
	return value
}

// SpeaksPlain reports whether an upstream is the port of a part of Dify's that
// speaks plain HTTP.
func (t *Trace) SpeaksPlain(upstream string) bool { return t.plain(t.Service(upstream), upstream) }

// Knows reports whether an upstream's name leads to something, as far as the
// files show.
func (t *Trace) Knows(upstream string) bool {
	_, ok := t.files.book.resolve(upstream)
	return ok
}
