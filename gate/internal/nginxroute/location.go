package nginxroute

import (
	"fmt"
	"strings"
)

type found int

const (
	notFound found = iota + 1
	foundPrefix
	foundExact
	foundRedirect // the path lacks only the location's final slash
)

// findLocation descends from l to the location that takes the path, by nginx's order: an exact one, else the longest
// prefix (and what is nested in it), else the first matching regular expression unless the prefix is marked ^~.
func (r *run) findLocation(l *level) found {
	rc := r.findStatic(l)
	noRegex := false
	if rc == foundPrefix {
		inner := r.loc
		noRegex = inner.mod == "^~"
		rc = r.findLocation(inner)
	}
	if rc == foundExact || rc == foundRedirect {
		return rc
	}
	if noRegex {
		return rc
	}
	for _, re := range l.regex {
		if r.match(re.re, r.uri, re.dir.Pos) {
			r.loc = re
			r.findLocation(re)
			return foundExact
		}
	}
	return rc
}

// findStatic is the choice among exact and prefix locations.
func (r *run) findStatic(l *level) found {
	var best, slash *level
	for _, s := range l.static {
		switch {
		case s.mod == "=" && s.name == r.uri:
			r.loc = s
			return foundExact
		case s.name == r.uri+"/" && s.autoRedirect():
			slash = s
		case s.mod != "=" && strings.HasPrefix(r.uri, s.name) && (best == nil || len(s.name) > len(best.name)):
			best = s
		}
	}
	if slash != nil && (best == nil || best.name != r.uri) {
		r.loc = r.exactOr(l, slash)
		return foundRedirect
	}
	if best == nil {
		return notFound
	}
	r.loc = best
	return foundPrefix
}

// exactOr prefers the exact location of the same text.
func (r *run) exactOr(l, s *level) *level {
	for _, o := range l.static {
		if o.mod == "=" && o.name == s.name {
			return o
		}
	}
	return s
}

// autoRedirect says whether nginx redirects the name without its final slash to it.
func (l *level) autoRedirect() bool {
	return strings.HasSuffix(l.name, "/") && l.pass() != nil
}

// findConfig is nginx's phase of that name.
func (r *run) findConfig() phase {
	r.handler, r.uriChanged = nil, false
	r.loc = r.server
	rc := foundPrefix
	if r.forced != nil {
		r.loc, r.forced = r.forced, nil
	} else {
		rc = r.findLocation(r.server)
	}
	if r.loc.kind == locationLevel {
		note := ""
		if rc == foundRedirect {
			note = "lacks the final slash"
		}
		r.step(r.loc.dir.Pos, "location "+strings.Join(r.loc.dir.Args, " "), note)
		r.place = r.loc.place()
	} else {
		r.place = nil
	}
	if !r.internal && r.loc.inheritInternal() {
		r.step(r.loc.dir.Pos, "internal", "not for requests from outside")
		return r.local(404, r.loc.dir.Pos)
	}
	if rc == foundRedirect {
		to := escapeURI(r.loc.name)
		if r.args != "" {
			to += "?" + r.args
		}
		return r.redirect(301, to, r.loc.dir.Pos)
	}
	r.enter(r.loc)
	return phaseRewrite
}

func (l *level) inheritInternal() bool {
	for ; l != nil && l.kind == locationLevel; l = l.parent {
		if l.find("internal") != nil {
			return true
		}
	}
	return false
}

// enter makes l the level whose settings hold, and its handler the request's if it has one.
func (r *run) enter(l *level) {
	r.loc = l
	if l.limit != nil && !l.limit.allowsMethod(r.method) {
		r.loc = l.limit
		r.step(l.limit.dir.Pos, l.limit.dir.String(), fmt.Sprintf("does not except %s", r.method))
		if h := l.limit.pass(); h != nil {
			r.handler = h
		} else if h := l.pass(); h != nil && h.Name == "proxy_pass" {
			r.handler = h
		}
		return
	}
	if h := l.pass(); h != nil {
		r.handler = h
	}
}

// allowsMethod says whether limit_except leaves the method alone.
func (l *level) allowsMethod(method string) bool {
	for _, m := range l.dir.Args {
		m = strings.ToUpper(m)
		if m == method || m == "GET" && method == "HEAD" {
			return true
		}
	}
	return false
}
