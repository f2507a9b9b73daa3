package forge

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// Kind is the sort of a forge.
type Kind string

// The forges. Gitea's and Forgejo's API is GitHub's as far as it is used here.
const (
	GitHub Kind = "GitHub"
	Gitea  Kind = "Gitea"
	GitLab Kind = "GitLab"
)

// Host is the forge that runs the job.
type Host struct {
	Kind Kind
	// API is the address of its API, without a slash at the end.
	API *url.URL
	// Repository is OWNER/NAME, or GitLab's project.
	Repository string
	// Change is the number of the pull or merge request, 0 for none.
	Change int
	// Fork: it comes from a fork, whose token only reads.
	Fork bool

	client *http.Client
	// read and write are the tokens to read and to comment with, the first
	// that is set.
	read, write credential
}

// credential is a token and the header that it goes in.
type credential struct {
	header, prefix string
	token          gate.Secret
}

// Options are what is given from outside.
type Options struct {
	Getenv func(string) string
	Client *http.Client
	// GitHubToken and GitLabToken may be empty.
	GitHubToken, GitLabToken gate.Secret
	// Event is GitHub's event, as Event read it.
	Event Event
}

// ErrNoForge means that no forge runs the process.
var ErrNoForge = errors.New("not in a job of GitHub, Gitea, Forgejo or GitLab")

// Here is the forge that runs the process.
func Here(o Options) (*Host, error) {
	switch {
	case o.Getenv("GITHUB_ACTIONS") == "true":
		return onGitHub(o)
	case o.Getenv("GITLAB_CI") == "true":
		return onGitLab(o)
	}
	return nil, ErrNoForge
}

func onGitHub(o Options) (*Host, error) {
	h := &Host{Kind: GitHub, Repository: o.Getenv("GITHUB_REPOSITORY"), Change: o.Event.Number(), client: withoutRedirects(o.Client)}
	if o.Getenv("GITEA_ACTIONS") == "true" || o.Getenv("FORGEJO_ACTIONS") == "true" {
		h.Kind = Gitea
	}
	// The token of pull_request_target is the target's own.
	h.Fork = o.Event.FromFork() && o.Getenv("GITHUB_EVENT_NAME") == "pull_request"
	var err error
	if h.API, err = address("GITHUB_API_URL", cmp.Or(o.Getenv("GITHUB_API_URL"), "https://api.github.com")); err != nil {
		return nil, err
	}
	if owner, name, ok := strings.Cut(h.Repository, "/"); !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("GITHUB_REPOSITORY %q, want OWNER/NAME", h.Repository)
	}
	h.read = credential{"Authorization", "Bearer ", o.GitHubToken}
	h.write = h.read
	return h, nil
}

func onGitLab(o Options) (*Host, error) {
	h := &Host{Kind: GitLab, Repository: cmp.Or(o.Getenv("CI_PROJECT_ID"), o.Getenv("CI_PROJECT_PATH")), client: withoutRedirects(o.Client)}
	var err error
	if h.API, err = address("CI_API_V4_URL", o.Getenv("CI_API_V4_URL")); err != nil {
		return nil, err
	}
	if h.Repository == "" {
		return nil, errors.New("CI_PROJECT_ID is not set, want the project's number")
	}
	h.Change, _ = strconv.Atoi(o.Getenv("CI_MERGE_REQUEST_IID")) // empty outside of a merge request
	source := o.Getenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
	h.Fork = source != "" && source != o.Getenv("CI_MERGE_REQUEST_PROJECT_ID")
	h.write = credential{"PRIVATE-TOKEN", "", o.GitLabToken}
	// The job's own token may read a file, and no more.
	h.read = credential{"JOB-TOKEN", "", gate.NewSecret(o.Getenv("CI_JOB_TOKEN"))}
	if !o.GitLabToken.Empty() {
		h.read = h.write
	}
	return h, nil
}

func address(name, raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%s %q, want the address of the API", name, gate.RedactURL(raw))
	}
	return u, nil
}

// withoutRedirects never follows: what asks with a token asks one host.
func withoutRedirects(c *http.Client) *http.Client {
	if c == nil {
		c = http.DefaultClient
	}
	out := *c
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

// maxAnswer bounds an answer of the API, in bytes. A page of a hundred comments of
// 65,536 characters is the largest.
const maxAnswer = 32 << 20

// StatusError is an answer that is no success.
type StatusError struct {
	Method, URL string
	Status      int
	Text        string // the beginning of the answer
}

func (e *StatusError) Error() string {
	text := e.Text
	if text != "" {
		text = ": " + text
	}
	return fmt.Sprintf("%s %s: HTTP %d%s", e.Method, e.URL, e.Status, text)
}

// read reads an answer to its limit; what is no success is a *StatusError.
func read(req *http.Request, resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxAnswer:
		return nil, fmt.Errorf("%s %s: more than %d bytes", req.Method, req.URL.Redacted(), maxAnswer)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, &StatusError{req.Method, req.URL.Redacted(), resp.StatusCode, shorten(data)}
	}
	return data, nil
}

func shorten(data []byte) string {
	text := strings.Join(strings.Fields(string(data[:min(len(data), 300)])), " ")
	return strings.ToValidUTF8(text, "")
}
