package explain

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// TestReach tells apart how an upstream answers from here.
func TestReach(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	env := checktest.Env(t, probe.NetworkOptions{})
	at := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	for _, tt := range []struct {
		address, protocol string
		want              Reach
	}{
		{at(plain), "http", ReachAnswers}, {at(plain), "https", ReachPlain}, {at(secure), "https", ReachAnswers}, {at(secure), "http", ReachTLS},
		{checktest.Closed(t), "http", ReachRefused}, {resetting(t), "http", ReachReset},
	} {
		if got, text := reach(t.Context(), env.Network, tt.address, tt.protocol); got != tt.want || text == "" {
			t.Errorf("%s://%s: got %d %q, want %d", tt.protocol, tt.address, got, text, tt.want)
		}
	}
}

// resetting is an address that accepts connections and closes them.
func resetting(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// TestUpstreamCauses: each reason for a 502 has its own text and advice.
func TestUpstreamCauses(t *testing.T) {
	asked := func(f Routed, r Reach) Asked {
		f.Service, f.Server = "api", "nginx"
		if f.Upstream == "" {
			f.Upstream = "127.0.0.1:5001"
		}
		return Asked{Method: "GET", URL: &url.URL{Scheme: "https", Host: "d.example.com", Path: "/v1/x"}, Status: 502,
			Answer: responder.Answer{Name: responder.Nginx, Kind: responder.UpstreamDown}, Files: &f, Reached: r}
	}
	for _, tt := range []struct {
		name          string
		a             Asked
		id, text, fix string
		not           string
	}{
		{"another protocol, tried", asked(Routed{Protocol: "https"}, ReachPlain), CauseUpstreamScheme, "does not speak TLS", "proxy_pass http://127.0.0.1:5001;", "restart"},
		{"another protocol, by the files", asked(Routed{Protocol: "https", Plain: true, Upstream: "api:5001"}, ReachUnknown), CauseUpstreamScheme, "speaks plain HTTP", "proxy_pass http://api:5001;", "restart"},
		{"TLS wanted", asked(Routed{Protocol: "http"}, ReachTLS), CauseUpstreamScheme, "requires TLS", "proxy_pass https://127.0.0.1:5001;", "restart"},
		{"nobody listens", asked(Routed{Protocol: "http"}, ReachRefused), CauseUpstreamDown, "nothing listens", "start api", "restart"},
		{"reset", asked(Routed{Protocol: "http"}, ReachReset), CauseUpstreamDown, "closes them", "log of api", "restart"},
		{"time-out", asked(Routed{Protocol: "http"}, ReachTimeout), CauseUpstreamDown, "cannot be reached", "firewall", "restart"},
		{"name", asked(Routed{Protocol: "http", Upstream: "apii:5001", Nameless: true}, ReachUnknown), CauseUpstreamDown, "no service of the compose files has", "name of the right service", "restart"},
		{"an old address", asked(Routed{Protocol: "http", Upstream: "172.18.0.5:5001"}, ReachUnknown), CauseUpstreamDown, "got no answer", "service's name", "restart"},
		{"a name of the network", asked(Routed{Protocol: "http", Upstream: "api:5001"}, ReachUnknown), CauseUpstreamDown, "got no answer", "restart the proxy", "firewall"},
	} {
		c := Explain(tt.a)
		if c.ID != tt.id || !strings.Contains(c.Text, tt.text) || !strings.Contains(c.Fix, tt.fix) || strings.Contains(c.Fix, tt.not) {
			t.Errorf("%s: got %s %q, fix %q; want %s %q, fix %q and no %q", tt.name, c.ID, c.Text, c.Fix, tt.id, tt.text, tt.fix, tt.not)
		}
	}
}

// TestSettings: a 504 names the read time-out, a 413 the limit of a body, with
// the line and what Dify itself takes.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	conf := "events {}\nhttp {\n  proxy_read_timeout 5s;\n  server {\n    listen 80;\n    client_max_body_size 15m;\n    location / { proxy_pass http://api:5001; proxy_read_timeout 9s; }\n    location /v1 {\n      proxy_pass http://api:5001;\n      include proxy.conf;\n    }\n    location /api { proxy_pass http://api:5001; }\n  }\n}\n"
	for name, text := range map[string]string{"nginx.conf": conf, "proxy.conf": "proxy_set_header Host $host;\nproxy_read_timeout 2s;\n", ".env": "UPLOAD_FILE_SIZE_LIMIT=50\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir, env.WorkDir, env.To = dir, dir, "1.13.3"
	for _, tt := range []struct {
		path   string
		status int
		kind   responder.Kind
		text   string
		file   string
		line   int
	}{
		{"/v1/x", 504, responder.UpstreamSlow, "after 2s (proxy_read_timeout)", "proxy.conf", 2},
		{"/api/x", 504, responder.UpstreamSlow, "after 5s (proxy_read_timeout)", "nginx.conf", 3},
		{"/x", 504, responder.UpstreamSlow, "after 9s (proxy_read_timeout)", "nginx.conf", 7},
		{"/v1/files/upload", 413, responder.TooLarge, "client_max_body_size is 15m, and Dify accepts files of up to 50 MB (UPLOAD_FILE_SIZE_LIMIT)", "nginx.conf", 6},
	} {
		a := NewAsked(env, "GET", probe.Answer{URL: &url.URL{Scheme: "http", Host: "d.example.com", Path: tt.path}, Status: tt.status, By: responder.Answer{Name: responder.Nginx, Kind: tt.kind}})
		c := Explain(a)
		if !strings.Contains(c.Text, tt.text) || c.Place == nil || c.Place.File != tt.file || c.Place.Line != tt.line {
			t.Errorf("%s: got %q at %+v, want %q at %s:%d", tt.path, c.Text, c.Place, tt.text, tt.file, tt.line)
		}
	}
}

// TestRealNginx: the causes of 502 and 504, told apart for answers of a real nginx by
// its own files.
func TestRealNginx(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(3 * time.Second):
		}
	}))
	t.Cleanup(plain.Close)
	port := testserver.Port(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	at := plain.Listener.Addr().String()
	conf := fmt.Sprintf("server {\nlisten %s;\nlocation /v1 { proxy_pass https://%s; }\nlocation /api { proxy_pass http://%s; }\nlocation /files { proxy_pass http://%s; }\nlocation / {\nproxy_pass http://%s;\nproxy_read_timeout 1s;\n}\n}\n",
		addr, at, checktest.Closed(t), resetting(t), at)
	testserver.Nginx(t, t.TempDir(), addr, conf)
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir = checktest.Dir(t, map[string]string{"nginx/conf.d/default.conf": conf})
	env.WorkDir, env.To = env.Dir, "1.13.3"
	for path, want := range map[string]struct {
		id, says string
		line     int
	}{
		"/v1/parameters": {CauseUpstreamScheme, "proxy_pass http://" + at + ";", 3},
		"/api/passport":  {CauseUpstreamDown, "nothing listens", 4},
		"/files/x":       {CauseUpstreamDown, "closes them without an answer", 5},
		"/signin":        {CauseUpstreamSlow, "after 1s (proxy_read_timeout)", 8},
	} {
		u := &url.URL{Scheme: "http", Host: addr, Path: path}
		d := Diagnose(t.Context(), env, u, DiagnoseOptions{})
		if d.Cause == nil || d.Cause.ID != want.id || !strings.Contains(d.Cause.Text+d.Cause.Fix, want.says) || d.Cause.Location == nil || d.Cause.Location.Line != want.line {
			t.Errorf("%s: got %+v, want %s with %q at line %d", path, d.Cause, want.id, want.says, want.line)
		}
	}
}
