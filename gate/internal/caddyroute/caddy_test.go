package caddyroute_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/caddyroute"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// bodies are what stands in a site. API and WEB are upstreams.
var bodies = []string{
	"handle /v1/* {\n reverse_proxy API\n}\nhandle /v1/files/* {\n reverse_proxy WEB\n}\nhandle {\n reverse_proxy WEB\n}",
	"reverse_proxy WEB\nreverse_proxy /v1* API\nreverse_proxy /api/* API",
	"handle_path /v1/* {\n reverse_proxy API\n}\nreverse_proxy WEB",
	"handle_path /v1* {\n reverse_proxy API\n}\nhandle /* {\n reverse_proxy WEB\n}",
	"@api path /v1/* /api/* /console/api*\nhandle @api {\n reverse_proxy API\n}\nhandle {\n reverse_proxy WEB\n}",
	"@api {\n path /v1/*\n method GET\n}\nreverse_proxy @api API\nrespond /closed* 403\nreverse_proxy WEB",
	"route {\n reverse_proxy /v1/* API\n reverse_proxy WEB\n reverse_proxy /api/* API\n}",
	"route /v1/* {\n uri strip_prefix /v1\n reverse_proxy API\n}\nreverse_proxy WEB",
	"rewrite /v1/old/* /v1/new{uri}\nreverse_proxy /v1/* API\nreverse_proxy WEB",
	"redir /closed /v1/parameters permanent\nhandle /v1/* {\n reverse_proxy API\n}",
	"@not not path /v1/* /api/*\nreverse_proxy @not WEB\nreverse_proxy API",
	"@re path_regexp ^/(v1|api)/\nhandle @re {\n reverse_proxy API\n}\nhandle {\n respond \"nothing\" 404\n}",
	"handle /v1/* {\n handle /v1/files/* {\n  reverse_proxy WEB\n }\n handle {\n  reverse_proxy API\n }\n}\nrespond 410",
	"encode gzip\nheader X-Y z\nhandle /V1/* {\n reverse_proxy API {\n  header_up X-A b\n }\n}\nhandle /api/* {\n reverse_proxy {\n  to API\n }\n}\nreverse_proxy WEB",
	"import to-api /v1/* API\nimport to-api /api/* API\nreverse_proxy WEB",
	"uri replace /v1/ /api/\nreverse_proxy /api/* API\nreverse_proxy WEB",
	"handle /v1/x {\n reverse_proxy API\n}\nhandle /v1/* {\n error 418\n}\nreverse_proxy WEB",
	"@ws header Upgrade websocket\nreverse_proxy @ws API\nreverse_proxy WEB",
	"handle /closed* {\n abort\n}\nhandle /api* {\n reverse_proxy API\n}\nhandle /v1* {\n reverse_proxy API\n}\nreverse_proxy WEB",
	"@get `{method} == 'GET'`\nhandle /v1/* {\n reverse_proxy API\n}\nhandle {\n reverse_proxy WEB\n}",
}

const snippet = "(to-api) {\n handle {args.0} {\n  reverse_proxy {args.1}\n }\n}\n"

// uris are what is asked of each.
var uris = []string{"/", "/v1", "/v1/", "/v1/parameters?x=1", "/v1/files/a.png", "/v1x", "/V1/y", "/api/passport", "/apix", "/console/api/setup", "/closed", "/closed/x",
	"/v1/old/x?q=2", "/v1/x", "/v1/a%20b", "/logo.png"}

// TestAgainstCaddy: a real Caddy sends each request where the files say, with the same path.
func TestAgainstCaddy(t *testing.T) {
	up := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Up", name+" "+r.RequestURI)
		}))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	api, web := up("api"), up("web")
	dir, port := t.TempDir(), testserver.Port(t)
	text := snippet
	for i, body := range bodies {
		text += fmt.Sprintf("http://s%d.example:%d {\n%s\n}\n", i, port, strings.NewReplacer("API", api, "WEB", web).Replace(body))
	}
	c := load(t, text, nil)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	testserver.Caddy(t, dir, addr, text)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i, body := range bodies {
		for _, uri := range uris {
			host := fmt.Sprintf("s%d.example", i)
			a := c.Route(routing.Request{Host: host, Port: port, URI: uri, Stat: routing.NoFiles})
			got := map[string]string{api: "api", web: "web"}[a.Upstream] + " " + a.URI
			if a.Kind != routing.Proxied {
				got = fmt.Sprintf("%d %s", a.Status, a.Target)
			}
			req, _ := http.NewRequest("GET", "http://"+addr+uri, nil)
			req.Host = host
			want := "0 "
			if res, err := client.Do(req); err == nil {
				res.Body.Close()
				if want = res.Header.Get("X-Up"); want == "" {
					want = fmt.Sprintf("%d %s", res.StatusCode, res.Header.Get("Location"))
				}
			}
			if broken := a.Kind == routing.Proxied && !strings.HasPrefix(a.URI, "/"); got != want && !(broken && want == "400 ") {
				t.Errorf("%s: predicted %q (%v %s), caddy gives %q, for\n%s", uri, got, a.Kind, a.Why, want, body)
			}
		}
	}
}

func load(t testing.TB, text string, env map[string]string) *caddyroute.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := caddyroute.Load([]string{file}, caddyroute.Options{Show: filepath.Base, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSites: names, schemes, ports and the redirect to https.
func TestSites(t *testing.T) {
	c := load(t, "{\n\temail a@b.c\n}\n(up) {\n\treverse_proxy {args[0]}\n}\n{$HOST:dify.example.com}, www.example.com {\n\timport up api:5001\n}\n*.example.org {\n\treverse_proxy web:3000\n}\nhttp://plain.example.com:8080 {\n\trespond 204\n}\n", map[string]string{"HOST": "d.example.com"})
	for _, tt := range []struct{ scheme, host, want string }{
		{"https", "d.example.com", "proxied api:5001 /v1"}, {"https", "WWW.example.com", "proxied api:5001 /v1"},
		{"http", "d.example.com", "redirect  https://d.example.com/v1"}, {"https", "x.example.org", "proxied web:3000 /v1"},
		{"https", "a.b.example.org", "local  "}, {"http", "plain.example.com:8080", "local  "}, {"https", "other.example.com", "local  "},
	} {
		a := c.Route(routing.Request{Scheme: tt.scheme, Host: tt.host, URI: "/v1"})
		if got := fmt.Sprintf("%s %s %s", a.Kind, a.Upstream, a.URI+a.Target); got != tt.want {
			t.Errorf("%s://%s: got %q, want %q", tt.scheme, tt.host, got, tt.want)
		}
	}
}

// TestRefused: what Caddy refuses is refused with a place, and a real Caddy agrees.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a.example {\n\trespond 200\n", "Caddyfile:1:11: the block is not closed"},
		{"a.example {\n\trespond 200\n}\n}\n", "Caddyfile:4:1: unexpected }"},
		{"a.example {\n\thandle @nobody {\n\t}\n}\n", "Caddyfile:2:9: no matcher is called @nobody"},
		{"a.example {\n\thandle_path {\n\t}\n}\n", "Caddyfile:2:2: handle_path wants one path"},
		{"a.example {\n\t@x path_regexp (\n\trespond @x 200\n}\n", "Caddyfile:2:5: path_regexp"},
		{"a.example:70000x {\n}\n", `port "70000x"`},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "Caddyfile")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := caddyroute.Load([]string{file}, caddyroute.Options{Show: filepath.Base})
		var errs routing.Errors
		if !errors.As(err, &errs) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
		if !strings.Contains(tt.text, "path_regexp") && testserver.CaddyTest(t, dir, tt.text) == nil {
			t.Errorf("Caddy takes %q", tt.text)
		}
	}
}

// TestOpen: what is not known of a request, or of Caddy, is open with its place.
func TestOpen(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{"rate_limit {\n}\nreverse_proxy api:5001", "Caddyfile:2:1: what the directive rate_limit does"},
		{"@in remote_ip 10.0.0.0/8\nreverse_proxy @in api:5001\nreverse_proxy web:3000", "depends on remote_ip"},
		{"reverse_proxy {\n dynamic a {\n  name api\n }\n}", "looked up at run time"},
		{"reverse_proxy {env.UP}", "placeholder"},
		{"@in remote_ip 10.0.0.0/8\nrespond @in 403\nreverse_proxy web:3000", "depends on remote_ip"},
	} {
		a := load(t, "a.example {\n"+tt.body+"\n}\n", nil).Route(routing.Request{Scheme: "https", Host: "a.example", URI: "/v1"})
		if a.Kind != routing.Unknown || !strings.Contains(a.Why, tt.want) {
			t.Errorf("%s: got %v %q, want unknown: %s", tt.body, a.Kind, a.Why, tt.want)
		}
	}
	a := load(t, "a.example {\nimport more.caddy\nreverse_proxy web:3000\n}\n", nil).Route(routing.Request{Scheme: "https", Host: "a.example", URI: "/v1"})
	if !strings.Contains(a.Unread, "import more.caddy is not at hand") {
		t.Errorf("got unread %q, want the import", a.Unread)
	}
}

func FuzzLoad(f *testing.F) {
	for _, body := range bodies {
		f.Add(snippet+"a.example {\n"+body+"\n}\n", "/v1/x?y=1")
	}
	f.Add("a {\n import a a\n}\n(a) {\n import a {args[:]}\n}\n", "/")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, uri string) {
		file := filepath.Join(dir, "Caddyfile")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := caddyroute.Load([]string{file}, caddyroute.Options{})
		var errs routing.Errors
		if errors.As(err, &errs) && errs[0].Pos.Line < 1 {
			t.Errorf("error without a place: %v", err)
		}
		if err == nil {
			c.Entries()
			c.Route(routing.Request{Scheme: "https", Host: "a.example", URI: uri})
			c.Candidates(routing.Request{Scheme: "https", Host: "a.example", URI: uri})
		}
	})
}
