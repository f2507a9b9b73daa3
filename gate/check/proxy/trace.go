package proxy

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Trace is a proxy's configuration, read, and what became of every path that the
// release publishes. It is the one reading of these files: the check, gate
// routes and gate diagnose ask it.
type Trace struct {
	files    *fileSet
	release  string
	notes    []string
	hosts    hostNames         // where it is public
	base     string            // the path of dify.url: a sub-path deployment
	roles    map[string]string // what unnamed addresses stand for, told from all that goes to them
	rows     []Row
	findings []gate.Finding
	open     []string                  // what could not be decided
	good     map[string]routing.Answer // by service: an answer that is right
	seen     []string                  // all upstreams that demanded paths go to
	told     map[string]bool           // findings made, by rule, prefix and place
	// socketRoutes are the right answers for the prefix of web sockets.
	socketRoutes []routing.Answer
}

// Row is a line of gate routes: where one path goes.
type Row struct {
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

// Table is where the proxy sends the demanded paths, for gate routes.
type Table struct {
	Server   string         `json:"server"`
	Files    []string       `json:"files"`
	Release  string         `json:"release"`
	Notes    []string       `json:"notes,omitempty"`
	Rows     []Row          `json:"routes"`
	Findings []gate.Finding `json:"findings"`
}

// Table traces the demanded paths. Files that the proxy would refuse yield
// proxy/syntax findings and no rows.
func (p *Proxy) Table(env *check.Env) (Table, error) {
	t, err := p.trace(env)
	var syntax routing.Errors
	if errors.As(err, &syntax) {
		return Table{Server: p.Server, Files: p.Files, Rows: []Row{}, Findings: syntaxFindings(syntax)}, nil
	}
	if err != nil {
		return Table{}, err
	}
	return Table{Server: t.files.server, Files: t.files.shown, Release: t.release, Notes: t.notes,
		Rows: append([]Row{}, t.rows...), Findings: append([]gate.Finding{}, t.findings...)}, nil
}

// Read traces the files that are found in the operator's directory, once for all
// that ask. The errors are check.ErrNoDir and ErrNoProxyFiles where there is
// nothing to read, and any other where something is there and cannot be read.
func Read(env *check.Env) (*Trace, error) {
	v, err := env.Proxy.Do(func() (any, error) { return new(Proxy).trace(env) })
	if err != nil {
		return nil, err
	}
	return v.(*Trace), nil
}

// trace reads the files and follows every demanded path through them.
func (p *Proxy) trace(env *check.Env) (*Trace, error) {
	files, err := p.read(env)
	if err != nil {
		return nil, err
	}
	release, notes, err := env.TargetRelease()
	if err != nil {
		return nil, err
	}
	files.book.know(release)
	t := &Trace{files: files, release: release.Version(), notes: notes, hosts: hostsOf(env), good: map[string]routing.Answer{}, told: map[string]bool{}}
	if env.URL != nil {
		t.base = strings.TrimSuffix(env.URL.Path, "/")
	}
	t.notes = append(t.notes, t.hosts.fromVariables(env, files.deployment, files.book)...)
	demands := p.demands(release)
	t.adopt(demands)
	groups := t.groups(demands)
	if len(groups) == 0 {
		t.open = append(t.open, "no server of "+strings.Join(files.shown, ", ")+" listens on a port")
	}
	t.consensus(groups, demands)
	t.judge(groups, demands)
	t.dropShadowed()
	t.idleTargets()
	t.sockets()
	t.redact()
	return t, nil
}

// bareUser is user and password in an address without a scheme.
var bareUser = lazyregexp.New(`[^\s/@:"'=]+:[^\s/@"']*@`)

// redact replaces the credentials that a proxy's files may hold: a user in the address
// of an upstream, a token in a redirect or a header.
func (t *Trace) redact() {
	redact := func(texts ...*string) {
		for _, text := range texts {
			*text = bareUser().ReplaceAllString(gate.RedactText(*text), "***@")
		}
	}
	for i := range t.findings {
		f := &t.findings[i]
		redact(&f.Message, &f.Hint, &f.Text)
	}
	for i := range t.rows {
		r := &t.rows[i]
		redact(&r.Location, &r.Upstream, &r.URI, &r.Target, &r.Why)
	}
	for _, texts := range [][]string{t.notes, t.open} {
		for i := range texts {
			redact(&texts[i])
		}
	}
}

// verdict is what one request shows.
type verdict struct {
	rule   gate.Rule // none is right
	lost   bool      // it does not come to the service, for a reason that look finds
	answer routing.Answer
	other  routing.Answer // what would have been right and lost; no Location: there is none
	role   string
	open   string // why it cannot be decided
}

// fine reports whether nothing is wrong with the request.
func (v verdict) fine() bool { return v.rule.ID == "" && !v.lost }

// look judges one request. A place that wins over the right one is as wrong as
// one that stands alone; only for a path that may never be asked for, a right
// place that loses is a thing of its own.
func (t *Trace) look(d demand, s samplePath, e routing.Entry) verdict {
	req := t.request(e, s)
	a, req := t.followed(req)
	v := t.right(d, s, a)
	if !v.lost {
		return v
	}
	v.lost = false
	for _, c := range t.files.router.Candidates(req) {
		same := a.Location != nil && c.Location != nil && a.Location.Pos == c.Location.Pos
		if !same && c.Kind == routing.Proxied && c.Location != nil && !(d.prefix != "/" && TakesAll(c.Location)) && t.right(d, s, c).fine() {
			v.other = c
		}
	}
	switch {
	case s.guess && d.prefix == "/" && !byPattern(a):
		return v // a place of its own for the front end's files, as many a proxy has
	case s.guess && v.other.Location != nil:
		v.rule = ruleRouteShadowed
	case v.other.Location == nil && a.Unread != "" && (a.Location == nil || TakesAll(a.Location)):
		v.open = a.Unread + ", and may have its route"
	case a.Location == nil || d.prefix != "/" && TakesAll(a.Location):
		v.rule = ruleRouteMissing
	default:
		v.rule = ruleWrongUpstream
	}
	return v
}

// byPattern reports whether a regular expression took the request.
func byPattern(a routing.Answer) bool {
	return a.Location != nil && strings.HasPrefix(a.Location.Modifier, "~")
}

// right judges an answer by itself.
func (t *Trace) right(d demand, s samplePath, a routing.Answer) verdict {
	v := verdict{answer: a}
	switch a.Kind {
	case routing.Unknown:
		v.open = a.Why
		return v
	case routing.Redirect:
		if !keepsPath(a.Target, t.base+s.path) {
			v.lost = a.Location == nil || TakesAll(a.Location) && d.prefix != "/"
			if !v.lost {
				v.rule = rulePathRewritten
			}
		}
		return v
	case routing.Proxied:
	default:
		v.lost = true
		return v
	}
	for _, target := range a.Targets {
		role, ok := t.files.book.resolve(target)
		if !ok || a.Unresolved {
			v.rule = ruleUpstreamUnknown
			return v
		}
		if role == "" {
			role = t.roles[target]
		}
		v.role = role
		if !t.serves(d, role) || !t.files.book.listens(target) || t.nobodyPublishes(d, target) {
			v.lost = true
			return v
		}
		if a.Protocol == "https" && t.plain(role, target) {
			v.rule = ruleWrongUpstream
			return v
		}
	}
	v.rule = t.pathRule(s.path, a)
	return v
}

// plain reports whether a target is the very port at which a part of Dify speaks
// plain HTTP. Behind any other port something may end TLS.
func (t *Trace) plain(role, target string) bool {
	own, ok := dify.ComponentNamed(role)
	_, port, err := net.SplitHostPort(target)
	return ok && role != "nginx" && err == nil && (port == own.Port || port == t.files.book.hostPorts[role])
}

// nobodyPublishes reports whether a target is a port of this host that no service
// publishes, while the demanded one publishes another.
func (t *Trace) nobodyPublishes(d demand, target string) bool {
	host, port, err := net.SplitHostPort(target)
	book := t.files.book
	if err != nil || book.hostPorts[d.service] == "" || t.roles[target] == "front" {
		return false
	}
	ip, _ := netip.ParseAddr(host)
	_, published := book.published[port]
	return !published && (host == "localhost" || ip.IsLoopback())
}

// serves tells whether a role is the demanded service: itself, a further
// proxy, or for web sockets the api where no service of their own is active.
func (t *Trace) serves(d demand, role string) bool {
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

// TakesAll tells a location that every path falls to.
func TakesAll(p *routing.Place) bool {
	switch p.Modifier {
	case "", "^~":
		return p.Path == "/"
	case "~", "~*":
		return p.Path == "/" || p.Path == "^/" || strings.Trim(strings.TrimPrefix(strings.TrimPrefix(p.Path, "^"), "/"), "()$") == ".*"
	}
	return false
}

// pathRule compares what the upstream sees with what was asked for.
func (t *Trace) pathRule(sent string, a routing.Answer) gate.Rule {
	if a.URI == sent || a.URI == t.base+sent {
		return gate.Rule{}
	}
	path, _, _ := strings.Cut(sent, "?")
	seen, _, _ := strings.Cut(a.URI, "?")
	cut := "/" + strings.TrimLeft(seen, "/")
	if cut != "/" && len(cut) < len(path) && strings.HasSuffix(path, cut) && !newPrefix(a) {
		return rulePrefixTruncated
	}
	return rulePathRewritten
}

// newPrefix tells a rewrite that puts a prefix of its own in place of the old:
// "rewrite ^/console/api/(.*) /api/$1".
func newPrefix(a routing.Answer) bool {
	step, ok := changedBy(a)
	words := strings.Fields(step.Text)
	if !ok || len(words) < 3 || words[0] == "uri" {
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
		word, _, _ := strings.Cut(s.Text, " ")
		if s.Note != "" && slices.Contains([]string{"rewrite", "RewriteRule", "handle_path", "uri"}, word) {
			return s, true
		}
	}
	return routing.Step{}, false
}

// judge fills rows, findings and what is open.
func (t *Trace) judge(groups []pathGroup, demands []demand) {
	if len(groups) == 0 {
		return
	}
	fine := make([]int, len(groups))            // how many demands a group fulfils
	results := make([][][]verdict, len(groups)) // by group, demand: a verdict for each entry
	for g, group := range groups {
		results[g] = make([][]verdict, len(demands))
		for i, d := range demands {
			for _, e := range group.entries {
				results[g][i] = append(results[g][i], t.look(d, d.samples[0], e))
			}
			if allFine(results[g][i]) {
				fine[g]++
			}
		}
	}
	chosen := make([]int, len(demands))
	for i, d := range demands {
		g := t.chooseGroup(d, groups, fine, func(g int) bool { return allFine(results[g][i]) })
		for j, v := range results[g][i] {
			t.record(d, d.samples[0], groups[g].entries[j], v)
		}
		chosen[i] = g
	}
	for i, d := range demands { // after all rows: a hint names what other prefixes have
		t.report(d, groups[chosen[i]], results[chosen[i]][i])
	}
}

func allFine(vs []verdict) bool {
	return len(vs) > 0 && !slices.ContainsFunc(vs, func(v verdict) bool { return v.rule.ID != "" || v.open != "" })
}

// chooseGroup is the group of servers to speak of for a demand: of those at its
// host one in which all is right, or else the one that knows most.
func (t *Trace) chooseGroup(d demand, groups []pathGroup, fine []int, right func(int) bool) int {
	best := -1
	for g, group := range groups {
		switch {
		case !t.hosts.wants(d, group):
		case right(g):
			return g
		case best < 0 || fine[g] > fine[best]:
			best = g
		}
	}
	return max(best, 0)
}
