package python

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// show writes statements in short, so that a test can say what it wants.
func show(body []Stmt, indent string) string {
	var b strings.Builder
	for _, s := range body {
		for _, d := range s.Decorators {
			b.WriteString(indent + "@" + expr(d) + "\n")
		}
		b.WriteString(indent)
		switch s.Kind {
		case Class:
			b.WriteString("class " + s.Name + list(s.Bases))
		case Def:
			b.WriteString("def " + s.Name + "(" + strings.Join(s.Params, " ") + ")")
		case Assign:
			b.WriteString(s.Name + " = " + expr(s.Value))
		case Import:
			b.WriteString("from " + s.Module + " import")
			for _, n := range s.Names {
				b.WriteString(" " + n.Name + ":" + n.As)
			}
		case Block:
			b.WriteString("block " + s.Name)
		case Action:
			b.WriteString(expr(s.Value))
		}
		b.WriteString("\n" + show(s.Body, indent+"  "))
	}
	return b.String()
}

func list(args []Expr) string {
	var out []string
	for _, a := range args {
		out = append(out, expr(a))
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func expr(e Expr) string {
	switch e.Kind {
	case Name:
		return e.Text
	case Attr:
		return expr(*e.Of) + "." + e.Text
	case String:
		return "'" + e.Text + "'"
	case FString:
		return "f" + list(e.Args)
	case List:
		return "list" + list(e.Args)
	case Sum:
		return "sum" + list(e.Args)
	case Call:
		args := e.Args
		out := expr(*e.Of) + list(args)
		for _, k := range e.Keywords {
			out += " " + k.Name + "=" + expr(k.Value)
		}
		return out
	}
	return "?"
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, source, want string }{
		{"strings side by side are one", "x = ('a'\n  \"b\" # c\n  r'\\d' '''e\nf''')\n", "x = 'ab\\de\nf'\n"},
		{"escapes", `x = 'a\'b\\c\n'` + "\n", "x = 'a'b\\c\n'\n"},
		{"an f-string", "x = f'/{a.b}/{c:d}/{{e}}/{f(\"x\")}'\n", "x = f('/', a.b, '/', ?, '/{e}/', ?)\n"},
		{"a sum", "x = a + '/b' + c()\n", "x = sum(a, '/b', c())\n"},
		{"an annotation", "x: dict[str, int] = {}\ny: int\n", "x = ?\ny\n"},
		{"a chain of calls", "a.b(1, *c, d=e, **f)('g')[0]\n", "?\n"},
		{"keywords", "Blueprint('console', __name__, url_prefix='/c')\n", "Blueprint('console', __name__) url_prefix='/c'\n"},
		{"lists", "x = ['a', ('b',), ('c'), ()]\n", "x = list('a', list('b'), 'c', list())\n"},
		{"a comprehension", "x = [f(y) for y in z]\n", "x = list(?)\n"},
		{"a condition", "x = a if b else c\n", "x = ?\n"},
		{"two targets", "x = y = 'a'\n", "x = 'a'\n"},
		{"decorators", "@a.b('/c', methods=['GET'])\n@d\nclass E(F, G[H], metaclass=I):\n  def get(self, x: int = 1, *args, **kw) -> None: pass\n",
			"@a.b('/c') methods=list('GET')\n@d\nclass E(F, ?)\n  def get(self x args kw)\n    pass\n"},
		{"async", "async def f():\n    await g('x')\n", "def f()\n  g('x')\n"},
		{"imports", "from .. import a, b as c\nfrom .d.e import (\n  f,\n  g as h,\n)\nimport i.j, k as l\nfrom m import *\n",
			"from .. import a:a b:c\nfrom .d.e import f:f g:h\nfrom  import i.j:i.j k:l\nfrom m import *:*\n"},
		{"blocks", "if a:\n  b()\nelif c:\n  d()\nelse:\n  e()\ntry:\n  f()\nexcept G as h:\n  i()\nfor j in k():\n  l(j)\nwith m() as n: o()\n",
			"block if\n  b()\nblock elif\n  d()\nblock else\n  e()\nblock try\n  f()\nblock except\n  i()\nblock for\n  l(j)\nblock with\n  o()\n"},
		{"match is a name, too", "match = 'a'\nmatch x:\n  case 'y':\n    z()\n", "match = 'a'\nblock match\n  block case\n    z()\n"},
		{"lines that go on", "x = a.b( # )\n  'c'\n)\ny = 'd' \\\n  'e'; z = 'f'\n", "x = a.b('c')\ny = 'de'\nz = 'f'\n"},
		{"no code in strings", "x = '''\n@route('/a')\nclass A: pass\n'''\n", "x = '\n@route('/a')\nclass A: pass\n'\n"},
		{"a docstring and a comment", "def f():\n  \"\"\"def g(): pass\"\"\"\n  # def h(): pass\n  return i\n", "def f()\n  'def g(): pass'\n  i\n"},
		{"tabs, CRLF and a byte order mark", "\ufeffclass A:\r\n\tdef b(self):\r\n\t\tpass\r\n\tc = 'd'\r\n", "class A()\n  def b(self)\n    pass\n  c = 'd'\n"},
		{"type parameters", "def f[T](x: T) -> T: return x\nclass A[T](B): pass\n", "def f(x)\n  x\nclass A(B)\n  pass\n"},
		{"a lambda", "x = f(lambda a, b: a, 'c')\n", "x = f(?, 'c')\n"},
		{"a string that stays open", "x = 'a\ny = 'b'\n", "x = 'a'\ny = 'b'\n"},
	} {
		if diff := cmp.Diff(tt.want, show(Parse(tt.source).Body, "")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	body := Parse("'''\n\n'''\n@a(\n  'b'\n)\ndef c():\n  d(\n    f'''\n{e}''')\n  g()\n").Body
	def := body[1]
	if def.Line != 7 || def.Decorators[0].Line != 4 || def.Body[0].Line != 8 || def.Body[1].Line != 11 {
		t.Errorf("got lines %d, %d, %d, %d, want 7, 4, 8, 11", def.Line, def.Decorators[0].Line, def.Body[0].Line, def.Body[1].Line)
	}
}

// Nothing nests or grows without a bound.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"(", "[", "{", "f'{", "f(a=", "if x:", "class A(", "a.", "@", "'", "x = (", "def f(", "lambda:", "\\", "((a,", "f\"{f'{", "import ", "match x:\n case y:\n  "} {
		Parse(strings.Repeat(part, 50_000/len(part)))
		Parse(strings.Repeat(part+"\n ", 50_000/len(part)))
	}
	var deep strings.Builder
	for i := range 2000 {
		deep.WriteString(strings.Repeat(" ", i) + "if x:\n")
	}
	Parse(deep.String())
	if f := Parse(strings.Repeat("a\n", MaxTokens)); !f.Cut || f.Tokens > MaxTokens+1 {
		t.Errorf("cut %v after %d tokens, want it cut at %d", f.Cut, f.Tokens, MaxTokens)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("@a.route(f'/{b}', methods=['GET'])\nclass C(D):\n    def get(self): return {}\n")
	f.Add("x = 'a' \\\n 'b'; y: z = (1,\n'''c''')\nmatch q:\n  case [1, *_]: pass\n")
	f.Add("f'{f\"{x}\"}' lambda *a, **k: (yield)\n")
	f.Fuzz(func(t *testing.T, source string) {
		lines := strings.Count(source, "\n") + 1
		var walk func([]Stmt)
		walk = func(body []Stmt) {
			for _, s := range body {
				if s.Kind == 0 || s.Line < 1 || s.Line > lines {
					t.Fatalf("%q: statement %+v", source, s)
				}
				s.Value.Walk(func(e Expr) {})
				walk(s.Body)
			}
		}
		walk(Parse(source).Body)
	})
}
