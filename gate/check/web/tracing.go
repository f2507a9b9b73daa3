package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Tracing sends a request that belongs to a trace, and checks that the trace
// arrives in the backend.
type Tracing struct {
	check.Base `yaml:",inline"`
	URL        string         `yaml:"url" help:"what to request, absolute or a path below dify.url" required:"true" kind:"probe"`
	Backend    string         `yaml:"backend" help:"query address of Jaeger (:16686) or Tempo (:3200)" required:"true" kind:"url"`
	Within     check.Duration `yaml:"within" help:"how long the trace may take to arrive, by default 30s"`
}

// defaultTraceWithin is how long a trace may take by default.
const defaultTraceWithin = 30 * time.Second

// Kind is tracing.
func (t *Tracing) Kind() string { return "tracing" }

// Rules are those of tracing.
func (t *Tracing) Rules() []gate.Rule {
	return []gate.Rule{ruleTracingNotPropagated, ruleTracingNotExported}
}

var ruleTracingNotPropagated = gate.Rule{
	ID: "tracing/not-propagated", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the trace is not propagated",
	What:    "The service answered with a different trace id than the one it was sent, or its spans have a different parent.",
	Why:     "Traces break at this service.",
	Fix:     "Let the proxy forward traceparent, and enable the W3C propagator.",
	Example: "GET https://dify.example.com/v1/info: sent trace 4bf9…, answered with 00f0…",
}

var ruleTracingNotExported = gate.Rule{
	ID: "tracing/not-exported", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the trace does not arrive",
	What:    "The backend does not have the trace after the given time.",
	Why:     "When something breaks after the upgrade, there are no traces to look at.",
	Fix:     "Check ENABLE_OTEL, OTLP_BASE_ENDPOINT, the sampling rate, and the collector's log.",
	Example: "trace 4bf9… is not in http://jaeger:16686 after 30s",
}

// Validate checks what needs no network.
func (t *Tracing) Validate() []check.Mistake {
	ms := t.Mistakes()
	if t.URL == "" {
		ms = append(ms, check.Mistakef("", "url is required"))
	}
	if u, err := url.Parse(t.Backend); t.Backend == "" {
		ms = append(ms, check.Mistakef("", "backend is required"))
	} else if err != nil || u.Host == "" {
		ms = append(ms, check.Mistakef("backend", "backend %q: want a URL like http://jaeger:16686", gate.RedactURL(t.Backend)))
	}
	return ms
}

// Check makes the check.
func (t *Tracing) Check(env *check.Env) gate.Check {
	c := t.NewCheck("tracing", "tracing "+gate.RedactURL(t.URL), gate.PhasePost, t.Rules())
	within := orDuration(t.Within, defaultTraceWithin)
	if t.Timeout.Of() == 0 {
		c.Timeout = within + check.DefaultTimeout
	}
	u, err := env.Resolve(t.URL)
	if err != nil {
		c.Probes = []string{"GET " + gate.RedactURL(t.URL)}
		c.Mistake = err
		return c
	}
	c.Component, c.Secrets = env.Component(u), gate.URLSecrets(u)
	if backend, err := url.Parse(t.Backend); err == nil {
		c.Secrets = append(c.Secrets, gate.URLSecrets(backend)...)
	}
	c.Probes = []string{"GET " + gate.RedactURL(u.String()) + " with traceparent", "GET " + gate.RedactURL(t.Backend) + "/api/traces/ID"}
	c.Run = func(ctx context.Context) gate.Result { return t.run(ctx, env, u, within) }
	return c
}

// traceContext is a W3C trace context: ids in hexadecimal.
type traceContext struct{ trace, span string }

func newTraceContext() traceContext {
	var id [24]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	return traceContext{hex.EncodeToString(id[:16]), hex.EncodeToString(id[16:])}
}

// header is the traceparent, with the flag that asks for sampling.
func (c traceContext) header() string { return "00-" + c.trace + "-" + c.span + "-01" }

func (t *Tracing) run(ctx context.Context, env *check.Env, u *url.URL, within time.Duration) gate.Result {
	trace := newTraceContext()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return gate.Undecided(err)
	}
	req.Header.Set("Traceparent", trace.header())
	a, err := probe.Exchange(ctx, env.Network, req, false)
	if err != nil {
		return gate.Result{Err: fmt.Errorf("GET %s: %s", gate.RedactURL(u.String()), probe.Classify(err).Text), Retry: probe.Classify(err).Retry()}
	}
	evidence := map[string]any{"status": a.Status, "trace_id": trace.trace}
	// Dify says its trace id since 1.11.3, when OpenTelemetry is on
	// (api/app_factory.py).
	if answered := a.Header.Get("X-Trace-Id"); answered != "" && !strings.EqualFold(answered, trace.trace) {
		return gate.Result{Evidence: evidence, Findings: []gate.Finding{t.finding(ruleTracingNotPropagated,
			fmt.Sprintf("GET %s: sent trace %s, answered with %s", gate.RedactURL(u.String()), trace.trace, quote.Clip(answered)),
			"let the proxy forward traceparent, and enable the W3C propagator")}}
	}
	spans, err := t.await(ctx, env, trace, within)
	switch {
	case err != nil:
		return gate.Result{Evidence: evidence, Err: err}
	case len(spans) == 0:
		return gate.Result{Evidence: evidence, Findings: []gate.Finding{t.finding(ruleTracingNotExported,
			fmt.Sprintf("trace %s is not in %s after %s", trace.trace, gate.RedactURL(t.Backend), within),
			"check ENABLE_OTEL, OTLP_BASE_ENDPOINT, the sampling rate, and the collector's log")}}
	}
	evidence["spans"] = len(spans)
	for _, s := range spans {
		if s.parent == trace.span {
			return gate.Result{Evidence: evidence}
		}
	}
	return gate.Result{Evidence: evidence, Findings: []gate.Finding{t.finding(ruleTracingNotPropagated,
		fmt.Sprintf("trace %s has %d spans, none below the caller's", trace.trace, len(spans)),
		"enable the W3C propagator in the service that answers")}}
}

func (t *Tracing) finding(rule gate.Rule, message, hint string) gate.Finding {
	f := rule.Finding(message, hint)
	f.Subject = gate.RedactURL(t.URL)
	return f
}

// span has the ids of a span.
type span struct{ id, parent string }

// await asks the backend until it knows the trace or the time is up. A backend
// that does not answer is an error: nothing was learned of the trace.
func (t *Tracing) await(ctx context.Context, env *check.Env, trace traceContext, within time.Duration) ([]span, error) {
	deadline := time.Now().Add(within)
	address := strings.TrimSuffix(t.Backend, "/") + "/api/traces/" + trace.trace
	for {
		spans, err := t.ask(ctx, env, address)
		if err != nil || len(spans) > 0 {
			return spans, err
		}
		pause := min(500*time.Millisecond, time.Until(deadline))
		if pause <= 0 {
			return nil, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// ask asks the backend once; no spans and no error means that it does not know the
// trace.
func (t *Tracing) ask(ctx context.Context, env *check.Env, address string) ([]span, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("backend: " + probe.LastPart(err))
	}
	req.Header.Set("Accept", "application/json") // Tempo's other form is protobuf
	a, err := probe.Exchange(ctx, env.Network, req, false)
	if err != nil {
		return nil, fmt.Errorf("backend %s: %s", gate.RedactURL(t.Backend), probe.Classify(err).Text)
	}
	switch {
	case a.Status == http.StatusNotFound:
		return nil, nil // both answer so when they do not know the trace
	case a.Status != http.StatusOK || !json.Valid(a.Body):
		return nil, fmt.Errorf("backend %s: status %d (starts %q), want Jaeger's or Tempo's JSON", gate.RedactURL(t.Backend), a.Status, said(string(a.Body)))
	}
	return readSpans(gjson.ParseBytes(a.Body)), nil
}

// readSpans reads Jaeger's form (data.#.spans, references) and Tempo's, which is
// OTLP in JSON under batches or resourceSpans, ids in hexadecimal or base64.
func readSpans(body gjson.Result) []span {
	var out []span
	for _, s := range body.Get("data.#.spans|@flatten").Array() {
		out = append(out, span{s.Get("spanID").Str, s.Get("references.#(refType==\"CHILD_OF\").spanID").Str})
	}
	for _, root := range []string{"batches", "resourceSpans", "trace.batches", "trace.resourceSpans"} {
		for _, scopes := range []string{"scopeSpans", "instrumentationLibrarySpans"} {
			for _, s := range body.Get(root + ".#." + scopes + "|@flatten|#.spans|@flatten").Array() {
				out = append(out, span{hexID(s.Get("spanId").Str), hexID(s.Get("parentSpanId").Str)})
			}
		}
	}
	return out
}

// hexID turns a span id that is written in base64, as protobuf's JSON has it,
// into hexadecimal.
func hexID(id string) string {
	if len(id) == 16 {
		return strings.ToLower(id)
	}
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		return id
	}
	return hex.EncodeToString(raw)
}
