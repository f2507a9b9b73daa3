//go:build linux

package deployment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/internal/readfile/filetest"
)

const goodCompose = "services:\n  api:\n    image: langgenius/dify-api:1.0.0\n    env_file: [more.env]\n"

// Whatever stands at the path of a file that Compose reads, it is read, or there is a
// problem or an error that names it: it is never passed over.
func TestWhateverStandsThere(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		".env":                         "A=1\n",
		"docker-compose.yaml":          goodCompose,
		"docker-compose.override.yaml": "services:\n  api:\n    image: langgenius/dify-api:2.0.0\n",
		"more.env":                     "B=1\n",
		"values.yaml":                  "image: {repository: langgenius/dify-api, tag: 1.0.0}\n",
	}
	// What is absent, or empty, and may be.
	fine := map[string]bool{
		".env missing": true, "docker-compose.override.yaml missing": true, "values.yaml missing": true,
		".env empty": true, "more.env empty": true,
	}
	for file, good := range files {
		for _, c := range filetest.Cases() {
			t.Run(file+" "+c.Name, func(t *testing.T) {
				t.Parallel()
				others := map[string]string{}
				for name, text := range files {
					if name != file {
						others[name] = text
					}
				}
				dir := write(t, others)
				path := filepath.Join(dir, file)
				c.Make(t, path, []byte(good))
				var d *Deployment
				var err error
				filetest.AsNobody(t, dir, func() { d, err = Read(dir) })
				told := err != nil && strings.Contains(err.Error(), path)
				if err == nil {
					for _, p := range d.Problems {
						told = told || strings.Contains(p.String()+p.Text, file)
					}
				}
				if want := !c.Readable && !fine[file+" "+c.Name]; told != want {
					t.Errorf("told %v, want %v: %v, %+v", told, want, err, d)
				}
			})
		}
	}
}

// What docker compose refuses, or does not find, is a problem with its place.
func TestBadComposeFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string // the file, a line, and what the problem says
	}{
		{"empty", map[string]string{"docker-compose.yaml": ""}, []string{"docker-compose.yaml: the file is empty"}},
		{"blank", map[string]string{"compose.yml": " \n\n"}, []string{"compose.yml: the file is empty"}},
		{"comments", map[string]string{"docker-compose.yaml": "# services:\n#   api: {}\n"}, []string{"docker-compose.yaml: declares no service"}},
		{"a mark alone", map[string]string{"docker-compose.yaml": "---\n"}, []string{"docker-compose.yaml: declares no service"}},
		{"without services", map[string]string{"docker-compose.yaml": "x-shared: &shared\n  A: 1\nvolumes: {}\n"}, []string{"docker-compose.yaml: declares no service"}},
		{"no service", map[string]string{"docker-compose.yaml": "services:\n"}, []string{"docker-compose.yaml: declares no service"}},
		{"a list", map[string]string{"docker-compose.yaml": "- services\n"}, []string{"docker-compose.yaml:1: "}},
		{"a word", map[string]string{"docker-compose.yaml": "hello\n"}, []string{"docker-compose.yaml:1: "}},
		{"cut in a text", map[string]string{"docker-compose.yaml": "services:\n  api:\n    image: \"langgenius/di"}, []string{"docker-compose.yaml:3: "}},
		{"an override alone", map[string]string{".env": "A=1\n", "docker-compose.override.yml": goodCompose}, []string{"docker-compose.override.yml: an override without"}},
		{"COMPOSE_FILE without a name", map[string]string{".env": "A=1\nCOMPOSE_FILE=:\n", "docker-compose.yaml": goodCompose}, []string{".env:2: COMPOSE_FILE names no file"}},
		{"COMPOSE_FILE names none that is there", map[string]string{".env": "COMPOSE_FILE=docker-compose.yaml:prod.yaml\n", "docker-compose.yaml": goodCompose}, []string{"prod.yaml: no such file"}},
		{"includes itself", map[string]string{"docker-compose.yaml": "include: [docker-compose.yaml]\n" + goodCompose}, []string{"docker-compose.yaml: include cycle: docker-compose.yaml includes docker-compose.yaml"}},
		{"env_file with an error", map[string]string{"docker-compose.yaml": goodCompose, "more.env": "A=1\nB='\n"}, []string{"more.env:2: the quoted value has no end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := write(t, c.files)
			d := read(t, dir)
			var got []string
			for i, p := range d.Problems {
				text := strings.TrimPrefix(fmt.Sprintf("%s: %s", p.Place, p.Text), dir+"/")
				if i < len(c.want) {
					text = text[:min(len(text), len(c.want[i]))]
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A file of a few hundred bytes must not grow without a bound.
func TestGrowth(t *testing.T) {
	t.Parallel()
	var doubling, services, refs strings.Builder
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&doubling, "  - ${X%d:-${X%d}${X%d}}\n", i, i-1, i-1)
		fmt.Fprintf(&refs, "  - ${X0}${X0}\n")
	}
	services.WriteString("services:\n  base:\n    image: a\n    environment:\n")
	for i := range 3_000 {
		fmt.Fprintf(&services, "      V%d: x\n", i)
	}
	for i := range 5_000 {
		fmt.Fprintf(&services, "  s%d: {extends: base}\n", i)
	}
	for name, c := range map[string]struct{ env, compose string }{
		"defaults":      {"X0=aaaaaaaa\n", "x-a:\n" + doubling.String() + goodCompose},
		"long values":   {"X0=" + strings.Repeat("x", 60_000) + "\n", "x-a:\n" + strings.Repeat(refs.String(), 20) + goodCompose},
		"extends":       {"", services.String()},
		"nested":        {"", "x-a: \"" + strings.Repeat("${A:-", 10_000) + strings.Repeat("}", 10_000) + "\"\n" + goodCompose},
		"one long line": {"", "# \n" + goodCompose + "x-a: " + strings.Repeat("${A:-", 700_000) + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, write(t, map[string]string{".env": c.env, "docker-compose.yaml": c.compose}))
			if len(d.Problems) != 1 || len(d.Services) != 0 {
				t.Errorf("%d services, problems %.300v", len(d.Services), d.Problems)
			}
		})
	}
}

func TestReadIsNoFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "a file, want a directory") {
		t.Errorf("got %v", err)
	}
}
