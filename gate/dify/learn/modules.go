package learn

import (
	"fmt"
	"path"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/python"
)

// module is a Python module and what its names are bound to.
type module struct {
	name string // controllers.console.app
	file string
	body []python.Stmt
	// pkg: the module is a package's __init__.py.
	pkg   bool
	names map[string]binding
	// stars are the modules of "from x import *".
	stars []string
	// inner has the names that functions import, once somebody asked for one.
	inner *module
}

// binding is what a name is bound to at the top level of a module: an
// assignment, a class, or what another module has under a name.
type binding struct {
	stmt   *python.Stmt
	module string // of an import; with name "" the module itself
	name   string
}

// object is what a name comes to when its imports are followed.
type object struct {
	module *module
	name   string
	stmt   *python.Stmt // nil: the module itself
}

// key tells objects apart.
func (o object) key() string { return o.module.name + ":" + o.name }

// program are the modules of a tree, by name.
type program struct {
	modules map[string]*module
	order   []*module
	tokens  int
}

// maxTokens bounds the code of all modules together; 1.16.0 has 0.7 million
// tokens.
const maxTokens = 4_000_000

// parse reads a Python file.
func (r *reader) parse(file string) python.File {
	f := python.Parse(string(r.tree.files[file]))
	if f.Cut {
		r.cannot(file, "more than %d tokens: the rest was not read", python.MaxTokens)
	}
	return f
}

// load parses the modules from which routes can come.
func (r *reader) load() *program {
	p := &program{modules: map[string]*module{}}
	for _, file := range r.tree.under("api/", ".py") {
		if strings.HasPrefix(file, versionsFolder) {
			continue
		}
		if p.tokens > maxTokens {
			r.cannot(file, "not read: the files before it hold more code than any release of Dify")
			continue
		}
		f := r.parse(file)
		p.tokens += f.Tokens
		m := newModule(file, pruned(f.Body, false))
		p.modules[m.name] = m
		p.order = append(p.order, m)
	}
	return p
}

func newModule(file string, body []python.Stmt) *module {
	name := strings.TrimSuffix(strings.TrimPrefix(file, "api/"), ".py")
	m := &module{file: file, body: body, names: map[string]binding{}, pkg: path.Base(name) == "__init__"}
	m.name = strings.ReplaceAll(strings.TrimSuffix(name, "/__init__"), "/", ".")
	m.bind(body)
	return m
}

// bind notes the names of a body and of the blocks in it, which run when the
// module is imported.
func (m *module) bind(body []python.Stmt) {
	for i := range body {
		s := &body[i]
		switch s.Kind {
		case python.Assign, python.Class:
			m.names[s.Name] = binding{stmt: s}
		case python.Import:
			m.imported(s)
		case python.Block:
			m.bind(s.Body)
		}
	}
}

func (m *module) imported(s *python.Stmt) {
	if s.Module == "" {
		for _, n := range s.Names {
			whole, as := n.Name, n.As
			if as == n.Name { // "import a.b" binds a
				whole, _, _ = strings.Cut(n.Name, ".")
				as = whole
			}
			m.names[as] = binding{module: whole}
		}
		return
	}
	from := m.absolute(s.Module)
	for _, n := range s.Names {
		if n.Name == "*" {
			m.stars = append(m.stars, from)
			continue
		}
		m.names[n.As] = binding{module: from, name: n.Name}
	}
}

// absolute is the full name of a module that is named with leading dots.
func (m *module) absolute(name string) string {
	dots := len(name) - len(strings.TrimLeft(name, "."))
	if dots == 0 {
		return name
	}
	parts := strings.Split(m.name, ".")
	up := dots
	if m.pkg {
		up--
	}
	parts = parts[:max(0, len(parts)-up)]
	if rest := name[dots:]; rest != "" {
		parts = append(parts, rest)
	}
	return strings.Join(parts, ".")
}

// maxImports bounds how often a name is handed on from module to module.
const maxImports = 32

// find follows a name of a module to where it is made.
func (p *program) find(m *module, name string, depth int) (object, bool) {
	if depth > maxImports {
		return object{}, false
	}
	b, ok := m.names[name]
	switch {
	case !ok:
		for _, star := range m.stars {
			if from := p.modules[star]; from != nil {
				if o, ok := p.find(from, name, depth+1); ok {
					return o, true
				}
			}
		}
		return object{}, false
	case b.stmt != nil && b.stmt.Kind == python.Assign && b.stmt.Value.Kind == python.Name && b.stmt.Value.Text != name:
		return p.find(m, b.stmt.Value.Text, depth+1)
	case b.stmt != nil:
		return object{m, name, b.stmt}, true
	case b.name == "":
		from := p.modules[b.module]
		return object{module: from}, from != nil
	}
	if from := p.modules[b.module]; from != nil {
		if o, ok := p.find(from, b.name, depth+1); ok {
			return o, true
		}
	}
	sub := p.modules[b.module+"."+b.name]
	return object{module: sub}, sub != nil
}

// resolve follows a.b.c: names of modules, then a name of the last one.
func (p *program) resolve(m *module, e python.Expr) (object, bool) {
	switch e.Kind {
	case python.Name:
		return p.find(m, e.Text, 0)
	case python.Attr:
		of, ok := p.resolve(m, *e.Of)
		if !ok || of.stmt != nil {
			return object{}, false
		}
		if o, ok := p.find(of.module, e.Text, 0); ok {
			return o, true
		}
		sub := p.modules[of.module.name+"."+e.Text]
		return object{module: sub}, sub != nil
	}
	return object{}, false
}

// text is the value of an expression that is text: a literal, a constant, a sum
// or an f-string of such. What only running the code would tell is {?}, and
// whole is false then.
func (p *program) text(m *module, e python.Expr, depth int) (value string, whole bool) {
	const open = "{?}"
	switch e.Kind {
	case python.String:
		return e.Text, true
	case python.FString, python.Sum:
		whole = true
		for _, part := range e.Args {
			text, ok := p.text(m, part, depth+1)
			value, whole = value+text, whole && ok
		}
		return value, whole
	case python.Name, python.Attr:
		o, ok := p.resolve(m, e)
		if ok && o.stmt != nil && o.stmt.Kind == python.Assign && depth < maxImports {
			return p.text(o.module, o.stmt.Value, depth+1)
		}
	}
	return open, false
}

func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }
