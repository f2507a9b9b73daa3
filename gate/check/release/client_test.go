package release

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// clientFindings lists findings as "rule: message".
func clientFindings(r gate.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Rule+": "+f.Message)
	}
	return out
}

func TestClientPaths(t *testing.T) {
	cases := []struct {
		to, call string
		want     string // beginning of the only finding, "" for none
	}{
		{"1.16.0", "POST /v1/chat-messages", ""},
		{"1.16.0", "GET /console/api/ping", ""},
		{"1.16.0", "GET /console/api/setup", ""},
		{"1.16.0", "GET /v1/conversations/{conversation_id}/variables", ""},
		{"1.16.0", "https://x.example/v1/info", ""},
		{"1.8.1", "GET /v1/datasets/{id}/documents/{id}/upload-file", ""},
		{"1.9.0", "GET /v1/datasets/{id}/documents/{id}/upload-file", "client/route-removed: GET /v1/datasets/{id}/documents/{id}/upload-file: removed in 1.9.0 (last in 1.8.1)"},
		{"1.9.0", "GET /v1/datasets/metadata/built-in", "client/route-removed: GET /v1/datasets/metadata/built-in: removed in 1.9.0 (last in 1.8.1), it may be renamed to GET /v1/datasets/<uuid:dataset_id>/metadata/built-in"},
		{"1.3.1", "POST /v1/apps/annotations/{id}", "client/route-removed: POST /v1/apps/annotations/{id}: the method was removed in 1.3.1 (last in 1.3.0), which accepts DELETE, PUT"},
		{"1.9.2", "PATCH /v1/chat-messages", "client/route-unknown: PATCH /v1/chat-messages: 1.9.2 accepts POST on this path"},
		{"1.1.0", "GET /v1/datasets/{id}/metadata", "client/route-unknown: GET /v1/datasets/{id}/metadata: 1.1.0 does not have it yet; the first release with it is 1.1.1"},
		{"1.13.1", "GET /v1/datasets/{id}/documents/{id}/upload-file", "client/route-removed: GET /v1/datasets/{id}/documents/{id}/upload-file: removed in 1.13.1 (last in 1.8.1), it may be renamed to GET /v1/datasets/<uuid:dataset_id>/documents/<uuid:document_id>/download"},
		{"1.13.1", "GET /v1/nonsense", "client/route-unknown: GET /v1/nonsense: no release has it"},
		{"1.13.1", "GET /v1/nonsense/1", "client/route-unknown: GET /v1/nonsense/1: no release has it"},
		{"1.9.2", "POST /v1/chat-message", "client/route-unknown: POST /v1/chat-message: no release has it, the nearest is POST /v1/chat-messages"},
		{"1.9.2", "GET /v1/parameters/", "client/route-unknown: GET /v1/parameters/: ends in a slash"},
		{"1.9.2", "GET /api/v1/parameters", "client/route-unknown: GET /api/v1/parameters: no release has it"},
		{"1.99.0", "POST /v1/chat-messages", ""},
	}
	for _, c := range cases {
		r := checktest.Run(t, &check.Env{To: c.to}, &Client{Paths: []string{c.call}})
		got := clientFindings(r)
		switch {
		case r.Err != nil:
			t.Errorf("%s at %s: %v", c.call, c.to, r.Err)
		case c.want == "" && len(got) > 0, c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)):
			t.Errorf("%s at %s: %q, want %q", c.call, c.to, got, c.want)
		}
	}
}

func TestClientDocumentsAndLogs(t *testing.T) {
	log := `10.0.0.1 - - [25/Nov/2026:10:00:00 +0000] "POST /dify/v1/chat-messages HTTP/1.1" 200 12 "-" "curl/8" "-"
nginx-1  | 10.0.0.1 - - [25/Nov/2026:10:00:01 +0000] "GET /dify/v1/datasets/0f3a9c7e-1111-4222-8333-444455556666/documents/1f3a9c7e-1111-4222-8333-444455556666/upload-file?x=1 HTTP/1.1" 200 12 "-" "python-requests/2" "-"
10.0.0.1 - - [25/Nov/2026:10:00:02 +0000] "GET /dify/v1/datasets/0f3a9c7e-1111-4222-8333-444455556667/documents/1f3a9c7e-1111-4222-8333-444455556666/upload-file HTTP/1.1" 200 12 "-" "python-requests/2" "-"
10.0.0.1 - - [25/Nov/2026:10:00:03 +0000] "GET /dify/console/api/logout HTTP/1.1" 200 12 "https://x/" "Mozilla/5.0" "-"
10.0.0.1 - - [25/Nov/2026:10:00:03 +0000] "GET /dify/console/api/no-such HTTP/1.1" 404 12 "-" "curl/8" "-"
10.0.0.1 - - [25/Nov/2026:10:00:04 +0000] "GET /dify/signin HTTP/1.1" 200 12 "-" "Mozilla/5.0" "-"
10.0.0.1 - - [25/Nov/2026:10:00:04 +0000] "GET /dify/v1/ HTTP/1.1" 200 12 "-" "kube-probe/1" "-"
`
	dir := checktest.Dir(t, map[string]string{
		"access.log": log,
		"api.yaml":   "openapi: 3.0.0\npaths:\n  /chat-messages: {post: {}}\n  /chat-messag: {post: {}}\n",
		"pm.json":    `{"item":[{"request":{"method":"GET","url":{"raw":"{{b}}/v1/meta"}}},` + "\n" + `{"request":{"method":"DELETE","url":{"raw":"{{b}}/v1/meta"}}}]}`,
		"other.txt":  "hello\nworld\n",
	})
	base, _ := url.Parse("https://x.example/dify")
	env := &check.Env{To: "1.10.1", WorkDir: dir, URL: base}
	r := checktest.Run(t, env, &Client{AccessLog: check.Strings{"access.log"}})
	want := []string{
		"client/route-removed: GET /v1/datasets/{id}/documents/{id}/upload-file: removed in 1.10.1 (last in 1.8.1) (2 calls)",
		"client/route-unknown: GET /console/api/no-such: no release has it",
	}
	got := clientFindings(r)
	for i := range got {
		got[i], _, _ = strings.Cut(got[i], ", the nearest")
		got[i], _, _ = strings.Cut(got[i], ", it may")
	}
	if diff := cmp.Diff(want, got); diff != "" || r.Err != nil {
		t.Errorf("%v %s", r.Err, diff)
	}
	if f := r.Findings[0]; f.Location.File != "access.log" || f.Location.Line != 2 {
		t.Errorf("at %v, want access.log:2", f.Location)
	}
	r = checktest.Run(t, env, &Client{OpenAPI: check.Strings{"api.yaml"}, Postman: check.Strings{"pm.json"}})
	if got := clientFindings(r); len(got) != 2 || !strings.HasPrefix(got[0], "client/route-unknown: POST /v1/chat-messag: no release has it, the nearest is POST /v1/chat-messages") || !strings.HasPrefix(got[1], "client/route-unknown: DELETE /v1/meta: 1.10.1 accepts GET on this path") {
		t.Errorf("%q", got)
	}
	if f := r.Findings[1]; f.Location.File != "pm.json" || f.Location.Line != 2 {
		t.Errorf("at %v, want pm.json:2", f.Location)
	}
	for _, c := range []*Client{{AccessLog: check.Strings{"other.txt"}}, {AccessLog: check.Strings{"none.log"}}, {OpenAPI: check.Strings{"other.txt"}}, {Postman: check.Strings{"none.json"}}} {
		if r := checktest.Run(t, env, c); r.Err == nil {
			t.Errorf("%+v ends without an error", c)
		}
	}
	if r := checktest.Run(t, &check.Env{}, &Client{Paths: []string{"/v1/info"}}); r.Skip == "" {
		t.Error("without a target it is not skipped")
	}
}

// A log with more paths than are kept is judged to its end.
func TestClientLogOfManyPaths(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	line := func(request string) {
		fmt.Fprintf(&log, "10.0.0.1 - - [25/Nov/2026:10:00:00 +0000] \"%s HTTP/1.1\" 200 12 \"-\" \"curl/8\"\n", request)
	}
	for i := range maxCallSet + 500 {
		line(fmt.Sprintf("POST /v1/workflows/tasks/word%x/stop", i))
	}
	for range 2 {
		line("GET /v1/gone")
	}
	for i := range maxClientFindings {
		line(fmt.Sprintf("GET /v1/gone/%x-", i))
	}
	dir := checktest.Dir(t, map[string]string{"access.log": log.String()})
	r := checktest.Run(t, &check.Env{To: "1.10.1", WorkDir: dir}, &Client{AccessLog: check.Strings{"access.log"}})
	if len(r.Findings) != maxClientFindings || !strings.Contains(r.Findings[0].Message, "GET /v1/gone: no release has it (2 calls)") {
		t.Errorf("%d findings, the first %+v", len(r.Findings), r.Findings[:min(1, len(r.Findings))])
	}
	if r.Evidence["calls"] != maxCallSet+maxClientFindings || r.Evidence["calls_left_out"] != 1 {
		t.Errorf("%v", r.Evidence)
	}
}

func TestClientMistakes(t *testing.T) {
	if ms := (&Client{}).Validate(); len(ms) != 1 {
		t.Errorf("empty: %v", ms)
	}
	if ms := (&Client{Paths: []string{"FETCH it", "GET /v1/info"}}).Validate(); len(ms) != 1 || !strings.Contains(ms[0].Message, "FETCH") {
		t.Errorf("bad path: %v", ms)
	}
}

// flaskParameter is a parameter of a route as Flask writes it: <uuid:id>.
var flaskParameter = regexp.MustCompile(`<(?:[^<>:]+:)?([^<>]+)>`)

// Every route of a release is known to it: the oldest, one in the middle, and
// the newest.
func TestClientKnowsEveryRoute(t *testing.T) {
	t.Parallel()
	catalogue, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	versions := catalogue.Versions()
	for _, version := range []string{versions[0], versions[len(versions)/2], versions[len(versions)-1]} {
		r, _ := catalogue.Release(version)
		var paths []string
		for _, route := range r.Routes() {
			if strings.Contains(route.Path, "{?}") {
				continue // a segment that only the running code knows
			}
			paths = append(paths, route.Method+" "+flaskParameter.ReplaceAllString(route.Path, "{$1}"))
		}
		if len(paths) < 200 {
			t.Errorf("%s: %d routes, want hundreds", version, len(paths))
		}
		got := clientFindings(checktest.Run(t, &check.Env{To: version}, &Client{Paths: paths}))
		if len(got) > 0 {
			t.Errorf("%s: %d of its own %d routes are unknown: %s", version, len(got), len(paths), got[0])
		}
	}
}
