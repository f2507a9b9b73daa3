package learn

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/python"
)

// methods are the names under which a view class answers.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"}

// routes reads the routes of the api.
func (r *reader) routes() {

	t := &mounts{program: r.load(), reader: r, at: map[string][]string{}, registered: map[string]string{}}
	// Blueprints first: the paths of namespaces build on where they are.
	for _, m := range t.order {
		each(m.body, func(s python.Stmt) {
			s.Value.Walk(func(e python.Expr) {
				if e.Kind == python.Call && e.Of.Kind == python.Attr && e.Function() == "register_blueprint" {
					t.blueprint(m, e)
				}
			})
		})
	}
	for _, m := range t.order {
		t.collect(m)
	}
	for _, m := range t.order {
		(&scan{mounts: t, module: m}).body(m.body)
	}
}

// scan finds the statements of a module that make routes.
type scan struct {
	*mounts
	module *module
}

// body looks at statements.
func (s *scan) body(body []python.Stmt) {
	for i := range body {
		stmt := &body[i]
		for _, d := range stmt.Decorators {
			s.decorator(d, stmt)
		}
		stmt.Value.Walk(s.call)
		s.body(stmt.Body)
	}
}

// decorator reads @ns.route("/a"), @bp.route("/a", methods=[…]) and
// @router.get("/a").
func (s *scan) decorator(d python.Expr, on *python.Stmt) {
	if d.Kind != python.Call || d.Of.Kind != python.Attr {
		return
	}
	verb := strings.ToUpper(d.Function())
	if verb == "ROUTE" {
		bases, ok := s.bases(*d.Of.Of)
		if !ok {
			s.open(d, "what it is called on is not known")
			return
		}
		if on.Kind == python.Class {
			s.add(bases, d.Args, s.listed(d, s.classMethods(d, on)), d)
			return
		}
		s.add(bases, s.rule(d), s.listed(d, []string{"GET"}), d)
		return
	}
	if !slices.Contains(methods, verb) {
		return
	}
	if o, ok := s.local(s.module, *d.Of.Of); ok && kindOf(o.stmt) == "router" {
		bases := s.at[o.key()]
		if len(bases) == 0 {
			s.open(d, "the router is included nowhere")
		}
		s.add(bases, s.rule(d), []string{verb}, d)
	}
}

func (s *scan) rule(d python.Expr) []python.Expr {
	for _, name := range []string{"rule", "path"} {
		if given, ok := argument(d, 0, name); ok {
			return []python.Expr{given}
		}
	}
	return nil
}

// call reads api.add_resource(Class, "/a", "/b"), bp.add_url_rule("/a", …) and
// a route decorator that is called as a function.
func (s *scan) call(e python.Expr) {
	if e.Kind != python.Call || e.Of.Kind != python.Attr && e.Of.Kind != python.Call {
		return
	}
	if e.Of.Kind == python.Call { // ns.route("/a")(Class)
		if e.Of.Function() == "route" && e.Of.Of.Kind == python.Attr {
			s.open(e, "route called as a function")
		}
		return
	}
	switch e.Function() {
	case "add_resource":
		s.resource(e)
	case "add_url_rule", "add_api_route":
		bases, ok := s.bases(*e.Of.Of)
		switch {
		case ok:
			s.add(bases, s.rule(e), s.listed(e, s.viewMethods(e)), e)
		case len(e.Args) > 0 || len(e.Keywords) > 0:
			s.open(e, "what it is called on is not known")
		}
	}
}

// viewMethods are the methods of view_func=View.as_view(…), and GET for a
// function.
func (s *scan) viewMethods(e python.Expr) []string {
	view, ok := argument(e, 2, "view_func")
	if ok && view.Function() == "as_view" && view.Of.Kind == python.Attr {
		if o, ok := s.local(s.module, *view.Of.Of); ok && o.stmt != nil && o.stmt.Kind == python.Class {
			return (&scan{mounts: s.mounts, module: o.module}).classMethods(e, o.stmt)
		}
		s.open(e, "the view is not known")
		return nil
	}
	return []string{"GET"}
}

func (s *scan) resource(e python.Expr) {
	bases, ok := s.bases(*e.Of.Of)
	if !ok {
		s.open(e, "what it is called on is not known")
		return
	}
	if len(e.Args) < 2 {
		s.open(e, "want a class and a path")
		return
	}
	o, ok := s.local(s.module, e.Args[0])
	if !ok || o.stmt == nil || o.stmt.Kind != python.Class {
		s.open(e, "the class is not known")
		return
	}
	in := &scan{mounts: s.mounts, module: o.module}
	s.add(bases, e.Args[1:], in.classMethods(e, o.stmt), e)
}

// bases are the paths under which what a route is made on answers.
func (s *scan) bases(on python.Expr) ([]string, bool) {
	o, ok := s.local(s.module, on)
	if !ok {
		// The app that an extension is handed: its paths are whole.
		return []string{""}, on.Kind == python.Name && isApp(on.Text)
	}
	switch kindOf(o.stmt) {
	case "namespace":
		return s.namespaceBases(o)
	case "router":
		return s.at[o.key()], true
	case "blueprint", "api", "app":
		base, ok := s.prefix(s.module, on, 0)
		return []string{base}, ok
	}
	return nil, false
}

// namespaceBases are where a namespace was added; one that api.namespace(…) made
// is added by that.
func (s *scan) namespaceBases(ns object) ([]string, bool) {
	if at := s.at[ns.key()]; len(at) > 0 {
		return at, true
	}
	call := ns.stmt.Value
	if call.Function() == "namespace" && call.Of.Kind == python.Attr {
		base, ok := s.prefix(ns.module, *call.Of.Of, 0)
		return []string{base + s.namespacePath(ns)}, ok
	}
	return nil, false
}

func isApp(name string) bool { return name == "app" || name == "flask_app" || name == "dify_app" }

// add adds routes for all paths and methods.
func (s *scan) add(bases []string, paths []python.Expr, verbs []string, at python.Expr) {
	for _, e := range paths {
		path, whole := s.text(s.module, e, 0)
		switch {
		case path == "{?}":
			s.open(at, "the path is not a text")
			continue
		case !printable(path) || strings.ContainsAny(path, " \t"):
			s.open(at, "the path holds characters that no path has")
			continue
		case !whole:
			s.open(at, "a part of the path "+path+" is made when the code runs")
		}
		for _, base := range bases {
			for _, verb := range verbs {
				s.reader.facts.Routes = append(s.reader.facts.Routes, dify.RouteFact{Method: verb, Path: join(base, path)})
			}
		}
	}
}

func join(base, path string) string {
	if base == "" || path == "" {
		return base + path
	}
	return strings.TrimRight(base, "/") + "/" + strings.TrimLeft(path, "/")
}

// open lists a statement that makes routes and was not understood.
func (s *scan) open(e python.Expr, why string) {
	s.reader.cannot(place(s.module.file, e.Line), "%s: %s", e.Function(), why)
}

// listed are the methods of a methods= argument.
func (s *scan) listed(e python.Expr, otherwise []string) []string {
	given, ok := e.Keyword("methods")
	if !ok {
		return otherwise
	}
	return s.verbs(given, e)
}

func (s *scan) verbs(list, at python.Expr) []string {
	if o, ok := s.local(s.module, list); ok && o.stmt != nil && o.stmt.Kind == python.Assign {
		list = o.stmt.Value
	}
	var out []string
	for _, e := range list.Args {
		text, whole := s.text(s.module, e, 0)
		if verb := strings.ToUpper(text); whole && slices.Contains(methods, verb) {
			out = append(out, verb)
			continue
		}
		s.open(at, "a method is not a known text")
	}
	if list.Kind != python.List {
		s.open(at, "the methods are not a list")
	}
	return out
}

// classMethods are the methods that a view class answers, its own and those of
// its bases.
func (s *scan) classMethods(at python.Expr, class *python.Stmt) []string {
	var out []string
	if !s.collectMethods(class, &out, 0) && len(out) == 0 {
		s.open(at, "no method of class "+class.Name+" is found")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// collectMethods reports whether any method was found.
func (s *scan) collectMethods(class *python.Stmt, out *[]string, depth int) bool {
	if depth > maxImports {
		return false
	}
	before := len(*out)
	inClass(class.Body, func(st python.Stmt) {
		switch {
		case st.Kind == python.Def || st.Kind == python.Assign:
			if verb := strings.ToUpper(st.Name); st.Name == strings.ToLower(st.Name) && slices.Contains(methods, verb) {
				*out = append(*out, verb)
			}
		}
	})
	for _, base := range class.Bases {
		if o, ok := s.local(s.module, base); ok && o.stmt != nil && o.stmt.Kind == python.Class {
			(&scan{mounts: s.mounts, module: o.module}).collectMethods(o.stmt, out, depth+1)
		}
	}
	return len(*out) > before
}

// inClass visits the statements of a class's body and of blocks in it.
func inClass(body []python.Stmt, visit func(python.Stmt)) {
	for _, s := range body {
		visit(s)
		if s.Kind == python.Block {
			inClass(s.Body, visit)
		}
	}
}
