package lockfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// uvFile is the part of uv.lock that matters here.
type uvFile struct {
	Version int         `toml:"version"`
	Package []uvPackage `toml:"package"`
}

type uvPackage struct {
	Name         string            `toml:"name"`
	Version      string            `toml:"version"`
	Source       map[string]string `toml:"source"`
	Dependencies []struct {
		Name string `toml:"name"`
	} `toml:"dependencies"`
	Sdist    uvArtifact   `toml:"sdist"`
	Wheels   []uvArtifact `toml:"wheels"`
	Metadata struct {
		Requires []struct {
			Name      string `toml:"name"`
			Specifier string `toml:"specifier"`
		} `toml:"requires-dist"`
	} `toml:"metadata"`
}

type uvArtifact struct {
	URL  string `toml:"url"`
	Hash string `toml:"hash"`
}

// parseUV reads uv.lock.
func parseUV(data []byte) (*File, error) {
	var raw uvFile
	if err := toml.Unmarshal(data, &raw); err != nil {
		return nil, tomlError(err)
	}
	if raw.Version != 1 {
		return nil, &UnsupportedError{fmt.Sprintf("uv.lock of version %d", raw.Version)}
	}
	f := &File{Format: "uv lockfile v1", Wanted: map[string]string{}}
	lines := tableLines(data)
	have := map[string]bool{}
	for _, p := range raw.Package {
		have[p.Name] = true
	}
	for i, p := range raw.Package {
		line := 1
		if len(lines) == len(raw.Package) {
			line = lines[i]
		}
		if p.Name == "" {
			return nil, &SyntaxError{line, 1, "a package without a name"}
		}
		for _, d := range p.Dependencies {
			if !have[d.Name] {
				return nil, &SyntaxError{line, 1, fmt.Sprintf("%s wants %s, which has no entry: the file is cut off or was edited", clip(p.Name), clip(d.Name))}
			}
		}
		f.Packages = append(f.Packages, p.entries(line)...)
		for _, r := range p.Metadata.Requires {
			f.Wanted[r.Name] = r.Specifier
		}
	}
	return f, nil
}

// entries are a package's artifacts as packages: each is fetched by itself and
// has a hash of its own.
func (p uvPackage) entries(line int) []Package {
	base := Package{Name: p.Name, Version: p.Version, Line: line, Column: 1, Source: uvSource(p.Source)}
	artifacts := p.Wheels
	if p.Sdist != (uvArtifact{}) {
		artifacts = append([]uvArtifact{p.Sdist}, artifacts...)
	}
	if len(artifacts) == 0 {
		base.Resolved = p.Source["registry"] + p.Source["url"] + p.Source["git"]
		return []Package{base}
	}
	out := make([]Package, 0, len(artifacts))
	for _, a := range artifacts {
		e := base
		e.Resolved = a.URL
		if algorithm, digest, ok := strings.Cut(a.Hash, ":"); ok {
			e.setHex(algorithm, digest, a.Hash)
		}
		out = append(out, e)
	}
	return out
}

func uvSource(source map[string]string) Source {
	switch {
	case source["registry"] != "":
		return Registry
	case source["git"] != "":
		return Git
	case source["url"] != "":
		return Tarball
	}
	return Local
}

// tableLines are the lines on which a [[package]] table starts.
func tableLines(data []byte) []int {
	var out []int
	for i, line := range bytes.Split(data, []byte("\n")) {
		if bytes.Equal(bytes.TrimSpace(line), []byte("[[package]]")) {
			out = append(out, i+1)
		}
	}
	return out
}

func tomlError(err error) error {
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		return &SyntaxError{line, column, "not valid TOML: " + strings.TrimPrefix(decode.Error(), "toml: ")}
	}
	return &SyntaxError{1, 1, "not valid TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
}
