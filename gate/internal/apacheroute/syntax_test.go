package apacheroute_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/apacheroute"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

func load(t testing.TB, text string, more map[string]string) (*apacheroute.Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, s := range more {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := filepath.Join(dir, "x.conf")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return apacheroute.Load([]string{f}, apacheroute.Options{Show: filepath.Base})
}

// refused are texts that Apache refuses, with the place and reason that Load gives.
var refused = []struct{ name, text, want string }{
	{"section left open", "<VirtualHost *:80>\nServerName a\n", "x.conf:1:1: <VirtualHost *:80> is never closed"},
	{"wrong end", "<VirtualHost *:80>\n  <Location /x>\n  </VirtualHost>\n", "x.conf:3:1: </virtualhost> where </Location> of line 2"},
	{"stray end", "ServerName a\n</VirtualHost>\n", "x.conf:2:1: </VirtualHost> closes nothing"},
	{"section without its bracket", "<VirtualHost *:80\n</VirtualHost>\n", "x.conf:1:1: a section that is not closed with >"},
	{"no URL", "<VirtualHost *:80>\n  ProxyPass /v1\n</VirtualHost>\n", "x.conf:2:3: ProxyPass wants a path and a URL"},
	{"bad flag", "RewriteEngine On\nRewriteRule ^/x /y [Z]\n", `x.conf:2:20: unknown flag "Z"`},
	{"flags without brackets", "RewriteEngine On\nRewriteRule ^/x /y R=301\n", "x.conf:2:20: bad flag delimiters"},
	{"bad pattern", "RewriteEngine On\nRewriteRule ^/x( /y\n", `x.conf:2:13: regular expression "^/x("`},
	{"bad pattern after a continued line", "RewriteEngine On\nRewriteCond %{HTTPS} \\\n  off(\nRewriteRule ^ -\n", `x.conf:3:3: regular expression "off("`},
	{"misspelt", "<VirtualHost *:80>\n  ProxyPas /v1 http://127.0.0.1:1\n</VirtualHost>\n", `x.conf:2:3: invalid command "proxypas"`},
	{"bad port", "Listen 70000x\n", `x.conf:1:8: Listen "70000x"`},
}

func TestRefused(t *testing.T) {
	dir := testserver.ApacheDir(t)
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text, nil)
			var errs routing.Errors
			if !errors.As(err, &errs) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if testserver.ApacheTest(t, dir, tt.text) == nil {
				t.Error("Apache takes it")
			}
		})
	}
}

// TestReading: continued lines, includes, conditions of the reader, defines.
func TestReading(t *testing.T) {
	c, err := load(t, `Define API http://api:5001
<IfModule mod_proxy.c>
<VirtualHost *:8080>
  ServerName dify.example.com
  ServerAlias *.dify.example.com
  <IfDefine NEVER>
    ProxyPass / http://nowhere:1
  </IfDefine>
  <IfModule !mod_proxy.c>
    ProxyPass / http://nowhere:1
  </IfModule>
  ProxyPass \
    /v1 \
    ${API}/v1
  Include rest.inc
</VirtualHost>
</IfModule>
`, map[string]string{"rest.inc": "# the front end\nProxyPass \"/\" 'http://web:3000/'\n"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		host, uri, upstream, seen string
		file                      string
		line                      int
	}{
		{"dify.example.com", "/v1/x?y=1", "api:5001", "/v1/x?y=1", "x.conf", 12},
		{"a.dify.example.com", "/v1", "api:5001", "/v1", "x.conf", 12},
		{"other", "/signin", "web:3000", "/signin", "rest.inc", 2},
	} {
		a := c.Route(routing.Request{Host: tt.host, URI: tt.uri})
		if a.Upstream != tt.upstream || a.URI != tt.seen || a.Decided.File != tt.file || a.Decided.Line != tt.line {
			t.Errorf("%s%s: got %s %s at %s, want %+v", tt.host, tt.uri, a.Upstream, a.URI, a.Decided, tt)
		}
	}
}

// TestMacro: a macro's lines stand where it is used, with their own places.
func TestMacro(t *testing.T) {
	const site = "<Macro Dify $host $hostport>\n<VirtualHost *:80>\n  ServerName $host\n  AllowEncodedSlashes NoDecode\n  <LocationMatch ^/api/>\n    ProxyPass http://api:1\n  </LocationMatch>\n  ProxyPass /v1 http://$hostport/v1\n  ProxyPass / http://web:3000/\n</VirtualHost>\n</Macro>\nUse Dify a.example api:5001\n"
	c, err := load(t, site+"Use Dify b.example api:5002\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ host, uri, upstream, seen string }{
		{"a.example", "/v1/x%2Fy", "api:5001", "/v1/x%2Fy"},
		{"b.example", "/v1/x", "api:5002", "/v1/x"},
		{"b.example", "/api/x", "web:3000", "/api/x"}, // ProxyPass takes the pattern for a path
	} {
		if a := c.Route(routing.Request{Host: tt.host, URI: tt.uri}); a.Upstream != tt.upstream || a.URI != tt.seen || a.Decided.Line < 8 || a.Decided.Line > 9 {
			t.Errorf("%s%s: got %s %s at %s, want %+v in line 8 or 9", tt.host, tt.uri, a.Upstream, a.URI, a.Decided, tt)
		}
	}
	for text, want := range map[string]string{
		"<Macro A $x>\nUse A $x\n</Macro>\nUse A b\n": "too deeply",
		"<Macro A $x>\n</Macro>\nUse A\n":             "want the 1",
		"<Macro A>\nProxyPass / http://a:1\n":         "never closed",
	} {
		if _, err := load(t, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	c, err = load(t, "Listen 8080\nProxyPass / http://web:3000/\n", nil)
	if err != nil || c.Entries()[0].Port != 8080 {
		t.Errorf("the main server's port: %v %+v, want that of Listen", err, c.Entries())
	}
}

// TestUnread: an include that is not at hand may hold the route; certbot's does not.
func TestUnread(t *testing.T) {
	c, err := load(t, "<VirtualHost *:80>\nInclude /etc/letsencrypt/options-ssl-apache.conf\nInclude routes.inc\nProxyPass / http://web:3000/\n</VirtualHost>\n", nil)
	if err != nil || c.Route(routing.Request{URI: "/v1"}).Unread != "x.conf:3:1: include routes.inc is not at hand" {
		t.Errorf("%v %+v", err, c.Route(routing.Request{URI: "/v1"}))
	}
}

// TestUnknown: what the files do not say.
func TestUnknown(t *testing.T) {
	for _, tt := range []struct{ text, why string }{
		{"RewriteEngine On\nRewriteRule ^/(x|(?1)) - [F]\n", "it has a recursion"},
		{"RewriteEngine On\nRewriteCond %{LA-U:REMOTE_USER} x\nRewriteRule ^ - [F]\n", "LA-U:REMOTE_USER"},
		{"<If \"%{HTTP_HOST} == 'a'\">\nProxyPass / http://a:1\n</If>\n", "decides at run time"},
		{"<Location /v1>\nRewriteEngine On\nRewriteRule ^ /x\n</Location>\n", "in a <Location>"},
		{"ProxyPass / balancer://none/\n", "no members"},
		{"Use Elsewhere a\nProxyPass / http://a:1\n", "decides at run time"},
	} {
		c, err := load(t, tt.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := c.Route(routing.Request{URI: "/v1/x"}); a.Kind != routing.Unknown || !strings.Contains(a.Why, tt.why) {
			t.Errorf("%s: got %v %q, want unknown with %q", tt.text, a.Kind, a.Why, tt.why)
		}
	}
}

// FuzzLoad: whatever the text, an answer or an error with a place.
func FuzzLoad(f *testing.F) {
	for _, tt := range refused {
		f.Add(tt.text, "/v1/x?y=1")
	}
	f.Add("RewriteEngine On\nRewriteRule ^(.*)$ $1$1$1 [N]\nProxyPassMatch ^/(.*)$ http://a:1/$1\n", "/aaa")
	f.Add("<VirtualHost *:80>\nRewriteEngine On\nRewriteCond %{QUERY_STRING} (.*) [OR]\nRewriteRule ^/x http://a:1/%1 [P,QSA]\nAlias /y /srv\nRedirect gone /z\n</VirtualHost>", "/x%20?a")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, uri string) {
		file := filepath.Join(dir, "x.conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := apacheroute.Load([]string{file}, apacheroute.Options{})
		var errs routing.Errors
		if errors.As(err, &errs) {
			if errs[0].Pos.Line < 1 || errs[0].Pos.Col < 1 {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		if err != nil {
			return
		}
		if a := c.Route(routing.Request{URI: uri, Host: "a"}); a.Kind == 0 || a.Kind == routing.Unknown && a.Why == "" {
			t.Errorf("no answer: %+v", a)
		}
		c.Candidates(routing.Request{URI: uri})
	})
}
