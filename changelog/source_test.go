package changelog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestFileSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ path, want string }{
		"missing":   {filepath.Join(dir, "none.md"), "no such file"},
		"directory": {dir, "is a directory"},
		"empty":     {write("empty.md", nil), "empty"},
		"blank":     {write("blank.md", []byte(" \n\t\n")), "empty"},
		"binary":    {write("x.bin", []byte("\x7fELF\x00\x01")), "binary"},
		"bad UTF-8": {write("utf.md", []byte("## 1.0.0\nok\nb\xffd\n")), "line 3 is not valid UTF-8"},
		"bad JSON":  {write("r.json", []byte("[{\"tag_name\": \"1.0.0\",\n}]")), "broken JSON at line 2"},
		"cut JSON":  {write("cut.md", []byte("[{\"tag_name\": \"1.0.0\", \"body\": \"x")), "broken JSON"},
		"long line": {write("long.md", []byte("## 1.0.0\n"+strings.Repeat("x", maxSourceLine+2))), "line 2 is longer than 1 MiB"},
	} {
		source, err := OpenSource(c.path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Load(t.Context(), Need{})
		var input *InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want an input error of one line with %q", name, err, c.want)
		}
	}
	for name, text := range map[string]string{"bom.md": "\ufeff## 1.0.0\n- a\n", "ok.json": `[{"tag_name":"1.0.0","body":""}]`, "badge.md": "[![ci](x)](y)\n\n## 1.0.0\n"} {
		source, _ := OpenSource(write(name, []byte(text)), Options{})
		if loaded, err := source.Load(t.Context(), Need{}); err != nil || len(loaded.Releases) != 1 {
			t.Errorf("%s: %v, %d releases, want one", name, err, len(loaded.Releases))
		}
	}
}

// A file of 200 MB is refused without being read: it is sparse here.
func TestFileSourceTooLarge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "huge.md")
	if err := os.WriteFile(path, []byte("## 1.0.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 200<<20); err != nil {
		t.Fatal(err)
	}
	source, _ := OpenSource(path, Options{})
	var input *InputError
	if _, err := source.Load(t.Context(), Need{}); !errors.As(err, &input) || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("got %v, want it refused as larger than 64 MiB", err)
	}
}

func TestOpenSource(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"github:dify", "github:", "github:a/b/c", "github:../x", "ftp://h/x", "http://", "git://h/x"} {
		var input *InputError
		if s, err := OpenSource(bad, Options{}); !errors.As(err, &input) {
			t.Errorf("OpenSource(%q) = %v, %v, want an input error", bad, s, err)
		}
	}
	if _, err := OpenSource("github", Options{API: "api.github.com"}); err == nil {
		t.Error("an API without scheme is taken")
	}
	if s, err := OpenSource("github", Options{}); err != nil || s.String() != "github:langgenius/dify" {
		t.Errorf("github is %v, %v, want langgenius/dify", s, err)
	}
	if s, _ := OpenSource("https://me:secret@h/x?key=1", Options{}); strings.Contains(s.String(), "secret") || strings.Contains(s.String(), "key=1") {
		t.Errorf("the name %q shows secrets", s)
	}
}

// api is a stand-in for GitHub's releases API: pages of two releases.
type api struct {
	*httptest.Server
	pages    [][]string
	requests atomic.Int32
	matched  atomic.Int32
	answer   func(w http.ResponseWriter, r *http.Request) bool // takes over when it returns true
}

func newAPI(t *testing.T, pages ...[]string) *api {
	a := &api{pages: pages}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		if a.answer != nil && a.answer(w, r) {
			return
		}
		if r.URL.Path != "/repos/o/r/releases" {
			http.NotFound(w, r)
			return
		}
		n := 1
		_, _ = fmt.Sscanf(r.URL.Query().Get("page"), "%d", &n)
		etag := fmt.Sprintf(`"page-%d"`, n)
		w.Header().Set("ETag", etag)
		if n < len(a.pages) {
			w.Header().Set("Link", fmt.Sprintf(`<%s/repos/o/r/releases?per_page=100&page=%d>; rel="next", <x>; rel="last"`, a.URL, n+1))
		}
		if r.Header.Get("If-None-Match") == etag {
			a.matched.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		var list []string
		for _, tag := range a.pages[n-1] {
			list = append(list, fmt.Sprintf(`{"tag_name":%q,"html_url":"https://h/%s","body":"- text of %s"}`, tag, tag, tag))
		}
		fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) load(t *testing.T, from, to string, change ...func(*Options)) (Loaded, error) {
	t.Helper()
	o := Options{API: a.URL, Client: &http.Client{}, Timeout: 5 * time.Second}
	for _, f := range change {
		f(&o)
	}
	source, err := OpenSource("github:o/r", o)
	if err != nil {
		t.Fatal(err)
	}
	return source.Load(t.Context(), Need{From: mustVersion(t, from), To: mustVersion(t, to)})
}

func TestGitHubReadsAsManyPagesAsNeeded(t *testing.T) {
	t.Parallel()
	a := newAPI(t, []string{"1.14.1", "1.14.0"}, []string{"1.13.3", "1.13.2"}, []string{"1.13.1", "1.13.0"}, []string{"1.12.0", "0.15.8"})
	for _, c := range []struct {
		from, to string
		pages    int32
	}{{"1.14.0", "1.14.1", 1}, {"1.13.3", "1.14.1", 2}, {"1.13.2", "1.14.1", 2}, {"1.13.1", "1.13.3", 3}, {"0.15.8", "1.13.3", 4}} {
		a.requests.Store(0)
		loaded, err := a.load(t, c.from, c.to)
		if err != nil || a.requests.Load() != c.pages {
			t.Errorf("%s to %s: %d pages, %v, want %d", c.from, c.to, a.requests.Load(), err, c.pages)
		}
		if r := SelectRange(loaded.Releases, mustVersion(t, c.from), mustVersion(t, c.to)); !r.ToKnown || !r.FromKnown {
			t.Errorf("%s to %s: the range is not complete", c.from, c.to)
		}
	}
}

func TestGitHubCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cached := func(o *Options) { o.CacheDir = dir }
	a := newAPI(t, []string{"1.1.0", "1.0.0"})
	for range 2 {
		if loaded, err := a.load(t, "1.0.0", "1.1.0", cached); err != nil || len(loaded.Releases) != 2 || loaded.Cached != "" {
			t.Fatalf("got %d releases, %v, cached %q, want 2 fresh ones", len(loaded.Releases), err, loaded.Cached)
		}
	}
	if a.matched.Load() != 1 {
		t.Errorf("%d answers 304, want one: the second request is conditional", a.matched.Load())
	}
	address := a.URL
	a.Close()
	source, _ := OpenSource("github:o/r", Options{API: address, CacheDir: dir})
	loaded, err := source.Load(t.Context(), Need{From: mustVersion(t, "1.0.0"), To: mustVersion(t, "1.1.0")})
	if err != nil || len(loaded.Releases) != 2 || !strings.Contains(loaded.Cached, "read from the cache") {
		t.Errorf("offline: %d releases, %v, %q, want two from the cache, said so", len(loaded.Releases), err, loaded.Cached)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 {
		t.Fatalf("cache holds %v, want one file", files)
	}
	if err := os.WriteFile(files[0], []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	var unreachable *UnreachableError
	if _, err := source.Load(t.Context(), Need{}); !errors.As(err, &unreachable) {
		t.Errorf("offline with a broken cache: %v, want it unreachable", err)
	}
}

func TestGitHubErrors(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   []string
	}{
		"rate limit": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", fmt.Sprint(now.Add(20*time.Minute).Unix()))
			w.WriteHeader(http.StatusForbidden)
		}, []string{"rate limit reached until 12:20:00 UTC (in 20m0s)", "GITHUB_TOKEN"}},
		"secondary limit": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		}, []string{"rate limit reached, again in 60 s"}},
		"not found":    {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, []string{"HTTP 404", "no such repository"}},
		"bad token":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, []string{"HTTP 401", "token is not accepted"}},
		"server error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, []string{"HTTP 502"}},
		"broken JSON":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[{"tag_name":`) }, []string{"broken JSON"}},
		"a page":       {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>login</html>") }, []string{"an HTML page"}},
		"other host": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", `<https://evil.example/x?page=2>; rel="next"`)
			fmt.Fprint(w, `[{"tag_name":"1.5.0","body":"x"}]`)
		}, []string{"on another host"}},
		"endless pages": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/repos/o/r/releases?page=2>; rel="next"`, r.Host))
			fmt.Fprint(w, `[{"tag_name":"1.5.0","body":"x"}]`)
		}, []string{"lead in a circle"}},
		"first page again": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/repos/o/r/releases?per_page=100>; rel="next"`, r.Host))
			fmt.Fprint(w, `[{"tag_name":"1.5.0","body":"x"}]`)
		}, []string{"lead in a circle"}},
		"hundreds of pages": {func(w http.ResponseWriter, r *http.Request) {
			n := 1
			_, _ = fmt.Sscanf(r.URL.Query().Get("page"), "%d", &n)
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/repos/o/r/releases?page=%d>; rel="next"`, r.Host, n+1))
			fmt.Fprint(w, `[{"tag_name":"1.5.0","body":"x"}]`)
		}, []string{"more than 20 pages"}},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, `[{"tag_name":"1.5.0"}`)
		}, []string{"unexpected EOF"}},
		"an object": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"message":"Moved"}`) }, []string{"want"}},
		"a redirect to itself": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
		}, []string{"redirected more than 10 times"}},
	} {
		a := newAPI(t, []string{"1.1.0"})
		a.answer = func(w http.ResponseWriter, r *http.Request) bool { c.answer(w, r); return true }
		_, err := a.load(t, "1.0.0", "1.1.0", func(o *Options) { o.Now = func() time.Time { return now } })
		var unreachable *UnreachableError
		if !errors.As(err, &unreachable) {
			t.Errorf("%s: %v, want an unreachable error", name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q, want one line with %q", name, err, want)
			}
		}
	}
}

func TestGitHubTokenAndTimeout(t *testing.T) {
	t.Parallel()
	a := newAPI(t, []string{"1.1.0", "1.0.0"})
	var auth string
	a.answer = func(_ http.ResponseWriter, r *http.Request) bool { auth = r.Header.Get("Authorization"); return false }
	if _, err := a.load(t, "1.0.0", "1.1.0", func(o *Options) { o.Token = "t0k" }); err != nil || auth != "Bearer t0k" {
		t.Errorf("Authorization %q, %v, want the token", auth, err)
	}
	release := make(chan struct{})
	defer close(release)
	a.answer = func(http.ResponseWriter, *http.Request) bool { <-release; return true }
	_, err := a.load(t, "1.0.0", "1.1.0", func(o *Options) { o.Timeout = 50 * time.Millisecond })
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "no answer within 50ms") || !unreachable.Temporary {
		t.Errorf("got %v, want a time-out that may pass", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source, _ := OpenSource("github:o/r", Options{API: a.URL})
	if _, err := source.Load(ctx, Need{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want context.Canceled", err)
	}
}

// TestTokenStaysWithItsHost: the token follows a redirect on the API's own
// host (a renamed repository), and no redirect to another port, name or scheme.
func TestTokenStaysWithItsHost(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	answer := func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		fmt.Fprint(w, `[{"tag_name":"1.1.0","body":"x"},{"tag_name":"1.0.0","body":null}]`)
	}
	other := httptest.NewServer(http.HandlerFunc(answer))
	defer other.Close()
	a := newAPI(t, []string{"1.1.0"})
	for target, want := range map[string]string{
		a.URL + "/repositories/7/releases": "Bearer t0k",
		other.URL + "/releases":            "",
		strings.Replace(a.URL, "127.0.0.1", "localhost", 1) + "/repositories/7/releases": "",
	} {
		a.answer = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/repositories/") {
				answer(w, r)
			} else {
				http.Redirect(w, r, target, http.StatusMovedPermanently)
			}
			return true
		}
		loaded, err := a.load(t, "1.0.0", "1.1.0", func(o *Options) { o.Token = "t0k" })
		if err != nil || len(loaded.Releases) != 2 {
			t.Fatalf("%s: %d releases, %v, want two", target, len(loaded.Releases), err)
		}
		if auth := <-got; auth != want {
			t.Errorf("%s: Authorization %q, want %q", target, auth, want)
		}
	}
}

func TestProxyTrouble(t *testing.T) {
	t.Parallel()
	proxy, _ := url.Parse("http://user:hidden@127.0.0.1:1")
	source, _ := OpenSource("http://release-notes.example/x.md", Options{Client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}})
	_, err := source.Load(t.Context(), Need{})
	if err == nil || !strings.Contains(err.Error(), "proxy cannot be reached") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v, want it to blame the proxy and to hide its password", err)
	}
	unknown, _ := OpenSource("http://no-such-host.invalid/x.md", Options{Client: &http.Client{Transport: &http.Transport{}}})
	if _, err := unknown.Load(t.Context(), Need{}); err == nil || !strings.Contains(err.Error(), `host "no-such-host.invalid" cannot be resolved`) {
		t.Errorf("got %v, want it to name the host", err)
	}
}

func TestURLSource(t *testing.T) {
	t.Parallel()
	body, kind := "", ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	source, err := OpenSource(server.URL+"/CHANGELOG", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ body, want string }{
		{"## 1.0.1\n- a\n## 1.0.0\n", ""}, {`[{"tag_name":"1.0.1","body":"x"},{"tag_name":"1.0.0","body":""}]`, ""},
		{"<!DOCTYPE html><html>", "an HTML page"}, {"", "empty"}, {`[{"tag_name":`, "broken JSON"},
	} {
		body = c.body
		loaded, err := source.Load(t.Context(), Need{})
		var unreachable *UnreachableError
		switch {
		case c.want == "" && (err != nil || len(loaded.Releases) != 2):
			t.Errorf("%q: %d releases, %v, want two", c.body, len(loaded.Releases), err)
		case c.want != "" && (!errors.As(err, &unreachable) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want unreachable with %q", c.body, err, c.want)
		}
	}
}
