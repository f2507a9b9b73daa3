// Package releasedir writes the docker directory of a release of Dify for
// tests, as an operator has it: compose file, .env, env files and nginx
// templates. It is rendered from the facts of the catalogue; what those do not
// hold (which container gets which variable, the words of the nginx files) is
// written here in our own words, after the form that Dify gives to it. So a test
// needs no file of Dify's, and covers each release that the catalogue knows.
//
// Where the real files lie beside the repository, in ../shared/dify/VERSION,
// [Each] runs a test on those too.
//
//	VERSION ─> catalogue ─> docker-compose.yaml      compose.go, services.go
//	                        .env, .env.example, envs  env.go
//	                        nginx/…                   nginx.go
package releasedir

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// real is where the releases' own files are, from the root of the repository.
const real = "../shared/dify"

// Dir is the directory of a release.
type Dir struct {
	Version string // as the catalogue writes it: "1.13.0"
	Path    string
	// Real is set for a copy of Dify's own files.
	Real bool
}

// Write renders the directory of a release and returns its path. The directory
// goes away with the test.
func Write(t testing.TB, version string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, Files(t, version))
	return dir
}

// Files are the files of a release's directory, by slash-separated path.
func Files(t testing.TB, version string) map[string]string {
	t.Helper()
	r := release(t, version)
	files := r.envFiles()
	files["docker-compose.yaml"] = r.compose()
	maps.Copy(files, r.nginx())
	return files
}

// Each runs a test on every release that the catalogue knows, rendered, and on
// a copy of the real files of those that lie beside the repository.
func Each(t *testing.T, test func(t *testing.T, d Dir)) {
	t.Helper()
	Some(t, 1, test)
}

// Some is Each for one release in n, and always the newest: for what takes long.
func Some(t *testing.T, n int, test func(t *testing.T, d Dir)) {
	t.Helper()
	versions := catalogue(t).Versions()
	for i, version := range versions {
		if i%n != 0 && i != len(versions)-1 {
			continue
		}
		t.Run(version, func(t *testing.T) { test(t, Dir{Version: version, Path: Write(t, version)}) })
		if files := realFiles(t, version); files != nil {
			t.Run(version+" real", func(t *testing.T) {
				dir := t.TempDir()
				write(t, dir, files)
				test(t, Dir{Version: version, Path: dir, Real: true})
			})
		}
	}
}

// realFiles are the own files of a release, laid out as in Dify's repository,
// with the example of the env file as the env file; nil when they are not here.
func realFiles(t testing.TB, version string) map[string]string {
	t.Helper()
	dir := filepath.Join(root(t), real, version)
	files := map[string]string{}
	read := func(from string, to ...string) {
		text, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range to {
			files[name] = string(text)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "docker-compose.yaml")); err != nil {
		return nil
	}
	read("docker-compose.yaml", "docker-compose.yaml")
	read("env.example", ".env.example", ".env")
	for _, name := range []string{"nginx.conf.template", "proxy.conf.template", "https.conf.template"} {
		read("nginx/"+name, "nginx/"+name)
	}
	read("nginx/default.conf.template", "nginx/conf.d/default.conf.template")
	for _, pattern := range []string{"envs/*.env.example", "envs/*/*.env.example"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, path := range found {
			name := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
			read(name, name, strings.TrimSuffix(name, ".example"))
		}
	}
	return files
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// root is the root of the repository: the first directory above the test's that
// holds go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

func catalogue(t testing.TB) *dify.Catalogue {
	t.Helper()
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
