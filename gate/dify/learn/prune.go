package learn

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/python"
)

// makers are the calls that make routes, or put one thing under another.
var makers = []string{"route", "add_resource", "add_url_rule", "add_api_route", "add_namespace", "register_blueprint", "include_router"}

// pruned are the statements of a module from which routes can come: all modules
// are kept at once, and most of their code is of no use here.
func pruned(body []python.Stmt, inFunction bool) []python.Stmt {
	var out []python.Stmt
	for _, s := range body {
		if s, ok := useful(s, inFunction); ok {
			out = append(out, s)
		}
	}
	return slices.Clip(out)
}

func useful(s python.Stmt, inFunction bool) (python.Stmt, bool) {
	s.Decorators = slices.Clip(slices.DeleteFunc(s.Decorators, func(d python.Expr) bool { return !isMaker(d) }))
	switch s.Kind {
	case python.Import:
		return s, true
	case python.Class:
		s.Body = members(s.Body)
		return s, true
	case python.Def:
		s.Body, s.Params = pruned(s.Body, true), nil
		return s, len(s.Decorators)+len(s.Body) > 0
	case python.Block:
		s.Body = pruned(s.Body, inFunction)
		if !makes(s.Value) {
			s.Value = python.Expr{}
		}
		return s, len(s.Body) > 0 || makes(s.Value)
	case python.Assign:
		return s, !inFunction || makes(s.Value)
	}
	return s, makes(s.Value)
}

// members are the names that a class has: of its methods nothing else counts.
func members(body []python.Stmt) []python.Stmt {
	var out []python.Stmt
	for _, s := range body {
		switch s.Kind {
		case python.Def, python.Assign:
			out = append(out, python.Stmt{Kind: s.Kind, Name: s.Name, Line: s.Line})
		case python.Block:
			out = append(out, python.Stmt{Kind: s.Kind, Name: s.Name, Line: s.Line, Body: members(s.Body)})
		}
	}
	return slices.Clip(out)
}

// makes reports whether an expression holds a call that makes something.
func makes(e python.Expr) bool {
	found := false
	e.Walk(func(e python.Expr) { found = found || slices.Contains(makers, e.Function()) })
	return found
}

// isMaker reports whether a decorator makes a route: one of the makers, or
// router.get and the like.
func isMaker(e python.Expr) bool {
	name := e.Function()
	return slices.Contains(makers, name) || name != "" && slices.Contains(methods, strings.ToUpper(name)) && e.Of.Kind == python.Attr
}
