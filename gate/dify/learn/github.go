package learn

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// DefaultRepository is where Dify's source is.
const DefaultRepository = "langgenius/dify"

const defaultAPI = "https://api.github.com"

var repositoryForm = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$`)

// fromGitHub learns a release from the tarball of its tag: one request.
func (o *Options) fromGitHub(ctx context.Context) (*dify.Facts, error) {
	repository := DefaultRepository
	if given, ok := strings.CutPrefix(o.Source, "github:"); ok {
		repository = given
	}
	if !repositoryForm().MatchString(repository) || strings.Contains(repository, "..") {
		return nil, &InputError{fmt.Errorf("%q is no repository, want github:OWNER/REPO", repository)}
	}
	cache := Cache{o.CacheDir}
	kept, have := cache.get(repository, o.Version)
	if have && o.Cached {
		return kept, nil
	}
	tree, err := o.GitHub.tarball(ctx, repository, o.Version)
	var unreachable *UnreachableError
	switch {
	case errors.As(err, &unreachable) && have:
		o.Note(fmt.Sprintf("%v; what was learned before is used, of commit %.12s", err, kept.Source.Commit))
		return kept, nil
	case err != nil:
		return nil, err
	}
	o.compareVersion(tree)
	facts, err := Read(o.Version, tree)
	if err != nil {
		return nil, &InputError{fmt.Errorf("github:%s %s: %w", repository, o.Version, err)}
	}
	if err := cache.put(repository, facts); err != nil {
		o.Note("what was learned is not kept: " + err.Error())
	}
	return facts, nil
}

// otherWays is the advice when GitHub cannot be asked.
const otherWays = "learn from a checkout (--source DIR) or a tarball (--source FILE.tar.gz) instead"

// tarball streams the tarball of a tag.
func (g GitHubOptions) tarball(ctx context.Context, repository, version string) (*Tree, error) {
	api, err := url.Parse(strings.TrimRight(firstOf(g.API, defaultAPI), "/"))
	if err != nil || api.Host == "" || api.Scheme != "http" && api.Scheme != "https" {
		return nil, &InputError{errors.New("changelog.api: no http(s) URL")}
	}
	outer := ctx
	if g.Timeout <= 0 {
		g.Timeout = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, g.Timeout)
	defer cancel()
	name := "github:" + repository
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, api.String()+"/repos/"+repository+"/tarball/"+url.PathEscape(version), nil)
	if err != nil {
		return nil, &InputError{err}
	}
	req.Header.Set("User-Agent", "dify-gate")
	req.Header.Set("Accept", "application/vnd.github+json")
	if g.Token != "" && (api.Scheme == "https" || isLoopback(api.Hostname())) {
		req.Header.Set("Authorization", "Bearer "+g.Token)
	}
	resp, err := g.client().Do(req)
	if err != nil {
		return nil, g.failed(outer, name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, g.refused(resp, name, version)
	}
	counted := &counter{from: resp.Body, of: resp.ContentLength, tell: g.Progress}
	tree, err := Tarball(ctx, bufio.NewReaderSize(counted, 256<<10))
	switch {
	case ctx.Err() != nil:
		return nil, g.failed(outer, name, ctx.Err())
	case err != nil && counted.err != nil && !errors.Is(counted.err, io.EOF):
		return nil, g.failed(outer, name, counted.err)
	case err != nil:
		return nil, &InputError{fmt.Errorf("%s %s: %w", name, version, err)}
	}
	tree.Source.From, tree.Source.Tag = name, version
	return tree, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// counter counts a stream and keeps its error.
type counter struct {
	from    io.Reader
	got, of int64
	tell    func(got, of int64)
	err     error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.got += int64(n)
	if err != nil {
		c.err = err
	}
	if c.tell != nil {
		c.tell(c.got, c.of)
	}
	return n, err
}

const maxRedirects = 10

// client follows redirects, to another host without token and referer.
func (g GitHubOptions) client() *http.Client {
	client := http.Client{}
	if g.Client != nil {
		client = *g.Client
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return fmt.Errorf("redirected more than %d times", maxRedirects)
		}
		if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
			req.Header.Del("Authorization")
			req.Header.Del("Referer")
		}
		return nil
	}
	return &client
}

// failed words a request or transfer without an end. The time-out of the
// transfer is the source's, the end of outer is the caller's.
func (g GitHubOptions) failed(outer context.Context, name string, err error) error {
	if outer.Err() != nil {
		return outer.Err()
	}
	var dns *net.DNSError
	var wrapped *url.Error
	text := ""
	switch {
	case errors.As(err, &dns):
		text = fmt.Sprintf("host %q cannot be resolved", dns.Name)
	case errors.Is(err, context.DeadlineExceeded):
		text = fmt.Sprintf("not done within %s", g.Timeout)
	case errors.As(err, &wrapped):
		text = wrapped.Err.Error()
	default:
		text = err.Error()
	}
	return &UnreachableError{fmt.Errorf("%s: %s; %s", name, text, otherWays)}
}

func (g GitHubOptions) refused(resp *http.Response, name, version string) error {
	hint := ""
	if g.Token == "" {
		hint = " (a token raises the limit: GITHUB_TOKEN)"
	}
	limited := resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusForbidden && (resp.Header.Get("X-Ratelimit-Remaining") == "0" || resp.Header.Get("Retry-After") != "")
	switch {
	case limited:
		return &UnreachableError{fmt.Errorf("%s: rate limit reached%s%s; wait, or %s", name, g.until(resp.Header), hint, otherWays)}
	case resp.StatusCode == http.StatusNotFound:
		return &InputError{fmt.Errorf("%s: HTTP 404, it has no tag %s, or a token is needed for it (GITHUB_TOKEN)", name, version)}
	case resp.StatusCode == http.StatusUnauthorized:
		return &InputError{fmt.Errorf("%s: HTTP 401, the token is not accepted", name)}
	}
	return &UnreachableError{fmt.Errorf("%s: HTTP %d, want 200; %s", name, resp.StatusCode, otherWays)}
}

// until says when the rate limit ends.
func (g GitHubOptions) until(h http.Header) string {
	now := time.Now
	if g.Now != nil {
		now = g.Now
	}
	if at, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil && at > 0 {
		reset := time.Unix(at, 0).UTC()
		if in := reset.Sub(now()).Round(time.Second); in > 0 && in < 48*time.Hour {
			return fmt.Sprintf(" until %s (in %s)", reset.Format("15:04:05 UTC"), in)
		}
	}
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return fmt.Sprintf(", again in %d s", s)
	}
	return ""
}
