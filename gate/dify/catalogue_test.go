package dify

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func catalogue(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func release(t *testing.T, version string) Release {
	t.Helper()
	r, ok := catalogue(t).Release(version)
	if !ok {
		t.Fatalf("release %s is not in the catalogue", version)
	}
	return r
}

func TestVersionsInOrder(t *testing.T) {
	v := strings.Join(catalogue(t).Versions(), " ")
	for _, part := range []string{"0.15.8 1.0.0", "1.9.2 1.10.0 1.10.1 1.10.1-fix.1 1.11.0", "1.13.3 1.14.0-rc1 1.14.0 1.14.1", "1.16.0-rc1 1.16.0"} {
		if !strings.Contains(v, part) {
			t.Errorf("%s does not hold %q", v, part)
		}
	}
	if newest := catalogue(t).Newest(); newest.Tag().Pre || newest.Before(release(t, "1.16.0")) {
		t.Errorf("newest %s, want a final release, 1.16.0 or later", newest.Version())
	}
	if _, ok := catalogue(t).Release("v1.9.2"); !ok {
		t.Error("v1.9.2 is not found")
	}
	if _, ok := catalogue(t).Release("9.9.9"); ok {
		t.Error("9.9.9 is found")
	}
}

func TestPublicRoutesByRelease(t *testing.T) {
	cases := map[string]string{
		"0.15.0": "/=web /api=api /console/api=api /files=api /v1=api",
		"1.9.2":  "/=web /api=api /console/api=api /e/=plugin_daemon /explore=web /files=api /mcp=api /v1=api",
		"1.10.1": "/=web /api=api /console/api=api /e/=plugin_daemon /explore=web /files=api /mcp=api /triggers=api /v1=api",
		"1.16.0": "/=web /api=api /console/api=api /e/=plugin_daemon /explore=web /files=api /mcp=api /openapi=api /socket.io/=api_websocket /triggers=api /v1=api",
	}
	for version, want := range cases {
		var got []string
		for _, p := range release(t, version).PublicRoutes() {
			got = append(got, p.Prefix+"="+p.Service)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", version, s, want)
		}
	}
}

func TestSinceNamesFinalReleases(t *testing.T) {
	for _, p := range release(t, "1.16.0").PublicRoutes() {
		want := map[string]string{"/socket.io/": "1.14.0", "/mcp": "1.6.0", "/v1": "0.15.0", "/openapi": "1.15.0"}[p.Prefix]
		if want != "" && p.Since != want {
			t.Errorf("%s since %s, want %s", p.Prefix, p.Since, want)
		}
	}
}

func TestServicesAndImages(t *testing.T) {
	images := map[[2]string]string{
		{"1.9.2", "api"}:            "langgenius/dify-api:1.9.2",
		{"1.10.1-fix.1", "web"}:     "langgenius/dify-web:1.10.1-fix.1",
		{"1.13.3", "plugin_daemon"}: "langgenius/dify-plugin-daemon:0.5.3-local",
		{"1.9.1", "weaviate"}:       "semitechnologies/weaviate:1.19.0",
		{"1.9.2", "weaviate"}:       "semitechnologies/weaviate:1.27.0",
	}
	for k, want := range images {
		if s, _ := release(t, k[0]).Service(k[1]); s.Image != want {
			t.Errorf("%v: %q, want %s", k, s.Image, want)
		}
	}
	if _, ok := release(t, "1.10.1").Service("db"); ok {
		t.Error("1.10.1 has no service db")
	}
	if _, ok := release(t, "1.10.0").Service("db"); !ok {
		t.Error("1.10.0 has a service db")
	}
}

func TestEnvGoesAndComes(t *testing.T) {
	for version, want := range map[string]bool{"0.15.5": false, "0.15.8": true, "1.2.0": false, "1.3.0": true} {
		if v, ok := release(t, version).EnvVar("ALLOW_EMBED"); ok != want {
			t.Errorf("ALLOW_EMBED at %s: %v, want %v", version, v, want)
		}
	}
	v, _ := release(t, "1.16.0").EnvVar("ALLOW_EMBED")
	if v.Since != "1.3.0" {
		t.Errorf("since %s, want 1.3.0, after the gap", v.Since)
	}
	if v, _ := release(t, "1.10.1").EnvVar("DB_HOST"); v.Default.Text != "db_postgres" {
		t.Errorf("DB_HOST %v", v.Default)
	}
}

func TestSecretsAreSums(t *testing.T) {
	for _, k := range catalogue(t).Env {
		for _, s := range k.Example {
			if strings.Contains(s.Default.Text, "difyai123456") || strings.HasPrefix(s.Default.Text, "sk-") {
				t.Errorf("%s keeps its published value as text", k.Name)
			}
		}
	}
	c := catalogue(t)
	published := []struct{ name, value string }{
		{"REDIS_PASSWORD", "difyai" + "123456"},
		{"CELERY_BROKER_URL", "redis://:difyai" + "123456@elsewhere:6379/4"},
		{"SANDBOX_API_KEY", "dify-" + "sandbox"},
	}
	for _, p := range published {
		if _, ok := c.Published(p.name, p.value); !ok {
			t.Errorf("%s: the published value is not recognised", p.name)
		}
		if _, ok := c.Published(p.name, p.value+"x"); ok && p.name != "CELERY_BROKER_URL" {
			t.Errorf("%s: another value is taken for the published one", p.name)
		}
	}
	if _, ok := c.Published("CELERY_BROKER_URL", "redis://:own@redis:6379/1"); ok {
		t.Error("an own broker password is taken for the published one")
	}
	if v, _ := release(t, "1.9.2").EnvVar("SECRET_KEY"); v.Default.String() != "***" {
		t.Errorf("SECRET_KEY shows %s", v.Default)
	}
}

func TestHeadsAndRevisions(t *testing.T) {
	for version, want := range map[string]string{"1.9.2": "ae662b25d9bc", "1.10.1": "09cfdda155d1", "1.13.1": "6b5f9f8b1a2c", "1.16.0": "7a1c2d9e4b60"} {
		if got := release(t, version).Head(); got != want {
			t.Errorf("%s: head %s, want %s", version, got, want)
		}
		if r, ok := catalogue(t).Revision(want); !ok || r.ID != want {
			t.Errorf("revision %s is not known", want)
		}
	}
	if _, ok := catalogue(t).Revision("deadbeef0000"); ok {
		t.Error("a made-up revision is known")
	}
}

func TestQueues(t *testing.T) {
	names := func(version string, env func(string) string) string {
		var out []string
		for _, q := range release(t, version).Queues(env) {
			out = append(out, q.Name)
		}
		return strings.Join(out, " ")
	}
	if got := names("0.15.0", nil); got != "app_deletion dataset mail ops_trace" {
		t.Errorf("0.15.0: %s", got)
	}
	on := func(string) string { return "True" }
	for version, want := range map[string][2]bool{"1.12.1": {false, false}, "1.13.0": {true, false}, "1.13.1": {true, true}} {
		got := names(version, nil)
		if strings.Contains(got, "workflow_based_app_execution") != want[0] || strings.Contains(got, "dataset_summary") != want[1] || strings.Contains(got, "api_token") {
			t.Errorf("%s: %s", version, got)
		}
	}
	if !strings.Contains(names("1.13.0", on), "api_token") {
		t.Error("api_token is not demanded although its task is on")
	}
}

func TestCompare(t *testing.T) {
	d := catalogue(t).Compare(release(t, "1.9.2"), release(t, "1.10.1"))
	if diff := cmp.Diff([]PublicRoute{{Prefix: "/triggers", Service: "api", Port: "5001", Since: "1.10.0"}}, d.Routes); diff != "" {
		t.Error(diff)
	}
	var services []string
	for _, s := range d.Services {
		switch {
		case s.From.Name == "":
			services = append(services, "+"+s.Name)
		case s.To.Name == "":
			services = append(services, "-"+s.Name)
		}
	}
	if got := strings.Join(services, " "); got != "-db +db_mysql +db_postgres +seekdb" {
		t.Errorf("services %s", got)
	}
	changed := map[string]string{}
	for _, e := range d.Changed {
		changed[e.Name] = e.From.String() + " → " + e.To.String()
	}
	if changed["DB_HOST"] != "db → db_postgres" {
		t.Errorf("DB_HOST %q", changed["DB_HOST"])
	}
	added := map[string]bool{}
	for _, e := range d.Added {
		added[e.Name] = true
	}
	for _, name := range []string{"TRIGGER_URL", "DB_TYPE", "COOKIE_DOMAIN"} {
		if !added[name] {
			t.Errorf("%s is not among the added ones", name)
		}
	}
	same := catalogue(t).Compare(release(t, "1.10.1"), release(t, "1.10.1"))
	if diff := cmp.Diff(Delta{}, same); diff != "" {
		t.Error("a release differs from itself: " + diff)
	}
}

func TestLookup(t *testing.T) {
	id := "0f3a9c7e-1111-4222-8333-444455556666"
	cases := []struct {
		version, method, path string
		fate                  Fate
		near                  string
	}{
		{"1.10.1", "POST", "/v1/chat-messages", RouteThere, ""},
		{"1.10.1", "GET", "/v1/datasets/" + id + "/documents", RouteThere, ""},
		{"1.10.1", "GET", "/v1/datasets/{dataset_id}/documents", RouteThere, ""},
		{"1.8.1", "GET", "/v1/datasets/" + id + "/documents/" + id + "/upload-file", RouteThere, ""},
		{"1.9.0", "GET", "/v1/datasets/" + id + "/documents/" + id + "/upload-file", RouteRemoved, ""},
		{"1.9.0", "GET", "/v1/datasets/metadata/built-in", RouteRemoved, "/v1/datasets/<uuid:dataset_id>/metadata/built-in"},
		{"1.9.2", "GET", "/console/api/logout", RouteOtherMethod, ""},
		{"1.3.1", "POST", "/v1/apps/annotations/" + id, RouteOtherMethod, ""},
		{"1.1.0", "GET", "/v1/datasets/" + id + "/metadata", RouteLater, ""},
		{"1.10.1", "POST", "/v1/chat-message", RouteUnknown, "/v1/chat-messages"},
		{"1.10.1", "POST", "/v1/datasets/" + id + "/document/create_by_files", RouteUnknown, "/v1/datasets/<uuid:dataset_id>/document/create-by-file"},
		{"1.10.1", "GET", "/metrics", RouteUnknown, ""},
		{"1.10.1", "HEAD", "/v1/parameters", RouteThere, ""},
		{"1.10.1", "GET", "/console/api/workspaces/current/model-providers/langgenius/openai/openai/models", RouteThere, ""},
	}
	for _, c := range cases {
		m := release(t, c.version).Lookup(c.method, c.path)
		// Removed routes whose path lives on with another method count as
		// removed for the method that is gone.
		if m.Fate != c.fate && !(c.fate == RouteOtherMethod && m.Fate == RouteRemoved && len(m.Methods) > 0) {
			t.Errorf("%s %s at %s: fate %d, want %d (%+v)", c.method, c.path, c.version, m.Fate, c.fate, m)
		}
		near := release(t, c.version).Nearest(c.method, c.path, m)
		if c.near != "" && (len(near) == 0 || near[0].Path != c.near) {
			t.Errorf("%s %s at %s: nearest %v, want %s", c.method, c.path, c.version, near, c.near)
		}
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	var b bytes.Buffer
	if err := catalogue(t).Encode(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 256<<10 {
		t.Errorf("%d bytes, want well under 1 MB", b.Len())
	}
	back, err := Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Tags) != len(catalogue(t).Tags) {
		t.Error("tags were lost")
	}
	if _, err := Decode(strings.NewReader("no gzip")); err == nil {
		t.Error("rubbish is decoded")
	}
}

// Lookup finds routes by the first segment of their paths, so that has to be a word.
func TestRoutesBeginWithAWord(t *testing.T) {
	for _, r := range release(t, "1.16.0").c.API {
		if first := split(r.Path)[0]; first == "" || strings.ContainsAny(first, "<{") {
			t.Errorf("%s begins with %q", r.Path, first)
		}
	}
}
