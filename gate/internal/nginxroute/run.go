package nginxroute

import (
	"fmt"
	"slices"
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
		a.Server, a.Unread = r.server.place(), r.server.unread()
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
