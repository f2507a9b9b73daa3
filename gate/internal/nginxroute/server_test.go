package nginxroute_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// TestServerChoice compares which server a real nginx takes for a Host header: each says its number as a status.
func TestServerChoice(t *testing.T) {
	dir := t.TempDir()
	a, b := testserver.Port(t), testserver.Port(t)
	var conf strings.Builder
	for i, s := range []struct {
		port    int
		options string
		names   string
	}{
		{a, "", "first.example"},
		{a, " default_server", "_"},
		{a, "", "www.example.com ~^(?<sub>\\w+)\\.re\\.example$"},
		{a, "", "*.example.com"},
		{a, "", "*.deep.example.com mail.*"},
		{a, "", "mail.example.com.* .dot.example"},
		{a, "", "~^www\\d+\\. WWW.Upper.Example"},
		{a, "", "~^(?<x>.+)\\.example\\.org$"},
		{a, "", "\"\""},
		{b, "", "b.example"},
		{b, "", "www.example.com"},
	} {
		fmt.Fprintf(&conf, "server { listen 127.0.0.1:%d%s; server_name %s; return %d; }\n", s.port, s.options, s.names, 410+i)
	}
	file := filepath.Join(dir, "site.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := nginxroute.Load([]string{file}, nginxroute.Options{})
	if err != nil {
		t.Fatal(err)
	}
	testserver.Nginx(t, dir, fmt.Sprintf("127.0.0.1:%d", a), conf.String())
	testserver.Await(t, fmt.Sprintf("127.0.0.1:%d", b), func() string { return "" })
	for _, port := range []int{a, b} {
		for _, host := range []string{"first.example", "FIRST.example:99", "first.example.", "nobody", "www.example.com", "x.example.com", "a.b.example.com",
			"x.deep.example.com", "deep.example.com", "mail.x", "mail.x.y", "mail.example.com", "mail.example.com.au", "dot.example", "a.dot.example", "www7.x",
			"www.upper.example", "abc.re.example", "a.b.example.org", ".example.org", "b.example", "127.0.0.1", "a..b", "example.com", "[::1]"} {
			got := c.Route(nginxroute.Request{Host: host, Port: port, URI: "/"}).Status
			if want := ask(t, fmt.Sprintf("127.0.0.1:%d", port), "GET", host, "/", nil).status; got != want {
				t.Errorf("%s on port %d: got server %d, nginx takes %d", host, port, got-410, want-410)
			}
		}
	}
	if k := c.Route(nginxroute.Request{Host: "x", Port: 1, URI: "/"}).Kind; k != nginxroute.Refused {
		t.Errorf("a port that nobody listens on: got %v", k)
	}
}

// TestVariableTarget: a name from a variable wants a resolver, an upstream block, or the same target written out
// elsewhere; else nginx answers 502.
func TestVariableTarget(t *testing.T) {
	names, addrs := newUpstreams(t)
	_, up, _ := strings.Cut(addrs["a"], ":")
	dir := t.TempDir()
	port := testserver.Port(t)
	conf := fmt.Sprintf(`upstream group { server %s; }
server { listen 127.0.0.1:%d;
  location /literal { proxy_pass http://localhost:%s; }
  location /known { set $t localhost:%s; proxy_pass http://$t; }
  location /group { set $t group; proxy_pass http://$t; }
  location /address { set $t 127.0.0.1:%s; proxy_pass http://$t; }
  location /lost { set $t otherhost:%s; proxy_pass http://$t; }
}
`, addrs["b"], port, up, up, up, up)
	c, err := load(t, "x.conf", conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	names["localhost:"+up] = "a"
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	testserver.Nginx(t, dir, addr, conf)
	for _, path := range []string{"/literal", "/known", "/group", "/address", "/lost"} {
		a := c.Route(nginxroute.Request{URI: path, Port: port})
		got := predicted(a, names)
		if a.Unresolved {
			got = seen{status: 502}
		}
		if want := ask(t, addr, "GET", "x", path, nil); got != want {
			t.Errorf("%s: got %+v, nginx %+v", path, got, want)
		}
	}
}
