package kinds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// behindNginx serves stand-ins for Dify's services behind a real nginx with a
// release's own template, and returns its address.
func behindNginx(t *testing.T, version, template string) string {
	t.Helper()
	daemon := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"code":-400,"message":"{\"message\":\"endpoint not found\",\"error_type\":\"PluginDaemonBadRequestError\",\"args\":null}","data":null}`)
	})
	socket := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `0{"sid":"x"}`) })
	conf := releasedir.Files(t, template)["nginx/conf.d/default.conf.template"]
	for name, handler := range map[string]http.Handler{"api:5001": &testserver.DifyAPI{Version: version}, "web:3000": testserver.NextJS(), "plugin_daemon:5002": daemon, "api_websocket:5001": socket} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		conf = strings.ReplaceAll(conf, "http://"+name, server.URL)
		if name == "api_websocket:5001" {
			conf = strings.ReplaceAll(conf, "${NGINX_SOCKET_IO_UPSTREAM}", strings.TrimPrefix(server.URL, "http://"))
		}
	}
	address := fmt.Sprintf("127.0.0.1:%d", testserver.Port(t))
	conf = strings.NewReplacer("${NGINX_PORT}", address, "${NGINX_SERVER_NAME}", "_", "${HTTPS_CONFIG}", "", "${ACME_CHALLENGE_LOCATION}", "").Replace(conf)
	conf = regexp.MustCompile(`(?m)^\s*(include proxy\.conf;|resolver .*)$`).ReplaceAllString(conf, "")
	testserver.Nginx(t, t.TempDir(), address, conf)
	return "http://" + address
}

// failed runs the profile's requests and lists the checks that report.
func failed(t *testing.T, env *check.Env) []string {
	t.Helper()
	var out []string
	for _, s := range Profile(env) {
		if s.Kind() != "http" && s.Kind() != "auth" || strings.HasSuffix(s.Common().Name, "health") {
			continue
		}
		c := s.Check(env)
		r := c.Run(t.Context())
		if r.Err != nil {
			t.Errorf("%s: %v", c.Name, r.Err)
		}
		for _, f := range r.Findings {
			if f.Severity == gate.Error {
				out = append(out, c.Name+": "+f.Rule)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The profile of each release is content with its own nginx template, and
// finds what an older template lacks.
func TestProfileAgainstNginx(t *testing.T) {
	cases := []struct {
		version, template string
		want              []string
	}{
		{"0.15.8", "0.15.8", nil},
		{"1.9.2", "1.9.2", nil},
		{"1.10.1", "1.10.1", nil},
		{"1.16.0", "1.16.0", nil},
		{"1.10.1", "1.9.2", []string{"triggers are routed: http/not-found", "triggers are routed: http/responder"}},
		{"1.6.0", "1.5.1", []string{"mcp is routed: http/not-found", "mcp is routed: http/responder"}},
		{"1.15.0", "1.14.2", []string{"openapi is routed: http/responder"}},
		{"1.0.0", "0.15.8", []string{"plugin endpoints are routed: http/responder"}},
	}
	for _, c := range cases {
		t.Run(c.version+" with the template of "+c.template, func(t *testing.T) {
			t.Parallel()
			env := profileEnv(t, "", behindNginx(t, c.version, c.template), c.version)
			got := failed(t, env)
			for _, w := range c.want {
				if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w[:strings.Index(w, ":")]) }) {
					t.Errorf("no %q among %v", w, got)
				}
			}
			if len(c.want) == 0 && len(got) > 0 {
				t.Errorf("false alarm: %v", got)
			}
			if len(c.want) > 0 {
				name := c.want[0][:strings.Index(c.want[0], ":")]
				for _, g := range got {
					if !strings.HasPrefix(g, name) {
						t.Errorf("false alarm: %s", g)
					}
				}
			}
		})
	}
}
