package nginxroute

import (
	"slices"
	"strconv"
	"strings"
)

// rewrites runs the rewrite directives of a level in order. stop ends the request's rewriting in this phase; an ended
// request has r.answer set.
func (r *run) rewrites(l *level) (stop bool) {
	for _, d := range l.body {
		switch {
		case d.Name == "break":
			r.step(d.Pos, "break", "")
			r.uriChanged = false
			return true
		case d.Name == "return":
			r.doReturn(d)
			return true
		case d.Name == "set":
			r.doSet(d)
		case d.Name == "rewrite":
			if r.doRewrite(d) {
				return true
			}
		case d.Name == "if":
			if r.doIf(l, d) {
				return true
			}
		case foreignRewrite(d.Name):
			r.giveUp(d.Pos, "%s decides at run time", d.Name)
		}
		if r.answer != nil {
			return true
		}
	}
	return false
}

// foreignRewrite are other modules' directives that act in the rewrite phase.
func foreignRewrite(name string) bool {
	return strings.HasPrefix(name, "rewrite_by_lua") || strings.HasPrefix(name, "set_by_lua") ||
		strings.HasPrefix(name, "server_rewrite_by_lua")
}

func (r *run) doSet(d *Directive) {
	name := strings.ToLower(strings.TrimPrefix(d.arg(0), "$"))
	v := r.expand(d.arg(1))
	if name == "args" && v.why == "" {
		r.args = v.s
		return
	}
	r.vars[name] = v
}

// doReturn is a return directive: a redirect, a text, or a bare status, which error_page may take.
func (r *run) doReturn(d *Directive) {
	first, text := d.arg(0), d.arg(1)
	code, err := strconv.Atoi(first)
	if err != nil { // return URL
		code, text = 302, first
	}
	r.step(d.Pos, d.String(), "")
	if code == 444 {
		r.finish(Answer{Kind: Closed, Status: 444, Decided: d.Pos})
		return
	}
	if code < 400 || text != "" {
		v := r.expand(text)
		if v.why != "" && isRedirect(code) {
			r.giveUp(d.Pos, "%s", v.why)
			return
		}
		if isRedirect(code) {
			r.redirectTo(code, v.s, d.Pos)
			return
		}
		r.finish(Answer{Kind: Local, Status: code, Decided: d.Pos})
		return
	}
	r.next = r.local(code, d.Pos)
	r.jumped = true
}

func isRedirect(code int) bool {
	return slices.Contains([]int{301, 302, 303, 307, 308}, code)
}

// ret checks a return's arguments.
func (b *builder) ret(d *Directive) {
	code, err := strconv.Atoi(d.arg(0))
	switch {
	case err == nil && (code < 0 || code > 999):
		b.fail(d.at(0), "invalid return code %q, want 0 to 999", d.arg(0))
	case err != nil && len(d.Args) > 1:
		b.fail(d.at(0), "invalid return code %q, want a number", d.arg(0))
	case err != nil && !strings.HasPrefix(d.arg(0), "http://") && !strings.HasPrefix(d.arg(0), "https://") && !strings.HasPrefix(d.arg(0), "$scheme"):
		b.fail(d.at(0), "invalid return code %q, want a number or a URL", d.arg(0))
	}
}

// rewrite checks a rewrite's arguments.
func (b *builder) rewrite(d *Directive) {
	if len(d.Args) < 2 {
		return // crossplane says it
	}
	b.pattern(d.at(0), "regular expression", d.Args[0], false)
	if len(d.Args) > 2 && !slices.Contains([]string{"last", "break", "redirect", "permanent"}, d.Args[2]) {
		b.fail(d.at(2), "invalid parameter %q, want last, break, redirect or permanent", d.Args[2])
	}
}

// doRewrite applies one rewrite directive; true ends the level's rewriting.
func (r *run) doRewrite(d *Directive) bool {
	re, err := compile(d.arg(0), false)
	if err != nil {
		r.giveUp(d.Pos, "%v", err)
		return true
	}
	if !r.match(re, r.uri, d.Pos) {
		r.caps = nil
		return false
	}
	flag, to := d.arg(2), d.arg(1)
	addArgs := !strings.HasSuffix(to, "?")
	to = strings.TrimSuffix(to, "?")
	code := map[string]int{"redirect": 302, "permanent": 301}[flag]
	if code == 0 && (strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "$scheme")) {
		code = 302
	}
	path, args, hasArgs, v := r.replacement(to, code != 0)
	if v.why != "" {
		r.giveUp(d.Pos, "%s", v.why)
		return true
	}
	if code != 0 {
		url := unescapeRedirect(path)
		if addArgs && r.args != "" {
			sep := "?"
			if strings.Contains(to, "?") {
				sep = "&"
			}
			url += sep + r.args
		}
		r.step(d.Pos, d.String(), "")
		r.redirectTo(code, url, d.Pos)
		return true
	}
	r.rewritten(d, path, args, hasArgs, addArgs)
	return flag == "last" || flag == "break" || r.answer != nil || r.jumped
}

// maxPath bounds a path that rewrites make longer and longer, in bytes.
const maxPath = 64 << 10

// rewritten makes the replacement the request's path and query.
func (r *run) rewritten(d *Directive, path, args string, hasArgs, addArgs bool) {
	before := r.uri
	r.internal, r.validUnparsed = true, false
	if d.arg(2) == "break" {
		r.validLocation, r.uriChanged = false, false
	} else {
		r.uriChanged = true
	}
	switch {
	case hasArgs && addArgs && r.args != "":
		r.args = args + "&" + r.args
	case hasArgs:
		r.args = args
	case !addArgs:
		r.args = ""
	}
	if len(path) > maxPath || len(r.args) > maxPath {
		r.giveUp(d.Pos, "the path grows beyond %d bytes", maxPath)
		return
	}
	r.uri = path
	r.step(d.Pos, d.String(), before+" becomes "+path)
	if path == "" {
		r.next, r.jumped = r.local(500, d.Pos), true
	}
}

// replacement expands a rewrite's second argument. In a redirect and in the query part captures are escaped again when
// the request's path had escapes.
func (r *run) replacement(to string, redirect bool) (path, args string, hasArgs bool, bad value) {
	ps, err := parts(to)
	if err != nil {
		return "", "", false, unknown("%v", err)
	}
	var b strings.Builder
	for _, p := range ps {
		switch {
		case p.capture > 0:
			c := r.capture(p.capture)
			if (hasArgs || redirect) && (r.quoted || r.plus) {
				c = escapeArgs(c)
			}
			b.WriteString(c)
		case p.name != "":
			v := r.variable(p.name)
			if v.why != "" {
				return "", "", false, v
			}
			b.WriteString(v.s)
		default:
			lit := p.lit
			for !redirect {
				before, after, ok := strings.Cut(lit, "?")
				if !ok {
					break
				}
				b.WriteString(before)
				path, hasArgs, lit = path+b.String(), true, after
				b.Reset()
			}
			b.WriteString(lit)
		}
	}
	if hasArgs {
		return path, b.String(), true, value{}
	}
	return b.String(), "", false, value{}
}

// doIf runs an if block when its condition holds; true ends the level's rewriting.
func (r *run) doIf(l *level, d *Directive) bool {
	yes := r.condition(d)
	if r.answer != nil {
		return true
	}
	if !yes {
		return false
	}
	r.step(d.Pos, "if "+strings.Join(d.Args, " "), "holds")
	in := l.ifs[d]
	if l.kind != serverLevel && !(l.kind == ifLevel && l.inServer()) {
		r.enter(in)
	}
	return r.rewrites(in)
}

// inServer says whether an if block stands on the server level.
func (l *level) inServer() bool {
	for ; l != nil; l = l.parent {
		if l.kind == locationLevel {
			return false
		}
	}
	return true
}
