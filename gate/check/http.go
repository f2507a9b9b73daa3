package check

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
)

// maxBody bounds what is read of a response; the rest is left unread.
const maxBody = 1 << 20

// maxRedirects is curl's and every browser's order of magnitude.
const maxRedirects = 10

var errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)

// headerName is a token of RFC 9110; the request would not be sent otherwise.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// HTTP sends one request and compares the answer.
type HTTP struct {
	Base            `yaml:",inline"`
	URL             string            `yaml:"url" help:"absolute, or a path below dify.url" required:"true" kind:"probe"`
	Method          string            `yaml:"method" help:"GET (default), HEAD or OPTIONS: probes never change the target" enum:"GET,HEAD,OPTIONS"`
	Headers         map[string]string `yaml:"headers" help:"request headers; values may hold \"${SECRET}\""`
	Body            string            `yaml:"body" help:"request body"`
	FollowRedirects bool              `yaml:"follow_redirects" help:"follow up to ten redirects; by default the redirect is the answer"`
	Expect          HTTPExpect        `yaml:"expect" help:"what the answer has to be; by default any status below 400"`
}

// HTTPExpect is what the answer has to be.
type HTTPExpect struct {
	Status    Statuses           `yaml:"status" help:"a number, a list, or a class like \"2xx\""`
	Headers   map[string]Pattern `yaml:"headers" help:"substring or /regex/ by header name"`
	JSON      map[string]Want    `yaml:"json" help:"wanted value by gjson path, or {gt|gte|lt|lte|ne|match|exists: …}"`
	Body      Pattern            `yaml:"body" help:"substring or /regex/"`
	Latency   Duration           `yaml:"latency" help:"the answer has to be complete within this time"`
	Responder string             `yaml:"responder" help:"who must have answered" enum:"api,web,plugin_daemon,sandbox,agent,nginx,openresty,ingress-nginx,apache,caddy,traefik,haproxy,envoy,kong,cloudflare,aws,azure,squid,fastapi,go,unknown"`
	// Versions are what versions by gjson path have to be at least; the profile
	// sets them.
	Versions map[string]minimum `yaml:"-"`
}

// Kind is http.
func (h *HTTP) Kind() string { return "http" }

// Validate checks what can be checked without the network.
func (h *HTTP) Validate() []Mistake {
	ms := h.validate()
	if r := h.Expect.Responder; r != "" && !slices.Contains(responder.Names(), r) {
		ms = append(ms, mistake("expect.responder", "responder %q: want one of %s", r, strings.Join(responder.Names(), ", ")))
	}
	if h.URL == "" {
		ms = append(ms, mistake("", "url is required"))
	} else if _, err := url.Parse(h.URL); err != nil {
		ms = append(ms, mistake("url", "url %q: not a URL", gate.RedactURL(h.URL)))
	}
	switch strings.ToUpper(h.Method) {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		ms = append(ms, mistake("method", "method %q: want GET, HEAD or OPTIONS; a probe never changes the target", h.Method))
	}
	for name := range h.Headers {
		if !headerName.MatchString(name) {
			ms = append(ms, mistake("headers", "header %q: want a name of letters, digits and dashes", name))
		}
	}
	for path, w := range h.Expect.JSON {
		if err := w.validate(); err != nil {
			ms = append(ms, mistake("expect.json", "json %q: %s", path, err))
		}
	}
	return ms
}

// Check makes the check.
func (h *HTTP) Check(env *Env) gate.Check {
	method := strings.ToUpper(h.Method)
	if method == "" {
		method = http.MethodGet
	}
	c := h.check("http", fmt.Sprintf("http %s %s", method, gate.RedactURL(h.URL)), gate.PhasePost, httpRules())
	u, err := env.Resolve(h.URL)
	if err != nil {
		c.Mistake = err
		c.Probes = []string{method + " " + gate.RedactURL(h.URL)}
		return c
	}
	c.Component = env.Component(u)
	c.Probes = []string{method + " " + gate.RedactURL(u.String())}
	c.Secrets = append(headerSecrets(h.Headers), URLSecrets(u)...)
	c.Run = func(ctx context.Context) gate.Result { return h.run(ctx, env, method, u, c.Timeout) }
	return c
}

// answer is a response as far as it was read, and how long its phases took.
type answer struct {
	status  int
	reason  string // the phrase after the status; HTTP/2 has none
	proto   string
	header  http.Header
	body    []byte
	cut     bool // the body went on beyond maxBody
	bearer  bool // the request carried Authorization
	url     *url.URL
	hops    []string // URLs that redirected, in order
	timings timings
	by      responder.Answer
}

// timings are the phases of an exchange.
type timings struct{ dns, connect, tls, firstByte, total time.Duration }

func (t timings) evidence() map[string]any {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return map[string]any{"dns": ms(t.dns), "connect": ms(t.connect), "tls": ms(t.tls), "first_byte": ms(t.firstByte), "total": ms(t.total)}
}

// exchange sends a request and reads the answer to the limit.
func exchange(ctx context.Context, network *Network, req *http.Request, follow bool) (answer, error) {
	var a answer
	trace := newTrace()
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", network.UserAgent)
	}
	req = req.WithContext(httptrace.WithClientTrace(ctx, trace.client()))
	client := http.Client{Transport: network.Transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if !follow {
			return http.ErrUseLastResponse
		}
		if len(via) > maxRedirects {
			return errRedirects
		}
		a.hops = append(a.hops, gate.RedactURL(via[len(via)-1].URL.String()))
		// net/http keeps credentials for every port of the host, and headers that
		// it does not know as such for all the world.
		if elsewhere(via[0].URL, next.URL) {
			dropCredentials(next.Header)
		}
		return nil
	}}
	resp, err := client.Do(req)
	if err != nil {
		if proxy, _ := network.Transport.Proxy(req); proxy != nil && !errors.Is(err, errRedirects) {
			err = &proxiedError{gate.RedactURL(proxy.String()), err}
		}
		return a, err
	}
	defer func() { _ = resp.Body.Close() }()
	a.bearer = resp.Request.Header.Get("Authorization") != ""
	a.status, a.proto, a.header, a.url = resp.StatusCode, resp.Proto, resp.Header, resp.Request.URL
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		a.body = unzipped(a.body)
	}
	if len(a.body) > maxBody {
		a.body, a.cut = a.body[:maxBody], true
	}
	a.timings = trace.timings()
	who := responder.From(resp, a.body)
	a.reason, a.by = who.Reason, responder.Identify(who)
	return a, err
}

// unzipped is a body that came compressed though nobody had asked for it, up to
// the limit; one that is not what its header says stays as it came.
func unzipped(body []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil && len(plain) == 0 {
		return body
	}
	return plain
}

// traceTimes collects the instants of an exchange; redirects overwrite them,
// so that they speak of the last hop, and total of all. A dial that lost against
// a connection that became free goes on behind the answer, hence the lock.
type traceTimes struct {
	start time.Time
	mu    sync.Mutex
	at    traceInstants
}

type traceInstants struct {
	dnsStart, dnsDone, connectStart, connectDone, tlsStart, tlsDone, firstByte time.Time
}

func newTrace() *traceTimes { return &traceTimes{start: time.Now()} }

// mark notes an instant.
func (t *traceTimes) mark(which func(*traceInstants) *time.Time) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	*which(&t.at) = now
}

func (t *traceTimes) client() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { t.mark(func(i *traceInstants) *time.Time { return &i.dnsStart }) },
		DNSDone:           func(httptrace.DNSDoneInfo) { t.mark(func(i *traceInstants) *time.Time { return &i.dnsDone }) },
		ConnectStart:      func(string, string) { t.mark(func(i *traceInstants) *time.Time { return &i.connectStart }) },
		ConnectDone:       func(string, string, error) { t.mark(func(i *traceInstants) *time.Time { return &i.connectDone }) },
		TLSHandshakeStart: func() { t.mark(func(i *traceInstants) *time.Time { return &i.tlsStart }) },
		TLSHandshakeDone: func(tls.ConnectionState, error) {
			t.mark(func(i *traceInstants) *time.Time { return &i.tlsDone })
		},
		GotFirstResponseByte: func() { t.mark(func(i *traceInstants) *time.Time { return &i.firstByte }) },
	}
}

func (t *traceTimes) timings() timings {
	t.mu.Lock()
	at := t.at
	t.mu.Unlock()
	span := func(a, b time.Time) time.Duration {
		if a.IsZero() || b.Before(a) {
			return 0
		}
		return b.Sub(a)
	}
	return timings{span(at.dnsStart, at.dnsDone), span(at.connectStart, at.connectDone), span(at.tlsStart, at.tlsDone), span(t.start, at.firstByte), time.Since(t.start)}
}

func (h *HTTP) run(ctx context.Context, env *Env, method string, u *url.URL, timeout time.Duration) gate.Result {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(h.Body))
	if err != nil {
		return gate.Undecided(errors.New("the request cannot be made: " + lastPart(err)))
	}
	for k, v := range h.Headers {
		if strings.EqualFold(k, "Host") {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	a, err := exchange(ctx, env.Network, req, h.FollowRedirects)
	if err != nil {
		return unreachable(method, u, a, err, timeout)
	}
	res := gate.Result{Evidence: a.evidence()}
	cause := Cause{}
	if want := h.Expect.Responder; h.unwanted(a) || want != "" && a.by.Name != want {
		cause = Explain(env.asked(method, a))
		cause.addTo(res.Evidence)
	}
	res.Findings = h.compare(method, u, a, cause)
	for i := range res.Findings {
		res.Findings[i].Subject = method + " " + gate.RedactURL(u.String())
	}
	switch a.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		res.Retry = gate.RetrySoon
	}
	return res
}

// unreachable is the result when no HTTP answer came back.
func unreachable(method string, u *url.URL, a answer, err error, timeout time.Duration) gate.Result {
	t := classify(err)
	rule, hint := "http/unreachable", "check that the service is up and that the gate can reach it from here"
	if errors.Is(err, errRedirects) {
		f := finding(httpRules(), "http/status", fmt.Sprintf("%s %s: more than %d redirects, the last to %s, want one that ends", method, gate.RedactURL(u.String()), maxRedirects, a.hops[len(a.hops)-1]),
			"two rules send the request to each other: as a rule the proxy redirects to https and what is behind it back to http (X-Forwarded-Proto)")
		f.Subject = method + " " + gate.RedactURL(u.String())
		return gate.Result{Findings: []gate.Finding{f}, Evidence: map[string]any{"redirects": a.hops}}
	}
	text := t.text
	switch t.class {
	case troubleTLS:
		rule, hint = "http/tls", "mend the certificate or the port, or give the authority with --ca-cert"
	case troubleTimeout:
		text = fmt.Sprintf("no answer within %s", timeout)
		hint = "check firewalls and the route to the host, or raise the check's timeout"
	case troubleDNS:
		hint = "check the name, run the gate where it resolves, or use --resolve"
	}
	evidence := map[string]any{"error": t.text}
	want := "an HTTP answer"
	if a.status != 0 {
		evidence = a.evidence()
		evidence["error"] = t.text
		text = fmt.Sprintf("status %d by %s, and then the body broke off after %d bytes: %s", a.status, a.by, len(a.body), text)
		want = "a complete answer"
		hint = "see the log of the service and of each proxy: a crash while answering, a buffer or a time-out cuts bodies"
	}
	f := finding(httpRules(), rule, fmt.Sprintf("%s %s: %s, want %s", method, gate.RedactURL(u.String()), text, want), hint)
	f.Subject, f.Symptom = method+" "+gate.RedactURL(u.String()), gate.SymptomDown
	if a.status == 0 {
		// All URLs of an address fail alike, and are one cause.
		f.Cause = causeOfAddress(u, t)
	}
	return gate.Result{Findings: []gate.Finding{f}, Retry: t.retry(), Evidence: evidence}
}

// causeOfAddress is the key of a trouble that all requests to a host and port
// share; a time-out is the request's own.
func causeOfAddress(u *url.URL, t trouble) string {
	switch t.class {
	case troubleTimeout, troubleOther, troubleReset:
		return ""
	case troubleTLS:
		return "tls " + urlAddress(u)
	case troubleDNS:
		return "dns " + u.Hostname()
	}
	return "unreachable " + urlAddress(u)
}

// urlAddress is the address of a URL with its scheme's port.
func urlAddress(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

func (a answer) evidence() map[string]any {
	e := map[string]any{"status": a.status, "protocol": a.proto, "timings_ms": a.timings.evidence(), "bytes": len(a.body)}
	e["responder"], e["responder_by"] = a.by.Name, a.by.Evidence
	if a.by.Through != "" {
		e["through"] = a.by.Through
	}
	if len(a.hops) > 0 {
		e["redirects"], e["final_url"] = a.hops, a.url.Redacted()
	}
	if v := a.header.Get("X-Version"); v != "" {
		e["x_version"] = v
	}
	return e
}
