package nginxroute_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// load writes the text as name and loads it.
func load(t testing.TB, name, text string, env map[string]string) (*nginxroute.Config, error) {
	t.Helper()
	f := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return nginxroute.Load([]string{f}, nginxroute.Options{Env: env, Show: filepath.Base})
}

// refused are texts that nginx refuses, with the place and reason that Load gives.
var refused = []struct{ name, text, want string }{
	{"no closing brace", "server {\n  listen 80;\n  location / { return 200; }\n", `x.conf:1:1: block "server" is never closed`},
	{"stray brace", "server { listen 80; }\n}\n", "x.conf:2:1: unexpected }"},
	{"no semicolon", "server {\n  listen 80\n}\n", `x.conf:2:3: directive "listen" is not terminated`},
	{"no semicolon before the next line", "server {\n  listen 80\n  return 200;\n}\n", `x.conf:3:3: invalid parameter "return"`},
	{"open quote", "server {\n  return 200 \"x;\n}\n", "x.conf:2:14: the quote that opens here is never closed"},
	{"text after a quote", "server { return 200 \"x\"y; }", "x.conf:1:24: unexpected"},
	{"duplicate location", "server {\n location /v1 { return 200; }\n location /v1 { return 201; }\n}", `x.conf:3:2: duplicate location "/v1", first at x.conf:2:2`},
	{"misspelt directive", "server {\n location / {\n  proxy_pas http://127.0.0.1:1;\n }\n}", `x.conf:3:3: unknown directive "proxy_pas", want "proxy_pass"?`},
	{"unknown variable", "server {\n location / { proxy_pass http://$nothing; }\n}", `x.conf:2:26: unknown "nothing" variable`},
	{"URI in a regex location", "server {\n location ~ ^/v1 { proxy_pass http://127.0.0.1:1/; }\n}", `x.conf:2:31: "proxy_pass" cannot have URI part`},
	{"no scheme", "server {\n location / { proxy_pass api:5001; }\n}", `x.conf:2:26: invalid URL prefix "api:5001"`},
	{"bad regex", "server {\n location ~ ^/v1( { return 200; }\n}", "x.conf:2:13: regular expression"},
	{"bad flag", "server {\n rewrite ^/x /y lst;\n}", `x.conf:2:17: invalid parameter "lst"`},
	{"bad condition", "server {\n if (x = y) { return 200; }\n}", "x.conf:2:2: invalid condition"},
	{"bad port", "server {\n listen 80x;\n}", `x.conf:2:9: "80x" is no address`},
	{"directive in the wrong place", "server {\n proxy_pass http://127.0.0.1:1;\n}", `x.conf:2:2: "proxy_pass" directive is not allowed here`},
	{"too few arguments", "server {\n location / { rewrite ^/x; }\n}", `x.conf:2:15: invalid number of arguments in "rewrite"`},
	{"bad return", "server {\n return nowhere;\n}", `x.conf:2:9: invalid return code "nowhere"`},
	{"empty upstream", "upstream a { }\nserver { listen 80; }", `x.conf:1:1: no servers are inside upstream "a"`},
	{"location outside its parent", "server {\n location /a { location /b { return 200; } }\n}", `x.conf:2:16: location "/b" is outside location "/a"`},
	{"byte order mark", "\xef\xbb\xbfserver {\n listen 80;\n}", "x.conf:1:1: the file begins with a byte order mark"},
	{"bad port in an upstream", "server {\n location / { proxy_pass http://127.0.0.1:99999; }\n}", `x.conf:2:26: invalid port in upstream`},
}

func TestRefused(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, "x.conf", tt.text, nil)
			var errs nginxroute.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v, want an Errors", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestRefusedByNginxToo keeps the list above honest.
func TestRefusedByNginxToo(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range refused {
		if tt.name == "stray brace" {
			continue // the test's own http block swallows it
		}
		if testserver.NginxTest(t, dir, strings.ReplaceAll(tt.text, "listen 80;", "")) == nil {
			t.Errorf("%s: nginx takes it", tt.name)
		}
	}
}

// TestTemplate renders only names of the environment, and gives places in the template.
func TestTemplate(t *testing.T) {
	text := "server {\n  listen ${NGINX_PORT};\n  location /socket.io/ { set $up ${SOCKET}; proxy_pass http://$up; }\n  ${HTTPS_CONFIG}\n  location /x { oops }\n}\n"
	_, err := load(t, "default.conf.template", text, map[string]string{"NGINX_PORT": "8080", "SOCKET": "api:5001", "HTTPS_CONFIG": "listen 443 ssl;\nssl_certificate x;\n"})
	if err == nil || !strings.Contains(err.Error(), "default.conf.template:5:17") {
		t.Errorf("got %v, want the place in the template: 5:17", err)
	}
	_, err = load(t, "default.conf.template", strings.Replace(text, "oops ", "return 200; ", 1), map[string]string{"NGINX_PORT": "8080"})
	if err == nil || !strings.Contains(err.Error(), `default.conf.template:3:34: unknown "socket" variable`) {
		t.Errorf("got %v, want the unset variable at 3:34", err)
	}
	c, err := load(t, "default.conf.template", strings.Replace(text, "oops ", "return 200; ", 1), map[string]string{"NGINX_PORT": "8080", "SOCKET": "ws:5001"})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Route(nginxroute.Request{URI: "/socket.io/?EIO=4"})
	if a.Upstream != "ws:5001" || a.URI != "/socket.io/?EIO=4" || a.Decided.Line != 3 {
		t.Errorf("got %+v", a)
	}
}

// TestUnknown: what the files do not say is Unknown with the reason, unless both ways end alike.
func TestUnknown(t *testing.T) {
	for _, tt := range []struct{ name, inside, why string }{
		{"lua", "location / { access_by_lua_block { if ngx.var.x then ngx.exit(403) end } proxy_pass http://127.0.0.1:1; }", "access_by_lua_block"},
		{"auth_request", "location / { auth_request /auth; proxy_pass http://127.0.0.1:1; }", "auth_request"},
		{"file", "location / { root /srv; try_files $uri @app; }\nlocation @app { proxy_pass http://127.0.0.1:1; }", "whether /srv/x exists is not known"},
		{"recursion", "location ~ ^/(?<n>x|(?R)) { return 404; }\nlocation / { proxy_pass http://127.0.0.1:1; }", "it has a recursion"},
		{"client address", "location / { allow 10.0.0.0/8; deny all; proxy_pass http://127.0.0.1:1; }", "depends on the client's address"},
		{"module variable", "location / { proxy_pass http://$geoip_city.example; }", "geoip_city"},
		{"content by an unknown module", "location / { my_module on; }", "my_module on"},
		{"include that is not at hand", "location / { include site.inc; }", "site.inc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, "x.conf", "server {\n"+tt.inside+"\n}", nil)
			if err != nil {
				t.Fatal(err)
			}
			if a := c.Route(nginxroute.Request{URI: "/x"}); a.Kind != nginxroute.Unknown || !strings.Contains(a.Why, tt.why) {
				t.Errorf("got %v %q, want unknown with %q", a.Kind, a.Why, tt.why)
			}
		})
	}
	if c, err := load(t, "x.conf", "server {\n  include routes.inc;\n  include proxy_params;\n  location / { proxy_pass http://127.0.0.1:1; }\n}", nil); err != nil || c.Route(nginxroute.Request{URI: "/x"}).Unread != "x.conf:2:3: include routes.inc is not at hand" {
		t.Errorf("an include that may hold locations: %v, %+v", err, c)
	}
	c, err := load(t, "x.conf", "server { location / { if ($geoip_city = x) { set $y 1; } proxy_pass http://127.0.0.1:1; } }", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Route(nginxroute.Request{URI: "/x"}); a.Kind != nginxroute.Proxied {
		t.Errorf("an open condition without effect: got %v %q, want proxied", a.Kind, a.Why)
	}
}

// TestAdmit: with Admit, what only turns clients away is passed by.
func TestAdmit(t *testing.T) {
	for _, tt := range []struct {
		conf string
		kind nginxroute.Kind
	}{
		{"geo $bad { default 0; 10.0.0.0/8 1; } server { if ($bad) { return 403; } location / { proxy_pass http://127.0.0.1:1; } }", nginxroute.Proxied},
		{"server { location / { auth_request /a; allow 10.0.0.0/8; deny all; auth_basic x; proxy_pass http://127.0.0.1:1; } }", nginxroute.Proxied},
		{"server { location / { deny all; proxy_pass http://127.0.0.1:1; } }", nginxroute.Local},
		{"geo $bad { default 0; 10.0.0.0/8 1; } server { location / { if ($bad) { return 404; } proxy_pass http://127.0.0.1:1; } }", nginxroute.Unknown},
	} {
		c, err := load(t, "x.conf", tt.conf, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := c.Route(nginxroute.Request{URI: "/x", Admit: true}); a.Kind != tt.kind {
			t.Errorf("%s: got %v %s, want %v", tt.conf, a.Kind, a.Why, tt.kind)
		}
	}
}

// TestTaken are directives of real sites that Load has to take.
func TestTaken(t *testing.T) {
	for _, conf := range []string{
		"server { listen 443 ssl http2; listen [::]:443 ssl; ssl on; ssl_certificate a; ssl_certificate_key b; location /{ proxy_pass http://web:3000; } }",
		"map $http_upgrade $up { default upgrade; '' close; } server { location / { proxy_set_header Connection $up; proxy_pass http://web:3000; } }",
		"log_format x escape=json '{\"a\":\"$uri\"}'; server { brotli on; more_set_headers \"Server: x\"; location = /h { return 200 \"ok\\n\"; } }",
		"server { location / { if ($request_method = 'OPTIONS') { add_header 'A' '*'; return 204; } proxy_cookie_path / \"/; secure\"; proxy_pass http://api:5001; } }",
		"server { location ~ \"^/(?<app>[^/]+)/(\\d{2})\" { return 404; } location ~* \"^/x{2,3}$\" { return 404; } }",
		"server { if ($http_user_agent ~* (bot|crawl)) { return 403; } if ($host !~ ^(a|b)$ ) { return 444; } if ( $args ~ x ) { return 400; } }",
		"split_clients \"${remote_addr}\" $v { 50% a; * b; } geo $g { default 0; include nowhere; } server { location / { proxy_pass http://$v$g; } }",
	} {
		if _, err := load(t, "x.conf", conf, nil); err != nil {
			t.Errorf("%s: %v", conf, err)
		}
	}
}

// FuzzLoad: whatever the text, Load ends with a Config that answers or an error with a place.
func FuzzLoad(f *testing.F) {
	for _, tt := range refused {
		f.Add(tt.text, "/v1/x?y=1")
	}
	f.Add("server { listen 80; server_name ~^(?<a>.+)$; location ~* \\.(png)$ { rewrite ^/(.*)$ /$1? last; } location / { proxy_pass http://$a; try_files $uri @b; error_page 404 = @b; } location @b { return 302 /x; } }", "/a.png")
	f.Add("map $uri $m { default 1; ~^/(x) $1; hostnames; *.y z; }\nserver { if ($m ~ x) { return 301 $m; } location = /x { internal; limit_except GET { deny all; } } }", "//../%41")
	f.Add("server { rewrite ^(.*)$ $1$1$1$1$1 last; location / { rewrite ^(.*)$ $1$1$1$1 last; } }", "/aaaa")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, uri string) {
		file := filepath.Join(dir, "default.conf.template")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := nginxroute.Load([]string{file}, nginxroute.Options{Env: map[string]string{"A": "b"}})
		var errs nginxroute.Errors
		if errors.As(err, &errs) {
			if errs[0].Pos.Line < 1 || errs[0].Pos.Col < 1 {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		if err != nil {
			return
		}
		a := c.Route(nginxroute.Request{URI: uri, Host: "a.example"})
		if a.Kind == 0 {
			t.Error("no answer")
		}
		if a.Kind == nginxroute.Unknown && a.Why == "" {
			t.Error("unknown without a reason")
		}
		c.Candidates(nginxroute.Request{URI: uri})
	})
}
