package web

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/explain"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func yamlValue(v any) func(any) error {
	return func(out any) error {
		*out.(*any) = v
		return nil
	}
}

func want(t testing.TB, v any) check.Want {
	t.Helper()
	var w check.Want
	if err := w.UnmarshalYAML(yamlValue(v)); err != nil {
		t.Fatal(err)
	}
	return w
}

func pattern(t testing.TB, s string) check.Pattern {
	t.Helper()
	var p check.Pattern
	if err := p.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return p
}

// Every rule of http, each with an answer that provokes it and one that does
// not.
func TestHTTPRules(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"result": "pong", "n": 7, "list": [1, 2]}`)
	})
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { time.Sleep(80 * time.Millisecond) })
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>maintenance</html>") })
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip") // not asked for
		zip := gzip.NewWriter(w)
		fmt.Fprint(zip, `{"result": "pong"}`)
		_ = zip.Close()
	})
	mux.HandleFunc("/gzip-lie", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		fmt.Fprint(w, "plain")
	})
	mux.HandleFunc("/plain-on-tls", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		fmt.Fprint(w, checktest.NginxPlainOnTLS)
	})
	mux.HandleFunc("/401", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", "1.13.3")
		w.WriteHeader(401)
	})
	mux.HandleFunc("/500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	s := httptest.NewServer(mux)
	defer s.Close()
	closed := httptest.NewServer(mux)
	closed.Close()
	secure := httptest.NewTLSServer(mux)
	defer secure.Close()
	secure.Config.ErrorLog = nil

	tests := []struct {
		what  string
		spec  HTTP
		rules string
	}{
		{"no expectation, 200", HTTP{URL: s.URL + "/ok"}, ""},
		{"no expectation, 401", HTTP{URL: s.URL + "/401"}, "http/status"},
		{"wanted 401", HTTP{URL: s.URL + "/401", Expect: HTTPExpect{Status: check.Statuses{"401"}, Responder: "api"}}, ""},
		{"class", HTTP{URL: s.URL + "/401", Expect: HTTPExpect{Status: check.Statuses{"2xx", "4XX"}}}, ""},
		{"500", HTTP{URL: s.URL + "/500", Expect: HTTPExpect{Status: check.Statuses{"200"}}}, "http/status"},
		{"unwanted 404", HTTP{URL: s.URL + "/nothing"}, "http/not-found"},
		{"wanted 404", HTTP{URL: s.URL + "/nothing", Expect: HTTPExpect{Status: check.Statuses{"404"}}}, ""},
		{"wanted 404 by another", HTTP{URL: s.URL + "/nothing", Expect: HTTPExpect{Status: check.Statuses{"404"}, Responder: "api"}}, "http/responder"},
		{"wanted 404 by go", HTTP{URL: s.URL + "/nothing", Expect: HTTPExpect{Status: check.Statuses{"404"}, Responder: "go"}}, ""},
		{"header there", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{Headers: map[string]check.Pattern{"content-type": pattern(t, "application/json")}}}, ""},
		{"header by regexp", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{Headers: map[string]check.Pattern{"Content-Type": pattern(t, "/^text/")}}}, "http/header"},
		{"header missing", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{Headers: map[string]check.Pattern{"X-Version": pattern(t, "1")}}}, "http/header"},
		{"json", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{JSON: map[string]check.Want{"result": want(t, "pong"), "n": want(t, map[string]any{"gte": 7, "lt": 8}), "list.#": want(t, 2), "x": want(t, map[string]any{"exists": false})}}}, ""},
		{"json list and object", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{JSON: map[string]check.Want{"list": want(t, []any{1, 2}), "@this": want(t, map[string]any{"eq": map[string]any{"result": "pong", "n": 7, "list": []any{1, 2}}})}}}, ""},
		{"json list differs", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{JSON: map[string]check.Want{"list": want(t, []any{1, 3})}}}, "http/json"},
		{"json list longer", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{JSON: map[string]check.Want{"list": want(t, []any{1})}}}, "http/json"},
		{"json value", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{JSON: map[string]check.Want{"result": want(t, "ping"), "n": want(t, map[string]any{"gt": 7})}}}, "http/json http/json"},
		{"json type", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{JSON: map[string]check.Want{"n": want(t, "7")}}}, "http/json"},
		{"no json", HTTP{URL: s.URL + "/html", Expect: HTTPExpect{JSON: map[string]check.Want{"a": want(t, "b")}}}, "http/json"},
		{"body", HTTP{URL: s.URL + "/html", Expect: HTTPExpect{Body: pattern(t, "maintenance")}}, ""},
		{"body differs", HTTP{URL: s.URL + "/html", Expect: HTTPExpect{Body: pattern(t, "/Dify|ready/")}}, "http/body"},
		{"gzip unasked", HTTP{URL: s.URL + "/gzip", Expect: HTTPExpect{JSON: map[string]check.Want{"result": want(t, "pong")}}}, ""},
		{"said to be gzip", HTTP{URL: s.URL + "/gzip-lie", Expect: HTTPExpect{Body: pattern(t, "plain")}}, ""},
		{"plain on nginx's TLS port", HTTP{URL: s.URL + "/plain-on-tls"}, "http/status"},
		{"latency", HTTP{URL: s.URL + "/slow", Expect: HTTPExpect{Latency: check.Duration(20 * time.Millisecond)}}, "http/latency"},
		{"latency kept", HTTP{URL: s.URL + "/ok", Expect: HTTPExpect{Latency: check.Duration(5 * time.Second)}}, ""},
		{"redirect is the answer", HTTP{URL: s.URL + "/to", Expect: HTTPExpect{Status: check.Statuses{"302"}}}, ""},
		{"redirect followed", HTTP{URL: s.URL + "/to", FollowRedirects: true, Expect: HTTPExpect{Status: check.Statuses{"200"}, Body: pattern(t, "pong")}}, ""},
		{"redirect loop", HTTP{URL: s.URL + "/loop", FollowRedirects: true}, "http/status"},
		{"refused", HTTP{URL: closed.URL + "/ok"}, "http/unreachable"},
		{"no such name", HTTP{URL: "http://no-such-host.invalid/"}, "http/unreachable"},
		{"untrusted", HTTP{URL: secure.URL + "/ok"}, "http/tls"},
		{"plain on a TLS port", HTTP{URL: strings.Replace(s.URL, "http", "https", 1) + "/ok"}, "http/tls"},
	}
	for _, tt := range tests {
		res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &tt.spec)
		if got := checktest.Rules(res); got != tt.rules || res.Err != nil {
			t.Errorf("%s: got %q (%v), want %q: %v", tt.what, got, res.Err, tt.rules, res.Findings)
		}
		for _, f := range res.Findings {
			if strings.Contains(tt.what, "nginx's TLS port") && !strings.Contains(f.Message, "the port speaks TLS") {
				t.Errorf("%s: %s, want what nginx means", tt.what, f.Message)
			}
			if f.Severity != gate.Error || f.Message == "" || f.Hint == "" {
				t.Errorf("%s: %+v, want an error with message and hint", tt.what, f)
			}
		}
	}
}

func TestHTTPTrustedByInsecure(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{Insecure: true}), &HTTP{URL: s.URL, Expect: HTTPExpect{Status: check.Statuses{"404"}}})
	if checktest.Rules(res) != "" {
		t.Errorf("got %v, want nothing", res.Findings)
	}
}

func TestHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", "1.9.2")
		w.WriteHeader(404)
		fmt.Fprint(w, `{"code": "not_found", "message": "Dataset not found.", "status": 404}`)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{Insecure: true}), &HTTP{URL: s.URL + "/v1/datasets/x", Expect: HTTPExpect{Status: check.Statuses{"200"}}})
	if checktest.Rules(res) != "http/not-found" || res.Evidence["protocol"] != "HTTP/2.0" || res.Evidence["responder"] != "api" || res.Evidence["cause"] != explain.CauseResource {
		t.Errorf("got %v, %v, want http/not-found by api over HTTP/2.0 with the cause %s", res.Findings, res.Evidence, explain.CauseResource)
	}
}

// An operator reads who answered, why, and what to paste.
func TestHTTPNotFoundNamesResponderAndCause(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Powered-By", "Next.js")
		w.WriteHeader(404)
	}))
	defer s.Close()
	env := checktest.Env(t, probe.NetworkOptions{})
	env.URL, _ = url.Parse(s.URL)
	env.To = "1.13.3"
	res := checktest.Run(t, env, &HTTP{URL: "/triggers/webhook/x", Expect: HTTPExpect{Status: check.Statuses{"404"}, Responder: "api"}})
	if len(res.Findings) != 1 || res.Findings[0].Rule != "http/responder" {
		t.Fatalf("got %v, want http/responder", res.Findings)
	}
	f := res.Findings[0]
	for _, part := range []string{"answered by web", "X-Powered-By: Next.js", "expected api"} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("message %q, want %q in it", f.Message, part)
		}
	}
	for _, part := range []string{"location /triggers {", "proxy_pass http://api:5001;"} {
		if !strings.Contains(f.Hint, part) {
			t.Errorf("hint %q, want %q in it", f.Hint, part)
		}
	}
	res = checktest.Run(t, env, &HTTP{URL: "/triggers/webhook/x", Expect: HTTPExpect{Status: check.Statuses{"405"}}})
	if m := res.Findings[0].Message; !strings.Contains(m, "status 404 by web (the proxy in front has no route for /triggers, which Dify has since 1.10.0") {
		t.Errorf("message %q, want responder and cause in it", m)
	}
	if c := env.Component(env.URL.JoinPath("/triggers/x")); c != "api" {
		t.Errorf("component %q, want api", c)
	}
}

func TestHTTPHostileServers(t *testing.T) {
	t.Parallel()
	mib := strings.Repeat("x", 1<<20)
	endless := func(c net.Conn) {
		for {
			if _, err := c.Write([]byte(mib)); err != nil {
				return
			}
		}
	}
	drip := func(c net.Conn) {
		for {
			if _, err := c.Write([]byte("X-A: b\r\n")); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	tests := []struct {
		what  string
		url   string
		want  HTTPExpect
		rules string
	}{
		{"endless body", checktest.Raw(t, "HTTP/1.1 200 OK\r\n\r\n", endless), HTTPExpect{}, ""},
		{"endless body, searched", checktest.Raw(t, "HTTP/1.1 200 OK\r\n\r\n", endless), HTTPExpect{Body: pattern(t, "needle")}, "http/body"},
		{"slow headers", checktest.Raw(t, "HTTP/1.1 200 OK\r\n", drip), HTTPExpect{}, "http/unreachable"},
		{"silence", checktest.Raw(t, "", func(c net.Conn) { time.Sleep(time.Second) }), HTTPExpect{}, "http/unreachable"},
		{"slow body", checktest.Raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc", func(net.Conn) { time.Sleep(time.Second) }), HTTPExpect{}, "http/unreachable"},
		{"cut body", checktest.Raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc", nil), HTTPExpect{}, "http/unreachable"},
		{"giant header", checktest.Raw(t, "HTTP/1.1 200 OK\r\nX-A: "+mib+"\r\n\r\n", nil), HTTPExpect{}, "http/unreachable"},
		{"no HTTP at all", checktest.Raw(t, "-ERR unknown command\r\n", nil), HTTPExpect{}, "http/unreachable"},
		{"closed at once", checktest.Raw(t, "", nil), HTTPExpect{}, "http/unreachable"},
		{"headers of control characters", checktest.Raw(t, "HTTP/1.1 404 Not Found\r\nServer: a\x1b[2Jb\r\n\r\n", nil), HTTPExpect{}, "http/unreachable"},
		{"depth bomb", checktest.Raw(t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", func(c net.Conn) { _, _ = c.Write([]byte(strings.Repeat("[", 10<<20))) }),
			HTTPExpect{JSON: map[string]check.Want{"a": want(t, 1)}}, "http/json"},
		{"gzip bomb stays packed", checktest.Raw(t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", nil), HTTPExpect{}, ""},
	}
	for _, tt := range tests {
		timeout := 20 * time.Second
		if strings.HasPrefix(tt.what, "slow") || tt.what == "silence" {
			timeout = 300 * time.Millisecond
		}
		start := time.Now()
		res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &HTTP{Base: check.Base{Timeout: check.Duration(timeout)}, URL: tt.url, Expect: tt.want})
		if got := checktest.Rules(res); got != tt.rules || res.Err != nil {
			t.Errorf("%s: got %q (%v), want %q: %v", tt.what, got, res.Err, tt.rules, res.Findings)
		}
		if d := time.Since(start); d > timeout+5*time.Second {
			t.Errorf("%s: took %s, want at most about the timeout", tt.what, d)
		}
		for _, f := range res.Findings {
			if len(f.Message) > 600 || strings.ContainsAny(f.Message, "\x1b\n") {
				t.Errorf("%s: message %q, want it short and printable", tt.what, f.Message)
			}
		}
	}
}

func TestHTTPRetryClasses(t *testing.T) {
	status := 200
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer s.Close()
	for code, retry := range map[int]gate.Retry{502: gate.RetrySoon, 503: gate.RetrySoon, 504: gate.RetrySoon, 500: gate.RetryNever, 401: gate.RetryNever, 403: gate.RetryNever, 404: gate.RetryNever} {
		status = code
		if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &HTTP{URL: s.URL}); res.Retry != retry {
			t.Errorf("status %d: retry class %d, want %d", code, res.Retry, retry)
		}
	}
}

// A probe never changes the target, and never shows what authenticates it.
func TestHTTPRequest(t *testing.T) {
	var got *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	defer s.Close()
	spec := &HTTP{URL: strings.Replace(s.URL, "http://", "http://me:topsecret@", 1), Method: "HEAD", Headers: map[string]string{"Authorization": "Bearer app-12345", "Host": "dify.example.com"}}
	env := checktest.Env(t, probe.NetworkOptions{})
	c := spec.Check(env)
	if res := c.Run(t.Context()); checktest.Rules(res) != "" {
		t.Fatal(res.Findings)
	}
	if got.Method != "HEAD" || got.Host != "dify.example.com" || got.Header.Get("Authorization") != "Bearer app-12345" || got.UserAgent() != "dify-gate/test" {
		t.Errorf("sent %s %s %v, want HEAD with the entry's headers", got.Method, got.Host, got.Header)
	}
	if shown := fmt.Sprint(c.Name, c.Probes, c.Secrets); strings.Contains(shown, "topsecret") || strings.Contains(shown, "app-12345") {
		t.Errorf("shown: %s, want the secrets masked", shown)
	}
	if len(c.Secrets) == 0 {
		t.Error("no secrets, want the Authorization header among them")
	}
	for _, bad := range []HTTP{{}, {URL: "http://[::1"}, {URL: "/x", Method: "DELETE"}, {URL: "/x", Expect: HTTPExpect{Responder: "apache2"}}, {URL: "/x", Expect: HTTPExpect{JSON: map[string]check.Want{"a": want(t, map[string]any{"gt": "x"})}}}} {
		if len(bad.Validate()) != 1 {
			t.Errorf("%+v: mistakes %v, want one", bad, bad.Validate())
		}
	}
	for _, spec := range []check.Spec{&HTTP{URL: "/v1"}, &CORS{URL: "/v1"}, &Auth{URL: "/v1"}, &OpenAPI{URL: "/v1"}, &OpenAPI{URL: "http://a/x", Server: "/v1"}, &Tracing{URL: "/v1"}, &App{}, &Dataset{}} {
		if c := spec.Check(env); c.Mistake == nil {
			t.Errorf("%s: a path without dify.url is no mistake, want one", c.Name)
		}
	}
}

func TestClassify(t *testing.T) {
	_, err := tls.Dial("tcp", "127.0.0.1:1", nil)
	if c := probe.Classify(err); c.Class != probe.FailRefused || c.Retry() != gate.RetrySoon {
		t.Errorf("%v: %+v, want refused", err, c)
	}
	if c := probe.Classify(fmt.Errorf("x: %w", context.DeadlineExceeded)); c.Class != probe.FailTimeout || c.Retry() != gate.RetryTimeout {
		t.Errorf("%+v, want a time-out", c)
	}
	if c := probe.Classify(&net.DNSError{Name: "db", IsNotFound: true}); c.Class != probe.FailDNS || c.Retry() != gate.RetryNever {
		t.Errorf("%+v, want a DNS failure", c)
	}
	if c := probe.Classify(errors.New("strange")); c.Class != probe.FailOther || c.Text != "strange" {
		t.Errorf("%+v, want the innermost text", c)
	}
}

// TestHTTPResponderWords: the schema's words are those of the responder package.
func TestHTTPResponderWords(t *testing.T) {
	t.Parallel()
	f, _ := reflect.TypeFor[HTTPExpect]().FieldByName("Responder")
	if got, want := f.Tag.Get("enum"), strings.Join(responder.Names(), ","); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestHTTPHeaders: what net/http would refuse to send is a mistake of the file.
func TestHTTPHeaders(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]bool{"X-Probe": false, "x_probe": false, "A B": true, "": true, "X:": true, "Ä": true} {
		h := HTTP{URL: "/v1", Headers: map[string]string{name: "x"}}
		if got := len(h.Validate()) > 0; got != wrong {
			t.Errorf("header %q: refused %v, want %v", name, got, wrong)
		}
	}
}

// A URL's userinfo is a secret, with a password or as a lone token.
func TestHTTPHidesUserinfo(t *testing.T) {
	t.Parallel()
	for _, userinfo := range []string{"me:sesame-1", "sesame-1"} {
		spec := &HTTP{Base: checktest.Short(), URL: "http://" + userinfo + "@" + checktest.Closed(t) + "/x"}
		res := checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), spec, "http/unreachable", "***@")
		if text := fmt.Sprintf("%+v", res); strings.Contains(text, "sesame") {
			t.Errorf("%s is shown: %s", userinfo, text)
		}
	}
}
