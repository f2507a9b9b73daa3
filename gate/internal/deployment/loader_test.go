package deployment

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// TestModelReadsAsCompose holds our order of compose-go's steps against its
// own loader, on files that use what operators use.
func TestModelReadsAsCompose(t *testing.T) {
	base := `x-env: &shared
  LOG_LEVEL: ${LOG_LEVEL:-INFO}
  WORKERS: 4
  DEBUG: false
  EMPTY:
services:
  api:
    image: langgenius/dify-api:${TAG:-1.0.0}
    environment:
      <<: *shared
      MODE: api
    ports: ["5001:5001", "127.0.0.1:6000-6002:7000-7002/tcp"]
    volumes: ["./storage:/app/api/storage", {type: bind, source: ./x, target: /x}]
    command: gunicorn --bind "0.0.0.0:5001" app:app
    depends_on: [db, redis]
    networks: {default: {aliases: [backend]}}
    env_file: ./a.env
  db: &db
    image: postgres:15
    profiles: [postgresql, '']
    healthcheck: {test: [CMD, pg_isready], interval: 1s}
    container_name: dify-db
  redis:
    image: redis:6
    healthcheck: {test: redis-cli ping}
    volumes: ["redis:/data"]
  copy:
    <<: *db
    container_name: other
`
	tests := map[string]map[string]string{
		"one file": {},
		"an override of every kind": {"docker-compose.override.yml": `services:
  api:
    image: own/api:2
    environment: ["MODE=worker", ADDED=1, BARE]
    ports: ["5001:5001", "8443:443"]
    volumes: ["./elsewhere:/app/api/storage"]
    command: [python, -m, api]
    depends_on: {db: {condition: service_healthy}}
    networks: [other]
    env_file: [{path: ./b.env, required: false}]
  redis:
    healthcheck: {disable: true}
  extra:
    build: .
`},
		"reset and override": {"docker-compose.override.yml": `services:
  api:
    ports: !override ["1:1"]
    environment: !reset null
    depends_on: !reset []
  db: !reset null
  copy:
    image: !reset null
`},
		"extends in the file": {"docker-compose.override.yml": `services:
  worker:
    extends: parent
    environment: {MODE: worker}
    ports: ["9:9"]
  parent:
    image: parent:1
    environment: {A: "1", MODE: none}
    ports: ["8:8"]
`},
		"extends of another file": {
			"docker-compose.override.yml": "services:\n  worker:\n    extends: {file: lib/base.yaml, service: thing}\n    environment: {MODE: worker}\n",
			"lib/base.yaml":               "services:\n  thing:\n    extends: root\n    env_file: [own.env]\n    volumes: [\"./data:/data\"]\n  root:\n    image: root:${TAG:-3}\n    environment: [MODE=root]\n",
			"lib/own.env":                 "FROM_OWN=1\n",
		},
		"two documents": {"docker-compose.override.yml": "services: {api: {image: one:1}}\n---\nservices: {api: {image: two:2}}\n"},
	}
	for name, files := range tests {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(files)
			files["docker-compose.yaml"], files[".env"], files["a.env"] = base, "TAG=1.2.3\nBARE=seen\n", "FROM_A=1\n"
			sameAsLoader(t, write(t, files))
		})
	}
}

// TestModelReadsDifyAsCompose does the same on the compose files of releases:
// one in eight, since the loader needs half a second each.
func TestModelReadsDifyAsCompose(t *testing.T) {
	releasedir.Some(t, 18, func(t *testing.T, dir releasedir.Dir) { sameAsLoader(t, dir.Path) })
}

func sameAsLoader(t *testing.T, dir string) {
	t.Helper()
	d := read(t, dir)
	if len(d.Problems) > 0 {
		t.Fatal(d.Problems)
	}
	env := types.Mapping{}
	for _, e := range d.File.Entries {
		env[e.Key] = e.Value
	}
	details := types.ConfigDetails{WorkingDir: dir, Environment: env}
	for _, f := range d.ComposeFiles {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: f, Content: src})
	}
	project, err := loader.LoadWithContext(t.Context(), details, func(o *loader.Options) {
		o.SetProjectName("dify", true)
		o.Profiles = []string{"*"}
		o.SkipConsistencyCheck, o.SkipValidation, o.SkipNormalization = true, true, true
		o.SkipResolveEnvironment, o.ResolvePaths = true, false
		o.Interpolate = &interpolation.Options{LookupValue: details.LookupEnv, TypeCastMapping: o.Interpolate.TypeCastMapping}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, s := range project.Services {
		want[s.Name] = loaded(s, env, dir)
	}
	got := map[string][]string{}
	for _, s := range d.Services {
		lines := []string{"image " + s.Image, "command " + strings.Join(s.Command, "|"), "health " + s.Health, "profiles " + fmt.Sprint(s.Profiles)}
		for _, p := range s.Ports {
			lines = append(lines, "port "+p.Host+" "+p.Container)
		}
		for _, v := range s.Volumes {
			lines = append(lines, "volume "+absolute(dir, v.Source)+" "+v.Target)
		}
		for _, f := range s.EnvFiles {
			lines = append(lines, "env file "+f)
		}
		for name, v := range s.Env {
			if _, written := project.Services[s.Name].Environment[name]; written || v.Source == FromCompose {
				lines = append(lines, "env "+name+"="+v.Text)
			}
		}
		got[s.Name] = append(lines, "needs "+fmt.Sprint(s.Needs), "hosts "+fmt.Sprint(s.Hosts))
		slices.Sort(got[s.Name])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: the loader's (-) against ours (+):\n%s", dir, diff)
	}
}

// absolute makes a path of a mount absolute; a volume's name is none.
func absolute(dir, source string) string {
	if strings.HasPrefix(source, ".") || strings.Contains(source, "/") && !filepath.IsAbs(source) {
		return filepath.Join(dir, source)
	}
	return source
}

// loaded is a service of compose-go in the lines that sameAsLoader compares.
func loaded(s types.ServiceConfig, env types.Mapping, dir string) []string {
	lines := []string{"image " + s.Image, "command " + strings.Join(s.Command, "|"), "profiles " + fmt.Sprint(s.Profiles)}
	test := ""
	if h := s.HealthCheck; h != nil && len(h.Test) > 1 && !h.Disable {
		test = strings.Join(h.Test[1:], " ")
	}
	lines = append(lines, "health "+test)
	for _, p := range s.Ports {
		lines = append(lines, fmt.Sprint("port ", p.Published, " ", p.Target))
	}
	for _, v := range s.Volumes {
		lines = append(lines, "volume "+absolute(dir, v.Source)+" "+v.Target)
	}
	for _, f := range s.EnvFiles {
		lines = append(lines, "env file "+filepath.Join(dir, strings.TrimPrefix(f.Path, dir)))
	}
	for name, v := range s.Environment {
		if v != nil {
			lines = append(lines, "env "+name+"="+*v)
		} else if text, ok := env[name]; ok {
			lines = append(lines, "env "+name+"="+text)
		}
	}
	hosts := []string{s.Name}
	if s.ContainerName != "" {
		hosts = append(hosts, s.ContainerName)
	}
	for _, n := range s.Networks {
		if n != nil {
			hosts = append(hosts, n.Aliases...)
		}
	}
	slices.Sort(hosts)
	lines = append(lines, "needs "+fmt.Sprint(slices.Sorted(maps.Keys(s.DependsOn))), "hosts "+fmt.Sprint(slices.Compact(hosts)))
	slices.Sort(lines)
	return lines
}
