package learn_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/learn"
	"github.com/dify-gate/dify-gate/gate/dify/learn/learntest"
)

// facts reads the test's tree out of a folder, with some files changed; "" takes
// a file away.
func facts(t *testing.T, change map[string]string) *dify.Facts {
	t.Helper()
	files := learntest.Files()
	for name, text := range change {
		if files[name] = text; text == "" {
			delete(files, name)
		}
	}
	dir := t.TempDir()
	learntest.Write(t, dir, files)
	tree, err := learn.Folder(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := learn.Read(learntest.Version, tree)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// wantUnread wants a list of unread to be these beginnings, in order.
func wantUnread(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("unread: got %d lines, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
		return
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("unread: got %q, want %q", got[i], want[i])
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	f := facts(t, nil)
	var got []string
	for _, r := range f.Routes {
		got = append(got, r.Method+" "+r.Path)
	}
	want := []string{
		"GET /api/oracle/ask", "POST /api/oracle/ask",
		"POST /console/api/apps/<uuid:app_id>/oracle",
		"GET /console/api/oracle/all", "POST /console/api/oracle/all",
		"GET /console/api/oracle/list", "POST /console/api/oracle/list",
		"PATCH /console/api/oracle/model", "PATCH /console/api/oracle/models/<string:name>",
		"GET /console/api/oracle/oracle",
		"GET /console/api/oracle/{?}/late", "POST /console/api/oracle/{?}/late",
		"GET /console/api/ping",
		"GET /health",
		"GET /triggers/webhook/<string:webhook_id>", "HEAD /triggers/webhook/<string:webhook_id>", "POST /triggers/webhook/<string:webhook_id>",
		"GET /v1/", "GET /v1/oracle/answers", "POST /v1/oracle/answers", "GET /v1/oracle/view",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-want +got)\n%s", diff)
	}
	wantUnread(t, f.Unread,
		"api/commands/__init__.py:25: the name of the command named_elsewhere is not a text",
		"api/controllers/console/app/oracle.py:50: route: a part of the path /oracle/{?}/late is made when the code runs",
		"api/controllers/console/app/oracle.py:56: add_resource: the path is not a text",
		"api/controllers/odd/__init__.py:1: add_resource: what it is called on is not known",
		"api/controllers/odd/__init__.py:4: route: what it is called on is not known",
	)
}

func TestFacts(t *testing.T) {
	t.Parallel()
	f := facts(t, nil)
	check := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	check("commands", f.Commands, []string{"ask-oracle", "clean-oracle-runs", "reset-password"})
	check("queues", f.Queues, []string{"dataset", "mail", "oracle"})
	check("migrations", f.Migrations, dify.Migrations{Heads: []string{"aaaa00000002"}, Revisions: []string{"aaaa00000001", "aaaa00000002"}})
	check("minimums", f.MinVersions, []dify.MinVersion{{Product: "python", Version: "3.12", Source: "api/pyproject.toml"}})
	check("prefix", f.Prefixes[4], dify.PrefixFact{Path: "/oracle/", Service: "oracle_bridge", Port: "7001"})
	check("templates", f.Templates, []dify.TemplateFact{
		{Name: "NGINX_PORT", File: "nginx/conf.d/default.conf.template"}, {Name: "NGINX_SERVER_NAME", File: "nginx/conf.d/default.conf.template"},
	})
	services := map[string]dify.ServiceFact{}
	for _, s := range f.Services {
		services[s.Name] = s
	}
	check("api", services["api"], dify.ServiceFact{
		Name: "api", Image: "langgenius/dify-api:9.9.9", Volumes: []string{"./volumes/app/storage:/app/api/storage"},
		Networks: []string{"ssrf_proxy_network"}, Needs: []string{"oracle_bridge"},
	})
	check("nginx", services["nginx"].Ports, []string{"80:80"})
	check("profile", services["db_postgres"].Profiles, []string{"postgresql"})
	check("health", services["oracle_bridge"].Health, "curl -f http://localhost:7001/health")
	env := map[string]dify.EnvFact{}
	for _, e := range f.Env {
		env[e.Name] = e
	}
	secret := dify.Sum("bridge-secret-" + "for-all")
	check("variable", env["ORACLE_BRIDGE_TOKEN"], dify.EnvFact{
		Name: "ORACLE_BRIDGE_TOKEN", Files: []string{".env.example", "envs/core-services/bridge.env.example", "docker-compose.yaml"}, Compose: &dify.ComposeFact{},
	})
	check("secret variable", env["BRIDGE_SHARED_SECRET"], dify.EnvFact{
		Name: "BRIDGE_SHARED_SECRET", Sum: secret, Files: []string{"envs/core-services/bridge.env.example", "docker-compose.yaml"},
		Compose: &dify.ComposeFact{Sum: secret},
	})
	check("secrets", f.Secrets, []dify.SecretFact{{Name: "BRIDGE_SHARED_SECRET", Sum: secret}})
}

// All sources give the same facts, but for where they are from.
func TestSources(t *testing.T) {
	t.Parallel()
	want := facts(t, nil)
	want.Source = dify.Source{}
	dir := t.TempDir()
	learntest.Write(t, dir, learntest.Files())
	commit := learntest.Git(t, dir, learntest.Version)
	// What lies in the folder by now is not the tag's.
	learntest.Write(t, dir, map[string]string{"api/commands/__init__.py": "", "docker/.env.example": "NEWER=1\n"})
	tarball := learntest.Tarball(t, learntest.Files())
	for name, read := range map[string]func() (*learn.Tree, error){
		"git": func() (*learn.Tree, error) { return learn.Git(context.Background(), dir, "v"+learntest.Version, "") },
		"git by its commit": func() (*learn.Tree, error) {
			return learn.Git(context.Background(), dir, learntest.Version, commit[:12])
		},
		"tarball": func() (*learn.Tree, error) { return learn.Tarball(context.Background(), bytes.NewReader(tarball)) },
	} {
		tree, err := read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if tree.Source.Date != "2026-11-29" || tree.Source.Commit != commit && tree.Source.Commit != learntest.Commit {
			t.Errorf("%s: source %+v", name, tree.Source)
		}
		got, err := learn.Read(learntest.Version, tree)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got.Source = dify.Source{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-folder +got)\n%s", name, diff)
		}
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	calm := map[string]string{"api/controllers/odd/__init__.py": "", "api/controllers/console/app/oracle.py": "", "api/commands/__init__.py": "import click\n"}
	for _, tt := range []struct {
		name, file, text string
		want             []string
	}{
		{"broken YAML", "docker/docker-compose.yaml", "services:\n  api: [\n", []string{"docker/docker-compose.yaml: "}},
		{"an anchor in itself", "docker/docker-compose.yaml", "services: &a\n  x: *a\n", []string{"docker/docker-compose.yaml: an anchor holds itself"}},
		{"a service of another file", "docker/docker-compose.yaml", "services:\n  api:\n    extends: {file: /etc/passwd, service: root}\n",
			[]string{"docker/docker-compose.yaml: services.api: extends /etc/passwd: it takes parts from another file"}},
		{"an include", "docker/docker-compose.yaml", "include: [/etc/passwd]\nservices: {}\n",
			[]string{"docker/docker-compose.yaml: it takes parts from another file"}},
		{"no line of an env file", "docker/.env.example", "A=1\nthis is prose\n", []string{"docker/.env.example: line 2: not an assignment"}},
		{"a migration whose id is made", "api/migrations/versions/2026_02_01-aaaa00000002_second.py", "revision = make()\n",
			[]string{"api/migrations/versions/2026_02_01-aaaa00000002_second.py: line 1: revision", "api/migrations/versions/: not every script was read"}},
		{"a migration without its parent", "api/migrations/versions/2026_01_01-aaaa00000001_first.py", "",
			[]string{"api/migrations/versions/: api/migrations/versions/2026_02_01-aaaa00000002_second.py: revision aaaa00000002 comes after aaaa00000001"}},
		{"no entrypoint", "api/docker/entrypoint.sh", "", []string{"api/docker/entrypoint.sh: not in the tree"}},
		{"a location by expression", "docker/nginx/conf.d/default.conf.template", "server {\n location ~ \\.php$ { proxy_pass http://x; }\n}\n",
			[]string{"docker/nginx/conf.d/default.conf.template: line 2: location ~ \\.php$: want a prefix"}},
		{"a location without a target", "docker/nginx/conf.d/default.conf.template", "server {\n location /x { return 200; }\n}\n",
			[]string{"docker/nginx/conf.d/default.conf.template: line 2: location /x: no proxy_pass"}},
		{"a block that stays open", "docker/nginx/conf.d/default.conf.template", "server {\n location /x { proxy_pass http://y;\n",
			[]string{"docker/nginx/conf.d/default.conf.template: line 2: a block is not closed", "docker/nginx/conf.d/default.conf.template: line 2: unexpected end"}},
		{"bytes that are no Python", "api/controllers/service_api/index.py", "\x00\xff(((((\x1b[2J\"\"\"", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			change := map[string]string{tt.file: tt.text}
			for name, text := range calm {
				change[name] = text
			}
			f := facts(t, change)
			wantUnread(t, f.Unread, tt.want...)
			if strings.Contains(tt.name, "migration") && len(f.Migrations.Heads) > 0 {
				t.Errorf("heads %v of a history that is not whole", f.Migrations.Heads)
			}
		})
	}
}

func TestNotDify(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	learntest.Write(t, dir, map[string]string{"README.md": "x", "web/package.json": "{}"})
	if _, err := learn.Folder(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "want the source tree of a Dify release") {
		t.Errorf("got %v", err)
	}
}
