package learn

import (
	"encoding/json"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// atLeast finds the lower bound of a range: ">=3.11,<3.13", "^22.22.1", ">= 18".
var atLeast = lazyregexp.New(`^(?:>=|\^|~=|~)?\s*v?(\d+(?:\.\d+)*)`)

// minimums reads the versions that the release's own files ask for.
func (r *reader) minimums() {

	r.pythonMinimum()
	r.nodeMinimum()
	r.composeMinimum()
}

func (r *reader) minimum(product, given, file string) {
	m := atLeast().FindStringSubmatch(strings.TrimSpace(given))
	if m == nil {
		r.cannot(file, "%s %q: want a range that begins with the oldest version", product, given)
		return
	}
	r.facts.MinVersions = append(r.facts.MinVersions, dify.MinVersion{Product: product, Version: m[1], Source: file})
}

func (r *reader) pythonMinimum() {
	src, ok := r.text(pyproject)
	if !ok {
		return
	}
	var doc struct {
		Project struct {
			Requires string `toml:"requires-python"`
		}
		Tool struct {
			Poetry struct {
				Dependencies map[string]any
			}
		}
	}
	if err := toml.Unmarshal([]byte(src), &doc); err != nil {
		r.cannot(pyproject, "%s", oneLine(err.Error()))
		return
	}
	given := doc.Project.Requires
	if poetry, ok := doc.Tool.Poetry.Dependencies["python"].(string); ok && given == "" {
		given = poetry
	}
	if given != "" {
		r.minimum("python", given, pyproject)
	}
}

func (r *reader) nodeMinimum() {
	src, ok := r.tree.files[packageFile]
	if !ok {
		return // a tree of the back end alone
	}
	var doc struct{ Engines map[string]string }
	if err := json.Unmarshal(src, &doc); err != nil {
		r.cannot(packageFile, "%s", err)
		return
	}
	for _, product := range []string{"node", "pnpm"} {
		if given := doc.Engines[product]; given != "" {
			r.minimum(product, given, packageFile)
		}
	}
}

// requiredForm is an env_file entry with "required", which Docker Compose
// understands since 2.24.0.
var requiredForm = lazyregexp.New(`(?m)^\s+required:\s*(true|false)\s*$`)

func (r *reader) composeMinimum() {
	src := r.tree.files[composeFile]
	if at := strings.Index(string(src), "env_file:"); at >= 0 && requiredForm().Match(src[at:]) {
		r.facts.MinVersions = append(r.facts.MinVersions, dify.MinVersion{Product: "docker-compose", Version: "2.24.0", Source: composeFile})
	}
}
