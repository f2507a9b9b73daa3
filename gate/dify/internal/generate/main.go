// Generate reads release folders of Dify and writes the embedded catalogue.
//
//	go run ./internal/generate -releases DIR -facts facts.json -out catalogue.json.gz
//
// DIR holds a folder for each release (docker-compose.yaml, env.example,
// envs/**, nginx/*.template) and the tables routes.tsv, alembic-heads.tsv,
// alembic-revisions.tsv, flask-commands.tsv, nginx-locations.tsv and README.md
// with date and commit of each release. To add a release: add its folder and
// its rows, run go generate, and look at the test that compares.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/dify-gate/dify-gate/gate/dify"
)

func main() {
	releases := flag.String("releases", "", "folder with one folder for each release, and the tables")
	facts := flag.String("facts", "facts.json", "hand-written facts")
	out := flag.String("out", "catalogue.json.gz", "the catalogue to write")
	flag.Parse()
	if err := run(*releases, *facts, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(releases, facts, out string) error {
	c, err := build(releases, facts)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := c.Encode(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// build makes the catalogue.
func build(dir, factsFile string) (*dify.Catalogue, error) {
	c := &dify.Catalogue{}
	if err := addTags(c, dir); err != nil {
		return nil, err
	}
	if err := addTables(c, dir); err != nil {
		return nil, err
	}
	env := newEnvHistory()
	services := map[string][]dify.ServiceState{}
	templates := spans{}
	for i, tag := range c.Tags {
		r, err := readRelease(dir, tag.Version)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tag.Version, err)
		}
		env.add(tag.Version, r)
		addServices(services, tag.Version, r)
		templates.add(i, r.templates)
	}
	c.Env = env.keys()
	c.Hosts = hosts(services)
	for _, s := range templates.list(c.Tags) {
		c.Templates = append(c.Templates, dify.TemplateVar{Name: s.key, File: s.value, Since: s.since, Until: s.until})
	}
	return c, addFacts(c, factsFile, env)
}
