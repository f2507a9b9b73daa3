package caddyroute

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// maxQuestions bounds the runs that open questions cost: 2 to that power.
const maxQuestions = 4

// run is one request on its way through a site.
type run struct {
	req         routing.Request
	path, query string
	hasQuery    bool
	place       *routing.Place
	server      *routing.Place
	steps       []routing.Step
	choices     []bool
	open        []string
	unread      string
}

// Route says where a request goes.
func (c *Config) Route(req routing.Request) routing.Answer {
	s, a := c.siteOf(req)
	if s == nil {
		return a
	}
	return follow(req, s, s.routes)
}

// follow runs a request through routes, both ways where a question is open.
func follow(req routing.Request, s *site, routes []*route) routing.Answer {
	first, open := try(req, s, routes, nil)
	if len(open) == 0 {
		return first
	}
	for _, a := range branches(req, s, routes, nil, nil) {
		if a.Kind != first.Kind || a.Upstream != first.Upstream || a.URI != first.URI || a.Status != first.Status || a.Target != first.Target {
			return routing.Answer{Kind: routing.Unknown, Why: open[0], Server: first.Server, Location: first.Location, Steps: first.Steps}
		}
	}
	return first
}

func branches(req routing.Request, s *site, routes []*route, choices []bool, got []routing.Answer) []routing.Answer {
	if len(choices) > maxQuestions {
		return append(got, routing.Answer{Kind: routing.Unknown, Why: "too many open questions"})
	}
	a, open := try(req, s, routes, choices)
	if len(open) <= len(choices) {
		return append(got, a)
	}
	got = branches(req, s, routes, append(slices.Clone(choices), true), got)
	return branches(req, s, routes, append(slices.Clone(choices), false), got)
}

func try(req routing.Request, s *site, routes []*route, choices []bool) (routing.Answer, []string) {
	r := &run{req: req, choices: choices, server: &routing.Place{Pos: s.pos, Name: s.names}}
	r.path, r.query, r.hasQuery = strings.Cut(req.URI, "?")
	a, done := r.through(routes)
	if !done { // Caddy answers what nothing takes with 200 and an empty body
		a = routing.Answer{Kind: routing.Local, Status: 200, Decided: s.pos}
	}
	a.Steps, a.Location, a.Server, a.Unread = r.steps, r.place, r.server, r.unread
	return a, r.open
}

// Candidates are the answers of each route of the site that fits, had it been alone.
func (c *Config) Candidates(req routing.Request) []routing.Answer {
	s, _ := c.siteOf(req)
	if s == nil {
		return nil
	}
	return alone(req, s, s.routes)
}

func alone(req routing.Request, s *site, routes []*route) []routing.Answer {
	path, _, _ := strings.Cut(req.URI, "?")
	var out []routing.Answer
	for _, r := range routes {
		if r.matcher.holds(req, decoded(path)) != yes {
			continue
		}
		if r.name == "route" || r.name == "handle" && r.matcher == nil {
			out = append(out, alone(req, s, r.sub)...)
			continue
		}
		if a := follow(req, s, []*route{r}); a.Location != nil {
			out = append(out, a)
		}
	}
	return out
}

// siteOf is the site that takes a request, or else the answer that Caddy gives by itself.
func (c *Config) siteOf(req routing.Request) (*site, routing.Answer) {
	host, _, _ := strings.Cut(strings.ToLower(req.Host), ":")
	path, _, _ := strings.Cut(req.URI, "?")
	tls := scheme(req) == "https"
	var best *site
	bestRank, listens := -1, false
	redirect := false
	for _, s := range c.sites {
		for _, a := range s.at {
			rank, ok := a.takes(host)
			if a.tls && !tls && ok && rank > 0 && a.port == c.port("https_port", 443) {
				redirect = true
			}
			if a.tls != tls || req.Port != 0 && a.port != req.Port {
				continue
			}
			listens = true
			if a.path != "" && a.path != "/" && !pathFits(a.path, path) {
				continue
			}
			if ok && rank > bestRank {
				best, bestRank = s, rank
			}
		}
	}
	auto := c.options["auto_https"]
	switch {
	case best != nil:
		return best, routing.Answer{}
	case redirect && auto != "off" && auto != "disable_redirects":
		return nil, routing.Answer{Kind: routing.Redirect, Status: 308, Target: "https://" + host + req.URI}
	case listens:
		return nil, routing.Answer{Kind: routing.Local, Status: 200}
	}
	return nil, routing.Answer{Kind: routing.Refused, Why: "no site listens there"}
}

// decoded is a path without its escapes.
func decoded(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// exclusive are the directives of which the first that fits is the only one to act.
var exclusive = []string{"handle", "rewrite", "root"}

// through runs routes in their order; done when one of them answers.
func (r *run) through(routes []*route) (a routing.Answer, done bool) {
	taken := map[string]bool{}
	for _, one := range routes {
		if one.name == notAtHand && r.unread == "" {
			r.unread = fmt.Sprintf("%s: import %s is not at hand", one.pos, textAt(one.args, 0))
		}
	}
	for _, one := range routes {
		group := one.name
		if group == "handle_path" {
			group = "handle"
		}
		if slices.Contains(exclusive, group) && taken[group] {
			continue
		}
		if one.foreign {
			return r.giveUp(one, "what the directive "+one.name+" does is not known")
		}
		fits := one.matcher.holds(r.req, decoded(r.path))
		if fits == maybe && !r.choose(fmt.Sprintf("%s: whether %s takes it depends on %s", one.pos, one.text, one.matcher.why)) || fits == no {
			continue
		}
		taken[group] = true
		if a, done = r.act(one); done {
			return a, true
		}
	}
	return a, false
}

func (r *run) choose(why string) bool {
	n := len(r.open)
	r.open = append(r.open, why)
	return n >= len(r.choices) || r.choices[n]
}

func (r *run) giveUp(one *route, why string) (routing.Answer, bool) {
	return routing.Answer{Kind: routing.Unknown, Why: one.pos.String() + ": " + why, Decided: one.pos}, true
}

// enter notes that a route has taken the request: the last that looks at the path.
func (r *run) enter(one *route) {
	if r.place == nil || one.matcher != nil || r.place.Path == "/" && r.place.Modifier == "" {
		r.place = one.place(decoded(r.path))
	}
	r.steps = append(r.steps, routing.Step{Pos: one.pos, Text: one.text})
}

// act is what a directive makes of the request.
func (r *run) act(one *route) (routing.Answer, bool) {
	switch one.name {
	case "handle", "handle_path", "route":
		r.enter(one)
		if one.strip != "" {
			r.change(one, stripped(r.path, one.strip))
		}
		return r.through(one.sub)
	case "reverse_proxy":
		r.enter(one)
		return r.proxy(one)
	case "php_fastcgi":
		r.enter(one)
		targets, _, _ := one.upstreams()
		if len(targets) == 0 {
			return r.giveUp(one, "it has no upstream")
		}
		return routing.Answer{Kind: routing.Proxied, Protocol: "fastcgi", Upstream: targets[0], Targets: targets, URI: r.uri(), Method: method(r.req), Decided: one.pos}, true
	case "rewrite":
		return r.rewrite(one)
	case "uri":
		return r.changeURI(one)
	case "redir":
		r.enter(one)
		return r.redirect(one)
	case "respond", "error":
		r.enter(one)
		return routing.Answer{Kind: routing.Local, Status: one.status(), Decided: one.pos}, true
	case "metrics", "acme_server":
		r.enter(one)
		return routing.Answer{Kind: routing.Local, Status: 200, Decided: one.pos}, true
	case "abort":
		r.enter(one)
		return routing.Answer{Kind: routing.Closed, Decided: one.pos}, true
	case "file_server":
		if slices.ContainsFunc(one.block, func(d segment) bool { return d.name() == "pass_thru" }) {
			return routing.Answer{}, false
		}
		r.enter(one)
		return routing.Answer{Kind: routing.Static, Decided: one.pos, FilePath: r.path}, true
	case "basic_auth", "basicauth", "forward_auth":
		if !r.req.Admit {
			return r.giveUp(one, one.name+" decides at run time")
		}
	case "try_files":
		if r.req.Stat == nil {
			return r.giveUp(one, "try_files asks for files")
		}
		if n := len(one.args); n > 0 && strings.HasPrefix(one.args[n-1].text, "=") {
			r.enter(one)
			code, _ := strconv.Atoi(one.args[n-1].text[1:])
			return routing.Answer{Kind: routing.Local, Status: code, Decided: one.pos}, true
		}
	case "invoke":
		return r.giveUp(one, "a named route is not followed")
	}
	return routing.Answer{}, false
}

// stripped is a path without a prefix, in whatever letters it stands there.
func stripped(path, prefix string) string {
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return path
	}
	if path = path[len(prefix):]; path == "" {
		return "/"
	}
	return path
}

func (r *run) uri() string {
	if r.hasQuery {
		return r.path + "?" + r.query
	}
	return r.path
}

// change sets the path, and says which line did.
func (r *run) change(one *route, path string) {
	if path == r.path {
		return
	}
	text := one.text
	for _, a := range one.args {
		text += " " + a.text
	}
	r.steps = append(r.steps, routing.Step{Pos: one.pos, Text: text, Note: r.path + " becomes " + path})
	r.path = path
}

func (r *run) proxy(one *route) (routing.Answer, bool) {
	targets, protocol, why := one.upstreams()
	for _, d := range one.block {
		if d.name() == "rewrite" {
			to, ok := r.expand(d.arg(0))
			if !ok {
				return r.giveUp(one, "its rewrite has a placeholder")
			}
			r.setURI(one, to)
		}
	}
	if why == "" && len(targets) == 0 {
		why = "it has no upstream"
	}
	if why != "" {
		return r.giveUp(one, why)
	}
	return routing.Answer{Kind: routing.Proxied, Protocol: protocol, Upstream: targets[0], Targets: targets, URI: r.uri(), Method: method(r.req), Decided: one.pos}, true
}

// rewrite sets the path, and the query where the new one has any.
func (r *run) rewrite(one *route) (routing.Answer, bool) {
	to, ok := r.expand(textAt(one.args, 0))
	if !ok {
		return r.giveUp(one, "the rewrite has a placeholder of the run")
	}
	r.setURI(one, to)
	return routing.Answer{}, false
}

func (r *run) setURI(one *route, to string) {
	path, query, has := strings.Cut(to, "?")
	if path != "" {
		r.change(one, path)
	}
	if has {
		r.query, r.hasQuery = query, query != ""
	}
}

func (r *run) changeURI(one *route) (routing.Answer, bool) {
	how, what := textAt(one.args, 0), textAt(one.args, 1)
	switch how {
	case "strip_prefix":
		r.change(one, stripped(r.path, "/"+strings.TrimPrefix(what, "/")))
	case "strip_suffix":
		r.change(one, strings.TrimSuffix(r.path, what))
	case "replace":
		r.change(one, strings.ReplaceAll(r.path, what, textAt(one.args, 2)))
	case "path_regexp":
		re, err := regexp.Compile(what)
		if err != nil {
			return r.giveUp(one, err.Error())
		}
		r.change(one, re.ReplaceAllString(r.path, textAt(one.args, 2)))
	case "query":
	default:
		return r.giveUp(one, "uri "+how+" is not known")
	}
	return routing.Answer{}, false
}

func (r *run) redirect(one *route) (routing.Answer, bool) {
	to, ok := r.expand(textAt(one.args, 0))
	if !ok {
		return r.giveUp(one, "the redirect has a placeholder of the run")
	}
	code := map[string]int{"permanent": 301, "temporary": 302, "": 302, "html": 200}[textAt(one.args, 1)]
	if n, err := strconv.Atoi(textAt(one.args, 1)); err == nil {
		code = n
	}
	return routing.Answer{Kind: routing.Redirect, Status: code, Target: to, Decided: one.pos}, true
}

// status is that of respond and error: the only number of three digits.
func (r *route) status() int {
	for _, a := range r.args {
		if n, err := strconv.Atoi(a.text); err == nil && len(a.text) == 3 && !a.quoted {
			return n
		}
	}
	return map[string]int{"error": 500}[r.name] + map[string]int{"respond": 200}[r.name]
}

var placeholder = lazyregexp.New(`\{[^{}\s]+\}`)

// expand puts the request's placeholders in; false when one is of something else.
func (r *run) expand(text string) (string, bool) {
	known := true
	out := placeholder().ReplaceAllStringFunc(text, func(s string) string {
		host, port, _ := strings.Cut(r.req.Host, ":")
		switch strings.TrimPrefix(strings.Trim(s, "{}"), "http.request.") {
		case "uri":
			return r.uri()
		case "path", "uri.path":
			return r.path
		case "query", "uri.query":
			return r.query
		case "?query", "uri.prefixed_query":
			if r.hasQuery {
				return "?" + r.query
			}
			return ""
		case "host":
			return host
		case "hostport":
			return r.req.Host
		case "port":
			return port
		case "scheme":
			return scheme(r.req)
		case "method":
			return method(r.req)
		}
		known = false
		return s
	})
	return out, known
}
