package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func runApache(t *testing.T, conf string) gate.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dify.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return runProxy(t, &check.Env{WorkDir: dir, To: "1.16.0"}, Proxy{Files: check.Strings{filepath.Join(dir, "dify.conf")}})
}

func TestProxyApache(t *testing.T) {
	res := runApache(t, checktest.ApacheSite)
	if len(res.Findings) > 0 || res.Err != nil || res.Evidence["server"] != "apache" {
		t.Fatalf("got %+v %v %v, want none", res.Findings, res.Err, res.Evidence)
	}
	replicas := "<Proxy balancer://apis>\n  BalancerMember http://api:5001\n  BalancerMember http://api2:5001\n</Proxy>\n" +
		strings.ReplaceAll(checktest.ApacheSite, "http://api:5001", "balancer://apis")
	if res := runApache(t, replicas); len(res.Findings) > 0 || res.Err != nil {
		t.Errorf("replicas: %+v %v, want none", res.Findings, res.Err)
	}
	lines := strings.Split(checktest.ApacheSite, "\n")
	for _, tt := range []struct{ name, old, new, rule, at, message, hint string }{
		{"missing", "  ProxyPass /triggers http://api:5001/triggers\n", "", "proxy/route-missing", "ProxyPass / http://web:3000/", "/triggers", `ProxyPass "/triggers" "http://api:5001/triggers"`},
		{"cut", "http://api:5001/v1\n", "http://api:5001\n", "proxy/prefix-truncated", "ProxyPass /v1 http://api:5001", "/v1/parameters reaches api:5001 as /parameters", `"http://api:5001/v1"`},
		{"cut by a rule", "  ProxyPass /v1 http", "  RewriteRule ^/v1/(.*) http://api:5001/$1 [P]\n  ProxyPass /v1 http", "proxy/prefix-truncated", "RewriteRule ^/v1/(.*)", "as /parameters", ""},
		{"other prefix", "http://api:5001/console/api\n", "http://api:5001/api/v2\n", "proxy/path-rewritten", "ProxyPass /console/api", "as /api/v2/setup", ""},
		{"wrong service", "http://plugin_daemon:5002/e/", "http://api:5001/e/", "proxy/wrong-upstream", "ProxyPass /e/", "/e/x goes to api:5001", ""},
		{"the rest first", "  ProxyPass /console/api", "  ProxyPass / http://web:3000/\n  ProxyPass /console/api", "proxy/route-missing", "ProxyPass / http://web:3000/", "ProxyPass / wins over ProxyPass /", "move ProxyPass /api before ProxyPass /"},
		{"excluded", "  ProxyPass /v1 http", "  ProxyPass /v1 !\n  ProxyPass /v1 http", "proxy/wrong-upstream", "ProxyPass /v1 !", "/v1", ""},
		{"excluded for good", "  ProxyPass /triggers http://api:5001/triggers\n", "  ProxyPass /triggers !\n", "proxy/wrong-upstream", "ProxyPass /triggers !", "answered 404", "ProxyPassReverse"},
		{"does not parse", "[P,L]", "[P,L", "proxy/syntax", "RewriteRule ^/socket.io/(.*)", "bad flag delimiters", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conf := strings.Replace(checktest.ApacheSite, tt.old, tt.new, 1)
			if conf == checktest.ApacheSite {
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
