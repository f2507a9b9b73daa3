package explain

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Diagnosis is the way of one request, hop by hop. Times are milliseconds.
type Diagnosis struct {
	Schema  int    `json:"schema"`
	URL     string `json:"url"`
	Method  string `json:"method"`
	Outcome string `json:"outcome"` // fine, trouble or unknown
	Summary string `json:"summary"`
	Hops    []Hop  `json:"hops"`
	// Beside is how the API's ping answered on the same host, when the API did
	// not answer the request itself.
	Beside *Beside `json:"beside,omitempty"`
	// Files is where the files in --dir send the request.
	Files  *FilesView `json:"files,omitempty"`
	Cause  *CauseView `json:"cause"`
	Advice string     `json:"advice"`
	// Notes are further things that an operator should know.
	Notes []string `json:"notes"`
}

// The outcomes of a diagnosis.
const (
	DiagnosisFine    = "fine"
	DiagnosisTrouble = "trouble"
	DiagnosisUnknown = "unknown"
)

// Hop is one request of the way: all but the last redirect.
type Hop struct {
	URL       string         `json:"url"`
	Proxy     string         `json:"proxy,omitempty"` // HTTP(S)_PROXY in between
	DNS       *DNSView       `json:"dns,omitempty"`
	TCP       []TCPView      `json:"tcp,omitempty"`
	TLS       *TLSView       `json:"tls,omitempty"`
	HTTP      *HTTPView      `json:"http,omitempty"`
	Responder *ResponderView `json:"responder,omitempty"`
	Error     string         `json:"error,omitempty"`
}

// HTTPView is an answer.
type HTTPView struct {
	Status    int            `json:"status"`
	Reason    string         `json:"reason"`
	Protocol  string         `json:"protocol"`
	Location  string         `json:"location,omitempty"`
	Server    string         `json:"server,omitempty"`
	Type      string         `json:"content_type,omitempty"`
	Bytes     int            `json:"bytes"`
	Begins    string         `json:"body_begins,omitempty"`
	TimingsMS map[string]any `json:"timings_ms"`
}

// ResponderView says who answered.
type ResponderView struct {
	Name       string   `json:"name"`
	Confidence string   `json:"confidence"`
	Kind       string   `json:"kind"`
	Evidence   []string `json:"evidence"`
	Through    string   `json:"through,omitempty"`
	Version    string   `json:"version,omitempty"`
	Message    string   `json:"message,omitempty"`
}

// Beside is the answer of another end point of the same host.
type Beside struct {
	URL       string `json:"url"`
	Status    int    `json:"status"`
	Responder string `json:"responder"`
	Version   string `json:"version,omitempty"`
	Error     string `json:"error,omitempty"`
}

// FilesView is where the operator's proxy files send the request.
type FilesView struct {
	Upstream  string         `json:"upstream,omitempty"`
	Service   string         `json:"service,omitempty"`
	URI       string         `json:"uri,omitempty"`
	Decided   string         `json:"decided"`
	Location  *gate.Location `json:"location,omitempty"`
	Reachable string         `json:"reachable,omitempty"` // how the upstream answers from here
}

// CauseView is a Cause in the report.
type CauseView struct {
	ID       string         `json:"id"`
	Text     string         `json:"text"`
	Evidence []string       `json:"evidence"`
	Fix      string         `json:"fix"`
	Lines    string         `json:"lines,omitempty"`
	Location *gate.Location `json:"location,omitempty"`
	Fine     bool           `json:"fine"`
}

// DiagnoseOptions say what is asked.
type DiagnoseOptions struct {
	Method  string // "" is GET
	Headers http.Header
	// Timeout the time limit of each step: a lookup, a connection, an answer.
	Timeout time.Duration
}

// Diagnose follows a request from the name to the cause. It never fails: what
// went wrong is in the diagnosis.
func Diagnose(ctx context.Context, env *check.Env, u *url.URL, opts DiagnoseOptions) Diagnosis {
	if opts.Method == "" {
		opts.Method = http.MethodGet
	}
	if opts.Timeout <= 0 {
		opts.Timeout = check.DefaultTimeout
	}
	d := Diagnosis{Schema: 1, URL: gate.RedactURL(u.String()), Method: opts.Method, Outcome: DiagnosisFine, Hops: []Hop{}, Notes: []string{}}
	g := diagnosing{env: env, opts: opts, d: &d, asked: map[string]bool{}}
	g.follow(ctx, u)
	if ctx.Err() != nil {
		// What failed, failed for that.
		d.Outcome, d.Summary, d.Cause, d.Advice = DiagnosisUnknown, "interrupted before the answer was there", nil, ""
	}
	if d.Outcome == DiagnosisFine && d.Summary == "" {
		d.Summary = "nothing is wrong with this answer"
	}
	return d
}

// diagnosing is a diagnosis being made.
type diagnosing struct {
	env   *check.Env
	opts  DiagnoseOptions
	d     *Diagnosis
	asked map[string]bool // URLs that redirected
}

// follow goes through the redirects to the answer and its cause.
func (g *diagnosing) follow(ctx context.Context, u *url.URL) {
	headers := g.opts.Headers.Clone()
	for range probe.MaxRedirects + 1 {
		hop := Hop{URL: gate.RedactURL(u.String())}
		a, ok := g.hop(ctx, u, headers, &hop)
		g.d.Hops = append(g.d.Hops, hop)
		if !ok {
			return
		}
		next, redirects := g.next(u, a)
		if !redirects {
			g.judge(ctx, u, a)
			return
		}
		if g.asked[next.String()] || next.String() == u.String() {
			g.trouble("the redirects go round in a circle: "+gate.RedactURL(next.String())+" was asked before",
				"let one side alone redirect: mostly TLS ends in front, and the service behind redirects to https because it does not see X-Forwarded-Proto")
			return
		}
		g.asked[u.String()] = true
		if probe.Elsewhere(u, next) {
			probe.DropCredentials(headers)
		}
		u = next
	}
	g.trouble(fmt.Sprintf("more than %d redirects", probe.MaxRedirects), "check where the hops lead, and fix the first wrong one")
}

// next is where a redirect leads. Only what a client would follow by itself is
// followed: a redirect by the API for a doubled slash is an answer.
func (g *diagnosing) next(u *url.URL, a probe.Answer) (*url.URL, bool) {
	if a.Status < 301 || a.Status > 308 || a.Status == 304 || a.Header.Get("Location") == "" {
		return nil, false
	}
	if g.opts.Method != http.MethodGet && g.opts.Method != http.MethodHead || a.By.Name == responder.API && a.Status == http.StatusPermanentRedirect {
		return nil, false
	}
	to, err := u.Parse(a.Header.Get("Location"))
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		g.trouble("the redirect leads to "+quote.Clip(gate.RedactURL(a.Header.Get("Location")))+", which is no address", "correct the Location header of the service or the proxy")
		return nil, false
	}
	if u.Scheme == "https" && to.Scheme == "http" {
		g.note("the redirect leads from https to http: the service does not know that TLS ends in front of it (X-Forwarded-Proto)")
	}
	if u.Port() != "" && to.Port() == "" && to.Hostname() == u.Hostname() && to.Scheme == u.Scheme {
		g.note("the redirect loses the port " + u.Port() + ": pass Host with its port on ($http_host), or put the port into the *_URL variables")
	}
	return to, true
}

// hop looks a name up, connects, shakes hands and asks once. It tells whether
// an answer came back; if not, the trouble is noted.
func (g *diagnosing) hop(ctx context.Context, u *url.URL, headers http.Header, hop *Hop) (probe.Answer, bool) {
	req, err := http.NewRequestWithContext(ctx, g.opts.Method, u.String(), nil)
	if err != nil {
		g.unknown("the request cannot be made: "+probe.LastPart(err), "correct the URL or the method")
		return probe.Answer{}, false
	}
	for name, values := range headers {
		if strings.EqualFold(name, "Host") {
			req.Host = values[0]
			continue
		}
		req.Header[name] = values
	}
	if proxy, err := g.env.Network.Transport.Proxy(req); err == nil && proxy != nil {
		hop.Proxy = gate.RedactURL(proxy.String())
		g.note("the way leads through the proxy " + hop.Proxy + " of the environment: name and connection are its own matter")
	} else if !g.reach(ctx, u, hop) {
		return probe.Answer{}, false
	}
	return g.ask(ctx, req, hop)
}

// ask sends the request and describes the answer.
func (g *diagnosing) ask(ctx context.Context, req *http.Request, hop *Hop) (probe.Answer, bool) {
	ctx, cancel := context.WithTimeout(ctx, g.opts.Timeout)
	defer cancel()
	a, err := probe.Exchange(ctx, g.env.Network, req, false)
	if a.Status != 0 {
		hop.HTTP = &HTTPView{
			Status: a.Status, Reason: quote.Clip(a.Reason), Protocol: a.Proto, Location: quote.Clip(gate.RedactURL(a.Header.Get("Location"))),
			Server: quote.Clip(a.Header.Get("Server")), Type: quote.Clip(a.Header.Get("Content-Type")), Bytes: len(a.Body), TimingsMS: a.Timings.Evidence(),
		}
		if a.Status >= 400 {
			hop.HTTP.Begins = quote.Clip(string(a.Body[:min(len(a.Body), 400)]))
		}
		hop.Responder = viewResponder(a.By)
	}
	if err == nil {
		return a, true
	}
	t := probe.Classify(err)
	hop.Error = t.Text
	switch {
	case a.Status != 0:
		g.trouble(fmt.Sprintf("status %d by %s came, and then the body broke off: %s", a.Status, a.By, t.Text), "see the log of the service and of each proxy")
	case t.Class == probe.FailTimeout:
		g.trouble(fmt.Sprintf("the connection stands, and no answer came within %s", g.opts.Timeout), "see what the service is busy with; a proxy in front would have said 504 after its own time-out")
	case strings.Contains(t.Text, "malformed HTTP"):
		g.trouble("what answers does not speak HTTP: "+quote.Clip(t.Text), "check the port: another service listens there, or it wants https")
	default:
		g.trouble(t.Text, "check what listens on the address, and its log")
	}
	return a, false
}

func viewResponder(by responder.Answer) *ResponderView {
	return &ResponderView{
		Name: by.Name, Confidence: string(by.Confidence), Kind: string(by.Kind), Evidence: by.Evidence,
		Through: by.Through, Version: by.Version, Message: by.Message,
	}
}

// judge finds the cause of the last answer.
func (g *diagnosing) judge(ctx context.Context, u *url.URL, a probe.Answer) {
	asked := NewAsked(g.env, g.opts.Method, a)
	if a.By.Name != responder.API && a.By.Name != responder.Unknown {
		g.d.Beside = g.beside(ctx, u)
		if g.d.Beside != nil && asked.To == "" {
			asked.To = g.d.Beside.Version
		}
	}
	if asked.Files != nil {
		asked.Reached = g.files(ctx, asked.Files, a)
	}
	if asked.Unread != "" {
		g.note(asked.Unread)
		asked.Unread = "" // said once
	}
	g.streams(u)
	cause := Explain(asked)
	if f := g.d.Files; f != nil && f.Reachable != "" && (cause.ID == CauseUpstreamDown || cause.ID == CauseUpstreamScheme) {
		cause.Evidence = append(cause.Evidence, "from here, "+f.Upstream+": "+f.Reachable)
	}
	if cause.ID != "" {
		g.d.Cause = &CauseView{cause.ID, cause.Text, cause.Evidence, cause.Fix, cause.Lines, cause.Place, cause.Fine}
	}
	seen := fmt.Sprintf("status %d by %s", a.Status, a.By)
	switch {
	case g.d.Outcome != DiagnosisFine: // a redirect that leads nowhere
	case cause.Fine:
		g.d.Summary, g.d.Advice = seen+": "+cause.Text, cause.Fix
	case cause.ID != "":
		g.trouble(seen+": "+cause.Text, cause.Fix)
	case a.Status >= 400:
		g.trouble(strings.TrimSuffix(seen+": "+a.By.Message, ": "), "read the answer's body and the log of "+a.By.Name)
	case a.By.Name == responder.Unknown && g.ofAPI(u):
		g.unknown(seen+": nothing in the answer shows that Dify's API gave it", "see who listens there; an answer of the API carries the header X-Version")
	default:
		g.d.Summary = seen
	}
}

// ofAPI reports whether a URL is below a prefix that the API serves.
func (g *diagnosing) ofAPI(u *url.URL) bool {
	path := strings.TrimPrefix(u.Path, basePath(g.env))
	return slices.ContainsFunc(check.APIPrefixes, func(prefix string) bool { return underPrefix(path, prefix) })
}

// streams notes a proxy that collects the events of answers below a prefix that apps
// stream at.
func (g *diagnosing) streams(u *url.URL) {
	for _, prefix := range []string{"/v1", "/api", "/console/api"} {
		if !underPrefix(strings.TrimPrefix(u.Path, basePath(g.env)), prefix) {
			continue
		}
		if held := HeldBack(g.env, u); held.Collects {
			g.note("answers that stream arrive at once, at their end: " + held.Text)
		}
		return
	}
}

// beside asks the API's ping, which needs no database and no key: whether the
// API is there tells a missing route from a deployment that is down.
func (g *diagnosing) beside(ctx context.Context, u *url.URL) *Beside {
	ping := *u
	ping.Path, ping.RawPath, ping.RawQuery = basePath(g.env)+"/console/api/ping", "", ""
	if ping.Path == u.Path {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(g.opts.Timeout, 5*time.Second))
	defer cancel()
	out := &Beside{URL: gate.RedactURL(ping.String())}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ping.String(), nil)
	if err != nil {
		return nil
	}
	a, err := probe.Exchange(ctx, g.env.Network, req, false)
	if err != nil {
		out.Error = probe.Classify(err).Text
		return out
	}
	out.Status, out.Responder = a.Status, a.By.Name
	if a.By.Name == responder.API {
		out.Version = a.By.Version
	}
	return out
}

// files notes where the files send the request, and for an upstream that gave
// no answer, whether it can be reached from here.
func (g *diagnosing) files(ctx context.Context, r *Routed, a probe.Answer) Reach {
	v := &FilesView{Upstream: r.Upstream, Service: r.Service, URI: r.URI, Decided: cmp.Or(r.Location, r.Changed), Location: r.Place}
	g.d.Files = v
	if a.By.Kind != responder.UpstreamDown || r.Upstream == "" {
		return ReachUnknown
	}
	var out Reach
	out, v.Reachable = reach(ctx, g.env.Network, r.Upstream, r.Protocol)
	return out
}

// trouble notes the first thing that is wrong.
func (g *diagnosing) trouble(summary, advice string) { g.end(DiagnosisTrouble, summary, advice) }

// unknown notes that it could not be found out.
func (g *diagnosing) unknown(summary, advice string) { g.end(DiagnosisUnknown, summary, advice) }

func (g *diagnosing) end(outcome, summary, advice string) {
	if g.d.Outcome == DiagnosisFine {
		g.d.Outcome, g.d.Summary, g.d.Advice = outcome, summary, advice
	}
}

func (g *diagnosing) note(text string) { g.d.Notes = append(g.d.Notes, text) }
