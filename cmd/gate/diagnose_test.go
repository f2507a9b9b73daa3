package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/explain"
)

// runDiagnose runs the command and returns exit code, stdout and stderr.
func runDiagnose(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &process{
		args: append([]string{"diagnose"}, args...), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		lookup: func(string) (string, bool) { return "", false }, dir: t.TempDir(),
	}
	code = p.main(t.Context())
	return code, stdout.String(), stderr.String()
}

func TestDiagnoseCommand(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Powered-By", "Next.js")
		w.WriteHeader(404)
	}))
	defer web.Close()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", "1.13.3")
		if r.URL.Path != "/console/api/ping" {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
		}
	}))
	defer api.Close()
	code, out, errs := runDiagnose(t, web.URL+"/triggers/webhook/x")
	if code != exitBlock || errs != "" {
		t.Errorf("exit %d, stderr %q, want %d and nothing", code, errs, exitBlock)
	}
	for _, part := range []string{"GET " + web.URL, "  TCP        127.0.0.1:", "404 Not Found over HTTP/1.1", "  Responder  web (sure): X-Powered-By: Next.js", "trouble: status 404 by web:", "proxy-lacks-route", "      location /triggers {\n        proxy_pass http://api:5001;\n"} {
		if !strings.Contains(out, part) {
			t.Errorf("stdout\n%s\nwant %q in it", out, part)
		}
	}
	if code, out, _ := runDiagnose(t, api.URL+"/console/api/ping"); code != exitPass || !strings.Contains(out, "fine: status 200 by api") || !strings.Contains(out, "version 1.13.3") {
		t.Errorf("exit %d\n%s\nwant 0 and fine", code, out)
	}
	var d explain.Diagnosis
	code, out, _ = runDiagnose(t, api.URL+"/v1/parameters/", "--format", "json")
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitBlock || d.Cause == nil || d.Cause.ID != explain.CauseTrailingSlash || d.Schema != 1 {
		t.Errorf("exit %d, %v\n%s\nwant the cause %s", code, err, out, explain.CauseTrailingSlash)
	}
}

func TestDiagnoseUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says string
	}{
		{nil, "want one"},
		{[]string{"a", "b"}, "want one"},
		{[]string{"dify.example.com"}, "want a URL like"},
		{[]string{"ftp://dify.example.com"}, "want a URL like"},
		{[]string{"http://u:topsecret@[::1"}, "want a URL like"},
		{[]string{"http://x", "--header", "no colon"}, "want NAME: VALUE"},
		{[]string{"http://x", "--method", "GET /"}, "want a method"},
		{[]string{"http://x", "--dir", "/does/not/exist"}, "want the directory"},
		{[]string{"http://x", "--format", "xml"}, "want"},
		{[]string{"http://x", "--timeout", "0s"}, "want more than 0s"},
		{[]string{"http://x", "--nope"}, "unknown flag"},
	} {
		code, out, errs := runDiagnose(t, tt.args...)
		if code != exitUsage || out != "" || !strings.Contains(errs, tt.says) || strings.Count(errs, "\n") != 1 || strings.Contains(errs, "topsecret") {
			t.Errorf("%q: exit %d, stdout %q, stderr %q, want 2 and one line with %q", tt.args, code, out, errs, tt.says)
		}
	}
}

// What authenticates is sent, and never shown, even when the server echoes it.
func TestDiagnoseHidesSecrets(t *testing.T) {
	var got *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.WriteHeader(400)
		_, _ = w.Write([]byte(r.Header.Get("Authorization") + r.URL.RawQuery))
	}))
	defer s.Close()
	for _, format := range []string{"text", "json"} {
		at := strings.Replace(s.URL, "http://", "http://me:passw0rd-1@", 1)
		code, out, errs := runDiagnose(t, at, "--method", "post", "--header", "Authorization: Bearer app-topsecret", "--header", "Host: dify.example.com", "--format", format)
		if code != exitBlock || strings.Contains(out+errs, "app-topsecret") || strings.Contains(out+errs, "passw0rd-1") {
			t.Errorf("exit %d\n%s%s\nwant 1 and no secret", code, out, errs)
		}
		if got.Method != "POST" || got.Host != "dify.example.com" || got.Header.Get("Authorization") != "Bearer app-topsecret" {
			t.Errorf("sent %s to %s with %v, want what was given", got.Method, got.Host, got.Header)
		}
	}
}
