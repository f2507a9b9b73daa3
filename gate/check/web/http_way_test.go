package web

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// A credential was given for one host and port, whatever its header is called.
func TestRedirectsDoNotCarryCredentials(t *testing.T) {
	received := make(chan http.Header, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			received <- r.Header
			return
		}
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	}))
	defer s.Close()
	for to, want := range map[string]string{"/here": "Bearer a b gate", other.URL + "/": "  "} {
		spec := HTTP{URL: s.URL + "/?to=" + url.QueryEscape(to), FollowRedirects: true, Headers: map[string]string{"Authorization": "Bearer a", "X-Api-Key": "b", "X-Probe": "gate"}}
		if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &spec); len(res.Findings) > 0 || res.Err != nil {
			t.Fatal(res)
		}
		got := <-received
		// No header that may say who asks goes to another host, whatever its name is.
		if sent := got.Get("Authorization") + " " + got.Get("X-Api-Key") + " " + got.Get("X-Probe"); sent != want {
			t.Errorf("redirected to %s: sent %q, want %q", to, sent, want)
		}
	}
}

// What fails on the way to a proxy of the environment says so; an international
// name in --resolve is the one that is dialled.
func TestHTTPThroughAProxyAndByResolve(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	proxied := checktest.Env(t, probe.NetworkOptions{Getenv: func(name string) string {
		return map[string]string{"HTTP_PROXY": strings.Replace(closed.URL, "//", "//user:pw@", 1)}[name]
	}})
	res := checktest.Run(t, proxied, &HTTP{URL: "http://dify.example.com/"})
	if m := res.Findings[0].Message; !strings.Contains(m, "through the proxy http://user:***@") {
		t.Errorf("%s, want the proxy named, without its password", m)
	}
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	port := probe.URLAddress(&url.URL{Host: s.Listener.Addr().String()})[len("127.0.0.1:"):]
	named := checktest.Env(t, probe.NetworkOptions{Resolve: []string{"Bücher.example:" + port + ":127.0.0.1"}})
	if res := checktest.Run(t, named, &HTTP{URL: "http://bücher.example:" + port + "/"}); len(res.Findings) > 0 {
		t.Error(res.Findings)
	}
}

func TestSecretsOfAURL(t *testing.T) {
	c := (&HTTP{URL: "http://ops:pw-one@dify.example.com/v1?api_key=key-two&page=three", Headers: map[string]string{"X-Session": "four"}}).Check(checktest.Env(t, probe.NetworkOptions{}))
	masked := gate.NewMasker(c.Secrets).Mask("pw-one b3BzOnB3LW9uZQ== key-two three " + c.Name)
	if want := "*** *** *** three http GET http://ops:***@dify.example.com/v1?api_key=***&page=three"; masked != want || len(c.Secrets) != 4 {
		t.Errorf("%s with %d secrets, want %s with 4", masked, len(c.Secrets), want)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	opened := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened++
		}
	}
	s.Start()
	defer s.Close()
	env := checktest.Env(t, probe.NetworkOptions{})
	for range 20 {
		checktest.Run(t, env, &HTTP{URL: s.URL})
	}
	if opened != 1 {
		t.Errorf("%d connections for 20 requests, want 1", opened)
	}
}
