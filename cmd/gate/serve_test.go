package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const serveToken = "a-token-of-the-service"

// lockedBuffer is a stderr that a test may read while the service writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// service starts the real gate serve on a free port and returns its address.
func service(t *testing.T, config string, args ...string) (address string, stderr *lockedBuffer, stop func() int) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	stderr = &lockedBuffer{}
	env := map[string]string{"GATE_TOKEN": serveToken}
	p := &process{
		args: append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), stdin: strings.NewReader(""), stdout: io.Discard, stderr: stderr,
		lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }, dir: dir,
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	go func() { done <- p.main(ctx) }()
	var once sync.Once
	code := -1
	stop = func() int {
		once.Do(func() { cancel(); code = <-done })
		return code
	}
	t.Cleanup(func() { stop() })
	listening := regexp.MustCompile(`listening on (http://\S+)`)
	for range 400 {
		if m := listening.FindStringSubmatch(stderr.String()); m != nil {
			return m[1], stderr, stop
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("the service never listened: %s", stderr)
	return "", nil, nil
}

func post(t *testing.T, address, token, contentType, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address+"/v1/verdict", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var doc map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		t.Fatalf("status %d, no JSON: %v", resp.StatusCode, err)
	}
	return resp.StatusCode, doc
}

// deployment answers /ok with 200 and holds /slow until the caller goes.
func deployment(t *testing.T) (s *httptest.Server, arrived, left chan struct{}) {
	t.Helper()
	arrived, left = make(chan struct{}, 10), make(chan struct{}, 10)
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			arrived <- struct{}{}
			<-r.Context().Done()
			left <- struct{}{}
		}
	}))
	t.Cleanup(s.Close)
	return s, arrived, left
}

func serveConfig(url string) string {
	return fmt.Sprintf("version: 1\nchecks:\n  http:\n    - {name: good, url: %s/ok}\n    - {name: bad, url: %s/ok, expect: {status: 500}}\n    - {name: slow, url: %s/slow, timeout: 20s, retries: 0}\n", url, url, url)
}

func TestServeAnswersVerdicts(t *testing.T) {
	t.Parallel()
	target, _, _ := deployment(t)
	address, stderr, stop := service(t, serveConfig(target.URL), "--skip", "slow")
	bearer := "Bearer " + serveToken
	for _, c := range []struct {
		name, token, contentType, body string
		code                           int
		verdict, says                  string
	}{
		{"as configured", bearer, "", "", 200, "block", ""},
		{"one check", bearer, "application/json", `{"only":["good"]}`, 200, "pass", ""},
		{"scheme in lower case", "bearer " + serveToken, "application/json; charset=utf-8", `{"skip":["bad"]}`, 200, "pass", ""},
		{"no token", "", "", "", 401, "", "Authorization: Bearer"},
		{"wrong token", bearer + "x", "", "", 401, "", "Authorization: Bearer"},
		{"no scheme", serveToken, "", "", 401, "", "Authorization: Bearer"},
		{"another scheme", "Basic " + serveToken, "", "", 401, "", "Authorization: Bearer"},
		{"a form", bearer, "application/x-www-form-urlencoded", "to=1", 415, "", "application/json"},
		{"no JSON", bearer, "", "{", 400, "", "want {"},
		{"a URL to probe", bearer, "", `{"url":"http://169.254.169.254/"}`, 400, "", `unknown field "url"`},
		{"two values", bearer, "", `{} {}`, 400, "", "more than one"},
		{"what the operator left out", bearer, "", `{"only":["slow"]}`, 200, "inconclusive", ""},
		{"nothing", bearer, "", `{"skip":["*"]}`, 200, "inconclusive", ""},
		{"a phase without checks", bearer, "", `{"phase":"pre"}`, 200, "inconclusive", ""},
		{"a bad version", bearer, "", `{"from":"abc","to":"1.13.2"}`, 400, "", "abc"},
		{"a bad phase", bearer, "", `{"phase":"later"}`, 400, "", "want all, pre or post"},
		{"too large", bearer, "", `{"only":["` + strings.Repeat("x", maxAsk) + `"]}`, 413, "", "larger than"},
	} {
		code, doc := post(t, address, c.token, c.contentType, c.body)
		said, _ := doc["error"].(string)
		verdict, _ := doc["verdict"].(string)
		if code != c.code || verdict != c.verdict || !strings.Contains(said, c.says) || c.says != "" && said == "" {
			t.Errorf("%s: %d, verdict %q, error %q; want %d, %q, %q", c.name, code, verdict, said, c.code, c.verdict, c.says)
		}
	}
	resp, err := http.Get(address + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("healthz: %v, %v", resp, err)
	}
	if strings.Contains(stderr.String(), serveToken) {
		t.Error("the log holds the token")
	}
	for _, asked := range []string{`only ["good"] skip []: pass`, `only [] skip ["*"]: inconclusive`, `phase "pre" only`} {
		if !strings.Contains(stderr.String(), asked) {
			t.Errorf("the log\n%s\nlacks %s", stderr, asked)
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("ended with %d, want 0", code)
	}
}

// TestServeIsBounded: one run at a time, and a caller that goes away ends its
// run.
func TestServeIsBounded(t *testing.T) {
	t.Parallel()
	target, arrived, left := deployment(t)
	address, stderr, _ := service(t, serveConfig(target.URL))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/v1/verdict", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+serveToken)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	select {
	case <-arrived:
	case <-time.After(20 * time.Second):
		t.Fatalf("the first run never reached the deployment: %s", stderr)
	}
	code, doc := post(t, address, "Bearer "+serveToken, "", `{"only":["good"]}`)
	if said, _ := doc["error"].(string); code != http.StatusTooManyRequests || !strings.Contains(said, "1 run at a time") {
		t.Errorf("a second run beside the first: %d, %q, want it refused", code, said)
	}
	cancel()
	<-gone
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Errorf("the run went on after its caller had gone: %s", stderr)
	}
	for range 200 {
		if code, _ := post(t, address, "Bearer "+serveToken, "", `{"only":["good"]}`); code == http.StatusOK {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the place of the run that ended was not given free")
}

func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no token":      {[]string{"serve"}, "want a secret of at least 16 characters"},
		"a short token": {[]string{"serve", "--token", "short"}, "want a secret of at least 16 characters"},
		"a report":      {[]string{"serve", "--token", serveToken, "--report", "json=x"}, "the answer is the report"},
		"an address":    {[]string{"serve", "--token", serveToken, "--listen", "nowhere"}, "want a free address"},
		"a config":      {[]string{"serve", "--token", serveToken, "--config", "none.yaml"}, "none.yaml"},
		"parallel":      {[]string{"serve", "--token", serveToken, "--parallel", "0"}, "want 1 to 100"},
	} {
		var stderr bytes.Buffer
		p := &process{args: c.args, stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, lookup: func(string) (string, bool) { return "", false }, dir: t.TempDir()}
		if code := p.main(context.Background()); code != exitUsage || !strings.Contains(stderr.String(), c.want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: exit %d, %q; want 2 and one line with %q", name, code, stderr.String(), c.want)
		}
	}
}

// TestServeNarrows: a caller chooses among what the operator allows, and gets no
// pass for anything else.
func TestServeNarrows(t *testing.T) {
	t.Parallel()
	target, _, _ := deployment(t)
	address, _, _ := service(t, serveConfig(target.URL), "--only", "bad", "--phase", "post", "--from", "1.13.1", "--to", "1.13.2", "--changelog", target.URL)
	for body, want := range map[string]string{
		"":                           "block",
		`{"only":["good"]}`:          "inconclusive",
		`{"only":["good","bad"]}`:    "block",
		`{"phase":"all"}`:            "block",
		`{"phase":"pre"}`:            "inconclusive",
		`{"skip":["bad"]}`:           "inconclusive",
		`{"to":"1.13.2"}`:            "block",
		`{"to":"1.13.1"}`:            "refused",
		`{"from":"1.13.2"}`:          "refused",
		`{"only":["no such check"]}`: "refused",
	} {
		code, doc := post(t, address, "Bearer "+serveToken, "", body)
		got, _ := doc["verdict"].(string)
		if code == http.StatusBadRequest {
			got = "refused"
		}
		if got != want {
			t.Errorf("%s: %d, %v, want %s", body, code, doc["verdict"], want)
		}
	}
}

// TestServeSurvivesSilence: more connections than there may be, all without a
// token, lock nobody out: not a probe, not a caller, not one whose run goes on.
func TestServeSurvivesSilence(t *testing.T) {
	t.Parallel()
	target, arrived, _ := deployment(t)
	address, stderr, _ := service(t, serveConfig(target.URL), "--parallel", "2")
	running := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/v1/verdict", strings.NewReader(`{"only":["slow"]}`))
		if err == nil {
			req.Header.Set("Authorization", "Bearer "+serveToken)
			_, err = (&http.Client{Transport: &http.Transport{}}).Do(req)
		}
		running <- err
	}()
	select {
	case <-arrived:
	case <-time.After(20 * time.Second):
		t.Fatalf("the run never reached the deployment: %s", stderr)
	}
	for i := range 3 * maxConnection / 2 {
		c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if i%2 == 0 { // a request that does not end
			_, _ = io.WriteString(c, "POST /v1/verdict HTTP/1.1\r\nHost: x\r\n")
		}
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: 3 * time.Second}
	resp, err := client.Get(address + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK || !resp.Close {
		t.Errorf("healthz: %v, %v, want 200 and the connection closed", resp, err)
	}
	if code, doc := post(t, address, "Bearer "+serveToken, "", `{"only":["good"]}`); code != http.StatusOK || doc["verdict"] != "pass" {
		t.Errorf("a caller with the token: %d, %v, want 200, pass", code, doc["verdict"])
	}
	select {
	case err := <-running:
		t.Errorf("the run that was going on was cut off: %v", err)
	default:
	}
}

// TestServeKeeps: what was found once is known the next time, when it was kept; a
// report that blocks is kept on request alone, and the folder is bounded.
func TestServeKeeps(t *testing.T) {
	t.Parallel()
	var fails atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" || r.URL.Path == "/b" && fails.Load() > 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(target.Close)
	kept := t.TempDir()
	config := fmt.Sprintf("version: 1\ndify: {profile: none}\nchecks:\n  http:\n    - {name: a, url: %s/a, retries: 0}\n    - {name: b, url: %s/b, retries: 0}\n", target.URL, target.URL)
	address, stderr, stop := service(t, config, "--phase", "post", "--keep", kept)
	ask := func(body, want string, fresh float64) {
		t.Helper()
		code, doc := post(t, address, "Bearer "+serveToken, "application/json", body)
		state, _ := doc["rests_on"].(map[string]any)["baseline"].(map[string]any)
		if code != http.StatusOK || doc["verdict"] != want || fresh >= 0 && (state == nil || state["new"] != fresh) || fresh < 0 && state != nil {
			t.Errorf("%s: %d %v, baseline %v; want %s with %v new", body, code, doc["verdict"], state, want, fresh)
		}
	}
	ask("", "block", -1)
	ask("", "block", -1) // the first one blocked, and is no baseline
	ask(`{"keep":true}`, "block", -1)
	ask("", "pass", 0)
	fails.Store(2)
	ask("", "block", 1)
	ask("", "block", 1) // still: what blocked is not known
	ask(`{"only":["b"]}`, "block", -1)
	files, err := filepath.Glob(filepath.Join(kept, "gate-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v, want one report", files, err)
	}
	// What somebody else put there is no baseline, and ends nothing.
	if err := os.WriteFile(files[0], []byte(strings.Repeat("[", 5<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	ask("", "block", -1)
	if !strings.Contains(stderr.String(), "no baseline is taken") {
		t.Errorf("stderr: %s", stderr)
	}
	for i := range maxKept + 5 {
		if err := os.WriteFile(filepath.Join(kept, fmt.Sprintf("gate-%032d.json", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask(`{"keep":true}`, "block", -1)
	if files, err = filepath.Glob(filepath.Join(kept, "*.json")); err != nil || len(files) != maxKept {
		t.Errorf("%d reports %v, want %d", len(files), err, maxKept)
	}
	if code := stop(); code != exitPass {
		t.Errorf("exit %d", code)
	}
}

func TestServeKeepsNothingUnasked(t *testing.T) {
	t.Parallel()
	target, _, _ := deployment(t)
	address, _, _ := service(t, serveConfig(target.URL))
	if code, doc := post(t, address, "Bearer "+serveToken, "application/json", `{"keep":true,"only":["good"]}`); code != http.StatusBadRequest || !strings.Contains(fmt.Sprint(doc["error"]), "keeps no reports") {
		t.Errorf("%d %v", code, doc)
	}
}
