package slo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/accesslog"
	"github.com/dify-gate/dify-gate/gate/internal/sampler"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// The defaults of slo: the customer's objectives, and how they are sampled.
const (
	defaultP99        = 500 * time.Millisecond
	defaultMax4xx     = 0.005
	defaultMax5xx     = 0.0
	defaultMinSamples = 100
	defaultRequests   = 200
	defaultRate       = 20.0
	defaultInFlight   = 512
	defaultWindow     = 15 * time.Minute // of the Prometheus queries
)

// SLO compares latency and error rates with objectives. The figures come from
// one of three sources: requests that the gate sends at a fixed rate, access
// logs, or Prometheus.
type SLO struct {
	check.Base `yaml:",inline"`

	P99          check.Duration `yaml:"p99" help:"99 % of the requests have to be faster, by default 500ms"`
	Max4xx       *check.Percent `yaml:"max_4xx" help:"share of 4xx answers that is too high, by default 0.5%; 0% allows none"`
	Max5xx       *check.Percent `yaml:"max_5xx" help:"share of 5xx answers that is too high, by default 0%, which allows none"`
	MinSamples   int            `yaml:"min_samples" help:"fewer samples are inconclusive, by default 100"`
	IgnoreStatus check.Statuses `yaml:"ignore_status" help:"statuses that count neither as 4xx nor as 5xx, like 401 where a login is expected"`

	URL            check.Strings     `yaml:"url" help:"one or several, asked in turn; absolute or a path below dify.url" kind:"probe"`
	Method         string            `yaml:"method" help:"GET (default) or HEAD" enum:"GET,HEAD"`
	Headers        map[string]string `yaml:"headers" help:"request headers; values may hold \"${SECRET}\""`
	Requests       int               `yaml:"requests" help:"how many to send, by default 200"`
	Rate           Rate              `yaml:"rate" help:"at what rate, by default 20/s; it does not slow down when the server does"`
	WarmUp         int               `yaml:"warm_up" help:"requests sent before, at the same rate, that do not count; by default 0"`
	MaxInFlight    int               `yaml:"max_in_flight" help:"how many may run at a time, by default 512; waiting for a slot counts as latency"`
	RequestTimeout check.Duration    `yaml:"request_timeout" help:"one request without an answer for this long counts as a 5xx, by default 10s"`

	AccessLog check.Strings  `yaml:"access_log" help:"files or globs, plain or gzip" kind:"glob"`
	LogFormat string         `yaml:"log_format" help:"nginx's log_format string, \"json\", \"dify\" (the API's own log, with ENABLE_REQUEST_LOGGING), or \"auto\" (default: combined, Dify's main, or JSON lines)"`
	Window    check.Duration `yaml:"window" help:"how far back: lines of access_log (by default all), the range of the queries (by default 15m)"`

	Prometheus   string `yaml:"prometheus" help:"base URL of a Prometheus server"`
	P99Query     string `yaml:"p99_query" help:"PromQL for the 99th percentile in seconds"`
	Rate4xxQuery string `yaml:"rate_4xx_query" help:"PromQL for the share of 4xx, 0 to 1"`
	Rate5xxQuery string `yaml:"rate_5xx_query" help:"PromQL for the share of 5xx, 0 to 1"`
	SamplesQuery string `yaml:"samples_query" help:"PromQL for the number of requests in the window"`
}

// Rate is a number of requests a second, written as 20/s, 600/m or 20.
type Rate float64

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(b []byte) error {
	number, unit, _ := strings.Cut(strings.TrimSpace(string(b)), "/")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch strings.TrimSpace(unit) {
	case "", "s":
	case "m", "min":
		v /= 60
	default:
		err = strconv.ErrSyntax
	}
	if err != nil || math.IsNaN(v) || v <= 0 || v > maxRate {
		return fmt.Errorf("rate %q: want more than 0 and at most %d requests a second, like 20/s or 600/m", b, maxRate)
	}
	*r = Rate(v)
	return nil
}

// The gate is no load generator: figures at scale come from Prometheus.
const (
	maxRate     = 1000
	maxRequests = 1_000_000
)

// Kind is slo.
func (s *SLO) Kind() string { return "slo" }

// Rules are those of slo.
func (s *SLO) Rules() []gate.Rule {
	return []gate.Rule{ruleP99, rule4xx, rule5xx, ruleLatencyOutlier, ruleRegressed}
}

// Validate wants exactly one source of figures and sane numbers.
func (s *SLO) Validate() []check.Mistake {
	ms := s.Mistakes()
	sources := 0
	for _, given := range []bool{len(s.URL) > 0, len(s.AccessLog) > 0, s.Prometheus != ""} {
		if given {
			sources++
		}
	}
	if sources != 1 {
		ms = append(ms, check.Mistakef("", "slo: want exactly one of url, access_log and prometheus, got %d", sources))
	}
	ms = append(ms, s.validateURLs()...)
	switch strings.ToUpper(s.Method) {
	case "", http.MethodGet, http.MethodHead:
	default:
		ms = append(ms, check.Mistakef("method", "method %q: want GET or HEAD; a probe never changes the target", s.Method))
	}
	if s.P99.Of() < 0 {
		ms = append(ms, check.Mistakef("p99", "p99 %s: want a positive duration", s.P99))
	}
	for _, n := range []struct {
		path     string
		got, max int
	}{
		{"requests", s.Requests, maxRequests}, {"warm_up", s.WarmUp, maxRequests},
		{"max_in_flight", s.MaxInFlight, 10_000}, {"min_samples", s.MinSamples, math.MaxInt32},
	} {
		if n.got < 0 || n.got > n.max {
			ms = append(ms, check.Mistakef(n.path, "%s %d: want 1 to %d", n.path, n.got, n.max))
		}
	}
	if s.RequestTimeout.Of() < 0 || s.Window.Of() < 0 {
		ms = append(ms, check.Mistakef("", "request_timeout and window: want positive durations"))
	}
	if t := s.Timeout.Of(); len(s.URL) > 0 && t > 0 && t <= s.plan().Span() {
		ms = append(ms, check.Mistakef("timeout", "timeout %s: sending %d requests at %g/s takes %s, want more than that",
			t, s.plan().Requests, s.plan().Rate, s.plan().Span().Round(time.Millisecond)))
	}
	if _, err := accesslog.Compile(s.LogFormat); err != nil {
		ms = append(ms, check.Mistakef("log_format", "log_format: %s", err))
	}
	return ms
}

func (s *SLO) validateURLs() []check.Mistake {
	var ms []check.Mistake
	for _, raw := range s.URL {
		if _, err := url.Parse(raw); err != nil || raw == "" {
			ms = append(ms, check.Mistakef("url", "url %q: not a URL", gate.RedactURL(raw)))
		}
	}
	if s.Prometheus == "" {
		return ms
	}
	u, err := url.Parse(s.Prometheus)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		ms = append(ms, check.Mistakef("prometheus", "prometheus %q: want http://HOST:PORT", gate.RedactURL(s.Prometheus)))
	}
	return ms
}

// plan is what to send, with the defaults.
func (s *SLO) plan() sampler.Plan {
	p := sampler.Plan{Requests: defaultRequests, Rate: defaultRate, InFlight: defaultInFlight}
	if s.Requests > 0 {
		p.Requests = s.Requests
	}
	if s.Rate > 0 {
		p.Rate = float64(s.Rate)
	}
	if s.MaxInFlight > 0 {
		p.InFlight = s.MaxInFlight
	}
	p.Requests += s.WarmUp
	return p
}

// objectives are the limits with the defaults.
func (s *SLO) objectives() objectives {
	o := objectives{p99: defaultP99, max4xx: defaultMax4xx, max5xx: defaultMax5xx, minSamples: defaultMinSamples}
	if s.P99 > 0 {
		o.p99, o.p99Asked = s.P99.Of(), true
	}
	if s.Max4xx != nil {
		o.max4xx = float64(*s.Max4xx)
	}
	if s.Max5xx != nil {
		o.max5xx = float64(*s.Max5xx)
	}
	if s.MinSamples > 0 {
		o.minSamples = int64(s.MinSamples)
	}
	return o
}

func (s *SLO) requestTimeout() time.Duration {
	if s.RequestTimeout > 0 {
		return s.RequestTimeout.Of()
	}
	return 10 * time.Second
}

// Check makes the check.
func (s *SLO) Check(env *check.Env) gate.Check {
	switch {
	case len(s.URL) > 0:
		return s.sampling(env)
	case s.Prometheus != "":
		return s.prometheus(env)
	default:
		return s.reading(env)
	}
}

// sampling is the check that sends requests.
func (s *SLO) sampling(env *check.Env) gate.Check {
	name := "slo " + gate.RedactURL(s.URL[0])
	if n := len(s.URL); n > 1 {
		name += fmt.Sprintf(" and %d more", n-1)
	}
	c := s.NewCheck("slo", name, gate.PhasePost, s.Rules())
	plan, method := s.plan(), http.MethodGet
	if s.Method != "" {
		method = strings.ToUpper(s.Method)
	}
	if s.Timeout == 0 {
		// All requests have to go out and the last one has to come back.
		c.Timeout = plan.Span() + s.requestTimeout() + 5*time.Second
	}
	c.Secrets = probe.HeaderSecrets(s.Headers)
	var targets []*url.URL
	var bad error
	for _, raw := range s.URL {
		u, err := env.Resolve(raw)
		if err != nil {
			bad = errors.Join(bad, err)
			c.Probes = append(c.Probes, method+" "+gate.RedactURL(raw))
			continue
		}
		targets = append(targets, u)
		c.Secrets = append(c.Secrets, gate.URLSecrets(u)...)
		c.Probes = append(c.Probes, fmt.Sprintf("%s %s (%d requests in all at %g/s)", method, gate.RedactURL(u.String()), plan.Requests, plan.Rate))
	}
	if bad != nil {
		c.Mistake = bad
		return c
	}
	c.Component = env.Component(targets[0])
	c.Run = func(ctx context.Context) gate.Result {
		return compareBaseline(env, c.Name, s.sample(ctx, env, method, targets))
	}
	return c
}
