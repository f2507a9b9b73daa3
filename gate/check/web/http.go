package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/explain"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// headerName is a token of RFC 9110; the request would not be sent otherwise.
var headerName = lazyregexp.New("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// HTTP sends one request and compares the answer.
type HTTP struct {
	check.Base      `yaml:",inline"`
	URL             string            `yaml:"url" help:"absolute, or a path below dify.url" required:"true" kind:"probe"`
	Method          string            `yaml:"method" help:"GET (default), HEAD or OPTIONS: probes never change the target" enum:"GET,HEAD,OPTIONS"`
	Headers         map[string]string `yaml:"headers" help:"request headers; values may hold \"${SECRET}\""`
	Body            string            `yaml:"body" help:"request body"`
	FollowRedirects bool              `yaml:"follow_redirects" help:"follow up to ten redirects; by default the redirect is the answer"`
	Expect          HTTPExpect        `yaml:"expect" help:"what the answer has to be; by default any status below 400"`
}

// HTTPExpect is what the answer has to be.
type HTTPExpect struct {
	Status    check.Statuses           `yaml:"status" help:"a number, a list, or a class like \"2xx\""`
	Headers   map[string]check.Pattern `yaml:"headers" help:"substring or /regex/ by header name"`
	JSON      map[string]check.Want    `yaml:"json" help:"wanted value by gjson path, or {gt|gte|lt|lte|ne|match|exists: …}"`
	Body      check.Pattern            `yaml:"body" help:"substring or /regex/"`
	Latency   check.Duration           `yaml:"latency" help:"the answer has to be complete within this time"`
	Responder string                   `yaml:"responder" help:"who must have answered" enum:"api,web,plugin_daemon,sandbox,agent,nginx,openresty,ingress-nginx,apache,caddy,traefik,haproxy,envoy,kong,cloudflare,aws,azure,squid,fastapi,go,unknown"`
	// Versions are what versions by gjson path have to be at least; the profile
	// sets them.
	Versions map[string]check.Minimum `yaml:"-"`
}

// Kind is http.
func (h *HTTP) Kind() string { return "http" }

// Rules are those of http.
func (h *HTTP) Rules() []gate.Rule {
	return []gate.Rule{ruleHTTPUnreachable, ruleHTTPTLS, ruleHTTPStatus, ruleHTTPNotFound, ruleHTTPHeader, ruleHTTPJSON, ruleHTTPBody, ruleHTTPLatency, ruleHTTPResponder}
}

// Validate checks what needs no network.
func (h *HTTP) Validate() []check.Mistake {
	ms := h.Mistakes()
	if r := h.Expect.Responder; r != "" && !slices.Contains(responder.Names(), r) {
		ms = append(ms, check.Mistakef("expect.responder", "responder %q: want one of %s", r, strings.Join(responder.Names(), ", ")))
	}
	if h.URL == "" {
		ms = append(ms, check.Mistakef("", "url is required"))
	} else if _, err := url.Parse(h.URL); err != nil {
		ms = append(ms, check.Mistakef("url", "url %q: not a URL", gate.RedactURL(h.URL)))
	}
	switch strings.ToUpper(h.Method) {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		ms = append(ms, check.Mistakef("method", "method %q: want GET, HEAD or OPTIONS; a probe never changes the target", h.Method))
	}
	for name := range h.Headers {
		if !headerName().MatchString(name) {
			ms = append(ms, check.Mistakef("headers", "header %q: want a name of letters, digits and dashes", name))
		}
	}
	for path, w := range h.Expect.JSON {
		if err := w.Validate(); err != nil {
			ms = append(ms, check.Mistakef("expect.json", "json %q: %s", path, err))
		}
	}
	return ms
}

// Check makes the check.
func (h *HTTP) Check(env *check.Env) gate.Check {
	method := strings.ToUpper(h.Method)
	if method == "" {
		method = http.MethodGet
	}
	c := h.NewCheck("http", fmt.Sprintf("http %s %s", method, gate.RedactURL(h.URL)), gate.PhasePost, h.Rules())
	u, err := env.Resolve(h.URL)
	if err != nil {
		c.Mistake = err
		c.Probes = []string{method + " " + gate.RedactURL(h.URL)}
		return c
	}
	c.Component = env.Component(u)
	c.Probes = []string{method + " " + gate.RedactURL(u.String())}
	c.Secrets = append(probe.HeaderSecrets(h.Headers), gate.URLSecrets(u)...)
	c.Run = func(ctx context.Context) gate.Result { return h.run(ctx, env, method, u, c.Timeout) }
	return c
}

func (h *HTTP) run(ctx context.Context, env *check.Env, method string, u *url.URL, timeout time.Duration) gate.Result {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(h.Body))
	if err != nil {
		return gate.Undecided(errors.New("the request cannot be made: " + probe.LastPart(err)))
	}
	for k, v := range h.Headers {
		if strings.EqualFold(k, "Host") {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	a, err := probe.Exchange(ctx, env.Network, req, h.FollowRedirects)
	if err != nil {
		return unreachable(method, u, a, err, timeout)
	}
	res := gate.Result{Evidence: a.Evidence()}
	cause := explain.Cause{}
	if want := h.Expect.Responder; h.unwanted(a) || want != "" && a.By.Name != want {
		cause = explain.Explain(explain.NewAsked(env, method, a))
		cause.AddTo(res.Evidence)
	}
	res.Findings = h.compare(method, u, a, cause)
	for i := range res.Findings {
		res.Findings[i].Subject = method + " " + gate.RedactURL(u.String())
	}
	switch a.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		res.Retry = gate.RetrySoon
	}
	return res
}

// unreachable is the result when no HTTP answer came back.
func unreachable(method string, u *url.URL, a probe.Answer, err error, timeout time.Duration) gate.Result {
	t := probe.Classify(err)
	rule, hint := ruleHTTPUnreachable, "check that the service is up and that the gate can reach it from here"
	if errors.Is(err, probe.ErrRedirects) {
		f := ruleHTTPStatus.Finding(
			fmt.Sprintf("%s %s: more than %d redirects, the last to %s", method, gate.RedactURL(u.String()), probe.MaxRedirects, a.Hops[len(a.Hops)-1]),
			"find the two rules that redirect to each other: usually the proxy redirects to https and the service behind it back to http (check X-Forwarded-Proto)")
		f.Subject = method + " " + gate.RedactURL(u.String())
		return gate.Result{Findings: []gate.Finding{f}, Evidence: map[string]any{"redirects": a.Hops}}
	}
	text := t.Text
	switch t.Class {
	case probe.FailTLS:
		rule, hint = ruleHTTPTLS, "fix the certificate or the port, or pass the authority with --ca-cert"
	case probe.FailTimeout:
		text = fmt.Sprintf("no answer within %s", timeout)
		hint = "check firewalls and the route to the host, or raise the check's timeout"
	case probe.FailDNS:
		hint = "check the name, run the gate where it resolves, or use --resolve"
	}
	evidence := map[string]any{"error": t.Text}
	want := "an HTTP answer"
	if a.Status != 0 {
		evidence = a.Evidence()
		evidence["error"] = t.Text
		text = fmt.Sprintf("status %d by %s, and then the body broke off after %d bytes: %s", a.Status, a.By, len(a.Body), text)
		want = "a complete answer"
		hint = "read the logs of the service and of each proxy: a crash, a buffer limit or a timeout truncates bodies"
	}
	f := rule.Finding(fmt.Sprintf("%s %s: %s, expected %s", method, gate.RedactURL(u.String()), text, want), hint)
	f.Subject, f.Symptom = method+" "+gate.RedactURL(u.String()), gate.SymptomDown
	if a.Status == 0 {
		// All URLs of an address fail in the same way, for one cause.
		f.Cause = causeOfAddress(u, t)
	}
	return gate.Result{Findings: []gate.Finding{f}, Retry: t.Retry(), Evidence: evidence}
}

// causeOfAddress is the key of a failure that all requests to a host and port
// share; "" for a time-out, which is the request's own.
func causeOfAddress(u *url.URL, t probe.Failure) string {
	switch t.Class {
	case probe.FailTimeout, probe.FailOther, probe.FailReset:
		return ""
	case probe.FailTLS:
		return "tls " + probe.URLAddress(u)
	case probe.FailDNS:
		return "dns " + u.Hostname()
	}
	return "unreachable " + probe.URLAddress(u)
}
