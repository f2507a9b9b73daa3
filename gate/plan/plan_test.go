package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
	"github.com/dify-gate/dify-gate/gate/plan"
)

// make writes the plan for a directory with what the advisories say.
func makePlan(t *testing.T, dir, from, to string, change ...func(*plan.Input)) plan.Plan {
	t.Helper()
	env := &check.Env{Dir: dir, WorkDir: dir, From: from, To: to, Now: time.Now()}
	changes, book, err := release.Advised(env)
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{Upgrade: gate.Upgrade{From: from, To: to}, Changes: changes, RunBook: book, URL: "https://dify.example.com"}
	for _, c := range change {
		c(&in)
	}
	p, err := plan.Make(env, in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// blocks are the commands of each step.
func blocks(p plan.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		if len(s.Commands) > 0 {
			out = append(out, strings.Join(s.Commands, "\n"))
		}
	}
	return out
}

func all(p plan.Plan) string { return strings.Join(blocks(p), "\n") }

// syntax has bash read every block, each by itself, without running it.
func syntax(t *testing.T, p plan.Plan) {
	t.Helper()
	var script strings.Builder
	for _, b := range blocks(p) {
		script.WriteString("read() {\n" + b + "\n}\n")
	}
	if bashReads(script.String()) == nil {
		return
	}
	for _, b := range blocks(p) {
		if err := bashReads(b); err != nil {
			t.Errorf("%v\n%s", err, b)
		}
	}
}

func bashReads(script string) error {
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("bash -n: %s", out)
	}
	return nil
}

var order = map[plan.Phase]int{plan.Before: 0, plan.During: 1, plan.After: 2, plan.Rollback: 3}

func inOrder(t *testing.T, p plan.Plan) {
	t.Helper()
	last := -1
	for i, s := range p.Steps {
		if at := s.Hop*10 + order[s.Phase]; at < last {
			t.Errorf("step %d, %s of hop %d, stands too late", i+1, s.Phase, s.Hop)
		} else {
			last = at
		}
		if s.What == "" || s.Commands == nil || strings.Contains(s.What, "\n") {
			t.Errorf("step %d: %+v", i+1, s)
		}
	}
}

// follow wants the steps whose commands hold these texts in this order.
func follow(t *testing.T, p plan.Plan, texts ...string) {
	t.Helper()
	at := 0
	for _, text := range texts {
		found := -1
		for i := at; i < len(p.Steps); i++ {
			if strings.Contains(strings.Join(p.Steps[i].Commands, "\n"), text) {
				found = i
				break
			}
		}
		if found < 0 {
			t.Fatalf("no step after %d has %q; the plan:\n%s", at, text, all(p))
		}
		at = found + 1
	}
}

var (
	flaskCall = regexp.MustCompile(`(uv|poetry) run flask ([a-z][\w-]*)(?: ([a-z][\w-]*))?`)
	groups    = []string{"data-migrate"}
)

// TestCommandsExist: whatever flask command stands in a plan is one of the release
// that it is run in, and is run by what that release has.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	versions := c.Versions()
	pairs := [][2]string{{"0.15.8", "1.15.0"}, {"1.13.0", "1.16.0"}, {"0.15.0", "1.1.0"}, {"1.0.0", "1.2.0"}, {"0.15.3", "1.16.0"}, {"1.8.1", "1.9.2"}}
	for i := 1; i < len(versions); i += 4 {
		pairs = append(pairs, [2]string{versions[i-1], versions[i]})
	}
	calls := 0
	for _, pair := range pairs {
		p := makePlan(t, releasedir.Write(t, pair[0]), pair[0], pair[1])
		inOrder(t, p)
		for _, s := range p.Steps {
			to := p.Hops[s.Hop-1].To
			for _, m := range flaskCall.FindAllStringSubmatch(strings.Join(s.Commands, "\n"), -1) {
				calls++
				name := m[2]
				if slices.Contains(groups, name) {
					name = m[3]
				}
				if !exists(c, to, name) {
					t.Errorf("%s -> %s: flask %s is not in %s", pair[0], pair[1], name, to)
				}
				if want := uses(t, to); m[1] != want {
					t.Errorf("%s -> %s: %s, want %s in %s", pair[0], pair[1], m[0], want, to)
				}
			}
		}
	}
	if calls < 20 {
		t.Errorf("only %d calls of flask were looked at", calls)
	}
}

func exists(c *dify.Catalogue, version, name string) bool {
	if name == "db" {
		return true
	}
	r, _ := c.Release(version)
	return slices.ContainsFunc(c.Commands, func(k dify.Command) bool {
		first, _ := c.Release(k.Since)
		last, bounded := c.Release(k.Until)
		return k.Name == name && !r.Before(first) && (k.Until == "" || bounded && !last.Before(r))
	})
}

func uses(t *testing.T, version string) string {
	v, err := changelog.ParseVersion(version)
	first, _ := changelog.ParseVersion("1.3.0")
	if err != nil {
		t.Fatal(err)
	}
	if v.Compare(first) < 0 {
		return "poetry"
	}
	return "uv"
}

// TestLongWay is the plan of 0.15.8 to 1.15.0 as an operator reads it.
func TestLongWay(t *testing.T) {
	t.Parallel()
	p := makePlan(t, releasedir.Write(t, "0.15.8"), "0.15.8", "1.15.0")
	for _, b := range blocks(p) {
		if err := bashReads(b); err != nil {
			t.Errorf("%v\n%s", err, b)
		}
	}
	inOrder(t, p)
	if len(p.Hops) != 1 || p.Way != plan.Compose {
		t.Errorf("way %s, hops %+v", p.Way, p.Hops)
	}
	follow(t, p,
		"gate run --phase pre --from 0.15.8 --to 1.15.0",
		"tar -cf - -- .env docker-compose.yaml nginx",
		"exec -T db pg_dump",
		"gate fix --from 0.15.8 --to 1.15.0",
		"gate run --phase pre",
		"--profile weaviate --profile postgresql --profile collaboration pull",
		`-f "${BACKUP_DIR:?}"/files/docker-compose.yaml --env-file "${BACKUP_DIR:?}"/files/.env --profile weaviate down`,
		"volumes.tgz",
		"up -d weaviate",
		"up -d",
		"http://localhost:5001/health",
		"uv run flask extract-plugins --workers=20",
		"uv run flask install-plugins --workers=2",
		"uv run flask migrate-data-for-plugin",
		"uv run flask transform-datasource-credentials",
		"uv run flask backfill-plugin-auto-upgrade",
		"uv run flask data-migrate legacy-model-types\ndocker",
		"restart nginx",
		"gate run --phase post --from 0.15.8 --to 1.15.0",
		"down", "volumes.tgz", "up -d", "gate run --phase post --from 0.15.8 --to 0.15.8")
	n := p.NoReturn
	if n == nil || n.Head != "a91b476a53de" || n.TargetHead != "d9e8f7a6b5c4" || n.Migrations != len(n.Revisions) || n.Migrations < 70 {
		t.Fatalf("point of no return: %+v", n)
	}
	if s := p.Steps[n.Step-1]; s.Phase != plan.During || !strings.Contains(all(plan.Plan{Steps: []plan.Step{s}}), "up -d") {
		t.Errorf("the point of no return is %+v", s)
	}
	if strings.Contains(all(p), "poetry") || strings.Contains(all(p), "remove-orphans") {
		t.Error("a command of an old release, or one that takes containers away")
	}
}

// TestNoMigrations: where no migration lies between, images and files alone lead back.
func TestNoMigrations(t *testing.T) {
	t.Parallel()
	p := makePlan(t, releasedir.Write(t, "1.13.1"), "1.13.1", "1.13.2")
	if p.NoReturn != nil {
		t.Errorf("point of no return %+v, want none", p.NoReturn)
	}
	syntax(t, p)
}

// TestMigrationsByHand: without MIGRATION_ENABLED the plan runs them before it starts
// the rest.
func TestMigrationsByHand(t *testing.T) {
	t.Parallel()
	dir := releasedir.Write(t, "1.13.0")
	edit(t, filepath.Join(dir, ".env"), "MIGRATION_ENABLED=true", "MIGRATION_ENABLED=false")
	p := makePlan(t, dir, "1.13.0", "1.14.0")
	syntax(t, p)
	follow(t, p, "down", "volumes.tgz", "up -d db_postgres redis\nsleep 20\ndocker compose run --rm --no-deps --entrypoint '' api uv run flask db upgrade", "up -d")
}

func edit(t *testing.T, path, old, text string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(src), old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, strings.Replace(string(src), old, text, 1))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const ownFiles = `services:
  backend:
    image: langgenius/dify-api:1.13.0
    environment: {MODE: api, DB_HOST: %s, DB_TYPE: %s, DB_USERNAME: owner, DB_DATABASE: main, DB_PLUGIN_DATABASE: plugins, DB_PORT: "%s"}
  background:
    image: langgenius/dify-api:1.13.0
    environment: {MODE: worker}
  front:
    image: registry.example.com/mirror/nginx:1.29
  plugins:
    image: langgenius/dify-plugin-daemon:0.5.3-local
  store:
    image: %s
    volumes: ["data:/var/lib/x", "/srv/dify/files:/files", "/etc/localtime:/etc/localtime:ro"]
volumes: {data: {}}
`

// TestOwnNames: services, files and databases have the names that they have here.
func TestOwnNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, host, kind, image string
		want, not               []string
	}{
		{"postgres", "store", "postgresql", "postgres:15", []string{
			"docker compose -f compose.yaml -f compose.override.yaml exec -T store pg_dump", "DB_USERNAME=owner", "DB_DATABASE=main", "DB_PLUGIN_DATABASE=plugins",
			`"${PROJECT:?}"_data:/data:ro`, "-- /srv/dify/files", "exec -T backend curl", "restart front",
		}, []string{"mysqldump", "/etc/localtime"}},
		{"mysql", "store", "mysql", "mysql:8.0", []string{"exec -T store sh -c 'MYSQL_PWD=\"$MYSQL_ROOT_PASSWORD\" exec mysqldump", ">\"${BACKUP_DIR:?}\"/db.sql"}, []string{"pg_dump"}},
		{"outside", "db.example.com", "postgresql", "busybox:1", []string{
			"DB_HOST=db.example.com", `pg_dump --host "${DB_HOST:?}" --port "${DB_PORT:?}"`, `"${BACKUP_DIR:?}"/last-db.dump`, "dropdb --if-exists",
		}, []string{"exec -T store"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			text := strings.NewReplacer("%s, DB_TYPE: %s", c.host+", DB_TYPE: "+c.kind, `"%s"`, `"5432"`, "image: %s", "image: "+c.image).Replace(ownFiles)
			write(t, filepath.Join(dir, "compose.yaml"), text)
			write(t, filepath.Join(dir, "compose.override.yaml"), "services: {backend: {restart: always}}\n")
			p := makePlan(t, dir, "1.13.0", "1.15.0")
			syntax(t, p)
			for _, want := range c.want {
				if !strings.Contains(all(p), want) {
					t.Errorf("no %q in\n%s", want, all(p))
				}
			}
			for _, not := range c.not {
				if strings.Contains(all(p), not) {
					t.Errorf("%q is in\n%s", not, all(p))
				}
			}
		})
	}
}

// TestOtherWays: a chart and a checkout have commands of their own.
func TestOtherWays(t *testing.T) {
	t.Parallel()
	chart := t.TempDir()
	write(t, filepath.Join(chart, "values.yaml"), "image:\n  api: {repository: langgenius/dify-api, tag: 1.13.0}\n")
	p := makePlan(t, chart, "1.13.0", "1.15.0")
	syntax(t, p)
	if p.Way != plan.Helm {
		t.Errorf("way %s, want helm", p.Way)
	}
	follow(t, p, "gate run --phase pre", "pg_dump", "gate fix", `upgrade "${RELEASE:?}" "${CHART:?}" --version "${CHART_VERSION:?set it`, "scale", "--values values.yaml --timeout 15m --wait",
		`exec --stdin --tty "deployment/${API:?}" -- uv run flask backfill-plugin-auto-upgrade`, "gate run --phase post", "rollback")

	checkout := t.TempDir()
	for _, f := range []string{"api/pyproject.toml", "web/package.json", ".git/HEAD", "docker/docker-compose.middleware.yaml"} {
		write(t, filepath.Join(checkout, f), "x\n")
	}
	write(t, filepath.Join(checkout, "api/.env"), "DB_HOST=localhost\nDB_PORT=5432\nDB_USERNAME=dify\nDB_DATABASE=dify\nSECRET_KEY=abc\n")
	p = makePlan(t, filepath.Join(checkout, "api"), "1.2.0", "1.15.0")
	syntax(t, p)
	if p.Way != plan.Source {
		t.Errorf("way %s, want source", p.Way)
	}
	follow(t, p, "pg_dump --host", "git -C .. fetch --tags origin", "systemctl stop", "git -C .. checkout --merge 1.15.0", "(cd -- ../api && uv sync)", "(cd -- ../api && uv run flask db upgrade)",
		"(cd -- ../api && uv run flask transform-datasource-credentials)", "pnpm build", "systemctl start", "gate run --phase post", "git -C .. checkout --force 1.2.0", "poetry install")
}

// TestHops: the notes of a release and the known stops cut the way.
func TestHops(t *testing.T) {
	t.Parallel()
	dir := releasedir.Write(t, "1.8.1")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"You must upgrade to 1.9.2 first, before this version.", []string{"1.9.2", "1.13.0"}},
		{"First upgrade Dify to v1.10.0.", []string{"1.10.0", "1.13.0"}},
		{"Direct upgrades from versions older than 1.9.0 are not supported.", []string{"1.9.0", "1.13.0"}},
		{"请先升级到 1.9.1。", []string{"1.9.1", "1.13.0"}},
		{"You need not upgrade to 1.9.2 first.", []string{"1.13.0"}},
		{"Upgrade Weaviate to 1.9.2 first.", []string{"1.13.0"}},
		{"Upgrade to 1.13.0 first, then restart.", []string{"1.13.0"}}, // the target itself
	} {
		p := makePlan(t, dir, "1.8.1", "1.13.0", func(in *plan.Input) {
			in.Changes = append(in.Changes, gate.Change{Version: "1.12.0", Kind: "action", Text: c.text, Applies: "unknown"})
		})
		var got []string
		for _, h := range p.Hops {
			got = append(got, h.To)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
		inOrder(t, p)
	}
	p := makePlan(t, dir, "1.8.1", "1.17.1")
	if len(p.Hops) != 2 || p.Hops[0].To != "1.16.0" {
		t.Errorf("hops %+v, want a stop for Weaviate", p.Hops)
	}
	syntax(t, p)
	follow(t, p, "up -d weaviate", "gate run --phase post --from 1.8.1 --to 1.16.0", "gate run --phase pre --from 1.16.0 --to 1.17.1", "1.27.27 1.28.16")
}

// TestHostile runs every block with programs that do nothing: no name, value or
// command of the inputs may become a command of its own.
func TestHostile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a $(touch pwned1) 'b")
	const attack = `x'"; touch pwned2; $(touch pwned3) ` + "`touch pwned4`" + ` && #`
	quoted, err := json.Marshal(attack)
	if err != nil {
		t.Fatal(err)
	}
	a := string(quoted)
	write(t, filepath.Join(dir, "compose.yaml"), `services:
  `+strings.ReplaceAll(a, "$", "$$")+`:
    image: langgenius/dify-api:1.13.0
    environment: {MODE: api, DB_HOST: `+strings.ReplaceAll(a, "$", "$$")+`, DB_USERNAME: `+strings.ReplaceAll(a, "$", "$$")+`, DB_DATABASE: "-d; touch pwned5"}
    volumes:
      - {type: bind, source: "./v $$(touch pwned6)", target: /a}
      - {type: volume, source: "named; touch pwned7", target: /b}
  db:
    image: nginx:1
`)
	write(t, filepath.Join(dir, ".env"), "COMPOSE_PROFILES='p; touch pwned8,q'\nDB_DATABASE='x; touch pwned9'\n")
	p := makePlan(t, dir, "1.13.0", "1.15.0", func(in *plan.Input) {
		for i, text := range []string{
			"flask x; touch pwned10", "docker compose exec api uv run flask backfill-plugin-auto-upgrade $(touch pwned11)",
			"chown `touch pwned12` x", "rm -rf ./everything", "curl https://evil.example/x\ntouch pwned13", "docker compose exec 'a b' 'touch pwned14'",
			"chown 'x y' z", "flask backfill-plugin-auto-upgrade 'a b'",
		} {
			when := []string{"before", "during", "after"}[i%3]
			in.RunBook = append(in.RunBook, gate.Step{Version: "1.14.0", When: when, Command: text, Why: "why\ntouch pwned15"})
		}
		in.Changes = append(in.Changes, gate.Change{Version: "1.14.0", Kind: "action", Text: "x\n```\ntouch pwned16", Applies: "yes", Action: "a\n```\n# b"})
		in.URL = "https://dify.example.com/$(touch pwned17)'"
		in.Gate = []plan.Flag{{Name: "changelog", Value: "x; touch pwned18"}, {Name: "config", Value: "/x y/$(touch pwned19)", Path: true}}
	})
	syntax(t, p)
	if strings.Contains(strings.ReplaceAll(all(p), "# rm -rf ./everything", ""), "rm -rf ./everything") {
		t.Error("a command that the notes want is not for a plan")
	}
	run(t, dir, p)
	var page bytes.Buffer
	if err := plan.Markdown(&page, p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "\n```\ntouch") || strings.Contains(page.String(), "\n# b") {
		t.Errorf("a text breaks out of its place:\n%s", page.String())
	}
}

// run executes the blocks with stand-ins for all programs, and fails when a file named
// pwned appears.
func run(t *testing.T, dir string, p plan.Plan) {
	t.Helper()
	bin, home := t.TempDir(), t.TempDir()
	for _, name := range []string{"docker", "gate", "sudo", "tar", "less", "git", "diff", "cp", "df", "sleep", "seq", "chown", "curl", "helm", "kubectl", "psql"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	script := "cd -- \"$1\"\n" + all(p)
	cmd := exec.Command("bash", "-c", script, "bash", dir)
	cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "HOME=" + home, "DIFY_URL=http://x", "DB_USERNAME=u", "DB_DATABASE=d", "DB_HOST=h", "DB_PORT=1"}
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "set it") {
		t.Logf("%v: %s", err, out)
	}
	for _, root := range []string{dir, home, bin, filepath.Dir(dir)} {
		found, err := filepath.Glob(filepath.Join(root, "pwned*"))
		if err != nil || len(found) > 0 {
			t.Errorf("%v %v: a text of the inputs was run", found, err)
		}
	}
}

// TestFormats: each shows every step, no secret, and the JSON follows its schema.
func TestFormats(t *testing.T) {
	t.Parallel()
	dir := releasedir.Write(t, "1.13.0")
	const secret = "s3cr3t-never-shown"
	edit(t, filepath.Join(dir, ".env"), "DB_PASSWORD=", "DB_PASSWORD="+secret+" #")
	p := makePlan(t, dir, "1.13.0", "1.16.0")
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text": func(b *bytes.Buffer) error { return plan.Text(b, p) }, "markdown": func(b *bytes.Buffer) error { return plan.Markdown(b, p) },
		"json": func(b *bytes.Buffer) error { return plan.JSON(b, p) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), secret) || strings.Contains(b.String(), "difyai123456") {
			t.Errorf("%s shows a secret", name)
		}
		if name == "markdown" && strings.Count(b.String(), "- [ ] ") != len(p.Steps) {
			t.Errorf("%d boxes for %d steps", strings.Count(b.String(), "- [ ] "), len(p.Steps))
		}
		if name == "json" {
			validate(t, b.Bytes())
		}
	}
}

func validate(t *testing.T, document []byte) {
	t.Helper()
	text, err := json.Marshal(plan.SchemaDocument())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Error(err)
	}
}
