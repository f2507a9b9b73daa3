package slo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// prometheus is the check that asks a Prometheus server.
func (s *SLO) prometheus(env *check.Env) gate.Check {
	shown := gate.RedactURL(s.Prometheus)
	c := s.NewCheck("slo", "slo "+shown, gate.PhasePost, s.Rules())
	c.Secrets = probe.HeaderSecrets(s.Headers)
	if u, err := url.Parse(s.Prometheus); err == nil {
		c.Secrets = append(c.Secrets, gate.URLSecrets(u)...)
	}
	for _, q := range s.queries() {
		c.Probes = append(c.Probes, fmt.Sprintf("GET %s/api/v1/query?query=%s", strings.TrimSuffix(shown, "/"), q.text))
	}
	c.Run = func(ctx context.Context) gate.Result { return s.ask(ctx, env) }
	return c
}

// query is one figure that is asked for.
type query struct {
	figure, text string
}

// queries are those of the entry; a default is used instead of each that is
// left out. The defaults read the usual histogram http_request_duration_seconds and the
// counter http_requests_total, whose status label is code, status or
// status_code. A class without any request is 0; no traffic is no figure.
func (s *SLO) queries() []query {
	window := s.Window.Of()
	if window == 0 {
		window = defaultWindow
	}
	span := fmt.Sprintf("[%ds]", int64(max(1, window.Seconds())))
	text := func(given, otherwise string) string {
		if given != "" {
			return given
		}
		return otherwise
	}
	shareOf := func(class string) string {
		var terms []string
		for _, label := range []string{"code", "status", "status_code"} {
			all := fmt.Sprintf(`sum(rate(http_requests_total{%s=~".+"}%s))`, label, span)
			these := fmt.Sprintf(`sum(rate(http_requests_total{%s=~"%s"}%s))`, label, class, span)
			terms = append(terms, fmt.Sprintf("((%s or 0 * %s) / %s)", these, all, all))
		}
		return strings.Join(terms, " or ")
	}
	out := []query{
		{"p99", text(s.P99Query, "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket"+span+")))")},
		{"4xx", text(s.Rate4xxQuery, shareOf("4.."))},
		{"5xx", text(s.Rate5xxQuery, shareOf("5.."))},
	}
	// The number of samples of a query that the operator wrote is known only
	// when the operator says how to count them.
	if s.SamplesQuery != "" || s.P99Query == "" && s.Rate4xxQuery == "" && s.Rate5xxQuery == "" {
		out = append(out, query{"samples", text(s.SamplesQuery, "sum(increase(http_requests_total"+span+"))")})
	}
	return out
}

// ask sends the queries and compares the answers with the objectives.
func (s *SLO) ask(ctx context.Context, env *check.Env) gate.Result {
	o := s.objectives()
	res := gate.Result{Evidence: map[string]any{"objectives": map[string]any{
		"p99_ms": float64(o.p99) / float64(time.Millisecond), "max_4xx": o.max4xx, "max_5xx": o.max5xx, "min_samples": o.minSamples,
	}}}
	for _, q := range s.queries() {
		v, warnings, err := s.value(ctx, env, q.text)
		if len(warnings) > 0 {
			res.Evidence["warnings_"+q.figure] = warnings
		}
		if t := classifyQuery(err); t.Class != probe.FailOther {
			// The other queries would fail in the same way.
			return gate.Result{Evidence: res.Evidence, Retry: t.Retry(), Err: fmt.Errorf("%s: %s", gate.RedactURL(s.Prometheus), t.Text)}
		}
		if err != nil {
			res.Err = errors.Join(res.Err, fmt.Errorf("%s: %s", q.figure, queryFailure(err)))
			continue
		}
		o.figure(&res, q.figure, v)
	}
	if n, ok := res.Evidence["samples"].(float64); ok && n < float64(o.minSamples) {
		res.Findings, res.Err = nil, fmt.Errorf("%.0f requests, want at least %d (min_samples)", n, o.minSamples)
	}
	return res
}

// figure adds one answer to the evidence, and a finding when it does not meet
// its objective.
func (o objectives) figure(res *gate.Result, figure string, v float64) {
	add := func(rule gate.Rule, message string) {
		f := rule.Finding(message, "look at the same query in Prometheus, broken down by route")
		f.Subject = rule.ID
		if rule.ID == rule5xx.ID {
			f.Symptom = gate.SymptomServerError
		}
		res.Findings = append(res.Findings, f)
	}
	switch figure {
	case "p99":
		p99 := time.Duration(math.Min(v*float64(time.Second), math.MaxInt64/2))
		res.Evidence["percentiles_ms"] = map[string]float64{"p99": float64(p99.Microseconds()) / 1000}
		if p99 >= o.p99 {
			add(ruleP99, fmt.Sprintf("p99 is %s by Prometheus, expected less than %s", millis(p99), millis(o.p99)))
		}
	case "samples":
		res.Evidence["samples"] = math.Round(v)
	default:
		rule, limit := rule4xx, o.max4xx
		if figure == "5xx" {
			rule, limit = rule5xx, o.max5xx
		}
		res.Evidence["rate_"+figure] = v
		if exceeds(v, limit) {
			add(rule, fmt.Sprintf("%s rate is %s by Prometheus, expected %s", figure, percent(v), wantRate(limit)))
		}
	}
}

var errNoFigure = errors.New("the query has no result (no such series, or no traffic in the window)")

// value is a query's answer as one number: of several series the worst, NaN (a
// series without traffic) left out.
func (s *SLO) value(ctx context.Context, env *check.Env, text string) (float64, []string, error) {
	answer, err := s.instant(ctx, env, text)
	if err != nil {
		return 0, nil, err
	}
	var warnings []string
	for _, w := range answer.Get("warnings").Array() {
		warnings = append(warnings, w.String())
	}
	var samples []gjson.Result
	switch kind := answer.Get("data.resultType").String(); kind {
	case "scalar":
		samples = append(samples, answer.Get("data.result.1"))
	case "vector":
		samples = answer.Get("data.result.#.value.1").Array()
	default:
		return 0, warnings, fmt.Errorf("the query gives a %s, want a number for each series", kind)
	}
	worst := math.NaN()
	for _, sample := range samples {
		v, err := strconv.ParseFloat(sample.String(), 64)
		if err != nil {
			return 0, warnings, fmt.Errorf("the query gives %q, want a number", quote.Clip(sample.String()))
		}
		if !math.IsNaN(v) && !(v <= worst) {
			worst = v
		}
	}
	if math.IsNaN(worst) {
		return 0, warnings, errNoFigure
	}
	if worst < 0 {
		return 0, warnings, fmt.Errorf("the query gives %g, want a positive number", worst)
	}
	return worst, warnings, nil
}

// maxPromAnswer bounds an answer of Prometheus.
const maxPromAnswer = 4 << 20

// refusal is the reason that the server itself gives for not answering a query.
type refusal struct{ text string }

func (r refusal) Error() string { return r.text }

// instant asks for one instant vector at the server's own time. Prometheus's Go
// client would do the same by POST, and brings Protocol Buffers into every
// start of the gate; the answer is three levels of JSON.
// https://prometheus.io/docs/prometheus/latest/querying/api/
func (s *SLO) instant(ctx context.Context, env *check.Env, text string) (gjson.Result, error) {
	address := strings.TrimSuffix(s.Prometheus, "/") + "/api/v1/query?query=" + url.QueryEscape(text)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return gjson.Result{}, err
	}
	setHeaders(req, s.Headers, env.Network.UserAgent)
	resp, err := (&http.Client{Transport: env.Network.Transport}).Do(req)
	if err != nil {
		return gjson.Result{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPromAnswer))
	if err != nil {
		return gjson.Result{}, err
	}
	answer := gjson.ParseBytes(body)
	switch {
	case answer.Get("status").String() == "error":
		return gjson.Result{}, refusal{answer.Get("errorType").String() + ": " + quote.Clip(answer.Get("error").String())}
	case resp.StatusCode != http.StatusOK:
		return gjson.Result{}, refusal{fmt.Sprintf("status %d, expected an answer of Prometheus's query API", resp.StatusCode)}
	case !gjson.ValidBytes(body) || answer.Get("status").String() != "success":
		return gjson.Result{}, refusal{"not an answer of Prometheus's query API"}
	}
	return answer, nil
}

// queryFailure is the text of a query's error without the URL.
func queryFailure(err error) string {
	if r := (refusal{}); errors.As(err, &r) {
		return r.text
	}
	return probe.LastPart(err)
}

// classifyQuery is the class of a query's error. An error that the server itself
// reported is no failure of the network.
func classifyQuery(err error) probe.Failure {
	if r := (refusal{}); err == nil || errors.As(err, &r) {
		return probe.Failure{}
	}
	return probe.Classify(err)
}
