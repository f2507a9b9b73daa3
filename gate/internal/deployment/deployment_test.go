package deployment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, dir string) *Deployment {
	t.Helper()
	d, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadComposeWithOverrideAndProfiles(t *testing.T) {
	dir := write(t, map[string]string{
		".env": "TAG=1.9.2\nVECTOR_STORE=qdrant\nCOMPOSE_PROFILES=${VECTOR_STORE:-weaviate},x\nEMPTY=\nDB_PASSWORD=pw\n",
		"docker-compose.yaml": `services:
  api:
    image: langgenius/dify-api:${TAG:-0}
    env_file:
      - path: ./envs/a.env
        required: false
      - ./.env
    environment:
      KEY: ${PLUGIN_KEY:-${OTHER:-inner}}
      FILLED: ${EMPTY:-filled}
      LITERAL: $${TAG}
  weaviate:
    image: semitechnologies/weaviate:1.27.0
    profiles: [weaviate]
  qdrant:
    image: qdrant/qdrant
    profiles: [qdrant]
`,
		"docker-compose.override.yml": "services:\n  api:\n    image: registry:5000/api:9@sha256:aa\n    environment:\n      - ADDED=1\n",
		"envs/a.env":                  "A=1\nDB_PASSWORD=weaker\n",
	})
	d := read(t, dir)
	if len(d.Problems) > 0 {
		t.Fatal(d.Problems)
	}
	api, _ := d.Service("api")
	if api.Image != "registry:5000/api:9@sha256:aa" || api.ImageAt != (Place{filepath.Join(dir, "docker-compose.override.yml"), 3}) {
		t.Errorf("image %q at %v, want the override's", api.Image, api.ImageAt)
	}
	got := map[string]string{}
	for _, name := range []string{"A", "DB_PASSWORD", "KEY", "FILLED", "LITERAL", "ADDED"} {
		got[name] = api.Env[name].Text
	}
	want := map[string]string{"A": "1", "DB_PASSWORD": "pw", "KEY": "inner", "FILLED": "filled", "LITERAL": "${TAG}", "ADDED": "1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at := api.Env["KEY"].Place; at != (Place{filepath.Join(dir, "docker-compose.yaml"), 9}) {
		t.Errorf("KEY at %v, want line 9", at)
	}
	if v := d.Env["EMPTY"]; v.Text != "filled" || v.Source != FromDefault {
		t.Errorf("EMPTY is %q from %s, want the compose file's default", v.Text, v.Source)
	}
	if v := d.Env["DB_PASSWORD"]; v.Shown() != "***" || v.Line != 5 {
		t.Errorf("DB_PASSWORD shows %q at %v", v.Shown(), v.Place)
	}
	active := map[string]bool{}
	for _, i := range d.Images {
		active[i.Service+" "+i.Name+" "+i.Tag] = i.Active
	}
	if diff := cmp.Diff(map[string]bool{"api registry:5000/api 9": true, "weaviate semitechnologies/weaviate 1.27.0": false, "qdrant qdrant/qdrant ": true}, active); diff != "" {
		t.Error(diff)
	}
}

func TestReadExampleStandsIn(t *testing.T) {
	d := read(t, write(t, map[string]string{"env.example": "A=1\n"}))
	if !d.Standin || d.Env["A"].Source != FromExample || len(d.Notes) != 1 {
		t.Errorf("standin %v, source %s, notes %v", d.Standin, d.Env["A"].Source, d.Notes)
	}
	d = read(t, write(t, map[string]string{"env.example": "A=1\n", ".env": "A=2\n"}))
	if d.Standin || d.Lookup("A") != "2" || len(d.Notes) != 0 {
		t.Error(".env must win over the example")
	}
}

func TestReadHelm(t *testing.T) {
	d := read(t, write(t, map[string]string{"values.yaml": `
image:
  api: {repository: langgenius/dify-api, tag: "1.10.0"}
  web:
    repository: langgenius/dify-web
    tag: 1.9.2
sidecar:
  image: busybox:1.36
`}))
	var got []string
	for _, i := range d.Images {
		got = append(got, i.Service+" "+i.Name+":"+i.Tag)
	}
	want := []string{"api langgenius/dify-api:1.10.0", "web langgenius/dify-web:1.9.2", "sidecar busybox:1.36"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d.Images[1].Line != 6 {
		t.Errorf("tag of web on line %d, want 6", d.Images[1].Line)
	}
}

func TestReadBadDirectories(t *testing.T) {
	if _, err := Read(t.TempDir()); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty directory: %v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
	d := read(t, write(t, map[string]string{"docker-compose.yaml": "services: [\n"}))
	if len(d.Problems) != 1 {
		t.Errorf("problems %v, want one", d.Problems)
	}
}

func TestRefs(t *testing.T) {
	var got []string
	for _, r := range Refs("f", "a: ${A:-${B:-x}} $${C} ${D}\n# ${E}\nb: ${F:?need} ${G-}") {
		text := r.Name + "=" + r.Default
		if !r.HasDefault {
			text += " none"
		}
		if r.Must {
			text += " must"
		}
		got = append(got, text)
	}
	want := []string{"A=${B:-x}", "B=x", "D= none", "F= none must", "G="}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Every release reads without a problem, and each service has a place.
func TestReadReleases(t *testing.T) {
	releasedir.Some(t, 9, func(t *testing.T, dir releasedir.Dir) {
		d := read(t, dir.Path)
		if len(d.Problems) > 0 || len(d.Services) < 20 {
			t.Errorf("%d services, problems %v", len(d.Services), d.Problems)
		}
		for _, s := range d.Services {
			if s.Line == 0 || s.Image != "" && s.ImageAt.Line == s.Line {
				t.Errorf("%s has no place", s.Name)
			}
			if strings.Contains(s.Image, "$") {
				t.Errorf("image %s not resolved", s.Image)
			}
		}
	})
}

// Whatever a directory holds, reading it ends, and ends soon.
func FuzzRead(f *testing.F) {
	f.Add("A=1", "services:\n  api:\n    image: x:${A:-${B}}\n    environment: &e\n      <<: *e\n", "image: {repository: a, tag: b}")
	f.Add("COMPOSE_FILE=a:b:c", "services: {a: {extends: {file: docker-compose.yaml, service: a}}}", "a: &a [*a]")
	f.Fuzz(func(t *testing.T, env, compose, values string) {
		dir := write(t, map[string]string{".env": env, "docker-compose.yaml": compose, "values.yaml": values})
		start := time.Now()
		d, err := Read(dir)
		if took := time.Since(start); err == nil && d == nil || took > 5*time.Second {
			t.Fatalf("%v after %s", d, took)
		}
	})
}

func TestReadRefusesWhatDoesNotEnd(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 8; i++ {
		bomb += strings.ReplaceAll("aN: &aN [*aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM]\n", "N", string(rune('0'+i)))
		bomb = strings.ReplaceAll(bomb, "aM", "a"+string(rune('0'+i-1)))
	}
	for name, text := range map[string]string{
		"cycle": "services:\n  api:\n    image: y\n    environment: &e\n      <<: *e\n",
		"bomb":  bomb + "services: {api: {image: x}}\n",
		"deep":  "a: " + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "\n",
	} {
		d := read(t, write(t, map[string]string{"docker-compose.yaml": text}))
		if len(d.Problems) != 1 || len(d.Services) != 0 {
			t.Errorf("%s: problems %v, services %v", name, d.Problems, d.Services)
		}
	}
}

// TestReadIncludes: an included file's paths begin in its own directory, as
// https://docs.docker.com/reference/compose-file/include/ says; the includer's
// word wins.
func TestReadIncludes(t *testing.T) {
	dir := write(t, map[string]string{
		".env":                "TAG=1.2.3\n",
		"docker-compose.yaml": "include:\n  - lib/more.yaml\n  - path: [flat.yaml]\nservices:\n  worker: {image: \"w:1\"}\n  flat: {image: \"own:2\"}\n",
		"lib/more.yaml":       "include: [../flat.yaml]\nservices:\n  more:\n    image: more:${TAG}\n    env_file: [own.env]\n    volumes: [\"./data:/data\"]\n",
		"lib/own.env":         "FROM_OWN=1\n",
		"flat.yaml":           "services: {flat: {image: \"flat:1\", environment: {A: 1}}}\n",
	})
	d := read(t, dir)
	if len(d.Problems) > 0 || len(d.Services) != 3 || len(d.ComposeFiles) != 3 {
		t.Fatalf("problems %v, services %v, files %v", d.Problems, d.Services, d.ComposeFiles)
	}
	more, _ := d.Service("more")
	if more.Image != "more:1.2.3" || more.Env["FROM_OWN"].Text != "1" || more.Volumes[0].Source != filepath.Join(dir, "lib/data") {
		t.Errorf("got %+v", more)
	}
	if flat, _ := d.Service("flat"); flat.Image != "own:2" || flat.Env["A"].Text != "1" {
		t.Errorf("got %+v, want the includer's image", flat)
	}
	if want := (Place{filepath.Join(dir, "lib/more.yaml"), 4}); more.ImageAt != want {
		t.Errorf("image at %v, want %v", more.ImageAt, want)
	}
	for name, files := range map[string]map[string]string{
		"no such file": {"docker-compose.yaml": "include: [none.yaml]\nservices: {}\n"},
		"an error":     {"docker-compose.yaml": "include: [bad.yaml]\nservices: {}\n", "bad.yaml": "services: ["},
	} {
		if d := read(t, write(t, files)); len(d.Problems) != 1 {
			t.Errorf("%s: problems %v, want one", name, d.Problems)
		}
	}
	circle := read(t, write(t, map[string]string{"docker-compose.yaml": "include: [b.yaml]\n", "b.yaml": "include: [docker-compose.yaml]\nservices: {b: {image: \"b:1\"}}\n"}))
	if len(circle.Problems) != 1 || circle.Problems[0].Text != "include cycle: docker-compose.yaml includes b.yaml includes docker-compose.yaml" || len(circle.Services) != 0 {
		t.Errorf("a circle: problems %v, services %v", circle.Problems, circle.Services)
	}
}

// A problem has one line, and the place that the reader names.
func TestProblemIn(t *testing.T) {
	p := problemIn("c.yaml", "yaml: line 7: mapping values are not allowed\n")
	if p.Line != 7 || p.Unset || strings.Contains(p.Text, "\n") {
		t.Errorf("%+v", p)
	}
	p = problemIn("c.yaml", "required variable A is missing a value: x\nrequired variable B is missing a value: x")
	if p.Line != 0 || !p.Unset || strings.Count(p.Text, "; ") != 1 {
		t.Errorf("%+v", p)
	}
}
