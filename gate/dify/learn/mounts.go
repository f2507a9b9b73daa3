package learn

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/python"
)

// mounts know under which path each blueprint, api, namespace and router
// answers.
//
//	bp = Blueprint("console", __name__, url_prefix="/console/api")
//	api = ExternalApi(bp)              the same path
//	ns = Namespace("console", path="/")
//	api.add_namespace(ns)              the path of api, then that of ns
//	app.register_blueprint(bp)         without it nothing of bp answers
//	app.include_router(router, prefix="/console/api")
type mounts struct {
	*program
	reader *reader
	// at are the paths of namespaces and routers by key, as they were added.
	at map[string][]string
	// registered are the blueprints that an app takes, with the prefix given
	// there or "" for their own; all counts whether any call was seen.
	registered map[string]string
	all        int
}

// kindOf tells what a call makes, by the name of what is called.
func kindOf(s *python.Stmt) string {
	if s == nil || s.Kind != python.Assign {
		return ""
	}
	name := s.Value.Function()
	switch {
	case name == "Blueprint", name == "Namespace", name == "namespace":
		return strings.ToLower(name)
	case strings.HasSuffix(name, "Router"):
		return "router"
	case strings.HasSuffix(name, "Api"):
		return "api"
	case name == "Flask", name == "DifyApp":
		return "app"
	}
	return ""
}

// collect reads the calls that put one thing under another.
func (t *mounts) collect(m *module) {
	each(m.body, func(s python.Stmt) {
		s.Value.Walk(func(e python.Expr) {
			if e.Kind != python.Call || e.Of.Kind != python.Attr {
				return
			}
			switch e.Function() {
			case "add_namespace":
				t.namespace(m, e)
			case "include_router":
				t.router(m, e)
			}
		})
	})
}

func (t *mounts) cannot(m *module, e python.Expr, why string) {
	t.reader.cannot(place(m.file, e.Line), "%s: %s", e.Function(), why)
}

func (t *mounts) namespace(m *module, e python.Expr) {
	if len(e.Args) == 0 {
		t.cannot(m, e, "no namespace is named")
		return
	}
	ns, ok := t.local(m, e.Args[0])
	if !ok || kindOf(ns.stmt) != "namespace" {
		t.cannot(m, e, "the namespace is not known")
		return
	}
	base, ok := t.prefix(m, *e.Of.Of, 0)
	if !ok {
		t.cannot(m, e, "where the api answers is not known")
		return
	}
	path := t.namespacePath(ns)
	if given, ok := argument(e, 1, "path"); ok {
		path, _ = t.text(m, given, 0)
	}
	t.at[ns.key()] = append(t.at[ns.key()], base+path)
}

// namespacePath is flask-restx's rule: the path without a slash at its end, by
// default the name.
func (t *mounts) namespacePath(ns object) string {
	call := ns.stmt.Value
	path := ""
	if given, ok := argument(call, 2, "path"); ok {
		path, _ = t.text(ns.module, given, 0)
	} else if name, ok := argument(call, 0, "name"); ok {
		text, _ := t.text(ns.module, name, 0)
		path = "/" + text
	}
	return strings.TrimRight(path, "/")
}

func (t *mounts) blueprint(m *module, e python.Expr) {
	t.all++
	if len(e.Args) == 0 {
		t.cannot(m, e, "no blueprint is named")
		return
	}
	bp, ok := t.local(m, e.Args[0])
	if !ok || kindOf(bp.stmt) != "blueprint" {
		t.cannot(m, e, "the blueprint is not known")
		return
	}
	outer := ""
	if of, ok := t.local(m, *e.Of.Of); ok && kindOf(of.stmt) == "blueprint" {
		outer, _ = t.prefix(m, *e.Of.Of, 0)
	}
	own := t.ownPrefix(bp)
	if given, ok := e.Keyword("url_prefix"); ok {
		own, _ = t.text(m, given, 0)
	}
	t.registered[bp.key()] = outer + own
}

func (t *mounts) ownPrefix(bp object) string {
	given, ok := bp.stmt.Value.Keyword("url_prefix")
	if !ok {
		return ""
	}
	text, _ := t.text(bp.module, given, 0)
	return strings.TrimRight(text, "/")
}

func (t *mounts) router(m *module, e python.Expr) {
	if len(e.Args) == 0 {
		t.cannot(m, e, "no router is named")
		return
	}
	router, ok := t.local(m, e.Args[0])
	if !ok || kindOf(router.stmt) != "router" {
		t.cannot(m, e, "the router is not known")
		return
	}
	prefix := ""
	if given, ok := argument(e, 1, "prefix"); ok {
		prefix, _ = t.text(m, given, 0)
	}
	t.at[router.key()] = append(t.at[router.key()], strings.TrimRight(prefix, "/"))
}

// local resolves a name that may be imported inside of a function, as
// ext_blueprints.py does.
func (t *mounts) local(m *module, e python.Expr) (object, bool) {
	if o, ok := t.resolve(m, e); ok {
		return o, true
	}
	if e.Kind != python.Name {
		return object{}, false
	}
	if m.inner == nil {
		m.inner = &module{name: m.name, file: m.file, pkg: m.pkg, names: map[string]binding{}}
		each(m.body, func(s python.Stmt) {
			if s.Kind == python.Import {
				m.inner.imported(&s)
			}
		})
	}
	return t.resolve(m.inner, e)
}

// prefix is where an api or blueprint answers.
func (t *mounts) prefix(m *module, e python.Expr, depth int) (string, bool) {
	o, ok := t.local(m, e)
	if !ok || depth > maxImports {
		return "", false
	}
	switch kindOf(o.stmt) {
	case "blueprint":
		if at, ok := t.registered[o.key()]; ok {
			return at, true
		}
		return t.ownPrefix(o), true
	case "app":
		return "", true
	case "api":
		call := o.stmt.Value
		of, ok := argument(call, 0, "app")
		if !ok {
			return "", false
		}
		base, ok := t.prefix(o.module, of, depth+1)
		if given, has := call.Keyword("prefix"); has {
			own, _ := t.text(o.module, given, 0)
			base += own
		}
		return base, ok
	}
	return "", false
}

// argument is an argument of a call, by place or by name.
func argument(call python.Expr, at int, name string) (python.Expr, bool) {
	if e, ok := call.Keyword(name); ok {
		return e, true
	}
	if at < len(call.Args) {
		return call.Args[at], true
	}
	return python.Expr{}, false
}
