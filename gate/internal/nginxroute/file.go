package nginxroute

import (
	"fmt"
	"strconv"
	"strings"
)

// stat asks the request's view of the file system.
func (r *run) stat(path string) File {
	if r.req.Stat == nil {
		return FileUnknown
	}
	return r.req.Stat(path)
}

// rootPath is $document_root: root's value, or alias's.
func (r *run) rootPath() value {
	d, _ := r.rootDirective()
	if d == nil {
		return known("/usr/share/nginx/html")
	}
	v := r.expand(d.arg(0))
	if d.Name == "root" {
		v.s = strings.TrimSuffix(v.s, "/")
	}
	return v
}

// rootDirective is the root or alias that holds, and the level that has it.
func (r *run) rootDirective() (*Directive, *level) {
	for l := r.loc; l != nil; l = l.parent {
		for i := len(l.body) - 1; i >= 0; i-- {
			if d := l.body[i]; d.Name == "root" || d.Name == "alias" {
				return d, l
			}
		}
	}
	return nil, nil
}

// filePath is the file that a path stands for; false where an alias cannot be applied (nginx answers 500).
func (r *run) filePath() (value, bool) { return r.pathOf(r.uri) }

func (r *run) pathOf(uri string) (value, bool) {
	root := r.rootPath()
	d, l := r.rootDirective()
	if root.why != "" || d == nil || d.Name == "root" {
		return value{root.s + uri, root.why}, true
	}
	if l.re != nil || strings.Contains(d.arg(0), "$") && l.mod != "" {
		return root, true
	}
	if !r.validLocation || len(l.name) > len(uri) {
		return unknown("alias in a location whose path was rewritten"), false
	}
	return known(root.s + uri[len(l.name):]), true
}

// tryFiles is the phase of try_files.
func (r *run) tryFiles() phase {
	d := r.loc.find("try_files")
	if d == nil && r.loc.kind == limitExceptLevel {
		return phaseContent
	}
	if d == nil || len(d.Args) < 2 {
		return phaseContent
	}
	r.step(d.Pos, d.String(), "")
	if rd, l := r.rootDirective(); rd != nil && rd.Name == "alias" && (l.re != nil || strings.Contains(rd.arg(0), "$")) {
		r.giveUp(d.Pos, "try_files under an alias with a pattern")
		return phaseDone
	}
	last := len(d.Args) - 1
	for _, a := range d.Args[:last] {
		hit, path := r.tryFile(d, a)
		if r.answer != nil {
			return phaseDone
		}
		if hit {
			if rd, _ := r.rootDirective(); rd == nil || rd.Name == "root" {
				r.uri = path
			}
			return phaseContent
		}
	}
	return r.tryLast(d, d.Args[last])
}

// tryFile tests one argument; a final slash asks for a directory.
func (r *run) tryFile(d *Directive, a string) (bool, string) {
	dir := strings.HasSuffix(a, "/")
	v := r.expand(strings.TrimSuffix(a, "/"))
	if v.why != "" {
		r.giveUp(d.Pos, "%s", v.why)
		return false, ""
	}
	uri := v.s
	p, _ := r.pathOf(uri)
	if p.why != "" {
		r.giveUp(d.Pos, "%s", p.why)
		return false, ""
	}
	switch r.stat(p.s) {
	case FileUnknown:
		return r.decide(fmt.Sprintf("%s: whether %s exists is not known", d.Pos, p.s)), uri
	case FileDir:
		return dir, uri
	case FileRegular:
		return !dir, uri
	}
	return false, uri
}

func (r *run) tryLast(d *Directive, a string) phase {
	if code, ok := strings.CutPrefix(a, "="); ok {
		n, err := strconv.Atoi(code)
		if err != nil {
			r.giveUp(d.Pos, "%q is no status", a)
			return phaseDone
		}
		return r.local(n, d.Pos)
	}
	v := r.expand(a)
	if v.why != "" {
		r.giveUp(d.Pos, "%s", v.why)
		return phaseDone
	}
	if strings.HasPrefix(v.s, "@") {
		return r.namedLocation(v.s, d.Pos)
	}
	path, args := splitArgs(v.s)
	return r.internalRedirect(path, args, d.Pos)
}

// static is the content phase without a handler: an index or a file.
func (r *run) static() phase {
	read := r.method == "GET" || r.method == "HEAD"
	at := r.loc.dir.Pos
	if d, _ := r.rootDirective(); d != nil {
		at = d.Pos
		r.step(d.Pos, d.String(), "")
	}
	if !read && r.method != "POST" {
		return r.local(405, at)
	}
	if strings.HasSuffix(r.uri, "/") {
		return r.index(at)
	}
	p, ok := r.filePath()
	switch {
	case !ok:
		return r.local(500, at)
	case p.why != "":
		r.giveUp(at, "%s", p.why)
		return phaseDone
	}
	switch r.stat(p.s) {
	case FileAbsent:
		return r.local(404, at)
	case FileDir:
		to := r.uri + "/"
		if r.args != "" {
			to += "?" + r.args
		}
		return r.redirect(301, to, at)
	case FileRegular:
		if !read {
			return r.local(405, at)
		}
		r.finish(Answer{Kind: Static, Status: 200, FilePath: p.s, Decided: at})
	default:
		r.finish(Answer{Kind: Static, FilePath: p.s, Decided: at})
	}
	return phaseDone
}

// index looks for a directory's index file.
func (r *run) index(at Pos) phase {
	names := []string{"index.html"}
	if ds := r.loc.inheritAll("index"); len(ds) > 0 {
		names = nil
		for _, d := range ds {
			names = append(names, d.Args...)
		}
	}
	dir, ok := r.filePath()
	if !ok {
		return r.local(500, at)
	}
	for i, n := range names {
		v := r.expand(n)
		if v.why != "" || dir.why != "" {
			r.giveUp(at, "%s", v.why+dir.why)
			return phaseDone
		}
		if strings.HasPrefix(v.s, "/") && i == len(names)-1 {
			return r.internalRedirect(v.s, r.args, at)
		}
		switch r.stat(dir.s + v.s) {
		case FileUnknown:
			r.finish(Answer{Kind: Static, FilePath: dir.s + v.s, Decided: at})
			return phaseDone
		case FileRegular:
			return r.internalRedirect(r.uri+v.s, r.args, at)
		}
	}
	if r.stat(strings.TrimSuffix(dir.s, "/")) != FileDir {
		return r.local(404, at)
	}
	if r.loc.on("autoindex", false) && r.method != "POST" {
		r.finish(Answer{Kind: Local, Status: 200, Decided: at})
		return phaseDone
	}
	return r.local(403, at)
}
