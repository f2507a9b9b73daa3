package learn

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/python"
)

// commands reads the functions that click makes a command of. A group is none
// by itself; its commands are listed by their own names.
func (r *reader) commands() {
	files := r.tree.under("api/commands", ".py")
	if len(files) == 0 {
		r.cannot("api/commands", "no module")
	}
	for _, name := range files {
		each(r.parse(name).Body, func(s python.Stmt) {
			if s.Kind != python.Def {
				return
			}
			for _, d := range s.Decorators {
				if d.Function() == "command" {
					r.command(name, s, d)
				}
			}
		})
	}
}

func (r *reader) command(file string, s python.Stmt, d python.Expr) {
	given, ok := python.Expr{}, len(d.Args) > 0
	if ok {
		given = d.Args[0]
	} else {
		given, ok = d.Keyword("name")
	}
	switch {
	case !ok:
		// click's own rule, with the suffixes that it drops
		name := strings.ReplaceAll(strings.ToLower(s.Name), "_", "-")
		for _, end := range []string{"-command", "-cmd", "-group", "-grp"} {
			name = strings.TrimSuffix(name, end)
		}
		r.facts.Commands = append(r.facts.Commands, name)
	case given.Kind == python.String && given.Text != "" && printable(given.Text):
		r.facts.Commands = append(r.facts.Commands, given.Text)
	default:
		r.cannot(place(file, d.Line), "the name of the command %s is not a text", s.Name)
	}
}

// each calls visit for all statements, also those in blocks, classes and
// functions.
func each(body []python.Stmt, visit func(python.Stmt)) {
	for _, s := range body {
		visit(s)
		each(s.Body, visit)
	}
}
