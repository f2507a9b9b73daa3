package gate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

func TestCredential(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"password": true, "DB_PASSWORD": true, "api_key": true, "apiKey": true, "APIKey": true, "X-Api-Key": true, "Authorization": true, "Proxy-Authorization": true,
		"Set-Cookie": true, "session": true, "session_id": true, "PHPSESSID": true, "access_token": true, "private_token": true, "X-Amz-Security-Token": true,
		"X-Amz-Signature": true, "sig": true, "SECRET_KEY": true, "client_secret": true, "pw": true, "X-Auth": true, "key1": true,
		"keyword": false, "author": false, "KeyError": false, "max_tokens": false, "token_type": false, "monkey": false, "page": false, "": false, "key_name": false,
		"TokenExpiredException": false, "ACCESS_TOKEN_EXPIRE_MINUTES": false, "passed": false, "Accept": false, "Keyboard": false,
	} {
		if got := Credential(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestRedactURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://dify.example.com/v1/x?page=2#top":    "https://dify.example.com/v1/x?page=2#top",
		"https://u:S@h/p":                             "https://u:***@h/p",
		"https://S@h/p":                               "https://***@h/p",
		"redis://:S@h:6379/0":                         "redis://***@h:6379/0",
		"https://h/p?api_key=S&page=2&access_token=S": "https://h/p?api_key=***&page=2&access_token=***",
		"/v1/x?api%5Fkey=S":                           "/v1/x?api%5Fkey=***",
		"https://h/cb#access_token=S&state=1":         "https://h/cb#access_token=***&state=1",
		"postgres://u:S#S@h/db":                       "postgres://***@h/db",
		"postgres://u:S/S@h/db":                       "postgres://***@h/db",
		"postgres://u:S%ZZ@h/db?sslmode=disable":      "postgres://***@h/db?sslmode=disable",
		"https://h/?email=a@b.example":                "https://h/?email=a@b.example",
		"no address":                                  "no address",
	} {
		if got := RedactURL(raw); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func TestRedactText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Traceback password=S api_key=S done":                                       "Traceback password=*** api_key=*** done",
		`{"user": "x", "password": "S S", "n": 1}`:                                  `{"user": "x", "password": "***", "n": 1}`,
		`body {\"access_token\":\"S\",\"a\":\"b\"}`:                                 `body {\"access_token\":\"***\",\"a\":\"b\"}`,
		"Authorization: Bearer abcdefghS":                                           "Authorization: Bearer ***",
		"authorization=Basic YWJjZGVmZ2g=":                                          "authorization=Basic ***",
		"got Bearer app-abcdefgh":                                                   "got Bearer ***",
		"Cookie: session=S; csrf_token=S; lang=S":                                   "Cookie: session=***; csrf_token=***; lang=***",
		"Set-Cookie: session=S; Path=/; HttpOnly; SameSite=Lax":                     "Set-Cookie: session=***; Path=/; HttpOnly; SameSite=Lax",
		`GET /v1/x?api_key=S&page=2 HTTP/1.1" 200`:                                  `GET /v1/x?api_key=***&page=2 HTTP/1.1" 200`,
		"connect postgresql://postgres:S@db:5432/dify failed":                       "connect postgresql://***@db:5432/dify failed",
		"password='S S' next":                                                       "password='***' next",
		`msg="login password=S" level=info`:                                         `msg="login password=***" level=info`,
		"run --password S --user x --api-key=S":                                     "run --password *** --user x --api-key=***",
		"KeyError: 1":                                                               "KeyError: 1",
		"key: cache:abc is missing":                                                 "key: cache:abc is missing",
		"max_tokens=4096 author=me keyword: x":                                      "max_tokens=4096 author=me keyword: x",
		"password=${DB_PASSWORD} secret: null token_enabled=true":                   "password=${DB_PASSWORD} secret: null token_enabled=true",
		"sent eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abcDEF and sk-abcdefghijklmnopqrst": "sent *** and ***",
		"used app-AbCdEfGhIjKlMnOpQrStUvWx by user":                                 "used *** by user",
		"DB_PASSWORD=S\nREDIS_PASSWORD: S\nDB_HOST=db":                              "DB_PASSWORD=***\nREDIS_PASSWORD: ***\nDB_HOST=db",
		"config => {token => S, other => x}":                                        "config => {token => ***, other => x}",
		"trailing password=":                                                        "trailing password=",
	} {
		if got := RedactText(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestRedactHeader(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"Set-Cookie", "session=S; Path=/; Max-Age=3, other=S", "session=***; Path=/; Max-Age=3, other=***"},
		{"cookie", "a=S; b=S", "a=***; b=***"},
		{"X-Api-Key", "S", "***"},
		{"Content-Type", "text/html; charset=utf-8", "text/html; charset=utf-8"},
	} {
		if got := RedactHeader(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

// TestForms: whatever a text does to a secret, none of it is left.
func TestForms(t *testing.T) {
	t.Parallel()
	jsonOf := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	quoted := func(s string) string { return fmt.Sprintf("%q", s) }
	basic := func(encoding *base64.Encoding) func(string) string {
		return func(s string) string { return encoding.EncodeToString([]byte("admin:" + s)) }
	}
	for _, secret := range []string{`zq"Back\slash&<tag>%77`, "zqPlain7Secret", "zq+plus/slash=tilde~1", "zqÜmlaut§ß€secret", "zq  two\tblanks\x01", "zq'single`tick$9"} {
		m := NewMasker([]Secret{NewSecret(secret)})
		for name, encode := range map[string]func(string) string{
			"as it is": func(s string) string { return s }, "query": url.QueryEscape, "path": url.PathEscape, "html": html.EscapeString, "JSON": jsonOf, "plain JSON": plainJSON, "%q": quoted,
			"%+q":        func(s string) string { return fmt.Sprintf("%+q", s) },
			"JSON in %q": func(s string) string { return quoted(jsonOf(s)) },
			"%q in JSON": func(s string) string { return jsonOf(quoted(s)) },
			"one line":   func(s string) string { return strings.Join(strings.Fields(s), " ") },
			"userinfo":   func(s string) string { return url.UserPassword("u", s).String() },
			"encodeURI":  func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
			"lower hex": func(s string) string {
				return strings.ToLower(url.QueryEscape("%")) + lowerHex().ReplaceAllStringFunc(url.QueryEscape(s), strings.ToLower)
			},
			"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
			"base64 raw":       func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
			"base64 URL":       func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
			"base64 raw URL":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
			"base64 in a URL":  func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
			"Basic":            basic(base64.StdEncoding),
			"Basic, URL":       basic(base64.RawURLEncoding),
			"within base64":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s + "yz")) },
			"within base64, 2": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("xx" + s)) },
		} {
			got := m.Mask("before " + encode(secret) + " after")
			// Of base64 a few characters at the edges, which hold bits of both, may stay.
			if left := strings.TrimSuffix(strings.TrimPrefix(got, "before "), " after"); len(strings.Replace(left, masked, "", 1)) > 16 || !strings.Contains(left, masked) || strings.Contains(got, "zq") {
				t.Errorf("%q %s: %s", secret, name, got)
			}
		}
		if got := m.Mask("a text cut in the secret: " + secret[:7] + "… and on"); strings.Contains(got, "zq") || !strings.HasSuffix(got, "***… and on") {
			t.Errorf("%q cut: %s", secret, got)
		}
	}
	if got := NewMasker([]Secret{NewSecret("80"), NewSecret("")}).Mask("port 80…"); got != "port 80…" {
		t.Errorf("%s, want a short value left alone", got)
	}
}
