package lockfile

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parsePNPM reads pnpm-lock.yaml. Packages are keyed /name/version (5),
// /name@version (6) or name@version (9), with peers behind it.
func parsePNPM(data []byte) (*File, error) {
	root, err := yamlRoot(data)
	if err != nil {
		return nil, err
	}
	version := text(child(root, "lockfileVersion"))
	major, _, _ := strings.Cut(version, ".")
	switch major {
	case "5", "6", "7", "9":
	case "":
		return nil, &SyntaxError{1, 1, "no lockfileVersion"}
	default:
		return nil, &UnsupportedError{fmt.Sprintf("pnpm lockfileVersion %q", clip(version))}
	}
	f := &File{Format: "pnpm lockfile " + version, Wanted: map[string]string{}}
	packages := child(root, "packages")
	for _, p := range pairs(packages) {
		entry, err := pnpmPackage(p)
		if err != nil {
			return nil, err
		}
		f.Packages = append(f.Packages, entry)
	}
	importer := child(child(root, "importers"), ".")
	if importer == nil {
		importer = root
	}
	return f, f.pnpmImporter(importer)
}

func pnpmPackage(p pair) (Package, error) {
	name, version, ok := pnpmKey(p.key.Value)
	if v := text(child(p.value, "version")); v != "" {
		version = v
	}
	if n := text(child(p.value, "name")); n != "" {
		name, ok = n, true
	}
	if !ok {
		return Package{}, &SyntaxError{p.key.Line, p.key.Column, fmt.Sprintf("%q: want a name and a version", clip(p.key.Value))}
	}
	resolution := child(p.value, "resolution")
	if resolution == nil {
		return Package{}, &SyntaxError{p.key.Line, p.key.Column, fmt.Sprintf("%s has no resolution: the file is cut off or was edited", clip(p.key.Value))}
	}
	entry := Package{Name: name, Version: version, Line: p.key.Line, Column: p.key.Column, Source: Registry, Resolved: text(child(resolution, "tarball"))}
	switch {
	case text(child(resolution, "repo")) != "" || text(child(resolution, "commit")) != "":
		entry.Source, entry.Resolved = Git, text(child(resolution, "repo"))
	case text(child(resolution, "directory")) != "":
		entry.Source = Local
	case entry.Resolved != "":
		entry.Source = sourceOf(entry.Resolved)
	}
	if i := text(child(resolution, "integrity")); i != "" {
		entry.setHash(i)
	}
	return entry, nil
}

// pnpmKey splits a package's key into name and version.
func pnpmKey(key string) (name, version string, ok bool) {
	key, _, _ = strings.Cut(strings.TrimPrefix(key, "/"), "(")
	if name, version, ok = cutName(key); ok && !strings.Contains(version, "/") || ok && strings.Contains(version, ":") {
		return name, version, true
	}
	at := strings.LastIndexByte(key, '/')
	if at <= 0 || at == len(key)-1 {
		return "", "", false
	}
	version, _, _ = strings.Cut(key[at+1:], "_")
	return key[:at], version, true
}

// pnpmImporter takes over what the manifest asked for, and makes sure that
// every answer has an entry. Version 5 keeps the requests under specifiers.
func (f *File) pnpmImporter(importer *yaml.Node) error {
	have := map[string]bool{}
	for _, p := range f.Packages {
		have[p.Name] = true
	}
	for _, p := range pairs(child(importer, "specifiers")) {
		f.Wanted[p.key.Value] = text(p.value)
	}
	for _, section := range manifestSections {
		for _, d := range pairs(child(importer, section)) {
			version := text(d.value)
			if version == "" {
				f.Wanted[d.key.Value] = text(child(d.value, "specifier"))
				version = text(child(d.value, "version"))
			}
			local := strings.HasPrefix(version, "link:") || strings.HasPrefix(version, "file:") || strings.ContainsAny(version, "/@")
			if !local && !have[d.key.Value] {
				return &SyntaxError{d.key.Line, d.key.Column, fmt.Sprintf("%s %s has no entry under packages: the file is cut off or was edited", clip(d.key.Value), clip(version))}
			}
		}
	}
	return nil
}
