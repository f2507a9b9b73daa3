package slo

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quantile"
	"github.com/dify-gate/dify-gate/gate/internal/sampler"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// outcome is what came of one request.
type outcome struct {
	target  int
	status  int // 0: no answer
	failure string
	latency time.Duration // from when it was due
	phases  phases
}

// sample sends the requests and compares what came back with the objectives.
func (s *SLO) sample(ctx context.Context, env *check.Env, method string, targets []*url.URL) gate.Result {
	plan := s.plan()
	var mu sync.Mutex
	sums := newSampleSums(targets)
	stats := sampler.Run(ctx, plan, func(i int, due time.Time) {
		got := s.send(ctx, env, method, targets[i%len(targets)], due)
		got.target = i % len(targets)
		if i < s.WarmUp {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		sums.add(s, method, got)
	})
	res := s.objectives().decide(sums.figures())
	res.Evidence["sent"] = stats.Sent
	res.Evidence["rate"] = plan.Rate
	res.Evidence["max_in_flight"] = stats.MaxInFlight
	res.Evidence["behind_ms"] = quantile.Millis(stats.Behind)
	res.Evidence["statuses"] = sums.statuses
	if stats.Delayed > 0 {
		res.Evidence["delayed"] = stats.Delayed
	}
	if sums.failure != "" {
		res.Evidence["error"] = sums.failure
	}
	if stats.Sent < plan.Requests {
		res.Findings = nil
		res.Err = fmt.Errorf("only %d of %d requests were sent in time", stats.Sent, plan.Requests)
	}
	if n := sums.all.unanswered; n > 0 && n == sums.all.samples {
		res.Retry = gate.RetrySoon // it may still be coming up
		for i := range res.Findings {
			if res.Findings[i].Rule == rule5xx.ID {
				res.Findings[i].Hint = "no request was answered: " + sums.failure
				res.Findings[i].Symptom = gate.SymptomDown
			}
		}
	}
	return res
}

// sampleSums adds outcomes up.
type sampleSums struct {
	all      tally
	routes   []route
	slowest  []slow
	statuses map[string]int
	failure  string // the first
}

func newSampleSums(targets []*url.URL) *sampleSums {
	s := &sampleSums{all: tally{latency: quantile.New()}, statuses: map[string]int{}}
	for _, u := range targets {
		s.routes = append(s.routes, route{u.Path, tally{latency: quantile.New()}})
	}
	return s
}

func (m *sampleSums) add(s *SLO, method string, got outcome) {
	r := &m.routes[got.target]
	ignored := got.status != 0 && s.IgnoreStatus.Match(got.status)
	for _, t := range []*tally{&m.all, &r.tally} {
		t.count(got.status, ignored)
		t.latency.Record(got.latency)
	}
	word := "none"
	if got.status != 0 {
		word = strconv.Itoa(got.status)
	} else if m.failure == "" {
		m.failure = got.failure
	}
	m.statuses[word]++
	m.slowest = keepSlowest(m.slowest, slow{method + " " + r.name, got.status, got.latency, got.phases.evidence(got.latency)})
}

func (m *sampleSums) figures() figures {
	return figures{unit: "requests", all: m.all, routes: m.routes, slowest: m.slowest}
}

// send sends one request and reads its whole answer, which is thrown away.
func (s *SLO) send(ctx context.Context, env *check.Env, method string, u *url.URL, due time.Time) outcome {
	ctx, cancel := context.WithTimeout(ctx, s.requestTimeout())
	defer cancel()
	rec := &phaseRecorder{start: time.Now()}
	got := outcome{}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, rec.client()), method, u.String(), nil)
	if err == nil {
		setHeaders(req, s.Headers, env.Network.UserAgent)
		got.status, err = drain(env.Network.Transport, req)
	}
	if err != nil {
		got.status, got.failure = 0, probe.Classify(err).Text
	}
	got.latency = time.Since(due)
	got.phases = rec.take(due)
	return got
}

// drain does the exchange and reads the body to its end without keeping it.
func drain(transport http.RoundTripper, req *http.Request) (int, error) {
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func setHeaders(req *http.Request, headers map[string]string, agent string) {
	req.Header.Set("User-Agent", agent)
	for k, v := range headers {
		if strings.EqualFold(k, "Host") {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	if u := req.URL.User; u != nil && req.Header.Get("Authorization") == "" {
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}
}

// phases are where the time of a request went.
type phases struct{ wait, dns, connect, tls, firstByte time.Duration }

func (p phases) evidence(total time.Duration) map[string]any {
	return map[string]any{
		"wait": quantile.Millis(p.wait), "dns": quantile.Millis(p.dns), "connect": quantile.Millis(p.connect),
		"tls": quantile.Millis(p.tls), "first_byte": quantile.Millis(p.firstByte), "total": quantile.Millis(total),
	}
}

// phaseRecorder collects instants under a lock: a dial that lost against a
// connection that became free goes on, and reports, after the answer is there.
type phaseRecorder struct {
	mu                      sync.Mutex
	start                   time.Time
	dns, connect, handshake time.Time // begins
	p                       phases
}

func (r *phaseRecorder) client() *httptrace.ClientTrace {
	begin := func(at *time.Time) {
		r.mu.Lock()
		*at = time.Now()
		r.mu.Unlock()
	}
	end := func(at *time.Time, d *time.Duration) {
		r.mu.Lock()
		*d = time.Since(*at)
		r.mu.Unlock()
	}
	return &httptrace.ClientTrace{
		DNSStart:             func(httptrace.DNSStartInfo) { begin(&r.dns) },
		DNSDone:              func(httptrace.DNSDoneInfo) { end(&r.dns, &r.p.dns) },
		ConnectStart:         func(string, string) { begin(&r.connect) },
		ConnectDone:          func(string, string, error) { end(&r.connect, &r.p.connect) },
		TLSHandshakeStart:    func() { begin(&r.handshake) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { end(&r.handshake, &r.p.tls) },
		GotFirstResponseByte: func() { end(&r.start, &r.p.firstByte) },
	}
}

// take returns the phases of a request that was due at an instant.
func (r *phaseRecorder) take(due time.Time) phases {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.p
	p.wait = max(0, r.start.Sub(due))
	return p
}
