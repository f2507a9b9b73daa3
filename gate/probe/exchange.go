package probe

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
	"strings"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
)

// MaxBody bounds what is read of a response; the rest is left unread.
const MaxBody = 1 << 20

// MaxRedirects is curl's and every browser's order of magnitude.
const MaxRedirects = 10

// ErrRedirects is returned for a chain of redirects that is too long.
var ErrRedirects = fmt.Errorf("more than %d redirects", MaxRedirects)

// Answer is a response as far as it was read, and how long its phases took.
type Answer struct {
	Status  int
	Reason  string // the phrase after the status; HTTP/2 has none
	Proto   string
	Header  http.Header
	Body    []byte
	Cut     bool // the body went on beyond MaxBody
	Bearer  bool // the request carried Authorization
	URL     *url.URL
	Hops    []string // URLs that redirected, in order
	Timings timings
	By      responder.Answer
}

// timings are the phases of an exchange.
type timings struct{ dns, connect, tls, firstByte, Total time.Duration }

// Evidence is the phases in milliseconds, for reports.
func (t timings) Evidence() map[string]any {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return map[string]any{"dns": ms(t.dns), "connect": ms(t.connect), "tls": ms(t.tls), "first_byte": ms(t.firstByte), "total": ms(t.Total)}
}

// Exchange sends a request and reads the answer to the limit.
func Exchange(ctx context.Context, network *Network, req *http.Request, follow bool) (Answer, error) {
	var a Answer
	trace := newTrace()
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", network.UserAgent)
	}
	req = req.WithContext(httptrace.WithClientTrace(ctx, trace.client()))
	client := http.Client{Transport: network.Transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if !follow {
			return http.ErrUseLastResponse
		}
		if len(via) > MaxRedirects {
			return ErrRedirects
		}
		a.Hops = append(a.Hops, gate.RedactURL(via[len(via)-1].URL.String()))
		// net/http keeps credentials for every port of the host, and headers that
		// it does not know as such for all the world.
		if Elsewhere(via[0].URL, next.URL) {
			DropCredentials(next.Header)
		}
		return nil
	}}
	resp, err := client.Do(req)
	if err != nil {
		if proxy, _ := network.Transport.Proxy(req); proxy != nil && !errors.Is(err, ErrRedirects) {
			err = &proxiedError{gate.RedactURL(proxy.String()), err}
		}
		return a, err
	}
	defer func() { _ = resp.Body.Close() }()
	a.Bearer = resp.Request.Header.Get("Authorization") != ""
	a.Status, a.Proto, a.Header, a.URL = resp.StatusCode, resp.Proto, resp.Header, resp.Request.URL
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		a.Body = unzipped(a.Body)
	}
	if len(a.Body) > MaxBody {
		a.Body, a.Cut = a.Body[:MaxBody], true
	}
	a.Timings = trace.timings()
	who := responder.From(resp, a.Body)
	a.Reason, a.By = who.Reason, responder.Identify(who)
	return a, err
}

// unzipped is a body that came compressed though nobody had asked for it, up to
// the limit; one that is not what its header says stays as it came.
func unzipped(body []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	plain, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
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

// URLAddress is the address of a URL with its scheme's port.
func URLAddress(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

// Evidence is what reports show of an answer.
func (a Answer) Evidence() map[string]any {
	e := map[string]any{"status": a.Status, "protocol": a.Proto, "timings_ms": a.Timings.Evidence(), "bytes": len(a.Body)}
	e["responder"], e["responder_by"] = a.By.Name, a.By.Evidence
	if a.By.Through != "" {
		e["through"] = a.By.Through
	}
	if len(a.Hops) > 0 {
		e["redirects"], e["final_url"] = a.Hops, a.URL.Redacted()
	}
	if v := a.Header.Get("X-Version"); v != "" {
		e["x_version"] = v
	}
	return e
}
