package forge

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
)

// standIn answers as GitHub's and GitLab's APIs do, over TLS, and keeps the comments.
type standIn struct {
	mu       sync.Mutex
	comments []comment
	seen     []string // method, path and the token of each request
	denied   bool
	server   *httptest.Server
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{}
	mux := http.NewServeMux()
	// The token of a job has no user.
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"Resource not accessible by integration"}`, http.StatusForbidden)
	})
	mux.HandleFunc("GET /api/v4/user", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":9,"username":"gate-bot"}`)
	})
	mux.HandleFunc("GET /repos/acme/dify/issues/7/comments", s.list)
	mux.HandleFunc("POST /repos/acme/dify/issues/7/comments", s.create)
	mux.HandleFunc("PATCH /repos/acme/dify/issues/comments/{id}", s.update)
	mux.HandleFunc("GET /api/v4/projects/acme%2Fdify/merge_requests/7/notes", s.list)
	mux.HandleFunc("POST /api/v4/projects/acme%2Fdify/merge_requests/7/notes", s.create)
	mux.HandleFunc("PUT /api/v4/projects/acme%2Fdify/merge_requests/7/notes/{id}", s.update)
	mux.HandleFunc("GET /repos/acme/dify/contents/{path...}", func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("path") {
		case "docker/docker compose.yaml":
			text := base64.StdEncoding.EncodeToString([]byte("services: {}\n"))
			_ = json.NewEncoder(w).Encode(map[string]string{"type": "file", "encoding": "base64", "content": text[:8] + "\n" + text[8:] + "\n"})
		case "docker":
			_, _ = io.WriteString(w, `[{"type":"file"}]`)
		case "big.yaml":
			_, _ = io.WriteString(w, `{"type":"file","encoding":"none","content":""}`)
		case "elsewhere":
			http.Redirect(w, r, "https://127.0.0.1:1/", http.StatusFound)
		default:
			http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		}
	})
	mux.HandleFunc("GET /api/v4/projects/acme%2Fdify/repository/files/{path}/raw", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("path") != "docker/.env" || r.FormValue("ref") != "abc" {
			http.Error(w, `{"message":"404 File Not Found"}`, http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, "A=1\n")
	})
	s.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, fmt.Sprintf("%s %s %s%s%s", r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"), r.Header.Get("PRIVATE-TOKEN"), r.Header.Get("JOB-TOKEN")))
		if s.denied {
			http.Error(w, `{"message":"Resource not accessible by integration"}`, http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	return s
}

func (s *standIn) list(w http.ResponseWriter, r *http.Request) {
	var page int
	_, _ = fmt.Sscan(r.FormValue("page"), &page)
	from := min((page-1)*pageSize, len(s.comments))
	_ = json.NewEncoder(w).Encode(s.comments[from:min(from+pageSize, len(s.comments))])
}

func (s *standIn) create(w http.ResponseWriter, r *http.Request) {
	c := comment{ID: int64(len(s.comments) + 100), Body: bodyOf(r), HTMLURL: "https://forge.example/c", User: account{Type: "Bot"}, Author: account{ID: 9}}
	s.comments = append(s.comments, c)
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(c)
}

func (s *standIn) update(w http.ResponseWriter, r *http.Request) {
	for i := range s.comments {
		if fmt.Sprint(s.comments[i].ID) == r.PathValue("id") {
			s.comments[i].Body = bodyOf(r)
			_ = json.NewEncoder(w).Encode(s.comments[i])
			return
		}
	}
	http.Error(w, "{}", http.StatusNotFound)
}

func bodyOf(r *http.Request) string {
	var in struct{ Body string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	return in.Body
}

const pullRequest = `{"pull_request":{"number":7,"head":{"repo":{"full_name":"acme/dify"}},"base":{"sha":"1111","repo":{"full_name":"acme/dify"}}}}`

func eventOf(t *testing.T, text string) Event {
	t.Helper()
	var e Event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// on is a forge of the kind, at the stand-in.
func on(t *testing.T, kind Kind, s *standIn, more map[string]string) *Host {
	t.Helper()
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_API_URL": s.server.URL, "GITHUB_REPOSITORY": "acme/dify", "GITHUB_EVENT_NAME": "pull_request"}
	if kind == GitLab {
		env = map[string]string{"GITLAB_CI": "true", "CI_API_V4_URL": s.server.URL + "/api/v4/", "CI_PROJECT_ID": "acme/dify", "CI_MERGE_REQUEST_IID": "7", "CI_JOB_TOKEN": "job"}
	}
	if kind == Gitea {
		env["GITEA_ACTIONS"] = "true"
	}
	for k, v := range more {
		env[k] = v
	}
	event := pullRequest
	if v, ok := more["event"]; ok {
		event = v
	}
	h, err := Here(Options{Getenv: func(k string) string { return env[k] }, Client: s.server.Client(), GitHubToken: gate.NewSecret(env["token"]), GitLabToken: gate.NewSecret(env["token"]), Event: eventOf(t, event)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestCommentIsOne: it is made once, and changed from then on, on the second page too;
// one that somebody else wrote with the marker stays as it is.
func TestCommentIsOne(t *testing.T) {
	t.Parallel()
	const marker = "<!-- dify-gate -->"
	for _, kind := range []Kind{GitHub, GitLab} {
		s := newStandIn(t)
		s.comments = append(s.comments, comment{ID: 1, Body: marker + "\n✅ Gate: pass", User: account{Type: "User"}, Author: account{ID: 3}})
		for i := range pageSize {
			s.comments = append(s.comments, comment{ID: int64(i + 2), Body: "about " + marker, User: account{Type: "Bot"}, Author: account{ID: 9}})
		}
		h := on(t, kind, s, map[string]string{"token": "secret"})
		for _, body := range []string{"block", "pass"} {
			address, err := h.Comment(t.Context(), marker, body)
			if err != nil || address != "https://forge.example/c" {
				t.Fatalf("%s: %q, %v", kind, address, err)
			}
			if got := s.comments[len(s.comments)-1].Body; len(s.comments) != pageSize+2 || got != marker+"\n"+body {
				t.Errorf("%s: %d comments, the last one is %q, want one more, of %q", kind, len(s.comments), got, body)
			}
		}
		if s.comments[0].Body != marker+"\n✅ Gate: pass" {
			t.Errorf("%s: somebody else's comment was changed: %q", kind, s.comments[0].Body)
		}
		other := on(t, kind, s, map[string]string{"token": "secret"})
		if _, err := other.Comment(t.Context(), "<!-- dify-gate berlin -->", "x"); err != nil || len(s.comments) != pageSize+3 {
			t.Errorf("%s: another marker: %v, %d comments", kind, err, len(s.comments))
		}
	}
}

// TestNoComment: the reasons why there is none, and no request is sent.
func TestNoComment(t *testing.T) {
	t.Parallel()
	fork := strings.Replace(pullRequest, `"full_name":"acme/dify"`, `"full_name":"someone/dify"`, 1)
	for name, c := range map[string]struct {
		kind Kind
		env  map[string]string
		want error
	}{
		"a push":             {GitHub, map[string]string{"token": "t", "event": `{"before":"1"}`}, ErrNoChange},
		"a fork":             {GitHub, map[string]string{"token": "t", "event": fork}, ErrFork},
		"no token":           {GitHub, nil, ErrNoToken},
		"no TLS":             {GitHub, map[string]string{"token": "t", "GITHUB_API_URL": "http://127.0.0.1:1"}, ErrNoTLS},
		"a branch pipeline":  {GitLab, map[string]string{"token": "t", "CI_MERGE_REQUEST_IID": ""}, ErrNoChange},
		"GitLab's job token": {GitLab, nil, ErrNoToken},
		"a fork on GitLab":   {GitLab, map[string]string{"token": "t", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8", "CI_MERGE_REQUEST_PROJECT_ID": "7"}, ErrFork},
	} {
		s := newStandIn(t)
		if _, err := on(t, c.kind, s, c.env).Comment(t.Context(), "<!-- x -->", "x"); !errors.Is(err, c.want) || len(s.seen) > 0 {
			t.Errorf("%s: %v after %v, want %v", name, err, s.seen, c.want)
		}
	}
	// The target's own token of pull_request_target may write.
	s := newStandIn(t)
	h := on(t, GitHub, s, map[string]string{"token": "t", "event": fork, "GITHUB_EVENT_NAME": "pull_request_target"})
	if _, err := h.Comment(t.Context(), "<!-- x -->", "x"); err != nil {
		t.Error(err)
	}
	s.denied = true
	if _, err := h.Comment(t.Context(), "<!-- x -->", "x"); err == nil || !strings.Contains(err.Error(), "pull-requests: write") || strings.Contains(err.Error(), "Bearer") {
		t.Errorf("a refused token: %v", err)
	}
}

// TestFile: read at a commit from both APIs; the job's token is enough on GitLab, and
// what is missing is told apart from what cannot be read.
func TestFile(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	hub, lab := on(t, GitHub, s, map[string]string{"token": "secret"}), on(t, GitLab, s, nil)
	if got, err := hub.File(t.Context(), "abc", "docker/docker compose.yaml"); err != nil || string(got) != "services: {}\n" {
		t.Errorf("GitHub: %q, %v", got, err)
	}
	if got, err := lab.File(t.Context(), "abc", "docker/.env"); err != nil || string(got) != "A=1\n" {
		t.Errorf("GitLab: %q, %v", got, err)
	}
	if want := []string{"GET /repos/acme/dify/contents/docker/docker%20compose.yaml Bearer secret", "GET /api/v4/projects/acme%2Fdify/repository/files/docker%2F.env/raw job"}; strings.Join(s.seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests %q, want %q", s.seen, want)
	}
	for _, h := range []*Host{hub, lab} {
		if _, err := h.File(t.Context(), "abc", "nothing"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want not there", h.Kind, err)
		}
	}
	for _, name := range []string{"docker", "big.yaml", "elsewhere"} {
		if _, err := hub.File(t.Context(), "abc", name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want an error", name, err)
		}
	}
	// Without TLS the token stays here.
	var got string
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") }))
	defer plain.Close()
	_, _ = on(t, GitHub, s, map[string]string{"token": "secret", "GITHUB_API_URL": plain.URL}).File(t.Context(), "abc", "x")
	if got != "" {
		t.Errorf("the token went over http: %q", got)
	}
}

// TestBase: what each sort of run has as its base.
func TestBase(t *testing.T) {
	t.Parallel()
	github := func(name string, more ...string) map[string]string {
		env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	gitlab := func(more ...string) map[string]string {
		env := map[string]string{"GITLAB_CI": "true"}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	for name, c := range map[string]struct {
		env    map[string]string
		event  string
		ref    string
		branch bool
	}{
		"pull request":          {github("pull_request", "GITHUB_BASE_REF", "main"), pullRequest, "1111", false},
		"merge queue":           {github("merge_group"), `{"merge_group":{"base_sha":"2222"}}`, "2222", false},
		"pull request, no file": {github("pull_request", "GITHUB_BASE_REF", "main"), `{}`, "main", true},
		"push":                  {github("push"), `{"before":"3333"}`, "3333", false},
		"a new branch":          {github("push"), `{"before":"0000000000000000000000000000000000000000"}`, "", false},
		"by hand":               {github("workflow_dispatch"), `{"inputs":{"before":"x"}}`, "", false},
		"merge request":         {gitlab("CI_MERGE_REQUEST_IID", "5", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "4444", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"), `{}`, "4444", false},
		"merge request, branch": {gitlab("CI_MERGE_REQUEST_IID", "5", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"), `{}`, "main", true},
		"GitLab push":           {gitlab("CI_PIPELINE_SOURCE", "push", "CI_COMMIT_BEFORE_SHA", "5555"), `{}`, "5555", false},
		"GitLab first push":     {gitlab("CI_PIPELINE_SOURCE", "push", "CI_COMMIT_BEFORE_SHA", "0000"), `{}`, "", false},
		"GitLab schedule":       {gitlab("CI_PIPELINE_SOURCE", "schedule", "CI_COMMIT_BEFORE_SHA", "5555"), `{}`, "", false},
	} {
		got, err := BaseOf(func(k string) string { return c.env[k] }, eventOf(t, c.event))
		if got.Ref != c.ref || got.Branch != c.branch || (c.ref == "") != errors.Is(err, ErrNoBase) {
			t.Errorf("%s: %+v, %v; want %q", name, got, err, c.ref)
		}
	}
	if _, err := BaseOf(func(string) string { return "" }, Event{}); !errors.Is(err, ErrNoForge) {
		t.Errorf("a laptop: %v", err)
	}
}
