package web

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// What a browser would drop, a cookie jar drops as well; what it keeps and does
// not show the pages is ours to know.
func TestAuthCookieAttributes(t *testing.T) {
	for _, tt := range []struct {
		api, page, cookie string
		want              string // part of the message, "" for none
		dropped           bool
	}{
		{"https://dify.example.com", "https://dify.example.com", "__Host-access_token=x; Path=/; Secure; HttpOnly; SameSite=Lax", "", false},
		{"http://dify.example.com", "http://dify.example.com", "access_token=x; Path=/; HttpOnly; SameSite=Lax", "", false},
		{"https://api.example.com", "https://console.example.com", "csrf_token=x; Path=/; Secure; Domain=example.com; SameSite=Lax", "", false},
		{"https://api.example.com", "https://console.example.com", "csrf_token=x; Path=/; Secure; SameSite=Lax", "expected Domain=example.com", false},
		{"https://api.example.com", "https://console.example.com", "csrf_token=x; Path=/; Secure; Domain=api.example.com", "is for api.example.com and the pages are on console.example.com", false},
		{"https://api.example.com", "https://console.example.com", "access_token=x; Path=/; Secure; HttpOnly; SameSite=Lax", "", false}, // sent to the API all the same
		{"https://api.example.com", "https://console.example.com", "access_token=x; Path=/; Secure; Domain=other.org", "is for other.org", true},
		{"https://api.example.co.uk", "https://console.example.co.uk", "csrf_token=x; Path=/; Secure; Domain=co.uk", "public suffix", true},
		{"https://api.one.example", "https://two.test", "access_token=x; Path=/; Secure; SameSite=Lax", "expected SameSite=None", false},
		{"https://api.one.example", "https://two.test", "access_token=x; Path=/; Secure; SameSite=None", "", false},
		{"https://api.one.example", "https://two.test", "access_token=x; Path=/; SameSite=None", "is not Secure", false},
		{"https://dify.example.com", "https://dify.example.com", "__Host-access_token=x; Path=/; Secure; Domain=example.com", "prefix __Host-", false},
		{"https://dify.example.com", "https://dify.example.com", "access_token=x; Path=/; HttpOnly", "is not Secure on https", false},
		{"http://dify.example.com", "http://dify.example.com", "access_token=x; Path=/; Secure", "the address is http", false},
		{"https://dify.example.com", "https://dify.example.com", "csrf_token=x; Path=/; Secure; HttpOnly", "is HttpOnly", false},
		{"https://dify.example.com", "https://console.example.com", "locale=de; Path=/", "", false},
	} {
		h := http.Header{"Set-Cookie": {tt.cookie}}
		cookies := (&http.Response{Header: h}).Cookies()
		api := parsed(t, tt.api)
		evidence := map[string]any{}
		found := cookieFindings(api, parsed(t, tt.page), cookies, evidence)
		switch {
		case tt.want == "" && len(found) > 0, tt.want != "" && (len(found) != 1 || !strings.Contains(found[0].Message, tt.want) || found[0].Hint == ""):
			t.Errorf("%s for %s from %s: %v, want %q", tt.cookie, tt.page, tt.api, found, tt.want)
		case strings.Contains(fmt.Sprint(found, evidence), "=x"):
			t.Errorf("%s: the value is shown in %v %v", tt.cookie, found, evidence)
		}
		jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicSuffixes{}})
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(api, cookies)
		secure := parsed(t, strings.Replace(tt.api, "http:", "https:", 1))
		if kept := len(jar.Cookies(secure)) > 0; kept == tt.dropped {
			t.Errorf("%s from %s: a jar keeps it: %v, want %v", tt.cookie, tt.api, kept, !tt.dropped)
		}
	}
}

// A real Flask that sets a login's cookies; the pages' address is that of the
// entry, or of the operator's files.
func TestAuthCookiesOfFlask(t *testing.T) {
	t.Parallel()
	server := testserver.Python(t, `
from flask import Flask, jsonify, request
app = Flask(__name__)
@app.get("/console/api/account/profile")
def profile():
    r = jsonify(code="unauthorized_and_force_logout", message="Unauthorized.", status=401)
    r.status_code = 401
    r.headers["X-Version"] = "1.13.3"
    r.headers["X-Env"] = "PRODUCTION"
    r.set_cookie("csrf_token", "", max_age=0, path="/", samesite="Lax")
    return r
app.run(host="127.0.0.1", port=PORT)
`, "flask")
	at := server + "/console/api/account/profile"
	if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &Auth{URL: at}); checktest.Rules(res) != "" {
		t.Errorf("one address: %v, want none", res.Findings)
	}
	if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &Auth{URL: at, Origin: "https://console.example.com"}); checktest.Rules(res) != "auth/cookie" {
		t.Errorf("pages elsewhere: %v, want auth/cookie", res.Findings)
	}
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir = checktest.Dir(t, map[string]string{".env": "CONSOLE_WEB_URL=https://console.example.com\n"})
	if res := checktest.Run(t, env, &Auth{URL: at}); checktest.Rules(res) != "auth/cookie" {
		t.Errorf("pages elsewhere by .env: %v, want auth/cookie", res.Findings)
	}
	if ms := (&Auth{URL: at, Origin: "console"}).Validate(); len(ms) != 1 {
		t.Errorf("mistakes %v, want one about the origin", ms)
	}
}

func TestAuthShapes(t *testing.T) {
	answer := func(contentType, body string, api bool) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if api {
				w.Header().Set("X-Version", "1.13.3")
				w.Header().Set("X-Env", "PRODUCTION")
			}
			w.WriteHeader(401)
			fmt.Fprint(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	const json = "application/json"
	for _, tt := range []struct {
		what, url, rules string
	}{
		{"the API's", answer(json, `{"code":"unauthorized","message":"Access token is invalid","status":401}`, true), ""},
		{"flask-login's, without status", answer(json, `{"code":"unauthorized","message":"Unauthorized."}`, true), ""},
		{"killed session", answer(json, `{"code":"unauthorized_and_force_logout","message":"x","status":401}`, true), ""},
		{"another code", answer(json, `{"code":"forbidden","message":"x","status":401}`, true), "auth/shape auth/shape"},
		{"another status inside", answer(json, `{"code":"unauthorized","message":"x","status":500}`, true), "auth/shape auth/shape"},
		{"no message", answer(json, `{"code":"unauthorized"}`, true), "auth/shape auth/shape"},
		{"a page", answer("text/html", "<h1>please log in</h1>", false), "auth/shape auth/shape"},
		{"an API of another make", answer(json, `{"error":"no"}`, false), ""},
		{"not set up", answer(json, `{"code":"not_setup","message":"x","status":401}`, true), "auth/rejects-valid auth/rejects-valid"},
	} {
		env := checktest.Env(t, probe.NetworkOptions{})
		env.URL = parsed(t, tt.url)
		if res := checktest.Run(t, env, &Auth{URL: "/v1/parameters"}); checktest.Rules(res) != tt.rules {
			t.Errorf("%s: %v, want %q", tt.what, res.Findings, tt.rules)
		}
	}
}

func TestAuthClock(t *testing.T) {
	now := time.Now()
	serve := func(off time.Duration, age string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			if age != "" {
				w.Header().Set("Age", age)
			}
			w.WriteHeader(401)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, tt := range []struct {
		url, rules, says string
	}{
		{serve(0, ""), "", ""},
		{serve(-50*time.Second, ""), "", ""},
		{serve(-7*time.Minute, ""), "auth/clock", "s behind this machine's"},
		{serve(7*time.Minute, ""), "auth/clock", "s ahead of this machine's"},
		{serve(-7*time.Minute, "400"), "", ""},
	} {
		env := checktest.Env(t, probe.NetworkOptions{})
		env.Now = now
		res := checktest.Run(t, env, &Auth{URL: tt.url})
		if checktest.Rules(res) != tt.rules || tt.says != "" && !strings.Contains(res.Findings[0].Message, tt.says) {
			t.Errorf("%v, want %q %q", res.Findings, tt.rules, tt.says)
		}
	}
	// A token that has an end of its own, by the server's clock.
	jwt := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for _, tt := range []struct{ token, says string }{
		{jwt(fmt.Sprintf(`{"exp":%d}`, now.Add(-time.Hour).Unix())), "expired 36"},
		{jwt(fmt.Sprintf(`{"exp":%d,"iat":%d}`, now.Add(2*time.Hour).Unix(), now.Add(time.Hour).Unix())), "after the server's time"},
		{jwt(fmt.Sprintf(`{"exp":%d}`, now.Add(time.Hour).Unix())), ""},
		{"app-opaque", ""},
	} {
		res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &Auth{URL: serve(0, ""), Token: gate.NewSecret(tt.token)})
		if checktest.Rules(res) != "auth/rejects-valid" {
			t.Fatalf("%v, want auth/rejects-valid", res.Findings)
		}
		hint := res.Findings[0].Hint
		if tt.says != "" && !strings.Contains(hint, tt.says) || tt.says == "" && strings.Contains(hint, "server's time") || strings.Contains(hint, tt.token) {
			t.Errorf("hint %q, want %q and no token", hint, tt.says)
		}
	}
}

// publicSuffixes knows the one suffix that the test needs.
type publicSuffixes struct{}

func (publicSuffixes) String() string { return "of the test" }

func (publicSuffixes) PublicSuffix(domain string) string {
	if strings.HasSuffix("."+domain, ".co.uk") {
		return "co.uk"
	}
	return domain[strings.LastIndexByte(domain, '.')+1:]
}
