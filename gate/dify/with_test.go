package dify

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// made are the facts of a release with little in it.
func made(version string, change func(*Facts)) *Facts {
	f := &Facts{
		Schema: FactsSchema, Version: version,
		Source:     Source{Commit: strings.Repeat("a", 40), From: "test"},
		Prefixes:   []PrefixFact{{"/", "web", "3000"}, {"/v1", "api", "5001"}},
		Routes:     []RouteFact{{"GET", "/v1/a"}},
		Services:   []ServiceFact{{Name: "api", Image: "langgenius/dify-api:" + version}},
		Env:        []EnvFact{{Name: "A", Default: "1", Files: []string{".env.example"}}},
		Migrations: Migrations{Heads: []string{"m1"}, Revisions: []string{"m1"}},
		Queues:     []string{"dataset"}, Commands: []string{"reset"},
	}
	if change != nil {
		change(f)
	}
	return f
}

// layered lays facts over an empty catalogue.
func layered(t *testing.T, facts ...*Facts) *Catalogue {
	t.Helper()
	c, err := new(Catalogue).Layer(facts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// view is all that a catalogue says of a release.
func view(t *testing.T, c *Catalogue, version string) map[string]any {
	t.Helper()
	r, ok := c.Release(version)
	if !ok {
		t.Fatalf("no release %s", version)
	}
	var env, revisions, queues []string
	for _, v := range r.Env() {
		env = append(env, v.Name+"="+v.Default.String())
	}
	for _, k := range c.Revisions {
		if c.position(k.Release) <= r.at {
			revisions = append(revisions, k.ID)
		}
	}
	for _, q := range r.Queues(nil) {
		queues = append(queues, q.Name)
	}
	slices.Sort(queues)
	var routes, prefixes []string
	for _, route := range r.Routes() {
		routes = append(routes, route.Method+" "+route.Path)
	}
	for _, p := range r.PublicRoutes() {
		prefixes = append(prefixes, p.Prefix+" "+p.Service)
	}
	return map[string]any{"env": env, "revisions": revisions, "queues": queues, "routes": routes, "prefixes": prefixes, "services": r.Services(), "head": r.Head()}
}

// The order in which releases are laid over one another does not matter.
func TestLayersInAnyOrder(t *testing.T) {
	t.Parallel()
	list := []*Facts{
		made("1.0.0", nil),
		made("1.1.0", func(f *Facts) {
			f.Routes = append(f.Routes, RouteFact{"POST", "/v1/b"})
			f.Env = append(f.Env, EnvFact{Name: "B", Files: []string{".env.example"}})
		}),
		made("1.2.0", func(f *Facts) { // B, /v1/a and the service go
			f.Routes, f.Services = []RouteFact{{"POST", "/v1/b"}}, []ServiceFact{}
			f.Migrations = Migrations{Heads: []string{"m2"}, Revisions: []string{"m1", "m2"}}
			f.Queues = append(f.Queues, "mail")
		}),
		made("1.3.0", func(f *Facts) { // and come back
			f.Env[0].Default = "2"
			f.Prefixes = append(f.Prefixes, PrefixFact{"/mcp", "api", "5001"})
			f.Migrations = Migrations{Heads: []string{"m3"}, Revisions: []string{"m1", "m2", "m3"}}
			f.Queues = append(f.Queues, "mail")
		}),
		made("1.3.0-rc1", func(f *Facts) {
			f.Migrations = Migrations{Heads: []string{"m2"}, Revisions: []string{"m1", "m2"}}
			f.Queues = append(f.Queues, "mail")
		}),
	}
	want := layered(t, InOrder(list)...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		got := layered(t, list...)
		for _, f := range list {
			if diff := cmp.Diff(view(t, want, f.Version), view(t, got, f.Version)); diff != "" {
				t.Fatalf("%s (-in order +shuffled)\n%s", f.Version, diff)
			}
		}
	}
}

// Every release of the built-in catalogue stays as it is when one is laid over
// it, wherever that one stands; and the built-in catalogue itself does not change.
func TestLayerLeavesTheRest(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	var before bytes.Buffer
	if err := c.Encode(&before); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"9.9.9", "1.9.3", "0.14.0", "1.16.0", "1.10.1"} {
		over, err := c.With(made(version, func(f *Facts) { f.Migrations = Migrations{} }))
		if err != nil {
			t.Fatal(err)
		}
		for i, other := range c.Versions() {
			if other == version || i%6 != 0 && i < len(c.Tags)-2 {
				continue
			}
			a, b := view(t, c, other), view(t, over, other)
			if version == "0.14.0" { // its queues are demanded from there on, which is no change here
				delete(a, "queues")
				delete(b, "queues")
			}
			if diff := cmp.Diff(a, b); diff != "" {
				t.Fatalf("%s over the catalogue changes %s\n%s", version, other, diff)
			}
		}
		got := view(t, over, version)
		if diff := cmp.Diff([]string{"GET /v1/a"}, got["routes"]); diff != "" {
			t.Errorf("%s: routes\n%s", version, diff)
		}
		if diff := cmp.Diff([]string{"A=1"}, got["env"]); diff != "" {
			t.Errorf("%s: variables\n%s", version, diff)
		}
		if l := over.Learned(); len(l) != 1 || l[0].Version != version || l[0].Learned != "test" {
			t.Errorf("learned %+v", l)
		}
	}
	var after bytes.Buffer
	if err := c.Encode(&after); err != nil || !bytes.Equal(before.Bytes(), after.Bytes()) {
		t.Errorf("the built-in catalogue changed, error %v", err)
	}
}

// What facts do not have is what the release before has.
func TestPartialFacts(t *testing.T) {
	t.Parallel()
	over, err := catalogue(t).With(&Facts{Schema: FactsSchema, Version: "99.0.0", Source: Source{From: "test"},
		Env: []EnvFact{{Name: "ONLY", Files: []string{".env.example"}}}})
	if err != nil {
		t.Fatal(err)
	}
	got, want := view(t, over, "99.0.0"), view(t, catalogue(t), catalogue(t).Newest().Version())
	want["env"], want["head"] = []string{"ONLY=(empty)"}, ""
	ignore := cmpopts.IgnoreFields(Service{}, "Image") // those of Dify have the release's tag
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("(-newest +99.0.0)\n%s", diff)
	}
	r, _ := over.Release("99.0.0")
	if r.WithHead().Version() != catalogue(t).Newest().Version() {
		t.Errorf("the head is that of %s", r.WithHead().Version())
	}
}

func TestLearnedFactsCount(t *testing.T) {
	t.Parallel()
	over, err := catalogue(t).Layer(
		made("99.0.0", func(f *Facts) {
			f.MinVersions = []MinVersion{{"docker-compose", "2.35.0", "docker-compose.yaml"}, {"python", "3.13", "pyproject.toml"}, {"redis", "5.0", "x"}}
			f.Env = append(f.Env, EnvFact{Name: "NEW_TOKEN", Sum: Sum("published-1"), Files: []string{".env.example"}},
				EnvFact{Name: "STORE_KEY", Sum: Sum("published-2"), Files: []string{"envs/vectorstores/qdrant.env.example"}})
			f.Secrets = []SecretFact{{Name: "NEW_TOKEN", Sum: Sum("published-1")}, {Name: "STORE_KEY", Sum: Sum("published-2")},
				{Name: "SECRET_KEY", Sum: Sum("published-3")}, {Name: "GONE_BY_NOW", Sum: Sum("published-4")}, {Name: "RESEND_API_KEY", Sum: Sum("your-key")}}
			f.Queues = []string{"dataset", "oracle"}
		}),
		made("99.1.0", nil))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := over.Release("99.1.0")
	if m, _ := r.Minimum("docker-compose"); m.Version != "2.35.0" || m.Since != "99.0.0" {
		t.Errorf("docker-compose %+v", m)
	}
	if m, _ := r.Minimum("redis"); m.Version != "6.0" {
		t.Errorf("a lower minimum counts: %+v", m)
	}
	for name, value := range map[string]string{"NEW_TOKEN": "published-1", "STORE_KEY": "published-2", "SECRET_KEY": "published-3"} {
		if _, ok := over.Published(name, value); !ok {
			t.Errorf("%s is not known as published", name)
		}
	}
	if s, _ := over.Published("STORE_KEY", "published-2"); s.Store != "qdrant" {
		t.Errorf("store %q, want qdrant", s.Store)
	}
	if _, ok := over.Published("RESEND_API_KEY", "your-key"); ok {
		t.Error("a placeholder of an old variable counts as a published secret")
	}
	if !slices.ContainsFunc(r.Queues(nil), func(q Queue) bool { return q.Name == "oracle" && q.Since == "99.0.0" }) {
		t.Error("the new queue is not demanded")
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"1.16.0": "1.16.0", "v1.16.0": "1.16.0", "99.0.0": catalogue(t).Newest().Version(), "1.9.3": "1.9.2", "0.1.0": "0.15.0", "1.14.0-rc2": "1.14.0-rc1", "99.0.0-rc1": catalogue(t).Newest().Version(),
	} {
		k, err := catalogue(t).Resolve(version)
		if err != nil || k.Version() != want || k.Exact != (strings.TrimPrefix(version, "v") == want) || k.Exact != (k.Note == "") {
			t.Errorf("%s: %s, exact %v, note %q, error %v; want %s", version, k.Version(), k.Exact, k.Note, err, want)
		}
	}
	k, err := catalogue(t).Resolve("99.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := k.Minimum("redis"); ok || len(k.PublicRoutes()) > 0 {
		t.Error("a release that is used instead demands something")
	}
	if diff := cmp.Diff(Delta{}, catalogue(t).Compare(release(t, "1.9.2"), k.Release)); diff != "" {
		t.Error("a release that is used instead is compared with: " + diff)
	}
	if _, err := catalogue(t).Resolve("main"); err == nil {
		t.Error("main is a version")
	}
}

func TestDecodeFacts(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	f := made("1.0.0", nil)
	f.Sort()
	if err := f.Encode(&b); err != nil {
		t.Fatal(err)
	}
	one, err := DecodeAll(bytes.NewReader(b.Bytes()))
	if err != nil || len(one) != 1 {
		t.Fatalf("%d releases, %v", len(one), err)
	}
	if diff := cmp.Diff(f, one[0]); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
	many, err := DecodeAll(strings.NewReader(`{"schema":1,"releases":[` + b.String() + `,` + b.String() + `]}`))
	if err != nil || len(many) != 2 {
		t.Errorf("%d releases, %v", len(many), err)
	}
	for text, want := range map[string]string{
		`[]`:                                     "not the facts of a release",
		`{}`:                                     `no "schema"`,
		`{"schema":2,"version":"1.0.0"}`:         "schema 2, want 1: update the gate",
		`{"schema":1,"version":"../x"}`:          `version "../x"`,
		`{"schema":1,"version":"1.0.0"}`:         "are empty",
		`{"schema":1,"releases":[null]}`:         "releases[0] is empty",
		`{"schema":2,"releases":[]}`:             "schema 2",
		strings.Repeat(" ", 65<<20):              "larger than 64 MiB",
		`{"schema":1,"version":"1.0.0","env":1}`: "not the facts of a release",
	} {
		if _, err := DecodeAll(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	c := layered(t, made("1.0.0", nil), made("1.1.0", func(f *Facts) {
		f.Prefixes = append(f.Prefixes, PrefixFact{"/mcp", "api", "5001"})
		f.Routes = []RouteFact{{"GET", "/v1/b"}}
		f.Services = append(f.Services, ServiceFact{Name: "beat", Image: "x/y:1", Profiles: []string{"p"}})
		f.Services[0].Volumes = []string{"./a:/b"}
		f.Env = []EnvFact{{Name: "A", Default: "2\x1b[31m", Files: []string{".env.example"}}, {Name: "B", Files: []string{".env.example"}}}
		f.Migrations = Migrations{Heads: []string{"m2"}, Revisions: []string{"m1", "m2"}}
		f.Queues, f.Commands = append(f.Queues, "mail"), nil
	}))
	a, _ := c.Release("1.0.0")
	b, _ := c.Release("1.1.0")
	want := []Section{
		{"Locations of nginx", []string{"added: /mcp to api:5001"}},
		{"Services", []string{"changed: api, new mount ./a:/b", "added: beat, image x/y:1, profile p"}},
		{"Variables", []string{"added: B=", "default changed: A from 1 to 2\ufffd[31m"}},
		{"Database migrations", []string{"1 new; the new head is m2"}},
		{"Routes of the API", []string{"added: GET /v1/b", "removed: GET /v1/a"}},
		{"Queues of the worker", []string{"added: mail"}},
	}
	if diff := cmp.Diff(want, c.Describe(a, b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := c.Describe(a, a); len(got) != 0 {
		t.Errorf("a release differs from itself: %v", got)
	}
}

func BenchmarkWith(b *testing.B) {
	c, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	f := made("9.9.9", nil)
	for b.Loop() {
		if _, err := c.With(f); err != nil {
			b.Fatal(err)
		}
	}
}
