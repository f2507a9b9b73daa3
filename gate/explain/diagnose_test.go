package explain

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// stack is a deployment of stand-ins behind a real nginx.
type stack struct {
	url, dir string
	api      *httptest.Server
	standIn  *testserver.DifyAPI
}

// newStack is a stack whose front end is a stand-in too.
func newStack(t *testing.T, version string, leftOut ...string) stack {
	t.Helper()
	web := httptest.NewServer(testserver.NextJS())
	t.Cleanup(web.Close)
	return newStackBefore(t, web.URL, version, leftOut...)
}

// newStackBefore starts nginx before a front end, with Dify's locations but
// those left out, and writes the same configuration where an operator has it.
func newStackBefore(t *testing.T, web, version string, leftOut ...string) stack {
	t.Helper()
	s := stack{standIn: &testserver.DifyAPI{Version: version, Key: "app-right-key"}}
	s.api = httptest.NewServer(s.standIn)
	t.Cleanup(s.api.Close)
	addr := fmt.Sprintf("127.0.0.1:%d", testserver.Port(t))
	s.url = "http://" + addr
	text := "server {\n    listen " + addr + ";\n"
	for _, p := range slices.Sorted(maps.Keys(locations)) {
		if strings.Contains(" "+strings.Join(leftOut, " ")+" ", " "+p+" ") {
			continue
		}
		to := s.api.URL
		if strings.Contains(locations[p], "web") || strings.Contains(locations[p], "plugin") {
			to = web
		}
		text += "    location " + p + " { proxy_pass " + to + "; proxy_set_header Host $http_host; }\n"
	}
	text += "}\n"
	s.dir = t.TempDir()
	conf := filepath.Join(s.dir, "nginx", "conf.d", "default.conf.template")
	if err := os.MkdirAll(filepath.Dir(conf), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	testserver.Nginx(t, t.TempDir(), addr, text)
	return s
}

func diagnoseURL(t *testing.T, env *check.Env, raw string) Diagnosis {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	d := Diagnose(t.Context(), env, u, DiagnoseOptions{Timeout: 5 * time.Second})
	if _, err := json.Marshal(d); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return d
}

// A missing /triggers in front of a front end and an API: the front end is
// named, the location is named, the block to add is printed. With the API
// down: nginx is named, and its upstream.
func TestDiagnoseMissingRouteBehindNginx(t *testing.T) {
	s := newStack(t, "1.13.3", "/triggers")
	for _, withFiles := range []bool{false, true} {
		env := checktest.Env(t, probe.NetworkOptions{})
		if withFiles {
			env.Dir, env.WorkDir = s.dir, s.dir
		}
		d := diagnoseURL(t, env, s.url+"/triggers/webhook/x")
		last := d.Hops[len(d.Hops)-1]
		if d.Outcome != DiagnosisTrouble || last.Responder.Name != "web" || d.Cause == nil || d.Cause.ID != CauseRouteMissing {
			t.Fatalf("got %+v, want trouble: %s by web", d, CauseRouteMissing)
		}
		if !strings.Contains(d.Cause.Lines, "location /triggers {") {
			t.Errorf("lines %q, want the location", d.Cause.Lines)
		}
		if d.Beside == nil || d.Beside.Version != "1.13.3" || d.Beside.Status != 200 {
			t.Errorf("beside %+v, want the ping of the API 1.13.3", d.Beside)
		}
		if withFiles {
			api := strings.TrimPrefix(s.api.URL, "http://")
			if d.Files == nil || d.Files.Decided != "location /" || d.Cause.Location == nil || !strings.Contains(d.Cause.Lines, "proxy_pass http://"+api+";") {
				t.Errorf("files %+v, cause %+v, want location / and the block with the upstream of the files, %s", d.Files, d.Cause, api)
			}
		}
		if d := diagnoseURL(t, env, s.url+"/console/api/ping"); d.Outcome != DiagnosisFine {
			t.Errorf("ping: %+v, want fine", d)
		}
		if d := diagnoseURL(t, env, s.url+"/v1/parameters"); d.Outcome != DiagnosisFine || d.Cause == nil || d.Cause.ID != CauseLogin {
			t.Errorf("parameters without a key: %+v, want fine", d)
		}
		if d := diagnoseURL(t, env, s.url+"/v1/chat-messages"); d.Outcome != DiagnosisTrouble || d.Cause.ID != CauseMethod {
			t.Errorf("GET of chat-messages: %+v, want %s", d.Cause, CauseMethod)
		}
		if d := diagnoseURL(t, env, s.url+"/signin"); d.Outcome != DiagnosisFine || d.Hops[0].Responder.Name != "web" {
			t.Errorf("signin: %+v, want fine by web", d)
		}
	}
	s.api.Close()
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir, env.WorkDir = s.dir, s.dir
	d := diagnoseURL(t, env, s.url+"/v1/parameters")
	if d.Outcome != DiagnosisTrouble || d.Hops[0].Responder.Name != "nginx" || d.Hops[0].HTTP.Status != 502 || d.Cause.ID != CauseUpstreamDown {
		t.Fatalf("got %+v, want 502 by nginx: %s", d, CauseUpstreamDown)
	}
	if want := "the upstream " + strings.TrimPrefix(s.api.URL, "http://") + " refuses connections: nothing listens there, so nginx answered instead"; !strings.Contains(d.Summary, want) {
		t.Errorf("summary %q, want %q in it", d.Summary, want)
	}
}

// TestDiagnoseRealNextJS asks the same of a real Next.js instead of a stand-in.
func TestDiagnoseRealNextJS(t *testing.T) {
	t.Parallel()
	s := newStackBefore(t, testserver.Next(t), "1.13.3", "/triggers")
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir, env.WorkDir = s.dir, s.dir
	d := diagnoseURL(t, env, s.url+"/triggers/webhook/x")
	if d.Outcome != DiagnosisTrouble || d.Hops[0].Responder.Name != "web" || d.Cause == nil || d.Cause.ID != CauseRouteMissing || !strings.Contains(d.Cause.Lines, "location /triggers {") {
		t.Errorf("got %+v, want trouble: %s by web, and the location to add", d, CauseRouteMissing)
	}
	if d := diagnoseURL(t, env, s.url+"/"); d.Outcome != DiagnosisFine || d.Hops[0].Responder.Name != "web" {
		t.Errorf("the front end's page: %+v, want fine by web", d)
	}
	s.api.Close()
	if d := diagnoseURL(t, env, s.url+"/v1/parameters"); d.Hops[0].Responder.Name != "nginx" || d.Cause == nil || d.Cause.ID != CauseUpstreamDown {
		t.Errorf("got %+v, want 502 by nginx: %s", d, CauseUpstreamDown)
	}
}

// The files are mended, nginx was not restarted: that is the finding.
func TestDiagnoseFilesDisagree(t *testing.T) {
	s := newStack(t, "1.13.3", "/triggers")
	mended := newStack(t, "1.13.3")
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir = mended.dir
	if d := diagnoseURL(t, env, s.url+"/triggers/webhook/x"); d.Cause == nil || d.Cause.ID != CauseFilesDisagree {
		t.Errorf("got %+v, want %s", d.Cause, CauseFilesDisagree)
	}
}

func TestDiagnoseConnections(t *testing.T) {
	closed := checktest.Closed(t)
	silent := checktest.Raw(t, "", func(net.Conn) { time.Sleep(3 * time.Second) })
	slow := checktest.Env(t, probe.NetworkOptions{})
	u, _ := url.Parse(silent)
	if d := Diagnose(t.Context(), slow, u, DiagnoseOptions{Timeout: 200 * time.Millisecond}); d.Outcome != DiagnosisTrouble || !strings.Contains(d.Summary, "no answer came within 200ms") {
		t.Errorf("silence: %q, want no answer within 200ms", d.Summary)
	}
	for _, tt := range []struct{ url, outcome, says string }{
		{"http://" + closed, DiagnosisTrouble, "refuses the connection"},
		{"http://no-such-name.invalid/v1", DiagnosisTrouble, "does not resolve"},
		{"http://plugin_daemon:5002/", DiagnosisTrouble, "only exists inside the compose network"},
		{checktest.Raw(t, "220 smtp ready\r\n", nil), DiagnosisTrouble, "does not speak HTTP"},
		{checktest.Raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", nil), DiagnosisTrouble, "the body broke off"},
		{strings.Replace(checktest.Raw(t, "HTTP/1.1 400 Bad Request\r\n\r\n", nil), "http:", "https:", 1), DiagnosisTrouble, "TLS handshake failed"},
	} {
		if d := diagnoseURL(t, checktest.Env(t, probe.NetworkOptions{}), tt.url); d.Outcome != tt.outcome || !strings.Contains(d.Summary, tt.says) || d.Advice == "" {
			t.Errorf("%s: %s, %q, advice %q, want %s with %q", tt.url, d.Outcome, d.Summary, d.Advice, tt.outcome, tt.says)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d := Diagnose(ctx, slow, u, DiagnoseOptions{}); d.Outcome != DiagnosisUnknown || d.Advice != "" || !strings.Contains(d.Summary, "interrupted") {
		t.Errorf("interrupted: %+v, want that said and no advice", d)
	}
}

// One family answers, the other does not.
func TestJudgeTCPFamilies(t *testing.T) {
	d := Diagnosis{Outcome: DiagnosisFine}
	g := diagnosing{d: &d, opts: DiagnoseOptions{Timeout: time.Second}}
	a, b := net.Pipe()
	defer func() { _ = a.Close(); _ = b.Close() }()
	views := []TCPView{{Address: "192.0.2.1:80", Family: "ipv4", Outcome: "timed out after 1s"}, {Address: "[2001:db8::1]:80", Family: "ipv6", Outcome: "connected"}}
	g.judgeTCP(views, []probe.FailureClass{probe.FailTimeout, 0}, a)
	if len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "only ipv6 connects") || d.Outcome != DiagnosisFine {
		t.Errorf("notes %q, want that only ipv6 connects", d.Notes)
	}
	g.judgeTCP(views[:1], []probe.FailureClass{probe.FailTimeout}, nil)
	if d.Outcome != DiagnosisTrouble || !strings.Contains(d.Summary, "timed out") {
		t.Errorf("summary %q, want the time-out", d.Summary)
	}
}

func TestDiagnoseRedirects(t *testing.T) {
	var credential string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential = r.Header.Get("Authorization")
		w.Header().Set("X-Version", "1.13.3")
	}))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/a": "/b", "/b": other.URL + "/end", "/circle": "/circle2", "/circle2": "/circle", "/bad": "ftp://x/", "/port": "http://127.0.0.1/x"}[r.URL.Path]
		w.Header().Set("Location", to)
		w.WriteHeader(302)
	}))
	defer s.Close()
	u, _ := url.Parse(s.URL + "/a")
	d := Diagnose(t.Context(), checktest.Env(t, probe.NetworkOptions{}), u, DiagnoseOptions{Headers: http.Header{"Authorization": {"Bearer secret-token"}}})
	if len(d.Hops) != 3 || d.Outcome != DiagnosisFine || d.Hops[2].Responder.Name != "api" {
		t.Errorf("%d hops, %s, want 3 hops that end at the api", len(d.Hops), d.Summary)
	}
	if credential != "" {
		t.Errorf("the other host got %q, want no credential", credential)
	}
	if d := diagnoseURL(t, checktest.Env(t, probe.NetworkOptions{}), s.URL+"/circle"); d.Outcome != DiagnosisTrouble || !strings.Contains(d.Summary, "circle") {
		t.Errorf("%q, want a circle", d.Summary)
	}
	if d := diagnoseURL(t, checktest.Env(t, probe.NetworkOptions{}), s.URL+"/bad"); d.Outcome != DiagnosisTrouble || !strings.Contains(d.Summary, "no address") {
		t.Errorf("%q, want no address", d.Summary)
	}
	if d := diagnoseURL(t, checktest.Env(t, probe.NetworkOptions{}), s.URL+"/port"); len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "loses the port") {
		t.Errorf("notes %q, want the lost port", d.Notes)
	}
}

func TestDiagnoseTLS(t *testing.T) {
	cert := testserver.NewCertificate(t)
	pair, err := tls.LoadX509KeyPair(cert.Cert, cert.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Version", "1.13.3") }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	at := func(host string) probe.NetworkOptions {
		return probe.NetworkOptions{CACert: cert.CA, Resolve: []string{host + ":" + port + ":127.0.0.1"}}
	}
	untrusted := at("localhost")
	untrusted.CACert = ""
	insecure := untrusted
	insecure.Insecure = true
	for _, tt := range []struct {
		what, host, outcome, says string
		opts                      probe.NetworkOptions
		now                       time.Duration
	}{
		{"trusted", "localhost", DiagnosisFine, "", at("localhost"), 0},
		{"another name", "wrong.example.com", DiagnosisTrouble, "not valid for wrong.example.com, it names localhost", at("wrong.example.com"), 0},
		{"unknown authority", "localhost", DiagnosisTrouble, "gate test authority", untrusted, 0},
		{"insecure", "localhost", DiagnosisFine, "", insecure, 0},
		{"expired", "localhost", DiagnosisTrouble, "expired on", at("localhost"), 48 * time.Hour},
		{"not yet valid", "localhost", DiagnosisTrouble, "not valid before", at("localhost"), -48 * time.Hour},
	} {
		env := checktest.Env(t, tt.opts)
		env.Now = time.Now().Add(tt.now)
		d := diagnoseURL(t, env, "https://"+tt.host+":"+port+"/")
		if d.Outcome != tt.outcome || !strings.Contains(d.Summary, tt.says) {
			t.Errorf("%s: %s, %q, want %s with %q", tt.what, d.Outcome, d.Summary, tt.outcome, tt.says)
		}
		if v := d.Hops[0].TLS; v == nil || len(v.Chain) == 0 || v.Version != "TLS 1.3" {
			t.Errorf("%s: TLS %+v, want the chain over TLS 1.3", tt.what, v)
		}
	}
}
