package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
)

// apacheSite is an Apache in front of Dify that is right.
const apacheSite = `<VirtualHost *:443>
  ServerName dify.example.com
  SSLEngine on
  ProxyPreserveHost On
  ProxyPass /console/api http://api:5001/console/api
  ProxyPass /api http://api:5001/api
  ProxyPass /v1 http://api:5001/v1
  ProxyPass /files http://api:5001/files
  ProxyPass /mcp http://api:5001/mcp
  ProxyPass /triggers http://api:5001/triggers
  ProxyPass /openapi http://api:5001/openapi
  RewriteEngine On
  RewriteCond %{HTTP:Upgrade} =websocket [NC]
  RewriteRule ^/socket.io/(.*) ws://api_websocket:5001/socket.io/$1 [P,L]
  ProxyPass /socket.io/ http://api_websocket:5001/socket.io/
  ProxyPass /e/ http://plugin_daemon:5002/e/
  ProxyPass / http://web:3000/
</VirtualHost>
<VirtualHost *:80>
  ServerName dify.example.com
  RewriteEngine On
  RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]
</VirtualHost>
`

func runApache(t *testing.T, conf string) gate.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dify.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return runProxy(t, &Env{WorkDir: dir, To: "1.16.0"}, Proxy{Files: Strings{filepath.Join(dir, "dify.conf")}})
}

func TestProxyApache(t *testing.T) {
	res := runApache(t, apacheSite)
	if len(res.Findings) > 0 || res.Err != nil || res.Evidence["server"] != "apache" {
		t.Fatalf("got %+v %v %v, want none", res.Findings, res.Err, res.Evidence)
	}
	replicas := "<Proxy balancer://apis>\n  BalancerMember http://api:5001\n  BalancerMember http://api2:5001\n</Proxy>\n" +
		strings.ReplaceAll(apacheSite, "http://api:5001", "balancer://apis")
	if res := runApache(t, replicas); len(res.Findings) > 0 || res.Err != nil {
		t.Errorf("replicas: %+v %v, want none", res.Findings, res.Err)
	}
	lines := strings.Split(apacheSite, "\n")
	for _, tt := range []struct{ name, old, new, rule, at, message, hint string }{
		{"missing", "  ProxyPass /triggers http://api:5001/triggers\n", "", "proxy/route-missing", "ProxyPass / http://web:3000/", "/triggers", `ProxyPass "/triggers" "http://api:5001/triggers"`},
		{"cut", "http://api:5001/v1\n", "http://api:5001\n", "proxy/prefix-truncated", "ProxyPass /v1 http://api:5001", "/v1/parameters reaches api:5001 as /parameters", `"http://api:5001/v1"`},
		{"cut by a rule", "  ProxyPass /v1 http", "  RewriteRule ^/v1/(.*) http://api:5001/$1 [P]\n  ProxyPass /v1 http", "proxy/prefix-truncated", "RewriteRule ^/v1/(.*)", "as /parameters", ""},
		{"other prefix", "http://api:5001/console/api\n", "http://api:5001/api/v2\n", "proxy/path-rewritten", "ProxyPass /console/api", "as /api/v2/setup", ""},
		{"wrong service", "http://plugin_daemon:5002/e/", "http://api:5001/e/", "proxy/wrong-upstream", "ProxyPass /e/", "/e/x goes to api:5001", ""},
		{"the rest first", "  ProxyPass /console/api", "  ProxyPass / http://web:3000/\n  ProxyPass /console/api", "proxy/route-shadowed", "ProxyPass / http://web:3000/", "is taken by ProxyPass / before ProxyPass /", "move it after"},
		{"excluded", "  ProxyPass /v1 http", "  ProxyPass /v1 !\n  ProxyPass /v1 http", "proxy/route-shadowed", "ProxyPass /v1 !", "/v1", ""},
		{"excluded for good", "  ProxyPass /triggers http://api:5001/triggers\n", "  ProxyPass /triggers !\n", "proxy/wrong-upstream", "ProxyPass /triggers !", "answered 404", "ProxyPassReverse"},
		{"does not parse", "[P,L]", "[P,L", "proxy/syntax", "RewriteRule ^/socket.io/(.*)", "bad flag delimiters", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conf := strings.Replace(apacheSite, tt.old, tt.new, 1)
			if conf == apacheSite {
				t.Fatal("the mutation changes nothing")
			}
			f := only(t, runApache(t, conf), tt.rule)
			lines = strings.Split(conf, "\n")
			if f.Location == nil || !strings.Contains(lines[f.Location.Line-1], tt.at) {
				t.Errorf("got place %+v, want the line with %q", f.Location, tt.at)
			}
			if !strings.Contains(f.Message, tt.message) || !strings.Contains(f.Hint, tt.hint) {
				t.Errorf("got %s\n%s\nwant %s\n%s", f.Message, f.Hint, tt.message, tt.hint)
			}
		})
	}
}

// Behind Apache the API's own Server header stays, and what is to be written is
// Apache's.
func TestCausesBehindApache(t *testing.T) {
	const to = "https://dify.example.com/v1/parameters"
	v1 := "  ProxyPass /v1 http://api:5001/v1\n"
	for _, tt := range []struct{ name, old, new, raw, cause, at, says string }{
		{"cut", v1, "  ProxyPass /v1 http://api:5001/\n", strings.Replace(apiPage("1.13.3"), "\n", "\nServer: gunicorn\n", 1), CausePrefixStripped, "ProxyPass /v1", "both sides of ProxyPass"},
		{"missing", v1, "", nextPage404, CauseRouteMissing, "ProxyPass / ", "before ProxyPass /: Apache takes the first"},
		{"not reloaded", "", "", nextPage404, CauseFilesDisagree, "ProxyPass /v1", "reload apache"},
		{"excluded", v1, "  ProxyPass /v1 !\n" + v1, "HTTP/1.1 404 Not Found\nServer: Apache\nContent-Type: text/html\n\n<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n", CauseOtherServer, "ProxyPass /v1 !", "ProxyPass /v1 takes the path"},
	} {
		conf := strings.Replace(apacheSite, tt.old, tt.new, 1)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "dify.conf"), []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		c := explainReport(t, report{method: "GET", url: to, raw: tt.raw, to: "1.13.3", dir: dir})
		all := strings.Join([]string{c.Text, c.Fix, c.Lines}, "\n")
		if c.ID != tt.cause || !strings.Contains(all, tt.says) {
			t.Errorf("%s: cause %s, %q, want %s with %q", tt.name, c.ID, all, tt.cause, tt.says)
			continue
		}
		if line := 1 + strings.Count(conf[:strings.Index(conf, tt.at)], "\n"); c.Place == nil || c.Place.Line != line {
			t.Errorf("%s: place %+v, want line %d", tt.name, c.Place, line)
		}
	}
}
