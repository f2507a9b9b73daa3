package lockfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// parseNPM reads package-lock.json and npm-shrinkwrap.json. Version 1 has a
// tree under "dependencies"; versions 2 and 3 have a flat "packages", keyed by
// the folder that a package goes into.
func parseNPM(data []byte) (*File, error) {
	if err := jsonSyntax(data); err != nil {
		return nil, err
	}
	root := gjson.ParseBytes(data)
	if !root.IsObject() {
		return nil, &SyntaxError{1, 1, "not a JSON object"}
	}
	version := root.Get("lockfileVersion")
	switch {
	case version.Type == gjson.Number && (version.Num == 2 || version.Num == 3):
		return npmPackages(data, root, int(version.Num))
	case version.Type == gjson.Number && version.Num == 1, !version.Exists() && root.Get("dependencies").Exists():
		f := &File{Format: "npm lockfile v1"}
		return f, npmTree(data, root.Get("dependencies"), f, 0)
	case !version.Exists():
		return nil, &SyntaxError{1, 1, "no lockfileVersion"}
	}
	return nil, &UnsupportedError{"npm lockfileVersion " + clip(version.Raw)}
}

// jsonSyntax validates with encoding/json, whose depth is bounded and whose
// errors have an offset; gjson reports neither.
func jsonSyntax(data []byte) error {
	var any json.RawMessage
	err := json.Unmarshal(data, &any)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	line, column := position(data, len(data))
	if errors.As(err, &syntax) {
		line, column = position(data, int(syntax.Offset)-1)
	}
	return &SyntaxError{line, column, "not valid JSON: " + err.Error()}
}

func npmPackages(data []byte, root gjson.Result, version int) (*File, error) {
	packages := root.Get("packages")
	if !packages.IsObject() {
		return nil, &SyntaxError{1, 1, fmt.Sprintf("lockfileVersion %d without packages", version)}
	}
	f := &File{Format: fmt.Sprintf("npm lockfile v%d", version), Wanted: map[string]string{}}
	var err error
	packages.ForEach(func(key, value gjson.Result) bool {
		if key.Str == "" {
			recordWanted(f, value)
			return true
		}
		at := strings.LastIndex(key.Str, "node_modules/")
		if at < 0 || value.Get("link").Bool() {
			return true // a workspace's own folder, or the link to it
		}
		name := key.Str[at+len("node_modules/"):]
		if alias := value.Get("name").Str; alias != "" {
			name = alias
		}
		err = f.addNPM(data, name, value, value.Get("inBundle").Bool())
		return err == nil
	})
	return f, err
}

// recordWanted takes over what the lockfile has noted of the manifest.
func recordWanted(f *File, manifest gjson.Result) {
	for _, section := range manifestSections {
		manifest.Get(section).ForEach(func(name, rng gjson.Result) bool {
			f.Wanted[name.Str] = rng.Str
			return true
		})
	}
}

// maxDepth bounds version 1's tree: real ones are a dozen deep.
const maxDepth = 200

func npmTree(data []byte, dependencies gjson.Result, f *File, depth int) (err error) {
	if depth > maxDepth {
		return &SyntaxError{1, 1, fmt.Sprintf("dependencies nest deeper than %d", maxDepth)}
	}
	dependencies.ForEach(func(name, value gjson.Result) bool {
		if err = f.addNPM(data, name.Str, value, value.Get("bundled").Bool()); err == nil {
			err = npmTree(data, value.Get("dependencies"), f, depth+1)
		}
		return err == nil
	})
	return err
}

func (f *File) addNPM(data []byte, name string, value gjson.Result, bundled bool) error {
	line, column := position(data, value.Index)
	p := Package{Name: name, Version: value.Get("version").Str, Resolved: value.Get("resolved").Str, Bundled: bundled, Line: line, Column: column}
	if p.Version == "" && p.Resolved == "" {
		return &SyntaxError{line, column, fmt.Sprintf("%s has neither a version nor a source", clip(name))}
	}
	p.Source = sourceOf(p.Resolved)
	if p.Resolved == "" {
		p.Source = sourceOf(versionSource(p.Version))
	}
	if i := value.Get("integrity").Str; i != "" {
		p.setHash(i)
	}
	f.Packages = append(f.Packages, p)
	return nil
}

// versionSource is the version when it is an address (v1 writes git URLs and
// files there), else "".
func versionSource(version string) string {
	if strings.Contains(version, ":") {
		return version
	}
	return ""
}
