package check

import (
	"errors"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// proxyTracing is what became of every demanded path.
type proxyTracing struct {
	files    *proxyFiles
	release  string
	notes    []string
	base     string            // the path of dify.url: a sub-path deployment
	roles    map[string]string // what unnamed addresses stand for, told from all that goes to them
	rows     []ProxyRow
	findings []gate.Finding
	open     []string // what could not be decided
	good     map[string]routing.Answer
}

// ProxyRow is a line of gate routes: where one path goes.
type ProxyRow struct {
	Method   string         `json:"method"`
	Path     string         `json:"path"`
	Want     string         `json:"want"` // service:port
	Server   string         `json:"server"`
	Location string         `json:"location"` // as written; "" when none took it
	Place    *gate.Location `json:"place"`
	Kind     string         `json:"kind"` // proxied, local, redirect …
	Upstream string         `json:"upstream,omitempty"`
	URI      string         `json:"uri,omitempty"` // as the upstream sees it
	Status   int            `json:"status,omitempty"`
	Target   string         `json:"target,omitempty"` // of a redirect
	Verdict  string         `json:"verdict"`          // ok, a rule, or unknown
	Why      string         `json:"why,omitempty"`
}

// ProxyTable is where the proxy sends the demanded paths, for gate routes.
type ProxyTable struct {
	Server   string         `json:"server"`
	Files    []string       `json:"files"`
	Release  string         `json:"release"`
	Notes    []string       `json:"notes,omitempty"`
	Rows     []ProxyRow     `json:"routes"`
	Findings []gate.Finding `json:"findings"`
}

// Table traces the demanded paths. Files that the proxy would refuse yield
// proxy/syntax findings and no rows.
func (p *Proxy) Table(env *Env) (ProxyTable, error) {
	t, err := p.trace(env)
	var syntax routing.Errors
	if errors.As(err, &syntax) {
		return ProxyTable{Server: p.Server, Files: p.Files, Rows: []ProxyRow{}, Findings: syntaxFindings(syntax)}, nil
	}
	if err != nil {
		return ProxyTable{}, err
	}
	return ProxyTable{Server: t.files.server, Files: t.files.shown, Release: t.release, Notes: t.notes,
		Rows: append([]ProxyRow{}, t.rows...), Findings: append([]gate.Finding{}, t.findings...)}, nil
}

// trace reads the files and follows every demanded path through them.
func (p *Proxy) trace(env *Env) (*proxyTracing, error) {
	files, err := p.read(env)
	if err != nil {
		return nil, err
	}
	release, notes, err := env.targetRelease()
	if err != nil {
		return nil, err
	}
	files.book.know(release)
	t := &proxyTracing{files: files, release: release.Version(), notes: notes, good: map[string]routing.Answer{}}
	if env.URL != nil {
		t.base = strings.TrimSuffix(env.URL.Path, "/")
	}
	demands := p.demands(release)
	groups := t.groups(env.URL, demands)
	if len(groups) == 0 {
		t.open = append(t.open, "no server of "+strings.Join(files.shown, ", ")+" listens on a port")
	}
	t.consensus(groups, demands)
	t.judge(groups, demands)
	return t, nil
}

// targetRelease is the release that the files are held against: the target,
// that of the images, or the newest known.
func (e *Env) targetRelease() (dify.Release, []string, error) {
	c, err := dify.Load()
	if err != nil {
		return dify.Release{}, nil, err
	}
	to := e.To
	if to == "" {
		to, _ = e.Target()
	}
	if to == "" {
		r := c.Newest()
		return r, []string{"no target version is known: the newest release of the catalogue, " + r.Version() + ", stands for it"}, nil
	}
	k, err := resolveRelease(c, to)
	if err != nil {
		return dify.Release{}, nil, err
	}
	if k.Note != "" {
		return k.Release, []string{k.Note}, nil
	}
	return k.Release, nil, nil
}

// groups are the servers to judge, those with the same names together. With a
// public address it is the servers of its host; else those that hand anything
// to Dify's services, or at least to some upstream.
func (t *proxyTracing) groups(public *url.URL, demands []proxyDemand) [][]routing.Entry {
	all := t.files.router.Entries()
	chosen := all
	if host := publicHost(public); host != "" {
		if named := keepEntries(all, func(e *routing.Entry) bool {
			ok := e.Takes(host)
			if ok {
				e.Host = host
			}
			return ok
		}); len(named) > 0 {
			return groupByNames(named)
		}
		if rest := t.defaultServers(all, host); len(rest) > 0 {
			return groupByNames(rest)
		}
	}
	for _, useful := range []func(routing.Answer) bool{
		func(a routing.Answer) bool { role, ok := t.files.book.resolve(a.Upstream); return ok && role != "" },
		func(a routing.Answer) bool { return true },
	} {
		some := keepEntries(all, func(e *routing.Entry) bool {
			for _, d := range demands {
				if a := t.follow(t.request(*e, d.samples[0])); a.Kind == routing.Proxied && useful(a) {
					return true
				}
			}
			return false
		})
		if len(some) > 0 {
			chosen = some
			break
		}
	}
	return groupByNames(chosen)
}

// defaultServers are those that take a host which no server has by name.
func (t *proxyTracing) defaultServers(all []routing.Entry, host string) []routing.Entry {
	return keepEntries(all, func(e *routing.Entry) bool {
		r := e.Request("GET", "/")
		r.Host, r.Admit, r.Stat = host, true, routing.NoFiles
		a := t.files.router.Route(r)
		if a.Server == nil || a.Server.Pos != e.Pos || a.Kind == routing.Refused {
			return false
		}
		e.Host = host
		return true
	})
}

func publicHost(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Hostname()
}

func keepEntries(all []routing.Entry, want func(*routing.Entry) bool) []routing.Entry {
	var out []routing.Entry
	for _, e := range all {
		if want(&e) {
			out = append(out, e)
		}
	}
	return out
}

func groupByNames(all []routing.Entry) [][]routing.Entry {
	var out [][]routing.Entry
	at := map[string]int{}
	for _, e := range all {
		i, ok := at[e.Names]
		if !ok {
			i = len(out)
			at[e.Names] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// request asks as a client would that the proxy lets in, for a path that is no
// file on the proxy.
func (t *proxyTracing) request(e routing.Entry, s proxySample) routing.Request {
	r := e.Request(s.method, t.base+s.path)
	r.Stat, r.Admit = routing.NoFiles, true
	return r
}

// follow goes along with redirects that keep the path: to https, as a rule. One
// that leaves the files stays a redirect.
func (t *proxyTracing) follow(req routing.Request) routing.Answer {
	a, _ := t.followed(req)
	return a
}

// followed is follow, with the request that got the answer.
func (t *proxyTracing) followed(req routing.Request) (routing.Answer, routing.Request) {
	a := t.files.router.Route(req)
	for range 3 {
		if a.Kind != routing.Redirect || !keepsPath(a.Target, req.URI) {
			return a, req
		}
		u, err := url.Parse(a.Target)
		if err != nil || u.Host == "" || u.Scheme == req.Scheme && u.Host == req.Host {
			return a, req
		}
		next := req
		next.Scheme, next.Host, next.Port = u.Scheme, u.Host, 0
		b := t.files.router.Route(next)
		if b.Kind == routing.Refused {
			return a, req
		}
		req, a = next, b
	}
	return a, req
}

// keepsPath tells whether a redirect leads to the same path elsewhere.
func keepsPath(target, uri string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	path, _, _ := strings.Cut(uri, "?")
	return u.EscapedPath() == path
}

// consensus tells what addresses without a known name stand for. One that gets
// everything is a further proxy; else one that gets / is the front end, and any
// other is the service that most of its prefixes belong to.
func (t *proxyTracing) consensus(groups [][]routing.Entry, demands []proxyDemand) {
	t.roles = map[string]string{}
	for _, g := range groups {
		for _, e := range g {
			t.consensusOf(e, demands)
		}
	}
}

func (t *proxyTracing) consensusOf(e routing.Entry, demands []proxyDemand) {
	votes := map[string]map[string]int{}
	targets := map[string]bool{}
	for _, d := range demands {
		a := t.follow(t.request(e, d.samples[0]))
		if a.Kind != routing.Proxied {
			continue
		}
		targets[a.Upstream] = true
		for _, target := range a.Targets {
			if role, ok := t.files.book.resolve(target); !ok || role != "" {
				continue
			}
			if votes[target] == nil {
				votes[target] = map[string]int{}
			}
			votes[target][d.service]++
			if d.prefix == "/" {
				votes[target]["web"] += len(demands)
			}
		}
	}
	for address, v := range votes {
		best := ""
		for _, service := range sortedKeys(v) {
			if best == "" || v[service] > v[best] {
				best = service
			}
		}
		if len(targets) == 1 && len(v) > 1 {
			best = "front"
		}
		t.roles[address] = best
	}
}

// proxyVerdict is what one request shows.
type proxyVerdict struct {
	rule   string // "" is right
	answer routing.Answer
	other  routing.Answer // of route-shadowed: what would have been right
	role   string
	open   string // why it cannot be decided
}

// look judges one request.
func (t *proxyTracing) look(d proxyDemand, s proxySample, e routing.Entry) proxyVerdict {
	req := t.request(e, s)
	a, req := t.followed(req)
	v := t.right(d, s, a)
	if v.rule != "lost" {
		return v
	}
	for _, c := range t.files.router.Candidates(req) {
		same := a.Location != nil && c.Location != nil && a.Location.Pos == c.Location.Pos
		if !same && c.Kind == routing.Proxied && c.Location != nil && !(d.prefix != "/" && takesAll(c.Location)) && t.right(d, s, c).rule == "" {
			v.rule, v.other = "proxy/route-shadowed", c
		}
	}
	switch {
	case v.rule != "lost":
	case a.Location == nil || d.prefix != "/" && takesAll(a.Location):
		v.rule = "proxy/route-missing"
	default:
		v.rule = "proxy/wrong-upstream"
	}
	return v
}

// right judges an answer by itself; "lost" is one that does not come to the
// service, for a reason that look finds.
func (t *proxyTracing) right(d proxyDemand, s proxySample, a routing.Answer) proxyVerdict {
	v := proxyVerdict{answer: a}
	switch a.Kind {
	case routing.Unknown:
		v.open = a.Why
		return v
	case routing.Redirect:
		if !keepsPath(a.Target, t.base+s.path) {
			v.rule = "proxy/path-rewritten"
			if a.Location == nil || takesAll(a.Location) && d.prefix != "/" {
				v.rule = "lost"
			}
		}
		return v
	case routing.Proxied:
	default:
		v.rule = "lost"
		return v
	}
	for _, target := range a.Targets {
		role, ok := t.files.book.resolve(target)
		if !ok || a.Unresolved {
			v.rule = "proxy/upstream-unknown"
			return v
		}
		if role == "" {
			role = t.roles[target]
		}
		v.role = role
		if !t.serves(d, role) {
			v.rule = "lost"
			return v
		}
	}
	v.rule = t.pathRule(s.path, a)
	return v
}

// serves tells whether a role is the demanded service: itself, a further
// proxy, or for web sockets the api where no service of their own is active.
func (t *proxyTracing) serves(d proxyDemand, role string) bool {
	switch role {
	case d.service, "nginx", "front":
		return true
	case "api":
		return d.service == "api_websocket" && !t.files.book.active["api_websocket"]
	case "api_websocket":
		return d.service == "api"
	}
	return d.service == ""
}

// takesAll tells a location that every path falls to.
func takesAll(p *routing.Place) bool {
	switch p.Modifier {
	case "", "^~":
		return p.Path == "/"
	case "~", "~*":
		return p.Path == "/" || p.Path == "^/" || strings.Trim(strings.TrimPrefix(strings.TrimPrefix(p.Path, "^"), "/"), "()$") == ".*"
	}
	return false
}

// pathRule compares what the upstream sees with what was asked for.
func (t *proxyTracing) pathRule(sent string, a routing.Answer) string {
	if a.URI == sent || a.URI == t.base+sent {
		return ""
	}
	path, _, _ := strings.Cut(sent, "?")
	seen, _, _ := strings.Cut(a.URI, "?")
	cut := "/" + strings.TrimLeft(seen, "/")
	if cut != "/" && len(cut) < len(path) && strings.HasSuffix(path, cut) && !newPrefix(a) {
		return "proxy/prefix-truncated"
	}
	return "proxy/path-rewritten"
}

// newPrefix tells a rewrite that puts a prefix of its own in place of the old:
// "rewrite ^/console/api/(.*) /api/$1".
func newPrefix(a routing.Answer) bool {
	step, ok := changedBy(a)
	words := strings.Fields(step.Text)
	if !ok || len(words) < 3 {
		return false
	}
	literal, _, _ := strings.Cut(words[2], "$")
	if _, rest, ok := strings.Cut(literal, "://"); ok {
		_, literal, _ = strings.Cut(rest, "/")
	}
	return strings.Trim(literal, "/") != ""
}

// changedBy is the last rewrite that acted.
func changedBy(a routing.Answer) (routing.Step, bool) {
	for i := len(a.Steps) - 1; i >= 0; i-- {
		s := a.Steps[i]
		if s.Note != "" && (strings.HasPrefix(s.Text, "rewrite ") || strings.HasPrefix(s.Text, "RewriteRule ")) {
			return s, true
		}
	}
	return routing.Step{}, false
}

// judge fills rows, findings and what is open.
func (t *proxyTracing) judge(groups [][]routing.Entry, demands []proxyDemand) {
	best, bestOK := 0, -1
	results := make([][][]proxyVerdict, len(groups)) // by group, demand: a verdict for each entry
	for g, group := range groups {
		ok := 0
		results[g] = make([][]proxyVerdict, len(demands))
		for i, d := range demands {
			fine := true
			for _, e := range group {
				v := t.look(d, d.samples[0], e)
				results[g][i] = append(results[g][i], v)
				fine = fine && v.rule == "" && v.open == ""
			}
			if fine {
				ok++
			}
		}
		if ok > bestOK {
			best, bestOK = g, ok
		}
	}
	if len(groups) == 0 {
		return
	}
	for i, d := range demands {
		g := t.chooseGroup(results, best, i)
		for j, v := range results[g][i] {
			t.record(d, d.samples[0], groups[g][j], v)
		}
	}
	t.report(groups, results, demands, best)
}

// chooseGroup is the group of servers to speak of for a demand: one in which
// all is right, or else the one that knows most.
func (t *proxyTracing) chooseGroup(results [][][]proxyVerdict, best, i int) int {
	for g := range results {
		fine := len(results[g][i]) > 0
		for _, v := range results[g][i] {
			fine = fine && v.rule == "" && v.open == ""
		}
		if fine {
			return g
		}
	}
	return best
}
