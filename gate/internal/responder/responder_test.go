package responder

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// parse reads a raw HTTP/1.1 response, with a body to the end of the text.
func parse(t testing.TB, raw, path string) Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	defer resp.Body.Close()
	_, body, _ := strings.Cut(strings.ReplaceAll(raw, "\r\n", "\n"), "\n\n")
	r := From(resp, []byte(body))
	r.Path = path
	return r
}

// observed says who gave each response recorded on the bench.
var observed = []struct {
	file, name string
	kind       Kind
	confidence Confidence
}{
	{"apache-404", Apache, UnknownPath, Sure},
	{"apache-503", Apache, UpstreamDown, Sure},
	{"api-200-console-ping", API, OK, Sure},
	{"api-200-options", API, OK, Sure},
	{"api-308-double-slash", API, Redirect, Sure},
	{"api-401-not-setup", API, NotSetUp, Sure},
	{"api-401-service-no-token", API, Login, Sure},
	{"api-401-web-no-app-code", API, Login, Sure},
	{"api-403-app-api-disabled", API, Forbidden, Sure},
	{"api-404-conversation-not-exists", API, Missing, Sure},
	{"api-404-file-preview", API, Missing, Sure},
	{"api-404-no-such-route", API, UnknownPath, Sure},
	{"api-404-resource-not-found", API, Missing, Sure},
	{"api-404-trailing-slash", API, UnknownPath, Sure},
	{"api-404-trigger-webhook", API, Missing, Sure},
	{"api-404-v1-index-restx", API, UnknownPath, Sure},
	{"api-405-mcp-get", API, Method, Sure},
	{"api-405-wrong-method", API, Method, Sure},
	{"caddy-200-no-route", Caddy, NoRoute, Sure},
	{"caddy-502", Caddy, UpstreamDown, Sure},
	{"fastapi-404", FastAPI, UnknownPath, Likely},
	{"fastapi-405", FastAPI, Method, Likely},
	{"gin-404-default", PluginDaemon, UnknownPath, Guess},
	{"go-nethttp-404", Go, UnknownPath, Likely},
	{"gunicorn-direct-404", API, UnknownPath, Sure},
	{"gunicorn-direct-health", API, OK, Sure},
	{"haproxy-503", HAProxy, UpstreamDown, Likely},
	{"nginx-301-location-trailing-slash", Nginx, Redirect, Sure},
	{"nginx-403", Nginx, Forbidden, Sure},
	{"nginx-404-own", Nginx, UnknownPath, Sure},
	{"nginx-404-own-tokens-off", Nginx, UnknownPath, Sure},
	{"nginx-413", Nginx, TooLarge, Sure},
	{"nginx-502-upstream-down", Nginx, UpstreamDown, Sure},
	{"nginx-502-upstream-unresolvable", Nginx, UpstreamDown, Sure},
	{"nginx-503", Nginx, UpstreamDown, Sure},
	{"nginx-504", Nginx, UpstreamSlow, Sure},
	{"plugin-daemon-404-endpoint-not-found", PluginDaemon, HookUnknown, Sure},
	{"plugin-daemon-404-route-not-found", PluginDaemon, UnknownPath, Sure},
	{"web-200-nextjs16-signin", Web, OK, Sure},
	{"web-404-nextjs16-health-through-nginx", Web, UnknownPath, Sure},
	{"web-404-nextjs16-v1-not-routed", Web, UnknownPath, Sure},
	{"web-404-nextjs16-v1-post-not-routed", Web, UnknownPath, Sure},
}

// recorded are responses of the bench, by name, where they lie beside the
// repository: more rows for the tests below.
func recorded(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "dify", "observed", pattern+".http"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".http")] = string(raw)
	}
	return out
}

// apiResponses are what Dify's API answers behind nginx, in the form that its
// releases give to it.
var apiResponses = map[string]string{
	"api-401-service-no-token": `HTTP/1.1 401 UNAUTHORIZED
Server: nginx/1.27.4
Content-Type: application/json
X-Version: 1.9.2
X-Env: PRODUCTION

{"code":"unauthorized","message":"Authorization header must be provided and start with 'Bearer'","status":401}
`,
	"api-404-conversation-not-exists": `HTTP/1.1 404 NOT FOUND
Server: nginx/1.27.4
Content-Type: application/json
X-Version: 1.9.2
X-Env: PRODUCTION

{"code":"not_found","message":"Conversation Not Exists.","status":404}
`,
	"api-405-wrong-method": `HTTP/1.1 405 METHOD NOT ALLOWED
Server: nginx/1.27.4
Content-Type: application/json
Allow: GET, HEAD, OPTIONS
X-Version: 1.9.2
X-Env: PRODUCTION

{"code":"method_not_allowed","message":"The method is not allowed for the requested URL.","status":405}
`,
	"api-403-app-api-disabled": `HTTP/1.1 403 FORBIDDEN
Server: nginx/1.27.4
Content-Type: application/json
X-Version: 1.9.2
X-Env: PRODUCTION

{"code":"forbidden","message":"The app's API service has been disabled.","status":403}
`,
}

func TestObservedResponses(t *testing.T) {
	rows := maps.Clone(apiResponses)
	maps.Copy(rows, recorded(t, "*"))
	known := map[string]bool{}
	for _, o := range observed {
		known[o.file] = true
		raw, ok := rows[o.file]
		if !ok {
			continue // a row of the bench, which is not here
		}
		a := Identify(parse(t, raw, ""))
		if a.Name != o.name || a.Kind != o.kind || a.Confidence != o.confidence || len(a.Evidence) == 0 {
			t.Errorf("%s: got %s, %s, %s (%q), want %s, %s, %s", o.file, a.Name, a.Kind, a.Confidence, a.Evidence, o.name, o.kind, o.confidence)
		}
	}
	for name := range rows {
		if !known[name] {
			t.Errorf("%s: a response that is not in the table", name)
		}
	}
}

// Headers get lost on the way: the API is still known by body and phrase.
func TestObservedAPIWithoutItsHeaders(t *testing.T) {
	rows := maps.Clone(apiResponses)
	maps.Copy(rows, recorded(t, "api-*"))
	delete(rows, "api-200-options") // nothing is left of it
	for name, raw := range rows {
		r := parse(t, raw, "")
		r.Header.Del("X-Version")
		r.Header.Del("X-Env")
		if a := Identify(r); a.Name != API || a.Confidence != Likely || a.Through != Nginx {
			t.Errorf("%s: got %s (%s) through %q by %q, want api, likely, through nginx", name, a.Name, a.Confidence, a.Through, a.Evidence)
		}
		// HTTP/2 has no phrase: the body has to be enough.
		r.Proto, r.Reason = "HTTP/2.0", ""
		if a := Identify(r); a.Name != API {
			t.Errorf("%s over HTTP/2: got %s by %q, want api", name, a.Name, a.Evidence)
		}
	}
}

func TestIdentify(t *testing.T) {
	const werkzeug = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
	tests := []struct {
		what, raw, path, name string
		kind                  Kind
		message               string
	}{
		// facts 4.1: the API's own shapes
		{"html page of werkzeug", "HTTP/1.1 404 NOT FOUND\nX-Version: 1.1.0\nContent-Type: text/html; charset=utf-8\n\n" + werkzeug, "", API, UnknownPath, "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."},
		{"did you mean is cut", "HTTP/1.1 404 NOT FOUND\nX-Version: 1.10.0\n\n" + `{"code": "not_found", "message": "Conversation Not Exists. You have requested this URI [/v1/chat-messages] but did you mean /v1/chat-messages or /v1/x ?", "status": 404}`, "", API, Missing, "Conversation Not Exists."},
		{"flask-login without status", "HTTP/1.1 401 UNAUTHORIZED\n\n" + `{"code":"unauthorized","message":"Unauthorized."}`, "", API, Login, "Unauthorized."},
		{"session killed", "HTTP/2.0 401 Unauthorized\n\n" + `{"code":"unauthorized_and_force_logout","message":"x","status":401}`, "", API, Login, "x"},
		{"csrf", "HTTP/1.1 401 UNAUTHORIZED\nX-Version: 1.9.2\n\n" + `{"code":"unauthorized","message":"CSRF token is missing or invalid.","status":401}`, "", API, Login, "CSRF token is missing or invalid."},
		{"init password", "HTTP/1.1 401 UNAUTHORIZED\nX-Version: 1.9.2\n\n" + `{"code":"not_init_validated","message":"x","status":401}`, "", API, NotSetUp, "x"},
		{"invalid param with params", "HTTP/2.0 400 Bad Request\n\n" + `{"code":"invalid_param","message":"m","params":"query"}`, "", API, Invalid, "m"},
		{"app unavailable", "HTTP/1.1 400 BAD REQUEST\nX-Version: 1.9.2\n\n" + `{"code":"app_unavailable","message":"App unavailable","status":400}`, "", API, Invalid, "App unavailable"},
		{"rate limit", "HTTP/1.1 429 TOO MANY REQUESTS\nX-Version: 1.9.2\n\n" + `{"code":"too_many_requests","message":"m","status":429}`, "", API, TooMany, "m"},
		{"crash", "HTTP/2.0 500 Internal Server Error\n\n" + `{"message": "Internal Server Error", "code": "unknown"}`, "", API, Crash, "Internal Server Error"},
		{"crash, newer", "HTTP/2.0 500 Internal Server Error\n\n" + `{"message": "Internal Server Error", "code": "unknown", "status": 500}`, "", API, Crash, "Internal Server Error"},
		{"fastopenapi", "HTTP/2.0 422 Unprocessable Entity\n\n" + `{"error":{"type":"validation","message":"current_version missing","status":422}}`, "", API, Invalid, "current_version missing"},
		{"openapi canonical", "HTTP/2.0 404 Not Found\nX-Version: 1.15.0\n\n" + `{"code":"not_found","message":"no such run","status":404,"hint":"h"}`, "", API, Missing, "no such run"},
		{"openapi switched off", "HTTP/1.1 404 NOT FOUND\nX-Version: 1.15.0\nContent-Type: text/html\n\n" + werkzeug, "/openapi/v1/_health", API, UnknownPath, "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."},
		{"trigger", "HTTP/1.1 404 NOT FOUND\nContent-Type: text/html; charset=utf-8\n\n<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>App trigger not found</p>\n", "/triggers/webhook/x", API, Missing, "App trigger not found"},
		{"redirect", "HTTP/1.1 308 PERMANENT REDIRECT\nContent-Type: text/html\n\n<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>", "", API, Redirect, ""},
		{"welcome", "HTTP/1.1 200 OK\n\n" + `{"welcome": "Dify OpenAPI", "api_version": "v1", "server_version": "1.7.2"}`, "", API, OK, ""},
		{"only the phrase is left", "HTTP/1.1 404 NOT FOUND\nServer: nginx\nContent-Type: text/html\n\ngone", "", API, UnknownPath, ""},
		{"gunicorn alone", "HTTP/1.1 200 OK\nServer: gunicorn\n\nx", "", API, OK, ""},
		// facts 4.2: the others
		{"next by title alone", "HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<!DOCTYPE html><title>404: This page could not be found.</title>", "", Web, UnknownPath, ""},
		{"dify page behind a CDN", "HTTP/2.0 200 OK\nServer: cloudflare\nCF-RAY: 1\nContent-Type: text/html\n\n<!DOCTYPE html><body data-api-prefix=\"/console/api\">", "", Web, OK, ""},
		{"next redirect", "HTTP/1.1 307 Temporary Redirect\nLocation: /signin\nVary: rsc, next-router-state-tree\n\n/signin", "", Web, Redirect, ""},
		{"nginx padded for chrome", "HTTP/1.1 404 Not Found\nServer: nginx/1.25\n\n<html>\n<head><title>404 Not Found</title></head>\n<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>nginx/1.25</center>\n</body>\n</html>\n<!-- a padding to disable MSIE and Chrome friendly error page -->", "", Nginx, UnknownPath, ""},
		{"openresty", "HTTP/1.1 404 Not Found\nServer: openresty\n\n<html><body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>openresty/1.21.4.1</center>", "", OpenResty, UnknownPath, ""},
		{"openresty in front of the api", "HTTP/1.1 404 NOT FOUND\nServer: openresty\nX-Version: 1.13.3\n\n" + werkzeug, "", API, UnknownPath, "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."},
		{"default backend", "HTTP/1.1 404 Not Found\nContent-Type: text/plain\n\ndefault backend - 404", "", IngressNginx, UnknownPath, ""},
		{"ingress-nginx", "HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<html>\n<head><title>404 Not Found</title></head>\n<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n", "", IngressNginx, UnknownPath, ""},
		{"azure", "HTTP/1.1 502 Bad Gateway\nServer: Microsoft-Azure-Application-Gateway/v2\n\n<html><center><h1>502 Bad Gateway</h1></center>\n<hr><center>Microsoft-Azure-Application-Gateway/v2</center>", "", Azure, UpstreamDown, ""},
		{"apache behind a header filter", "HTTP/1.1 404 Not Found\nServer: x\n\n<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>gone</p>", "", Apache, UnknownPath, "gone"},
		{"apache bad gateway", "HTTP/1.1 502 Proxy Error\nServer: Apache\n\n<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>502 Proxy Error</title>", "", Apache, UpstreamDown, ""},
		{"haproxy 504", "HTTP/1.0 504 Gateway Time-out\n\n<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>", "", HAProxy, UpstreamSlow, ""},
		{"traefik no server", "HTTP/1.1 503 Service Unavailable\n\nno available server\n", "", Traefik, UpstreamDown, ""},
		{"traefik bad gateway", "HTTP/1.1 502 Bad Gateway\nContent-Type: text/plain; charset=utf-8\n\nBad Gateway", "", Traefik, UpstreamDown, ""},
		{"envoy empty", "HTTP/1.1 404 Not Found\nserver: envoy\n\n", "", Envoy, UnknownPath, ""},
		{"istio", "HTTP/1.1 503 Service Unavailable\nserver: istio-envoy\n\nno healthy upstream", "", Envoy, UpstreamDown, ""},
		{"envoy reset", "HTTP/1.1 503 Service Unavailable\n\nupstream connect error or disconnect/reset before headers. reset reason: connection failure", "", Envoy, UpstreamDown, ""},
		{"envoy in front of the api", "HTTP/1.1 404 Not Found\nserver: envoy\nx-envoy-upstream-service-time: 3\n\n" + `{"code":"not_found","message":"Dataset not found.","status":404}`, "", API, Missing, "Dataset not found."},
		{"kong", "HTTP/1.1 404 Not Found\nServer: kong/3.4.0\n\n" + `{"message":"no Route matched with those values"}`, "", Kong, UnknownPath, "no Route matched with those values"},
		{"alb", "HTTP/1.1 404 Not Found\nServer: awselb/2.0\n\n", "", AWS, UnknownPath, ""},
		{"api gateway", "HTTP/1.1 404 Not Found\n\n" + `{"message":"Not Found"}`, "", AWS, UnknownPath, "Not Found"},
		{"api gateway token", "HTTP/1.1 403 Forbidden\n\n" + `{"message":"Missing Authentication Token"}`, "", AWS, Forbidden, "Missing Authentication Token"},
		{"s3", "HTTP/1.1 404 Not Found\nServer: AmazonS3\n\n<Error><Code>NoSuchKey</Code></Error>", "", AWS, UnknownPath, ""},
		{"cloudflare 522", "HTTP/1.1 522 \nServer: cloudflare\nCF-RAY: 8\n\nx", "", Cloudflare, UpstreamDown, ""},
		{"cloudflare code", "HTTP/1.1 403 Forbidden\nServer: cloudflare\nCF-RAY: 8\n\nerror code: 1020", "", Cloudflare, Forbidden, ""},
		{"cloudflare in front of nginx", "HTTP/1.1 502 Bad Gateway\nServer: cloudflare\nCF-RAY: 8\n\n<html><body>\n<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx/1.27</center>", "", Nginx, UpstreamDown, ""},
		{"squid", "HTTP/1.1 403 Forbidden\nServer: squid/6.1\nX-Squid-Error: ERR_ACCESS_DENIED 0\n\n<html>", "", Squid, Forbidden, ""},
		{"gin at a hook", "HTTP/1.1 404 Not Found\nContent-Type: text/plain\n\n404 page not found", "/e/abc/hook", PluginDaemon, UnknownPath, ""},
		{"gin of the sandbox", "HTTP/1.1 404 Not Found\nContent-Type: text/plain\n\n404 page not found", "/v1/sandbox/nothing", Sandbox, UnknownPath, ""},
		{"sandbox health", "HTTP/1.1 200 OK\nContent-Type: application/json\n\n\"ok\"", "/health", Sandbox, OK, ""},
		{"sandbox key", "HTTP/1.1 401 Unauthorized\n\n", "/v1/sandbox/run", Sandbox, Login, ""},
		{"daemon key", "HTTP/1.1 401 Unauthorized\n\n" + `{"code":-401,"message":"unauthorized","data":null}`, "", PluginDaemon, KeyRefused, "unauthorized"},
		{"daemon, plugin not running", "HTTP/1.1 404 Not Found\n\n" + `{"code":-500,"message":"no available node, plugin runtime not found","data":null}`, "", PluginDaemon, NotRunning, "no available node, plugin runtime not found"},
		{"daemon health", "HTTP/1.1 200 OK\n\n" + `{"status":"ok","pool_status":{},"version":"0.6.10","build_time":"x","platform":"local","active_requests":0,"active_dispatch_requests":0}`, "", PluginDaemon, OK, ""},
		{"agent document", "HTTP/1.1 200 OK\nserver: uvicorn\n\n" + `{"openapi":"3.1.0","info":{"title":"Dify Agent"},"paths":{"/runs":{}}}`, "", Agent, OK, ""},
		{"fastapi alone", "HTTP/1.1 200 OK\nserver: uvicorn\n\n{}", "", FastAPI, OK, ""},
		{"caddy with a page", "HTTP/1.1 404 Not Found\nServer: Caddy\n\nnot here", "", Caddy, UnknownPath, ""},
		{"nobody", "HTTP/1.1 404 Not Found\nServer: SimpleHTTP/0.6\nContent-Type: text/html\n\nnope", "", Unknown, UnknownPath, ""},
		{"json of somebody", "HTTP/1.1 404 Not Found\n\n" + `{"error":"gone"}`, "", Unknown, UnknownPath, ""},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		a := Identify(parse(t, tt.raw, tt.path))
		seen[a.Name] = true
		if a.Name != tt.name || a.Kind != tt.kind || a.Message != tt.message || len(a.Evidence) == 0 {
			t.Errorf("%s: got %s, %s, %q by %q, want %s, %s, %q", tt.what, a.Name, a.Kind, a.Message, a.Evidence, tt.name, tt.kind, tt.message)
		}
	}
	for _, n := range Names() {
		if !seen[n] && n != Go {
			t.Errorf("no case for %s", n)
		}
	}
}

// What an answer says of others must not count: words in a body do not make
// the API into Next.js, nor a proxied page into its proxy.
func TestMarksInTheWrongPlace(t *testing.T) {
	tests := []struct{ what, raw, name string }{
		{"api quotes next", "HTTP/1.1 404 NOT FOUND\nX-Version: 1.13.3\nContent-Type: application/json\n\n" + `{"code":"not_found","message":"/_next/static/ 404: This page could not be found.","status":404}`, API},
		{"json quotes next", "HTTP/2.0 404 Not Found\nContent-Type: application/json\n\n" + `{"code":"not_found","message":"self.__next_f","status":404}`, API},
		{"a 404 page not found that is longer", "HTTP/1.1 404 Not Found\nX-Content-Type-Options: nosniff\n\n404 page not found, sorry\n", Unknown},
		{"go's text with another status", "HTTP/1.1 200 OK\nX-Content-Type-Options: nosniff\n\n404 page not found\n", Unknown},
		{"OK is everybody's phrase", "HTTP/1.1 200 OK\n\nx", Unknown},
		{"nginx in a page's text", "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<p>we use <center>nginx/1.2</center>", Unknown},
	}
	for _, tt := range tests {
		if a := Identify(parse(t, tt.raw, "")); a.Name != tt.name {
			t.Errorf("%s: got %s by %q, want %s", tt.what, a.Name, a.Evidence, tt.name)
		}
	}
}

func TestHostileAnswers(t *testing.T) {
	bodies := map[string][]byte{
		"depth bomb":   bytes.Repeat([]byte("["), 10<<20),
		"object bomb":  bytes.Repeat([]byte(`{"a":`), 2<<20),
		"tags":         bytes.Repeat([]byte("<hr><center>"), 1<<20),
		"paragraphs":   bytes.Repeat([]byte("<p>"), 1<<20),
		"nul and utf8": bytes.Repeat([]byte{0, 0xff, 0xc3, 0x1b}, 1<<20),
		"escape":       []byte("\x1b[2J::error::owned\n"),
	}
	for what, body := range bodies {
		h := http.Header{"Server": {"\x1b]0;x\x07" + strings.Repeat("n", 1<<20)}, "Vary": {strings.Repeat("a,", 1<<20)}}
		start := time.Now()
		a := Identify(Response{Status: 404, Reason: strings.Repeat("\x1b", 1<<20), Header: h, Body: body})
		if d := time.Since(start); d > 10*time.Second { // milliseconds on an idle machine; this finds what is not linear
			t.Errorf("%s: took %s, want milliseconds", what, d)
		}
		for _, s := range append(a.Evidence, a.Message, a.Version) {
			if len(s) > 1000 || strings.ContainsAny(s, "\x1b\x00\n") {
				t.Errorf("%s: evidence %q, want short and printable text", what, s)
			}
		}
	}
	if a := Identify(Response{}); a.Name != Unknown {
		t.Errorf("nothing at all: got %s, want unknown", a.Name)
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add(404, "NOT FOUND", "nginx/1.2", []byte("<html>"))
	f.Add(200, "OK", "", []byte(`{"code":-1,"message":"{}","data":null}`))
	names := Names()
	f.Fuzz(func(t *testing.T, status int, reason, server string, body []byte) {
		a := Identify(Response{Status: status, Reason: reason, Header: http.Header{"Server": {server}, "X-Version": {reason}}, Body: body})
		if !slices.Contains(names, a.Name) || len(a.Evidence) == 0 || a.Kind == "" {
			t.Errorf("got %+v, want a listed name with evidence and a kind", a)
		}
	})
}

func TestFromKeepsThePhrase(t *testing.T) {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader("HTTP/1.1 404 NOT FOUND\r\nContent-Length: 0\r\n\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	if r := From(resp, nil); r.Reason != "NOT FOUND" || r.Proto != "HTTP/1.1" {
		t.Errorf("got %q over %s, want NOT FOUND over HTTP/1.1", r.Reason, r.Proto)
	}
}
