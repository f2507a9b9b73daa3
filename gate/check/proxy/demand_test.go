package proxy

import (
	"net/url"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// Every path that is demanded of a proxy is one that a client could send: no
// placeholder of the catalogue is left in it, and it reads back as it is.
func TestSamplesArePaths(t *testing.T) {
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range c.Versions() {
		r, _ := c.Release(version)
		for _, d := range (&Proxy{}).demands(r) {
			for _, s := range d.samples {
				path, _, _ := strings.Cut(s.path, "?")
				u, err := url.Parse(s.path)
				if err != nil || strings.ContainsAny(s.path, "{}<># ") || u.Path != path || u.EscapedPath() != path {
					t.Errorf("%s: %s %s is no path", version, s.method, s.path)
				}
			}
		}
	}
}

// A redirect keeps the path also where one side escapes what the other does not.
func TestKeepsPath(t *testing.T) {
	for _, c := range []struct {
		target, uri string
		want        bool
	}{
		{"https://dify.example/v1/a", "/v1/a?x=1", true},
		{"https://dify.example/v1/a%20b", "/v1/a%20b", true},
		{"https://dify.example/v1/%7Ba%7D", "/v1/{a}", true},
		{"https://dify.example/", "/v1/a", false},
		{"https://dify.example/v1/b", "/v1/a", false},
	} {
		if got := keepsPath(c.target, c.uri); got != c.want {
			t.Errorf("keepsPath(%q, %q) = %v, want %v", c.target, c.uri, got, c.want)
		}
	}
}
