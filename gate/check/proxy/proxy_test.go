package proxy

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// template is the nginx file that mutations change.
const template = "nginx/conf.d/default.conf.template"

// changedDir is the rendered directory of a release with one change to its
// nginx template.
func changedDir(t *testing.T, release string, change func(string) string) string {
	t.Helper()
	dir := releasedir.Write(t, release)
	path := filepath.Join(dir, filepath.FromSlash(template))
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := change(string(old))
	if text == string(old) {
		t.Fatal("the mutation changes nothing")
	}
	checktest.WriteFile(t, path, text)
	return dir
}

func runProxy(t *testing.T, env *check.Env, spec Proxy) gate.Result {
	t.Helper()
	return checktest.Run(t, env, &spec)
}

// TestProxyReleases: Dify's own files of every release raise nothing, also with
// https on.
func TestProxyReleases(t *testing.T) {
	releasedir.Some(t, 6, func(t *testing.T, d releasedir.Dir) {
		t.Parallel()
		for _, https := range []bool{false, true} {
			if https && !slices.Contains(newTemplates, d.Version) {
				continue
			}
			if https {
				appendFile(t, filepath.Join(d.Path, ".env"), "\nNGINX_HTTPS_ENABLED=true\nNGINX_ENABLE_CERTBOT_CHALLENGE=true\n")
			}
			res := runProxy(t, &check.Env{Dir: d.Path, WorkDir: d.Path, To: d.Version}, Proxy{})
			if len(res.Findings) > 0 || res.Err != nil || res.Skip != "" {
				t.Errorf("https %v: got %+v %v %s, want none", https, res.Findings, res.Err, res.Skip)
			}
			if n, _ := res.Evidence["routes"].(int); n < 5 {
				t.Errorf("got %d routes, want at least 5", n)
			}
		}
	})
}

// newTemplates are the releases that brought a new nginx template.
var newTemplates = []string{"0.15.0", "1.0.0", "1.6.0", "1.10.0", "1.14.0-rc1", "1.14.0", "1.14.1", "1.15.0"}

func appendFile(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// swap replaces the first occurrence of old.
func swap(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

// locationBlock is a location of Dify's template, as it stands there.
func locationBlock(name string) func(string) string {
	return func(s string) string {
		i := strings.Index(s, "    location "+name+" {")
		if i < 0 {
			return s
		}
		return s[:i] + s[i+strings.Index(s[i:], "    }\n")+len("    }\n"):]
	}
}

// TestProxyMutations: one mistake in Dify's own template of 1.16.0, and the
// finding with its place.
func TestProxyMutations(t *testing.T) {
	const v1 = "location /v1 {\n      proxy_pass http://api:5001;"
	for _, tt := range []struct {
		name    string
		change  func(string) string
		rule    string
		at      string // the text of the line named
		message string
		hint    string
	}{
		{"location removed", locationBlock("/triggers"), "proxy/route-missing", "location / {",
			"/triggers (public since 1.10.0) has no route of its own: location / takes /triggers/webhook/x, and it goes to web:3000; it belongs to api:5001", "location /triggers {\n  proxy_pass http://api:5001;\n  include proxy.conf;\n}"},
		{"plugin hooks removed", locationBlock("/e/"), "proxy/route-missing", "location / {", "/e/", "Dify-Hook-Url"},
		{"only the exact path", swap("location /v1 {", "location = /v1 {"), "proxy/route-missing", "location / {", "/v1 ", "location /v1 {"},
		{"rewrite cuts /api", swap("location /api {\n", "location /api {\n      rewrite ^/api/(.*) /$1 break;\n"), "proxy/prefix-truncated", "rewrite ^/api/(.*) /$1 break;",
			"/api/passport reaches api:5001 as /passport", "proxy_pass http://api:5001;"},
		{"rewrite cuts /v1", swap("location /v1 {\n", "location /v1 {\n      rewrite ^/v1(/.*)$ $1 break;\n"), "proxy/prefix-truncated", "rewrite ^/v1(/.*)$ $1 break;", "as /parameters", ""},
		{"proxy_pass ends in a slash", swap(v1, v1[:len(v1)-1]+"/;"), "proxy/prefix-truncated", "proxy_pass http://api:5001/;", "/v1/parameters reaches api:5001 as //parameters", "proxy_pass http://api:5001;"},
		{"both end in a slash", swap(v1, "location /v1/ {\n      proxy_pass http://api:5001/;"), "proxy/prefix-truncated", "proxy_pass http://api:5001/;", "as /parameters", ""},
		{"doubled slash", swap(v1, "location /v1 {\n      proxy_pass http://api:5001/v1/;"), "proxy/path-rewritten", "proxy_pass http://api:5001/v1/;", "as /v1//parameters", "proxy_pass http://api:5001;"},
		{"slash lost", swap(v1, "location /v1/ {\n      proxy_pass http://api:5001/v1;"), "proxy/path-rewritten", "proxy_pass http://api:5001/v1;", "as /v1parameters", ""},
		{"other prefix", swap("location /console/api {\n", "location /console/api {\n      rewrite ^/console/api/(.*) /api/$1 break;\n"), "proxy/path-rewritten", "rewrite ^/console/api/(.*) /api/$1 break;", "as /api/setup", ""},
		{"query dropped", swap("location /v1 {\n", "location /v1 {\n      rewrite ^(.*)$ $1? break;\n"), "proxy/path-rewritten", "rewrite ^(.*)$ $1? break;", "without its query", ""},
		{"front end instead of api", swap(v1, "location /v1 {\n      proxy_pass http://web:3000;"), "proxy/wrong-upstream", "proxy_pass http://web:3000;", "/v1/parameters goes to web:3000 by location /v1; it belongs to api:5001", "proxy_pass http://api:5001;"},
		{"/e without a slash takes /explore", func(s string) string {
			return strings.Replace(locationBlock("/explore")(s), "location /e/ {", "location /e {", 1)
		}, "proxy/wrong-upstream", "proxy_pass http://plugin_daemon:5002;", "/explore/apps goes to plugin_daemon:5002", ""},
		{"answers by itself", swap(v1, "location /v1 {\n      return 404;"), "proxy/wrong-upstream", "return 404;", "is answered 404 by the proxy itself", ""},
		{"misspelt service", swap(v1, "location /v1 {\n      proxy_pass http://apii:5001;"), "proxy/upstream-unknown", "proxy_pass http://apii:5001;", "/v1/parameters goes to apii:5001", "proxy_pass http://api:5001;"},
		{"a variable without a resolver", swap(v1, "location /v1 {\n      set $up api_2:5001;\n      proxy_pass http://$up;"), "proxy/upstream-unknown", "proxy_pass http://$up;", "/v1/parameters goes to api_2:5001", "correct the name"},
		{"a resolver lost", swap("resolver 127.0.0.11 valid=30s;", ""), "proxy/upstream-unknown", "proxy_pass http://$socket_io_upstream;", "no resolver is set", "resolver 127.0.0.11"},
		{"static files by pattern", swap("location /explore {", "location ~* \\.(png|jpg|css)$ { root /usr/share/nginx/html; }\n\n    location /explore {"), "proxy/wrong-upstream", "location ~* \\.(png|jpg|css)$ {", "/files/tools/1b4e28ba-2fa1-11d2-883f-0016d3cca427.png: location ~* \\.(png|jpg|css)$ wins over location /files", "location ^~ /files"},
		{"static files of kinds that the API has none of", swap("location /explore {", "location ~* \\.(js|svg)$ { root /usr/share/nginx/html; }\n\n    location /explore {"), "proxy/route-shadowed", "location ~* \\.(js|svg)$ {", "/_next/static/chunks/main.js: location ~* \\.(js|svg)$ wins over location /", "location ^~ /"},
		{"a pattern that refuses", swap("location /explore {", "location ~ ^/(v1|internal) { return 403; }\n\n    location /explore {"), "proxy/wrong-upstream", "location ~ ^/(v1|internal) {", "/v1/parameters: location ~ ^/(v1|internal) wins over location /v1, and the path is answered 403", "location ^~ /v1"},
		{"pattern before the prefix", swap("location /explore {", "location ~ ^/con { proxy_pass http://web:3000; }\n\n    location /explore {"), "proxy/wrong-upstream", "location ~ ^/con {", "/console/api/setup: location ~ ^/con wins over", "location ^~ /console/api"},
		{"no location for the rest", locationBlock("/"), "proxy/route-missing", "server {", "/ has no route", "location / {\n  proxy_pass http://web:3000;"},
		{"does not parse", swap("proxy_pass http://api:5001;\n", "proxy_pass http://api:5001\n"), "proxy/syntax", "proxy_pass http://api:5001", "", ""},
		{"old compose file", swap("${NGINX_SOCKET_IO_UPSTREAM}", "${NGINX_NEW_UPSTREAM}"), "proxy/syntax", "set $socket_io_upstream ${NGINX_NEW_UPSTREAM};", `unknown "nginx_new_upstream" variable`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := changedDir(t, "1.16.0", tt.change)
			res := runProxy(t, &check.Env{Dir: dir, WorkDir: dir, To: "1.16.0"}, Proxy{})
			f := only(t, res, tt.rule)
			if f.Location == nil || f.Location.File != "nginx/conf.d/default.conf.template" {
				t.Fatalf("got place %+v, want a line of nginx/conf.d/default.conf.template", f.Location)
			}
			if line := lineOf(t, filepath.Join(dir, f.Location.File), f.Location.Line); !strings.Contains(line, tt.at) {
				t.Errorf("got line %d %q, want one with %q", f.Location.Line, line, tt.at)
			}
			if !strings.Contains(f.Message, tt.message) {
				t.Errorf("got  %s\nwant %s", f.Message, tt.message)
			}
			if !strings.Contains(f.Hint, tt.hint) {
				t.Errorf("got hint %s\nwant %s", f.Hint, tt.hint)
			}
		})
	}
}

// only is the first finding of the rule; any other rule is a mistake.
func only(t *testing.T, res gate.Result, rule string) gate.Finding {
	t.Helper()
	if res.Err != nil || res.Skip != "" {
		t.Fatalf("got error %v, skip %q", res.Err, res.Skip)
	}
	var found *gate.Finding
	for i, f := range res.Findings {
		if f.Rule != rule {
			t.Errorf("got %s too: %s", f.Rule, f.Message)
		} else if found == nil {
			found = &res.Findings[i]
		}
	}
	if found == nil {
		t.Fatalf("got no %s", rule)
	}
	return *found
}

func lineOf(t *testing.T, path string, n int) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// operatorProxies are configurations of operators' own that are right.
var operatorProxies = []struct{ name, conf, url string }{
	{"addresses on the host", `server { listen 80; server_name dify.example.com;
  location / { proxy_pass http://127.0.0.1:3000; }
  location ~ ^/(console/api|api|v1|files|mcp|triggers|openapi|socket.io)(/|$) { proxy_pass http://127.0.0.1:5001; }
  location /e/ { proxy_pass http://127.0.0.1:5002; }
}`, ""},
	{"everything to Dify's own nginx", "server { listen 443 ssl; server_name dify.example.com; location / { proxy_pass http://10.1.2.3:8080; } }\n" +
		"server { listen 80; server_name dify.example.com; return 301 https://$host$request_uri; }", "https://dify.example.com"},
	{"upstream blocks with ports of their own", `upstream dify_api { server 10.0.0.1:8001; server 10.0.0.2:8001; }
upstream dify_web { server 10.0.0.3:8002; }
upstream hooks { server 10.0.0.4:8003; }
server { listen 80;
  location /console/api { proxy_pass http://dify_api; } location /api { proxy_pass http://dify_api; } location /v1 { proxy_pass http://dify_api; }
  location /files { proxy_pass http://dify_api; } location /mcp { proxy_pass http://dify_api; } location /triggers { proxy_pass http://dify_api; }
  location /openapi { proxy_pass http://dify_api; } location /socket.io/ { proxy_pass http://dify_api; }
  location /e/ { proxy_pass http://hooks; } location / { proxy_pass http://dify_web; }
}`, ""},
	{"another site in the same file", `server { listen 80; server_name shop.example.com; location / { proxy_pass http://10.9.9.9:8080; } }
server { listen 80; server_name dify.example.com;
  location / { proxy_pass http://web.dify.svc.cluster.local:3000; }
  location /e/ { proxy_pass http://daemon.dify.svc.cluster.local:5002; }
  location ~ ^/(console/api|api|v1|files|mcp|triggers|openapi|socket\.io)/ { proxy_pass http://api.dify.svc.cluster.local:5001; }
}`, ""},
	{"below a sub-path, cut off", `server { listen 80;
  location /dify/ { proxy_pass http://web:3000/; }
  location /dify/e/ { proxy_pass http://plugin_daemon:5002/e/; }
  location ~ ^/dify/((console/api|api|v1|files|mcp|triggers|openapi|socket.io)/.*)$ { rewrite ^/dify(/.*)$ $1 break; proxy_pass http://api:5001; }
}`, "https://example.com/dify"},
	{"allow lists and passwords", `server { listen 80; auth_basic x; auth_basic_user_file f; allow 10.0.0.0/8; deny all;
  location / { proxy_pass http://web:3000; } location /e/ { proxy_pass http://plugin_daemon:5002; }
  location ~ ^/(console/api|api|v1|files|mcp|triggers|openapi|socket.io)/ { proxy_pass http://api:5001; }
}`, ""},
}

func TestProxyOperators(t *testing.T) {
	for _, tt := range operatorProxies {
		t.Run(tt.name, func(t *testing.T) {
			res := runConf(t, tt.conf, tt.url)
			if len(res.Findings) > 0 || res.Err != nil {
				t.Errorf("got %+v %v, want none", res.Findings, res.Err)
			}
		})
	}
}

// TestProxyParts: console, service API and web apps have hosts of their own, and
// each prefix is looked for at its part's.
func TestProxyParts(t *testing.T) {
	const site = `server { listen 80; server_name console.example.com; if ($request_method = OPTIONS) { return 204; }
  location /console/api { proxy_pass http://api:5001; } location /socket.io/ { proxy_pass http://api:5001; } location / { proxy_pass http://web:3000; } }
server { listen 80; server_name api.example.com;
  location / { return 404; } location /e/ { proxy_pass http://plugin-daemon:5002; }
  location ~ ^/(v1|files|mcp|triggers|openapi)/ { proxy_pass http://api:5001; } }
server { listen 80; server_name app.example.com; location /api { proxy_pass http://api:5001; } location / { proxy_pass http://web:3000; } }`
	at := func(host string) *url.URL { return &url.URL{Scheme: "http", Host: host + ".example.com"} }
	for _, tt := range []struct{ name, old, new, prefix string }{
		{"all right", "", "", ""},
		{"missing at its own host", "location ~ ^/(v1|", "location ~ ^/(", "/v1"},
		{"there at another host only", "listen 80; server_name app.example.com; location /api { proxy_pass http://api:5001; }", "listen 80; server_name app.example.com;", "/api"},
		{"missing at all", "|mcp|", "|", "/mcp"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "site.conf"), []byte(strings.Replace(site, tt.old, tt.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		env := &check.Env{WorkDir: dir, To: "1.16.0", URL: at("console"), APIURL: at("api"), AppURL: at("app")}
		res := runProxy(t, env, Proxy{Files: check.Strings{filepath.Join(dir, "site.conf")}})
		switch {
		case tt.prefix == "" && (len(res.Findings) > 0 || res.Err != nil):
			t.Errorf("%s: got %+v %v, want none", tt.name, res.Findings, res.Err)
		case tt.prefix != "" && (len(res.Findings) != 1 || !strings.HasPrefix(res.Findings[0].Message, tt.prefix+" ") && !strings.HasPrefix(res.Findings[0].Message, tt.prefix+"/")):
			t.Errorf("%s: got %+v, want one for %s", tt.name, res.Findings, tt.prefix)
		}
	}
}

// TestProxyPorts: a service's name with a port that it does not listen on.
func TestProxyPorts(t *testing.T) {
	const compose = "services:\n  api: {image: langgenius/dify-api:1.16.0, environment: {DIFY_PORT: \"8001\"}}\n  web: {image: langgenius/dify-web:1.16.0, command: [node, server.js, --port=8002]}\n  plugin_daemon: {image: langgenius/dify-plugin-daemon:0.6.3-local}\n"
	for port, want := range map[string]int{"8001": 0, "5001": 0, "5000": 1} {
		dir := checktest.Dir(t, map[string]string{"docker-compose.yaml": compose, ".env": "A=b\n", "nginx.conf": "events {}\nhttp { server { listen 80; location / { proxy_pass http://web:8002; } location /e/ { proxy_pass http://plugin_daemon:5002; }\nlocation ~ ^/(console/api|api|files|mcp|triggers|openapi|socket.io)/ { proxy_pass http://api:5001; }\nlocation ^~ /v1 { proxy_pass http://api:" + port + "; } } }\n"})
		res := runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.16.0"}, Proxy{})
		if len(res.Findings) != want || want == 1 && (res.Findings[0].Rule != "proxy/wrong-upstream" || res.Findings[0].Location.Line != 4) {
			t.Errorf("port %s: got %+v, want %d of proxy/wrong-upstream in line 4", port, res.Findings, want)
		}
	}
}

// TestProxyIdleTargets: what nginx looks up at its start has to be there, even
// where no path of Dify's goes.
func TestProxyIdleTargets(t *testing.T) {
	const compose = "services:\n  api: {image: langgenius/dify-api:1.16.0}\n  web: {image: langgenius/dify-web:1.16.0}\n  plugin_daemon: {image: langgenius/dify-plugin-daemon:0.6.3-local}\n  flower: {image: x}\n"
	for extra, want := range map[string]int{
		"location /flower { proxy_pass http://flower:5555; }": 0, "location /x { proxy_pass http://old.example.com; }": 0, "location /x { proxy_pass http://10.1.1.1:1; }": 0,
		"location /x { set $u gone:1; proxy_pass http://$u; }": 0, "location /x { proxy_pass http://gone:5555; }": 1, "} upstream u { server api:5001; server gone:1 down; } server { listen 81;": 1,
	} {
		dir := checktest.Dir(t, map[string]string{"docker-compose.yaml": compose, ".env": "A=b\n", "nginx.conf": "events {}\nhttp { server { listen 80; location / { proxy_pass http://web:3000; } location /e/ { proxy_pass http://plugin_daemon:5002; }\nlocation ~ ^/(console/api|api|v1|files|mcp|triggers|openapi|socket.io)/ { proxy_pass http://api:5001; }\n" + extra + " } }\n"})
		res := runProxy(t, &check.Env{WorkDir: dir, Dir: dir, To: "1.16.0"}, Proxy{})
		if len(res.Findings) != want || res.Err != nil || want == 1 && (res.Findings[0].Rule != "proxy/upstream-unknown" || res.Findings[0].Severity != gate.Warning || res.Findings[0].Location.Line != 4) {
			t.Errorf("%s: got %+v %v, want %d in line 4", extra, res.Findings, res.Err, want)
		}
	}
}

// runConf runs the check over one nginx file, with no compose file at hand.
func runConf(t *testing.T, conf, public string) gate.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "site.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	env := &check.Env{WorkDir: dir, To: "1.16.0"}
	if public != "" {
		u, err := url.Parse(public)
		if err != nil {
			t.Fatal(err)
		}
		env.URL = u
	}
	return runProxy(t, env, Proxy{Files: check.Strings{filepath.Join(dir, "site.conf")}})
}

// TestProxyUnknownPatterns: a pattern that cannot be run leaves open what it may
// take, with its place, and is listed where it may take nothing.
func TestProxyUnknownPatterns(t *testing.T) {
	const pattern = "\nlocation ~ ^/(a(?1)?)x { return 404; } location / {"
	may := runConf(t, strings.Replace(operatorProxies[2].conf, "location / {", pattern, 1), "")
	if may.Err == nil || !strings.Contains(may.Err.Error(), "site.conf:9:") {
		t.Errorf("got error %v, want one with the place of the pattern, site.conf:9", may.Err)
	}
	safe := strings.NewReplacer("location /", "location ^~ /").Replace(operatorProxies[2].conf)
	res := runConf(t, strings.Replace(safe, "location ^~ / {", strings.Replace(pattern, "location / {", "location ^~ / {", 1), 1), "")
	listed, _ := res.Evidence["unknown_patterns"].([]string)
	if res.Err != nil || len(res.Findings) > 0 || len(listed) != 1 || !strings.Contains(listed[0], "site.conf:9:") {
		t.Errorf("got error %v, findings %v, listed %q: want the pattern listed and nothing else", res.Err, res.Findings, listed)
	}
}

// TestSamples: no request that stands for a route holds a parameter's name.
func TestSamples(t *testing.T) {
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range c.Versions() {
		r, _ := c.Release(v)
		for _, d := range new(Proxy).demands(r) {
			for _, s := range d.samples {
				if strings.ContainsAny(s.path, "<>{} ") {
					t.Errorf("%s: %s", r.Version(), s.path)
				}
			}
		}
	}
}

// TestProxyOperatorMistakes are the same kinds of files with a mistake.
func TestProxyOperatorMistakes(t *testing.T) {
	for _, tt := range []struct{ name, conf, url, rule, prefix string }{
		{"prefix forgotten", strings.Replace(operatorProxies[0].conf, "|triggers", "", 1), "", "proxy/route-missing", "/triggers"},
		{"prefix forgotten among own upstreams", strings.Replace(operatorProxies[2].conf, "location /mcp { proxy_pass http://dify_api; }", "", 1), "", "proxy/route-missing", "/mcp"},
		{"port of another service", strings.Replace(operatorProxies[0].conf, "127.0.0.1:5002", "127.0.0.1:3000", 1), "", "proxy/wrong-upstream", "/e/"},
		{"sub-path not cut", strings.Replace(operatorProxies[4].conf, "plugin_daemon:5002/e/", "plugin_daemon:5002", 1), "https://example.com/dify", "", ""},
		{"misspelt without a compose file", strings.Replace(operatorProxies[5].conf, "http://api:5001", "http://apii:5001", 1), "", "proxy/upstream-unknown", "/api"},
		{"prefix forgotten, or in a file that is not at hand", "server { include routes.inc; " + strings.TrimPrefix(strings.Replace(operatorProxies[5].conf, "|triggers", "", 1), "server {"), "", "error", ""},
		{"no port", "server { listen unix:/run/x; location / { proxy_pass http://web:3000; } }", "", "error", ""},
		{"the host's server is another", strings.NewReplacer("dify.example.com", "old.example.com", "location / { proxy_pass http://10.9.9.9:8080; }", "return 404;").Replace(operatorProxies[3].conf), "http://dify.example.com", "proxy/route-missing", "/"},
		{"undecidable", strings.Replace(operatorProxies[5].conf, "location / {", "location ~ ^/(a(?1)?)x { return 404; } location / {", 1), "", "error", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := runConf(t, tt.conf, tt.url)
			switch tt.rule {
			case "":
				if len(res.Findings) != 0 {
					t.Errorf("got %+v", res.Findings)
				}
				return
			case "error":
				if res.Err == nil {
					t.Errorf("got no error, want one that says what cannot be decided: %+v", res)
				}
				return
			}
			if f := only(t, res, tt.rule); !strings.HasPrefix(f.Message, tt.prefix) {
				t.Errorf("got %s, want one for %s", f.Message, tt.prefix)
			}
		})
	}
}
