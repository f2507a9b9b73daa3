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
