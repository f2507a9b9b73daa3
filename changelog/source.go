package changelog

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultRepository is where Dify publishes its release notes.
const DefaultRepository = "langgenius/dify"

// DefaultAPI is GitHub's public API.
const DefaultAPI = "https://api.github.com"

// Source is a place that release notes are read from.
type Source interface {
	// Load reads the releases; need tells a paged source how far to go. Its
	// errors are an *InputError (the input is wrong) or an *UnreachableError
	// (it could not be learned), or the context's own.
	Load(ctx context.Context, need Need) (Loaded, error)
	// String names the source for people, without secrets.
	String() string
}

// Need is what a caller wants of a source.
type Need struct{ From, To Version }

// Loaded is what a source gave.
type Loaded struct {
	Releases []Release
	Cached   string // says that, why and of when it was read from the cache; empty: it was read fresh
	// Age is how old the cache is that was read instead of the source; 0 when it
	// was read fresh. Whether that is too old is the caller's to say.
	Age time.Duration
}

// InputError is bad input: no such file, a directory, binary, broken JSON.
type InputError struct {
	Place string
	Err   error
}

func (e *InputError) Error() string { return e.Place + ": " + e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// UnreachableError is a source that could not be read: the run is inconclusive.
type UnreachableError struct {
	Place     string
	Err       error
	Temporary bool // asking again soon may help
}

func (e *UnreachableError) Error() string { return e.Place + ": " + e.Err.Error() }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Options are what the sources need of the outside.
type Options struct {
	API      string // GitHub's API, for an enterprise server or a mirror; empty: DefaultAPI
	Token    string // sent to the API's host only
	Client   *http.Client
	CacheDir string        // empty: nothing is kept
	Timeout  time.Duration // of one request; 0: 30 s
	Now      func() time.Time
}

var repositoryForm = expr(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+$`)

// OpenSource reads a source's name: "github", "github:OWNER/REPO", a URL, or a
// path. Nothing is read yet.
func OpenSource(spec string, o Options) (Source, error) {
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.API == "" {
		o.API = DefaultAPI
	}
	fetch := &fetcher{options: o}
	repository, isGitHub := strings.CutPrefix(spec, "github:")
	switch {
	case spec == "" || spec == "github":
		return newGitHub(DefaultRepository, fetch)
	case isGitHub:
		return newGitHub(repository, fetch)
	case strings.HasPrefix(spec, "http://") || strings.HasPrefix(spec, "https://"):
		u, err := url.Parse(spec)
		if err != nil || u.Host == "" {
			return nil, &InputError{Place: "changelog", Err: fmt.Errorf("%q is no URL", redact(spec))}
		}
		return &urlSource{url: u, fetch: fetch}, nil
	case strings.Contains(spec, "://"):
		return nil, &InputError{Place: "changelog", Err: fmt.Errorf("%q is no source, want github, github:OWNER/REPO, a file or an http(s) URL", redact(spec))}
	}
	return fileSource(spec), nil
}

// redact drops a URL's user information and query, which may hold secrets.
func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "the URL"
	}
	if u.User != nil {
		u.User = url.User("***")
	}
	if u.RawQuery != "" {
		u.RawQuery = "***"
	}
	return u.String()
}
