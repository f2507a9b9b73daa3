package proxy

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// TestSockets: a route for web sockets is reported exactly where the real nginx does
// not hand Upgrade on.
func TestSockets(t *testing.T) {
	t.Parallel()
	const upgrade = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
	cases := []struct{ name, server, location, want string }{
		{"headers of its own", "", upgrade, ""},
		{"none", "", "", "the headers Upgrade and Connection"},
		{"those of the server", upgrade, "", ""},
		{"those of the server, replaced", upgrade, "proxy_set_header Host $host;", "the headers Upgrade and Connection"},
		{"an include", "", "include up.conf;", ""},
		{"a map", "", "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;", ""},
		{"Connection alone", "", "proxy_http_version 1.1; proxy_set_header Connection upgrade;", "the header Upgrade"},
		{"Upgrade alone", "", "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;", "the header Connection"},
		{"an empty Connection", "", "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection '';", "the header Connection"},
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s/%s", r.Header.Get("Upgrade"), r.Header.Get("Connection"))
	}))
	defer upstream.Close()
	const head = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }\n"
	conf := func(name, server, location string) string {
		return "server { listen PORT; server_name " + name + "; " + server + "\nlocation / { proxy_pass http://web:3000; }\nlocation ~ ^/(console/api|api|v1|files|mcp|triggers|openapi) { proxy_pass http://api:5001; }\nlocation /e/ { proxy_pass http://plugin_daemon:5002; }\nlocation /socket.io/ { proxy_pass http://api:5001; " + location + " }\n}\n"
	}
	dir := t.TempDir()
	checktest.WriteFile(t, dir+"/up.conf", upgrade)
	port := testserver.Port(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	all := head
	for i, c := range cases {
		all += conf(fmt.Sprintf("s%d.test", i), c.server, c.location)
	}
	at := upstream.Listener.Addr().String()
	testserver.Nginx(t, dir, addr, strings.NewReplacer("PORT", addr, "api:5001", at, "web:3000", at, "plugin_daemon:5002", at).Replace(all))
	for i, c := range cases {
		name := fmt.Sprintf("s%d.test", i)
		site := checktest.Dir(t, map[string]string{"nginx.conf": "events {}\nhttp {\n" + head + strings.Replace(conf(name, c.server, c.location), "PORT", "80", 1) + "}\n", "up.conf": upgrade, ".env": "ENABLE_COLLABORATION_MODE=true\n"})
		res := runProxy(t, &check.Env{WorkDir: site, Dir: site, To: "1.16.0"}, Proxy{})
		got := ""
		for _, f := range res.Findings {
			if f.Rule != "proxy/upgrade-missing" || f.Severity != gate.Warning || f.Location == nil || f.Location.File != "nginx.conf" {
				t.Errorf("%s: got %+v", c.name, f)
			}
			got = f.Message
		}
		opens := strings.HasPrefix(askForSocket(t, addr, name), "websocket/upgrade")
		if res.Err != nil || c.want == "" && got != "" || c.want != "" && !strings.Contains(got, "without "+c.want+":") || opens != (c.want == "") {
			t.Errorf("%s: got %q %v, want %q; nginx hands it on: %v", c.name, got, res.Err, c.want, opens)
		}
	}
}

// TestSocketsAsked: a deployment whose files do not say that workflows are edited
// together needs no web sockets.
func TestSocketsAsked(t *testing.T) {
	t.Parallel()
	const text = "server { listen 80;\nlocation / { proxy_pass http://dify-web:3000; }\nlocation ~ ^/(console/api|api|v1|files|mcp|triggers|openapi|socket.io) { proxy_pass http://dify-api:5001; }\nlocation /e/ { proxy_pass http://dify-plugin-daemon:5002; }\n}\n"
	for value, want := range map[string]int{"": 0, "ENABLE_COLLABORATION_MODE: 'false'": 0, "ENABLE_COLLABORATION_MODE: '${ENABLE_COLLABORATION_MODE:-true}'": 0, "ENABLE_COLLABORATION_MODE: 'true'": 1} {
		res, _ := runSite(t, "nginx/conf.d/default.conf", text, strings.Replace(namedParts, "networks: [inner]", "environment: {"+value+"}", 1))
		if len(res.Findings) != want || res.Err != nil || res.Skip != "" {
			t.Errorf("%s: got %+v %v %s, want %d", value, res.Findings, res.Err, res.Skip, want)
		}
	}
}

// askForSocket sends a browser's hello and gives what the upstream saw of it.
func askForSocket(t *testing.T, addr, host string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	fmt.Fprintf(c, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", host)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	said, _ := bufio.NewReader(res.Body).ReadString('\n')
	return said
}
