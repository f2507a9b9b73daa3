package nginxroute

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// local ends with a status of nginx's own, unless an error_page takes it.
func (r *run) local(status int, at Pos) phase {
	if r.errorPage || r.cycles == 0 {
		return r.localEnd(status, at)
	}
	for _, d := range r.loc.inheritAll("error_page") {
		last := len(d.Args) - 1
		if last < 1 {
			continue
		}
		for i, code := range d.Args[:last] {
			if code == strconv.Itoa(status) && !strings.HasPrefix(code, "=") {
				return r.toErrorPage(d, status, overwrite(d.Args[i:last], status), d.Args[last], at)
			}
		}
	}
	return r.localEnd(status, at)
}

// overwrite is the status that error_page answers with; -1 is that of the page's own handler.
func overwrite(words []string, status int) int {
	if code, ok := strings.CutPrefix(words[len(words)-1], "="); ok {
		if n, err := strconv.Atoi(code); err == nil {
			return n
		}
		return -1
	}
	return status
}

func (r *run) toErrorPage(d *Directive, status, over int, to string, at Pos) phase {
	if !r.loc.on("recursive_error_pages", false) {
		r.errorPage = true
	}
	r.step(d.Pos, d.String(), "")
	r.errStatus = over
	v := r.expand(to)
	switch {
	case v.why != "":
		r.giveUp(d.Pos, "%s", v.why)
		return phaseDone
	case strings.HasPrefix(v.s, "@"):
		return r.namedLocation(v.s, d.Pos)
	case strings.HasPrefix(v.s, "/"):
		if r.method != "HEAD" {
			r.method = "GET"
		}
		path, args := splitArgs(v.s)
		return r.internalRedirect(path, args, d.Pos)
	}
	code := over
	if !isRedirect(code) {
		code = 302
	}
	r.finish(Answer{Kind: Redirect, Status: code, Target: v.s, Decided: d.Pos})
	return phaseDone
}

func (r *run) localEnd(status int, at Pos) phase {
	r.errStatus = -1
	r.finish(Answer{Kind: Local, Status: status, Decided: at})
	return phaseDone
}

// redirect is one that nginx makes itself; error_page may take it.
func (r *run) redirect(code int, to string, at Pos) phase {
	r.location = to
	if !r.errorPage {
		for _, d := range r.loc.inheritAll("error_page") {
			if slices.Contains(d.Args, strconv.Itoa(code)) {
				return r.local(code, at)
			}
		}
	}
	r.finish(Answer{Kind: Redirect, Status: code, Target: r.absolute(to), Decided: at})
	return phaseDone
}

// redirectTo is a redirect from inside rewrites.
func (r *run) redirectTo(code int, to string, at Pos) {
	r.next, r.jumped = r.redirect(code, to, at), true
}

// absolute makes a path-only Location a URL, as absolute_redirect does.
func (r *run) absolute(to string) string {
	if !strings.HasPrefix(to, "/") || !r.loc.on("absolute_redirect", true) {
		return to
	}
	host := r.host
	if host == "" || r.loc.on("server_name_in_redirect", false) {
		host = r.server.firstName()
	}
	def := 80
	if r.req.Scheme == "https" {
		def = 443
	}
	if r.loc.on("port_in_redirect", true) && r.req.Port != def {
		host += ":" + strconv.Itoa(r.req.Port)
	}
	return r.req.Scheme + "://" + host + to
}

// internalRedirect starts anew with another path.
func (r *run) internalRedirect(path, args string, at Pos) phase {
	if r.cycles--; r.cycles == 0 {
		r.note(at, "rewrite or internal redirection cycle")
		return r.localEnd(500, at)
	}
	r.step(at, "internal redirect", r.uri+" becomes "+path)
	r.uri, r.args = path, args
	r.internal, r.validUnparsed, r.validLocation = true, false, true
	r.loc = r.server
	return phaseServerRewrite
}

// namedLocation goes on in @name.
func (r *run) namedLocation(name string, at Pos) phase {
	if r.cycles--; r.cycles == 0 {
		r.note(at, "rewrite or internal redirection cycle")
		return r.localEnd(500, at)
	}
	l := r.server.named[name]
	if l == nil {
		r.note(at, "there is no location %s, so nginx answers 500", name)
		return r.localEnd(500, at)
	}
	r.step(l.dir.Pos, "location "+name, "")
	r.internal, r.handler, r.uriChanged = true, nil, false
	r.place = l.place()
	r.enter(l)
	return phaseRewrite
}

func (r *run) step(p Pos, text, note string) {
	if len(r.steps) < 200 {
		r.steps = append(r.steps, Step{Pos: p, Text: text, Note: note})
	}
}

func (r *run) note(p Pos, format string, args ...any) {
	r.notes = append(r.notes, p.String()+": "+fmt.Sprintf(format, args...))
}

func (r *run) finish(a Answer) {
	if (a.Kind == Static || a.Kind == Local) && r.errStatus > 0 {
		a.Status = r.errStatus // of what error_page led away from
	}
	if (a.Kind == Static || a.Kind == Local) && r.location != "" {
		a.Target = r.absolute(r.location) // error_page leaves the header of a redirect that it took
		if isRedirect(a.Status) {
			a.Kind = Redirect
		}
	}
	if r.answer == nil {
		r.answer = &a
	}
}

// giveUp ends with Unknown.
func (r *run) giveUp(at Pos, format string, args ...any) {
	r.finish(Answer{Kind: Unknown, Why: at.String() + ": " + fmt.Sprintf(format, args...), Decided: at})
}

// decide answers an open question by this run's choices, and notes it.
func (r *run) decide(question string) bool {
	i := len(r.open)
	r.open = append(r.open, question)
	return i < len(r.choices) && r.choices[i]
}
