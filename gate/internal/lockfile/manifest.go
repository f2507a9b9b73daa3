package lockfile

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// manifestSections are the parts of package.json that ask for packages.
var manifestSections = []string{"dependencies", "devDependencies", "optionalDependencies"}

// ManifestName is the manifest that belongs to a lockfile.
func ManifestName(lock string) string {
	if filepath.Base(lock) == "uv.lock" {
		return "pyproject.toml"
	}
	return "package.json"
}

// ParseManifest reads what package.json or pyproject.toml asks for.
func ParseManifest(name string, data []byte) ([]Request, error) {
	if err := plausible(data); err != nil {
		return nil, err
	}
	if filepath.Base(name) == "pyproject.toml" {
		return parsePyproject(data)
	}
	if err := jsonSyntax(data); err != nil {
		return nil, err
	}
	var out []Request
	root := gjson.ParseBytes(data)
	for _, section := range manifestSections {
		root.Get(section).ForEach(func(key, value gjson.Result) bool {
			line, column := position(data, value.Index)
			out = append(out, Request{key.Str, value.Str, line, column})
			return true
		})
	}
	return out, nil
}

// requirement is the head of a PEP 508 requirement: name, extras, specifier.
var requirement = lazyregexp.New(`^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;()]*)`)

func parsePyproject(data []byte) ([]Request, error) {
	var raw struct {
		Project struct {
			Dependencies []string `toml:"dependencies"`
		} `toml:"project"`
	}
	if err := toml.Unmarshal(data, &raw); err != nil {
		return nil, tomlError(err)
	}
	var out []Request
	for _, dependency := range raw.Project.Dependencies {
		m := requirement().FindStringSubmatch(dependency)
		if m == nil {
			continue
		}
		line, column := position(data, strings.Index(string(data), dependency))
		out = append(out, Request{normalName(m[1]), strings.ReplaceAll(strings.TrimSpace(m[2]), " ", ""), line, column})
	}
	return out, nil
}

// normalName is a Python project's name as PEP 503 compares it.
func normalName(name string) string {
	return strings.ToLower(regexp.MustCompile(`[-_.]+`).ReplaceAllString(name, "-"))
}

// InStep returns the requests that the lockfile does not answer.
func (f *File) InStep(requests []Request) []Request {
	var out []Request
	for _, r := range requests {
		if !f.answers(r) {
			out = append(out, r)
		}
	}
	return out
}

func (f *File) answers(r Request) bool {
	switch {
	case strings.HasPrefix(r.Range, "link:"), strings.HasPrefix(r.Range, "workspace:"), strings.HasPrefix(r.Range, "portal:"):
		return true
	case f.Keys != nil:
		return f.Keys[r.Name+"@"+r.Range] || f.Keys[berryKey(r.Name, r.Range)] || strings.HasPrefix(r.Range, "patch:") && f.anyKey(r.Name)
	case f.Wanted != nil:
		have, ok := f.Wanted[r.Name]
		return ok && strings.ReplaceAll(have, " ", "") == strings.ReplaceAll(r.Range, " ", "")
	}
	// npm v1 records no ranges: the name has to be there at least.
	for _, p := range f.Packages {
		if p.Name == r.Name {
			return true
		}
	}
	return false
}
