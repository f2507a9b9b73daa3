package nginxroute

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type phase int

const (
	phaseServerRewrite phase = iota + 1
	phaseFind
	phaseRewrite
	phaseAccess
	phaseFiles
	phaseContent
	phaseDone
)

// run is one request on its way through the phases.
type run struct {
	c      *Config
	req    Request
	server *level
	loc    *level // whose settings hold: a location, or an if or limit_except in it
	place  *Place

	host          string // the Host header, cleaned
	method        string
	uri, args     string
	quoted, plus  bool
	internal      bool
	validUnparsed bool // the request's own text may go upstream
	validLocation bool // the location's name is still a prefix of uri
	uriChanged    bool
	cycles        int // rewrites and internal redirects left
	errorPage     bool
	location      string // a redirect's target, as written
	errStatus     int    // what error_page makes of the status; -1: the handler's own

	handler *Directive
	caps    []string
	vars    map[string]value
	depth   int

	next    phase // where local left to from inside rewrites
	jumped  bool
	answer  *Answer
	steps   []Step
	notes   []string
	forced  *level   // taken for the first choice of a location
	choices []bool   // how open questions are answered in this run
	open    []string // the open questions met
}

// maxQuestions bounds the runs that open questions cost: 2 to that power.
const maxQuestions = 4

// Route says where a request goes. A question that the files leave open is followed both ways: ends that agree are the
// answer, else it is Unknown.
func (c *Config) Route(req Request) Answer {
	first, open := c.try(req, nil, nil)
	if len(open) == 0 {
		return first
	}
	answers := c.branches(req, nil, nil)
	if req.Admit {
		answers = admitted(answers)
	}
	for _, a := range answers {
		if len(answers) > 1<<maxQuestions || !sameEnd(answers[0], a) {
			return Answer{Kind: Unknown, Why: open[0], Server: first.Server, Location: first.Location, Steps: first.Steps, Notes: first.Notes}
		}
	}
	return answers[0]
}

// admitted leaves out the ends that turn the client away, unless all do.
func admitted(answers []Answer) []Answer {
	var in []Answer
	for _, a := range answers {
		if a.Kind == Closed || a.Kind == Local && slices.Contains([]int{401, 403, 405, 429, 503}, a.Status) {
			continue
		}
		in = append(in, a)
	}
	if len(in) == 0 {
		return answers
	}
	return in
}

// branches are the ends of all ways to answer the open questions, cut off when there are too many.
func (c *Config) branches(req Request, choices []bool, got []Answer) []Answer {
	if len(choices) > maxQuestions {
		return append(got, Answer{Kind: Unknown, Why: "too many open questions"}, Answer{Kind: Refused})
	}
	a, open := c.try(req, choices, nil)
	if len(open) <= len(choices) {
		return append(got, a)
	}
	got = c.branches(req, append(slices.Clone(choices), true), got)
	return c.branches(req, append(slices.Clone(choices), false), got)
}

func sameEnd(a, b Answer) bool {
	return a.Kind == b.Kind && a.Upstream == b.Upstream && a.URI == b.URI && a.Status == b.Status && a.Target == b.Target &&
		a.FilePath == b.FilePath && a.Method == b.Method
}

// try is one run. forced, if given, is taken for the first choice of a location.
func (c *Config) try(req Request, choices []bool, forced *level) (Answer, []string) {
	if req.Method == "" {
		req.Method = "GET"
	}
	if req.Scheme == "" {
		req.Scheme = "http"
	}
	r := &run{c: c, req: req, method: req.Method, cycles: 11, choices: choices, forced: forced, vars: map[string]value{},
		validUnparsed: true, validLocation: true, errStatus: -1}
	r.notes = slices.Clone(c.notes)
	r.serve()
	a := *r.answer
	a.Steps, a.Notes, a.Location = r.steps, r.notes, r.place
	if r.server != nil {
		a.Server = r.server.place()
	}
	return a, r.open
}

// serve drives the request to its answer.
func (r *run) serve() {
	ls := r.c.chooseListens(r.req)
	if len(ls) == 0 {
		r.finish(Answer{Kind: Refused, Why: fmt.Sprintf("no server listens on port %d", r.req.Port)})
		return
	}
	r.req.Port = ls[0].port
	host, ok := cleanHost(r.req.Host)
	r.host = host
	r.server = r.chooseServer(ls, host)
	r.loc = r.server
	r.step(r.server.dir.Pos, strings.TrimSpace("server "+r.server.declared), "")
	tls := slices.ContainsFunc(ls, func(l listen) bool { return l.ssl })
	// nginx reads the request line before it knows the Host: the address's default server says whether slashes merge.
	t := normalise(r.req.URI, defaultServer(ls).on("merge_slashes", true))
	switch {
	case !ok || t.invalid:
		r.finish(Answer{Kind: Local, Status: 400, Decided: r.server.dir.Pos})
		return
	case tls && r.req.Scheme == "http":
		r.note(r.server.dir.Pos, "plain HTTP to a port that wants TLS")
		r.finish(Answer{Kind: Local, Status: 400, Decided: r.server.dir.Pos})
		return
	}
	r.uri, r.args, r.quoted, r.plus = t.path, t.args, t.quoted, t.plus
	for p := phaseServerRewrite; r.answer == nil; {
		p = r.advance(p)
	}
}

// advance runs one phase and names the next.
func (r *run) advance(p phase) phase {
	switch p {
	case phaseServerRewrite:
		r.loc = r.server
		return r.rewritePhase(r.server, phaseFind)
	case phaseFind:
		return r.findConfig()
	case phaseRewrite:
		l := r.loc
		next := phaseAccess
		if l.kind == serverLevel {
			return next // no location: the server's own rewrites have run
		}
		if p := r.rewritePhase(l, next); p != next || r.answer != nil {
			return p
		}
		if !r.uriChanged {
			return next
		}
		if r.cycles--; r.cycles == 0 {
			r.note(l.dir.Pos, "rewrite or internal redirection cycle")
			return r.local(500, l.dir.Pos)
		}
		r.loc = r.server
		return phaseFind
	case phaseAccess:
		return r.access()
	case phaseFiles:
		return r.tryFiles()
	case phaseContent:
		return r.content()
	}
	r.giveUp(r.server.dir.Pos, "the request came to no end")
	return phaseDone
}

func (r *run) rewritePhase(l *level, next phase) phase {
	r.jumped = false
	r.rewrites(l)
	if r.jumped {
		return r.next
	}
	return next
}

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
