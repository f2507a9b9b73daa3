package nginxroute

import (
	"fmt"
	"slices"
	"strings"
)

type levelKind int

const (
	httpLevel levelKind = iota + 1
	serverLevel
	locationLevel
	ifLevel
	limitExceptLevel
)

// level is a block that holds settings, and inherits those that it does not set.
type level struct {
	kind     levelKind
	parent   *level
	dir      *Directive // the block itself; of http an empty one
	body     []*Directive
	mod      string // of a location: "", "=", "^~", "~", "~*", "@"
	name     string // of a location, without modifier
	re       *pattern
	static   []*level // locations of a server or location, by kind
	regex    []*level
	named    map[string]*level
	ifs      map[*Directive]*level
	limit    *level // limit_except
	names    []serverName
	declared string // server_name as written
}

// find is the last directive of that name in the level itself.
func (l *level) find(name string) *Directive {
	for i := len(l.body) - 1; i >= 0; i-- {
		if l.body[i].Name == name {
			return l.body[i]
		}
	}
	return nil
}

// all are the level's own directives of that name.
func (l *level) all(name string) []*Directive {
	var out []*Directive
	for _, d := range l.body {
		if d.Name == name {
			out = append(out, d)
		}
	}
	return out
}

// inherit is the directive of that name that holds in the level.
func (l *level) inherit(name string) *Directive {
	for ; l != nil; l = l.parent {
		if d := l.find(name); d != nil {
			return d
		}
	}
	return nil
}

// inheritAll are the directives of that name of the nearest level that has any.
func (l *level) inheritAll(names ...string) []*Directive {
	for ; l != nil; l = l.parent {
		var out []*Directive
		for _, d := range l.body {
			if slices.Contains(names, d.Name) {
				out = append(out, d)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// on says whether a flag directive holds.
func (l *level) on(name string, def bool) bool {
	if d := l.inherit(name); d != nil {
		return d.arg(0) == "on"
	}
	return def
}

func (l *level) place() *Place {
	p := &Place{Pos: l.dir.Pos, Name: l.declared}
	if l.kind == locationLevel {
		p.Modifier, p.Path = l.mod, l.name
		p.Name = strings.Join(l.dir.Args, " ")
	}
	return p
}

// builder makes levels of directives and collects what nginx would refuse.
type builder struct {
	c    *Config
	errs Errors
}

func (b *builder) fail(p Pos, format string, args ...any) {
	b.errs = append(b.errs, SyntaxError{Pos: p, Msg: fmt.Sprintf(format, args...)})
}

// build fills the Config from the http block's directives.
func (c *Config) build(http []*Directive) error {
	b := &builder{c: c}
	c.maps = map[string]*mapVar{}
	c.declared = map[string]bool{}
	c.http = &level{kind: httpLevel, dir: &Directive{Name: "http"}, body: http}
	declare(c.declared, http)
	for _, d := range http {
		switch d.Name {
		case "server":
			c.servers = append(c.servers, b.server(d))
		case "upstream":
			b.upstream(d)
		case "map":
			b.mapVar(d)
		}
	}
	b.typos(http, true)
	b.variables(http)
	if len(c.servers) == 0 && len(b.errs) == 0 {
		return Errors{{Pos: Pos{File: firstFile(http, c.Files), Line: 1, Col: 1}, Msg: "no server block, want server { listen …; location … }"}}
	}
	for _, s := range c.servers {
		b.listen(s)
	}
	if len(b.errs) > 0 {
		return b.errs
	}
	return nil
}

func firstFile(ds []*Directive, files []string) string {
	if len(ds) > 0 {
		return ds[0].Pos.File
	}
	if len(files) > 0 {
		return files[len(files)-1]
	}
	return "nginx.conf"
}

func (b *builder) server(d *Directive) *level {
	s := &level{kind: serverLevel, parent: b.c.http, dir: d, body: d.Block}
	b.serverNames(s)
	b.fill(s)
	return s
}

// fill makes the blocks inside a level.
func (b *builder) fill(l *level) {
	seen := map[string]Pos{}
	for _, d := range l.body {
		switch d.Name {
		case "location":
			b.location(l, d, seen)
		case "if":
			in := &level{kind: ifLevel, parent: l, dir: d, body: d.Block, mod: l.mod, name: l.name}
			if l.ifs == nil {
				l.ifs = map[*Directive]*level{}
			}
			l.ifs[d] = in
			b.condition(d)
			b.fill(in)
			b.passes(in)
		case "limit_except":
			l.limit = &level{kind: limitExceptLevel, parent: l, dir: d, body: d.Block, mod: l.mod, name: l.name}
			b.fill(l.limit)
			b.passes(l.limit)
		case "rewrite":
			b.rewrite(d)
		case "return":
			b.ret(d)
		}
	}
}

func (b *builder) location(parent *level, d *Directive, seen map[string]Pos) {
	l := &level{kind: locationLevel, parent: parent, dir: d, body: d.Block}
	switch {
	case len(d.Args) == 2 && slices.Contains([]string{"=", "^~", "~", "~*"}, d.Args[0]):
		l.mod, l.name = d.Args[0], d.Args[1]
	case len(d.Args) == 1:
		l.mod, l.name = splitModifier(d.Args[0])
	case len(d.Args) == 2:
		b.fail(d.at(0), "invalid location modifier %q, want one of = ^~ ~ ~*", d.Args[0])
		return
	default:
		b.fail(d.Pos, "invalid number of arguments in \"location\" directive, want a modifier and a path")
		return
	}
	switch l.mod {
	case "~", "~*":
		if l.re = b.pattern(d.at(len(d.Args)-1), "regular expression", l.name, l.mod == "~*"); l.re == nil {
			return
		}
		parent.regex = append(parent.regex, l)
	default:
		key := map[bool]string{true: "="}[l.mod == "="] + l.name
		if first, ok := seen[key]; ok {
			b.fail(d.Pos, "duplicate location %q, first at %s", strings.Join(d.Args, " "), first)
			return
		}
		seen[key] = d.Pos
		b.addStatic(parent, l)
	}
	b.fill(l)
	b.passes(l)
}

func (b *builder) addStatic(parent, l *level) {
	if l.mod == "@" {
		if parent.kind != serverLevel {
			b.fail(l.dir.Pos, "named location %q can be on the server level only", l.name)
			return
		}
		if parent.named == nil {
			parent.named = map[string]*level{}
		}
		parent.named[l.name] = l
		return
	}
	if parent.kind == locationLevel && parent.re == nil && !strings.HasPrefix(l.name, parent.name) {
		b.fail(l.dir.Pos, "location %q is outside location %q", l.name, parent.name)
		return
	}
	parent.static = append(parent.static, l)
}

// splitModifier reads a location written as one word: "=/x", "~^/x", "@name", "/x".
func splitModifier(s string) (mod, name string) {
	for _, m := range []string{"^~", "~*", "=", "~"} {
		if strings.HasPrefix(s, m) {
			return m, s[len(m):]
		}
	}
	if strings.HasPrefix(s, "@") {
		return "@", s
	}
	return "", s
}

// passes checks what nginx refuses of a proxy_pass.
func (b *builder) passes(l *level) {
	seen := false
	for _, d := range l.all("proxy_pass") {
		if seen {
			b.fail(d.Pos, "\"proxy_pass\" directive is duplicate")
		}
		seen = true
		url := d.arg(0)
		if strings.Contains(url, "$") {
			continue
		}
		if !strings.HasPrefix(strings.ToLower(url), "http://") && !strings.HasPrefix(strings.ToLower(url), "https://") {
			b.fail(d.at(0), "invalid URL prefix %q, want http:// or https://", url)
			continue
		}
		t, err := splitURL(url)
		if err != nil {
			b.fail(d.at(0), "%v", err)
			continue
		}
		if t.uri != "" && (l.kind != locationLevel || l.re != nil || l.mod == "@") {
			b.fail(d.at(0), "\"proxy_pass\" cannot have URI part in location given by regular expression, or inside named location, or inside \"if\" statement, or inside \"limit_except\" block")
		}
	}
}

// typos finds misspelt directives, which nginx refuses. Names of modules that are not known are left alone: the operator's
// nginx may have the module.
func (b *builder) typos(ds []*Directive, top bool) {
	for _, d := range ds {
		if mapLike(d.Name) || d.Name == unreadInclude {
			continue
		}
		if !isKnown(d.Name) {
			if n := nearest(d.Name); n != "" {
				b.fail(d.Pos, "unknown directive %q, want %q?", d.Name, n)
			} else if strings.HasPrefix(d.Name, "$") || strings.ContainsAny(d.Name, "=()<>") {
				b.fail(d.Pos, "unknown directive %q", d.Name)
			}
		}
		b.typos(d.Block, false)
	}
}
