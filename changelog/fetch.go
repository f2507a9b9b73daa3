package changelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// fetcher makes conditional requests against the cache on disk.
type fetcher struct{ options Options }

// get reads one page. When the network does not give it and an earlier answer
// is in the cache, that is used and page.cached says so.
func (f *fetcher) get(ctx context.Context, address string, limit int64, api bool) (page, error) {
	kept, have := f.readCache(address)
	fresh, err := f.request(ctx, address, limit, api, kept)
	var refused *refusedError
	switch {
	case err == nil:
		return fresh, nil
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return page{}, ctx.Err()
	case have && !(errors.As(err, &refused) && refused.final):
		kept.cached = fmt.Sprintf("read from the cache of %s, because: %v", kept.Stored.UTC().Format("2006-01-02 15:04 UTC"), err)
		kept.age = max(f.options.Now().Sub(kept.Stored), 0)
		return kept, nil
	}
	return page{}, err
}

// request asks the server; a 304 gives the kept page.
func (f *fetcher) request(ctx context.Context, address string, limit int64, api bool, kept page) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, f.options.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return page{}, err
	}
	req.Header.Set("User-Agent", "dify-gate")
	if api {
		req.Header.Set("Accept", "application/vnd.github+json")
		if f.options.Token != "" {
			req.Header.Set("Authorization", "Bearer "+f.options.Token)
		}
	}
	if kept.ETag != "" {
		req.Header.Set("If-None-Match", kept.ETag)
	}
	resp, err := f.client().Do(req)
	if err != nil {
		return page{}, f.explain(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified && kept.ETag != "" {
		return kept, nil
	}
	if resp.StatusCode != http.StatusOK {
		return page{}, f.refused(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return page{}, f.explain(err)
	}
	if int64(len(body)) > limit {
		return page{}, &refusedError{text: fmt.Sprintf("answer larger than %d MiB", limit>>20), final: true}
	}
	got := page{address: address, ETag: resp.Header.Get("ETag"), Link: resp.Header.Get("Link"), Type: resp.Header.Get("Content-Type"), Body: body, Stored: f.options.Now()}
	if err := whole(resp, got); err != nil {
		return page{}, err
	}
	f.writeCache(got)
	return got, nil
}

// whole reports an answer that was cut off or is a page for people. net/http
// finds a body that is shorter than its Content-Length; without a length, an
// answer of HTTP/1.0 or one that the server closed may end anywhere: JSON shows
// it by its form, Markdown cannot.
func whole(resp *http.Response, p page) error {
	kind, _, _ := strings.Cut(strings.ToLower(p.Type), ";")
	switch strings.TrimSpace(kind) {
	case "text/html", "application/xhtml+xml":
		return &refusedError{text: "an HTML page, want Markdown or releases JSON (github:OWNER/REPO reads a repository's releases)"}
	}
	chunked := len(resp.TransferEncoding) > 0
	if resp.ContentLength < 0 && !chunked && resp.ProtoMajor == 1 && !resp.Uncompressed && !json.Valid(p.Body) {
		return &networkError{"the answer has neither a length nor an end, so that it may be cut off"}
	}
	return nil
}

// client follows redirects without the token, unless they stay where it was
// sent to. net/http alone would hand it to another port and to subdomains.
func (f *fetcher) client() *http.Client {
	client, before := *f.options.Client, f.options.Client.CheckRedirect
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
			req.Header.Del("Authorization")
			req.Header.Del("Referer") // it may hold a token of the query
		}
		switch {
		case before != nil:
			return before(req, via)
		case len(via) >= maxRedirects:
			return fmt.Errorf("redirected more than %d times", maxRedirects)
		}
		return nil
	}
	return &client
}

const maxRedirects = 10

// refusedError is an answer that is not the wanted one. A final one (404, a
// wrong token) is not papered over with the cache.
type refusedError struct {
	text  string
	final bool
	again bool // a passing trouble of the server
}

// networkError is a request without an answer.
type networkError struct{ text string }

func (e *networkError) Error() string { return e.text }

func (e *refusedError) Error() string { return e.text }

func (f *fetcher) refused(resp *http.Response) error {
	status := fmt.Sprintf("HTTP %d", resp.StatusCode)
	limited := resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusForbidden && (resp.Header.Get("X-Ratelimit-Remaining") == "0" || resp.Header.Get("Retry-After") != "")
	switch {
	case limited:
		return &refusedError{text: "rate limit reached" + f.resetTime(resp.Header) + f.tokenHint()}
	case resp.StatusCode == http.StatusNotFound:
		return &refusedError{text: status + ", no such repository or file, or a token is needed for it", final: true}
	case resp.StatusCode == http.StatusUnauthorized:
		return &refusedError{text: status + ", the token is not accepted", final: true}
	case resp.StatusCode == http.StatusForbidden:
		return &refusedError{text: status + ", access is refused" + f.tokenHint(), final: true}
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return &refusedError{text: status + ", the proxy wants a login"}
	}
	return &refusedError{text: status + ", want 200", again: resp.StatusCode >= 500}
}

func (f *fetcher) tokenHint() string {
	if f.options.Token == "" {
		return " (a token raises the limit: GITHUB_TOKEN)"
	}
	return ""
}

// resetTime reads when the rate limit ends.
func (f *fetcher) resetTime(h http.Header) string {
	if at, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil && at > 0 {
		reset := time.Unix(at, 0).UTC()
		if in := reset.Sub(f.options.Now()).Round(time.Second); in > 0 && in < 48*time.Hour {
			return fmt.Sprintf(" until %s (in %s)", reset.Format("15:04:05 UTC"), in)
		}
		return " until " + reset.Format("2006-01-02 15:04:05 UTC")
	}
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return fmt.Sprintf(", again in %d s", s)
	}
	return ""
}

// explain says what a failed request means, without the URL's secrets.
func (f *fetcher) explain(err error) error {
	var dns *net.DNSError
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return &networkError{"the proxy cannot be reached: " + op.Err.Error()}
	case errors.As(err, &dns):
		return &networkError{fmt.Sprintf("host %q cannot be resolved", dns.Name)}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &networkError{fmt.Sprintf("no answer within %s", f.options.Timeout)}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if strings.Contains(err.Error(), "Proxy Authentication Required") {
		return errors.New("the proxy wants a login")
	}
	return &networkError{err.Error()}
}
