package apacheroute

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// node is a directive, or a section with what stands in it.
type node struct {
	name    string // lower case, of a section without brackets
	args    []word
	pos     routing.Pos
	section bool
	body    []*node
}

func (n *node) arg(i int) string {
	if i < len(n.args) {
		return n.args[i].text
	}
	return ""
}

func (n *node) at(i int) routing.Pos {
	if i < len(n.args) {
		return n.args[i].pos
	}
	return n.pos
}

// String is the directive as it could be written.
func (n *node) String() string {
	out := []string{n.written()}
	for _, a := range n.args {
		w := a.text
		if w == "" || strings.ContainsAny(w, " \t") {
			w = "\"" + w + "\""
		}
		out = append(out, w)
	}
	if n.section {
		return "<" + strings.Join(out, " ") + ">"
	}
	return strings.Join(out, " ")
}

// written is the name as people write it.
func (n *node) written() string {
	for _, w := range []string{"ProxyPass", "ProxyPassMatch", "RewriteRule", "RewriteCond", "Redirect", "RedirectMatch", "RedirectPermanent",
		"RedirectTemp", "Alias", "AliasMatch", "Location", "LocationMatch", "VirtualHost", "Require", "DocumentRoot"} {
		if strings.EqualFold(w, n.name) {
			return w
		}
	}
	return n.name
}

const (
	maxDepth = 32
	maxFile  = 4 << 20 // bytes of one file
	maxFiles = 512
)

// loader reads files into one list of nodes.
type loader struct {
	opt     Options
	root    string
	files   []string // each once, however often it is included
	reads   int
	size    int // of all that was read, in bytes
	defines map[string]string
	modules map[string]bool // loaded by name; nil: no LoadModule seen, so all are taken to be there
	macros  map[string]macro

	expanded int // lines that macros unfolded to
	notes    []string
}

func (l *loader) show(file string) string {
	if l.opt.Show != nil {
		return l.opt.Show(file)
	}
	return filepath.ToSlash(file)
}

func fail(p routing.Pos, format string, args ...any) error {
	return routing.SyntaxError{Pos: p, Msg: fmt.Sprintf(format, args...)}
}

// read parses a file.
func (l *loader) read(file string, depth int) ([]*node, error) {
	if l.reads++; depth > maxDepth || l.reads > maxFiles {
		return nil, fmt.Errorf("%s: includes are nested too deeply or too many, does a file include itself?", l.show(file))
	}
	data, err := readfile.Text(file, maxFile)
	if err != nil {
		return nil, readfile.At(l.show(file), err)
	}
	if l.size += len(data); l.size > 4*maxFile {
		return nil, fmt.Errorf("%s: the configuration is larger than %d bytes", l.show(file), 4*maxFile)
	}
	if !slices.Contains(l.files, file) {
		l.files = append(l.files, file)
	}
	ls := lines(l.show(file), string(data))
	body, rest, err := l.parse(ls, nil, file, depth, 0)
	if err == nil && len(rest) > 0 {
		err = fail(rest[0].pos, "%s closes nothing", strings.TrimSpace(rest[0].text))
	}
	return body, err
}

// parse reads lines until the section that open begins ends.
func (l *loader) parse(ls []line, open *node, file string, depth, nest int) ([]*node, []line, error) {
	var out []*node
	for len(ls) > 0 {
		cur := ls[0]
		trimmed := strings.TrimSpace(cur.text)
		if strings.HasPrefix(trimmed, "</") {
			return l.closing(ls, open, out)
		}
		ls = ls[1:]
		n, err := l.node(cur)
		if err != nil {
			return nil, nil, err
		}
		if n.section && n.name == "macro" {
			if ls, err = l.defineMacro(n, ls, file); err != nil {
				return nil, nil, err
			}
			continue
		}
		if n.name == "use" {
			if more, known, err := l.useMacro(n, depth, nest); known || err != nil {
				if err != nil {
					return nil, nil, err
				}
				out = append(out, more...)
				continue
			}
		}
		if !n.section {
			more, err := l.directive(n, file, depth)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, more...)
			continue
		}
		if nest > maxDepth {
			return nil, nil, fail(n.pos, "sections are nested too deeply")
		}
		if n.body, ls, err = l.parse(ls, n, file, depth, nest+1); err != nil {
			return nil, nil, err
		}
		more, err := l.conditional(n)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, more...)
	}
	if open != nil {
		return nil, nil, fail(open.pos, "%s is never closed, want </%s>", open, open.written())
	}
	return out, nil, nil
}

func (l *loader) closing(ls []line, open *node, out []*node) ([]*node, []line, error) {
	name := strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(ls[0].text), "</"), ">")))
	if open == nil {
		return out, ls, nil
	}
	if name != open.name {
		return nil, nil, fail(ls[0].pos, "</%s> where </%s> of line %d is wanted", name, open.written(), open.pos.Line)
	}
	return out, ls[1:], nil
}

// node reads one line.
func (l *loader) node(cur line) (*node, error) {
	lead := len(cur.text) - len(strings.TrimLeft(cur.text, " \t"))
	n := &node{pos: cur.at(lead)}
	if strings.HasPrefix(cur.text[lead:], "<") {
		end := strings.LastIndexByte(cur.text, '>')
		if end < lead || strings.TrimSpace(cur.text[end+1:]) != "" {
			return nil, fail(n.pos, "a section that is not closed with >")
		}
		n.section = true
		cur.text = strings.Repeat(" ", lead+1) + cur.text[lead+1:end]
	}
	words, err := cur.words()
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, fail(n.pos, "a section without a name")
	}
	n.name, n.args = strings.ToLower(words[0].text), words[1:]
	for i := range n.args {
		n.args[i].text = l.expand(n.args[i].text)
	}
	return n, nil
}

// expand puts ${NAME} of Define in; names that nothing defines stay, as Apache leaves them.
func (l *loader) expand(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			break
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			break
		}
		v, ok := l.defines[s[i+2:i+end]]
		if !ok {
			v = s[i : i+end+1]
		}
		b.WriteString(s[:i] + v)
		s = s[i+end+1:]
	}
	return b.String() + s
}

// directive handles the lines that are for the reader itself.
func (l *loader) directive(n *node, file string, depth int) ([]*node, error) {
	switch n.name {
	case "include", "includeoptional":
		return l.include(n, file, depth)
	case "define":
		l.defines[n.arg(0)] = n.arg(1)
		return nil, nil
	case "undefine":
		delete(l.defines, n.arg(0))
		return nil, nil
	case "loadmodule":
		if l.modules == nil {
			l.modules = map[string]bool{}
		}
		l.modules[n.arg(0)] = true
		return nil, nil
	}
	return []*node{n}, nil
}

// conditional takes sections that hold or not when the files are read.
func (l *loader) conditional(n *node) ([]*node, error) {
	cond, not := strings.CutPrefix(n.arg(0), "!")
	var holds bool
	switch n.name {
	case "ifmodule":
		holds = l.hasModule(cond)
	case "ifdefine":
		_, holds = l.defines[cond]
	case "ifversion":
		return n.body, nil // what the gate simulates is 2.4, and old files write >= 2.4
	default:
		return []*node{n}, nil
	}
	if holds != not {
		return n.body, nil
	}
	return nil, nil
}

// hasModule says whether a module is there: by the LoadModule lines when the files have any.
func (l *loader) hasModule(name string) bool {
	if l.modules == nil {
		return true
	}
	short := strings.TrimSuffix(strings.TrimPrefix(name, "mod_"), ".c")
	return l.modules[name] || l.modules[short+"_module"]
}

func (l *loader) include(n *node, file string, depth int) ([]*node, error) {
	if len(n.args) != 1 {
		return nil, fail(n.pos, "%s wants one path", n.name)
	}
	found, err := l.resolve(n.arg(0), file)
	if err != nil {
		return nil, fail(n.pos, "%s %s: %s", n.written(), n.arg(0), readfile.Reason(err))
	}
	if len(found) == 0 {
		if n.name == "include" && !strings.ContainsAny(n.arg(0), "*?[") {
			l.notes = append(l.notes, fmt.Sprintf("%s: include %s is not at hand", n.pos, n.arg(0)))
			return []*node{n}, nil
		}
		return nil, nil
	}
	var out []*node
	for _, f := range found {
		more, err := l.read(f, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// resolve finds an include's files below the configuration's root, for which /etc/apache2 stands too.
func (l *loader) resolve(pattern, file string) ([]string, error) {
	rel := strings.TrimPrefix(strings.TrimPrefix(pattern, "/etc/apache2/"), "/etc/httpd/")
	var tries []string
	if filepath.IsAbs(rel) {
		if root, err := filepath.Abs(l.root); err != nil || !strings.HasPrefix(filepath.Clean(rel), root+string(filepath.Separator)) {
			return nil, nil
		}
		tries = []string{rel}
	} else {
		tries = []string{filepath.Join(l.root, rel), filepath.Join(filepath.Dir(file), rel)}
	}
	for _, t := range tries {
		found, err := readfile.Glob(t)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(f string) bool { dir, err := readfile.IsDir(f); return err == nil && dir })
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// asErrors makes a parse error a routing.Errors, and leaves others.
func asErrors(err error) error {
	var one routing.SyntaxError
	if errors.As(err, &one) {
		return routing.Errors{one}
	}
	return err
}
