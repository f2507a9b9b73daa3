package traefikroute

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

const site = `services:
  traefik: {image: "traefik:v3"}
  api:
    image: langgenius/dify-api:1.13.3
    labels:
      - traefik.enable=true
      - traefik.http.routers.api.rule=Host(` + "`${HOST}`" + `) && (PathPrefix(` + "`/console/api`" + `) || PathPrefix(` + "`/api`" + `))
      - traefik.http.routers.api.entrypoints=websecure
      - traefik.http.routers.api.service=api
      - traefik.http.routers.v1.rule=Host(` + "`${HOST}`" + `) && PathPrefix(` + "`/v1`" + `)
      - traefik.http.routers.v1.entrypoints=websecure
      - traefik.http.routers.v1.service=api
      - traefik.http.routers.v1.middlewares=cut@docker,gzip
      - traefik.http.middlewares.cut.stripprefix.prefixes=/v1
      - traefik.http.middlewares.gzip.compress=true
      - traefik.http.services.api.loadbalancer.server.port=5001
  web:
    image: langgenius/dify-web:1.13.3
    expose: ["3000"]
    labels:
      traefik.http.routers.web.rule: Host(` + "`${HOST}`" + `)
      traefik.http.routers.web.tls.certresolver: le
      traefik.http.routers.web.entrypoints: websecure
      traefik.http.routers.plain.rule: HostRegexp(` + "`.+`" + `)
      traefik.http.routers.plain.entrypoints: web
      traefik.http.routers.plain.middlewares: https
      traefik.http.middlewares.https.redirectscheme.scheme: https
      traefik.http.middlewares.https.redirectscheme.permanent: "true"
  off:
    labels: {traefik.enable: "false", traefik.http.routers.off.rule: PathPrefix(` + "`/`" + `), traefik.http.routers.off.priority: "9999"}
`

func load(t testing.TB, text string) (*Config, error) {
	t.Helper()
	f := filepath.Join(t.TempDir(), "compose.yaml")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load([]string{f}, Options{Show: filepath.Base, Env: map[string]string{"HOST": "dify.example.com"}})
}

func TestRoute(t *testing.T) {
	c, err := load(t, site)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ scheme, host, uri, upstream, seen, by string }{
		{"https", "dify.example.com", "/console/api/ping?x=1", "api:5001", "/console/api/ping?x=1", "router api"},
		{"https", "DIFY.example.com:443", "/v1/parameters?x=1", "api:5001", "/parameters?x=1", "router v1"},
		{"https", "dify.example.com", "/v1", "api:5001", "/", "router v1"},
		{"https", "dify.example.com", "/triggers/webhook/x", "web:3000", "/triggers/webhook/x", "router web"},
		{"https", "other.example.com", "/v1", "", "", ""},
		{"http", "dify.example.com", "/v1/x?y", "301", "https://dify.example.com/v1/x?y", "router plain"},
	} {
		a := c.Route(routing.Request{Scheme: tt.scheme, Host: tt.host, URI: tt.uri})
		switch {
		case tt.upstream == "":
			if a.Kind != routing.Local || a.Status != 404 {
				t.Errorf("%s%s: %v %d, want 404", tt.host, tt.uri, a.Kind, a.Status)
			}
		case tt.upstream == "301":
			if a.Kind != routing.Redirect || a.Status != 301 || a.Target != tt.seen || a.Location.Name != tt.by {
				t.Errorf("%s: %v %d %s, want a redirect to %s", tt.uri, a.Kind, a.Status, a.Target, tt.seen)
			}
		case a.Upstream != tt.upstream || a.URI != tt.seen || a.Location.Name != tt.by:
			t.Errorf("%s%s: %v %s %s by %v, want %s %s by %s", tt.host, tt.uri, a.Kind, a.Upstream, a.URI, a.Location, tt.upstream, tt.seen, tt.by)
		}
	}
	cut := c.Route(routing.Request{Scheme: "https", Host: "dify.example.com", URI: "/v1/x"})
	if cut.Decided.String() != "compose.yaml:14:9" {
		t.Errorf("decided at %s, want the label of the middleware in line 14", cut.Decided)
	}
	if n := len(c.Candidates(routing.Request{Scheme: "https", Host: "dify.example.com", URI: "/v1/x"})); n != 2 {
		t.Errorf("%d candidates, want the router of /v1 and that of the rest", n)
	}
	var entries []string
	for _, e := range c.Entries() {
		entries = append(entries, e.Host)
		if e.TLS != (e.Host != "") {
			t.Errorf("%+v, want the named host by TLS and the rest without", e)
		}
	}
	if strings.Join(entries, " ") != "dify.example.com " {
		t.Errorf("entries %q", entries)
	}
}

func TestRules(t *testing.T) {
	for _, tt := range []struct {
		rule, method, host, path string
		want                     truth
	}{
		{"PathPrefix(`/v1`)", "GET", "h", "/v1x", yes},
		{"Path(`/v1`)", "GET", "h", "/v1/", no},
		{"PathRegexp(`^/(api|v1)(/|$)`)", "GET", "h", "/v1/x", yes},
		{"PathRegexp(`^/(api|v1)(/|$)`)", "GET", "h", "/v1x", no},
		{"Host(`a`, `h`) && Path(`/x`)", "GET", "h", "/x", yes},
		{"!Host(`h`) || Method(`POST`)", "POST", "h", "/x", yes},
		{"!(Host(`h`) || Method(`POST`))", "POST", "g", "/x", no},
		{"Host(`h`) && Header(`X`, `1`)", "GET", "h", "/x", maybe},
		{"Host(`g`) && Header(`X`, `1`)", "GET", "h", "/x", no},
		{"Host(`h`) || Header(`X`, `1`)", "GET", "h", "/x", yes},
		{"PathPrefix(`/{id:[0-9]+}`)", "GET", "h", "/1", maybe},
		{"HostRegexp(`^.+\\.example\\.com$`)", "GET", "a.example.com", "/", yes},
	} {
		e, err := parseRule(tt.rule)
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		if got := e.holds(routing.Request{Method: tt.method}, tt.host, tt.path); got != tt.want {
			t.Errorf("%s for %s %s%s: %d, want %d", tt.rule, tt.method, tt.host, tt.path, got, tt.want)
		}
	}
}

func TestMiddlewares(t *testing.T) {
	for _, tt := range []struct{ settings, path, want string }{
		{"addprefix.prefix=/v1", "/x", "/v1/x"},
		{"replacepath.path=/y", "/x", "/y"},
		{"replacepathregex.regex=^/api/(.*) replacepathregex.replacement=/$1", "/api/x", "/x"},
		{"replacepathregex.regex=^/api/(.*) replacepathregex.replacement=/$1", "/v1/x", "/v1/x"},
		{"stripprefixregex.regex=/v[0-9]", "/v1/x", "/x"},
		{"stripprefix.prefixes=/a,/v1", "/v1/x", "/x"},
		{"stripprefix.prefixes[0]=/a stripprefix.prefixes[1]=/v1", "/v1/x", "/x"},
		{"headers.customrequestheaders.x=1", "/x", "/x"},
		{"basicauth.users=a", "/x", "unknown"},
		{"plugin.rewrite.x=1", "/x", "unknown"},
	} {
		text := "http:\n  routers: {r: {rule: 'PathPrefix(`/`)', service: s, middlewares: [m]}}\n  services: {s: {loadBalancer: {servers: [{url: 'http://api:5001'}, {url: 'http://api2:5001/'}]}}}\n"
		c, err := load(t, text+"  middlewares: {m: {compress: {}}}\n")
		if err != nil {
			t.Fatal(err)
		}
		m := &middleware{name: "m", settings: map[string]setting{}}
		for _, s := range strings.Fields(tt.settings) {
			k, v, _ := strings.Cut(s, "=")
			m.settings[k], m.order = setting{value: v}, append(m.order, k)
		}
		c.middlewares["m"] = m
		a := c.Route(routing.Request{URI: tt.path + "?q=1"})
		if tt.want == "unknown" {
			if a.Kind != routing.Unknown || a.Why == "" {
				t.Errorf("%s: %v %s, want unknown", tt.settings, a.Kind, a.URI)
			}
			continue
		}
		if a.URI != tt.want+"?q=1" || strings.Join(a.Targets, " ") != "api:5001 api2:5001" {
			t.Errorf("%s: %s becomes %s at %v, want %s", tt.settings, tt.path, a.URI, a.Targets, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"PathPrefix(`/v1`)", "PathPrefix(`/v1`", "compose.yaml:10:9: router v1: rule"},
		{"PathPrefix(`/v1`)", "PathPrefx(`/v1`)", `matcher "PathPrefx"`},
		{"&& PathPrefix(`/v1`)", "PathPrefix(`/v1`)", "want && or ||"},
		{"routers.v1.service=api", "routers.v1.service=nobody", `no service is called "nobody"`},
		{"cut@docker", "gone@docker", `no middleware is called "gone@docker"`},
		{"services:\n  traefik", "services: [\n  traefik", "compose.yaml:"},
	} {
		text := strings.Replace(site, tt.old, tt.new, 1)
		if text == site {
			t.Fatalf("%s: the mutation changes nothing", tt.old)
		}
		_, err := load(t, text)
		var errs routing.Errors
		if !errors.As(err, &errs) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.new, err, tt.want)
		}
	}
	if _, err := load(t, "services: {a: {image: b}}\n"); err == nil || !strings.Contains(err.Error(), "no router") {
		t.Errorf("no labels: %v", err)
	}
	c, err := load(t, strings.Replace(site, "cut@docker", "cut@file", 1))
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Route(routing.Request{Scheme: "https", Host: "dify.example.com", URI: "/v1/x"}); a.Kind != routing.Proxied {
		t.Errorf("a middleware that a label declares as well: %v, want it used", a.Kind)
	}
	c, err = load(t, strings.Replace(site, "cut@docker", "gone@file", 1))
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Route(routing.Request{Scheme: "https", Host: "dify.example.com", URI: "/v1/x"}); a.Kind != routing.Unknown || !strings.Contains(a.Why, "gone@file") {
		t.Errorf("a middleware elsewhere: %v %s, want unknown", a.Kind, a.Why)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(site, "/v1/x")
	f.Add("http: {routers: {a: {rule: 'Path(`/`)'}}}\n", "/")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, uri string) {
		file := filepath.Join(dir, "x.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load([]string{file}, Options{})
		var errs routing.Errors
		if errors.As(err, &errs) && errs[0].Pos.Line < 1 {
			t.Errorf("error without a place: %v", err)
		}
		if err == nil {
			c.Route(routing.Request{URI: uri, Host: "dify.example.com"})
			c.Candidates(routing.Request{URI: uri, Scheme: "https"})
			c.Entries()
		}
	})
}
