package lockfile

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Source is where a package comes from.
type Source int

// The sources. Only what comes from a registry or a plain tarball has a hash
// of its own in every format.
const (
	Registry Source = iota + 1
	Tarball
	Git
	Local // a folder, a link, a workspace, a patch of another entry
)

// Package is one locked version.
type Package struct {
	Name, Version string
	// Integrity is the hash as written: "sha512-…", "sha256:…", "10c0/…".
	Integrity string
	// Algorithm is sha512, sha384, sha256, sha1 or md5; "" when there is no hash.
	Algorithm string
	// BadHash says what is wrong with a hash that is there but unusable.
	BadHash string
	// Resolved is the URL that the package is fetched from, if the file has it.
	Resolved string
	Source   Source
	// Bundled packages come inside another one and have no hash of their own.
	Bundled bool
	Line    int
	Column  int
}

// Request is what a manifest asks for: a name and a range, as written.
type Request struct {
	Name, Range  string
	Line, Column int
}

// File is a parsed lockfile.
type File struct {
	// Format is for people: "npm lockfile v3".
	Format   string
	Packages []Package
	// Wanted are the manifest's requests as the lockfile has recorded them,
	// by name. Nil when the format does not record them by manifest.
	Wanted map[string]string
	// Keys are the requests that have an entry, "name@range", in formats that
	// are keyed by them (Yarn). Nil elsewhere.
	Keys map[string]bool
}

// SyntaxError says where a file is broken.
type SyntaxError struct {
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// UnsupportedError says what a file is that cannot be read.
type UnsupportedError struct{ What string }

func (e *UnsupportedError) Error() string { return e.What + ", want " + Supported }

// Supported lists what Parse reads.
const Supported = "package-lock.json or npm-shrinkwrap.json (v1 to v3), yarn.lock (v1, berry 4 to 8), pnpm-lock.yaml (5 to 9) or uv.lock (v1)"

// Parse reads a lockfile; its base name tells the format.
func Parse(name string, data []byte) (*File, error) {
	base := filepath.Base(name)
	parse, ok := map[string]func([]byte) (*File, error){
		"package-lock.json":   parseNPM,
		"npm-shrinkwrap.json": parseNPM,
		"yarn.lock":           parseYarn,
		"pnpm-lock.yaml":      parsePNPM,
		"uv.lock":             parseUV,
	}[base]
	if !ok {
		return nil, &UnsupportedError{fmt.Sprintf("a file named %q is not a lockfile that can be read", base)}
	}
	if err := plausible(data); err != nil {
		return nil, err
	}
	return parse(data)
}

// plausible finds what is wrong with a file whatever its grammar.
func plausible(data []byte) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return &SyntaxError{1, 1, "the file is empty"}
	}
	if i := invalidUTF8(data); i >= 0 {
		line, column := position(data, i)
		return &SyntaxError{line, column, "not valid UTF-8"}
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		for _, mark := range []string{"<<<<<<< ", ">>>>>>> ", "||||||| "} {
			if bytes.HasPrefix(line, []byte(mark)) {
				return &SyntaxError{i + 1, 1, "a conflict mark of git: the merge is not finished"}
			}
		}
	}
	return nil
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// position is the 1-based line and column of a byte offset.
func position(data []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(data))
	line = 1 + bytes.Count(data[:offset], []byte("\n"))
	return line, offset - bytes.LastIndexByte(data[:offset], '\n')
}

// sourceOf classes a URL, a path or a git address.
func sourceOf(resolved string) Source {
	lower := strings.ToLower(resolved)
	switch {
	case lower == "":
		return Registry
	case strings.HasPrefix(lower, "git"), strings.HasSuffix(strings.SplitN(lower, "#", 2)[0], ".git"):
		return Git
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		return Registry
	case strings.HasPrefix(lower, "file:"), strings.HasPrefix(lower, "link:"), strings.HasPrefix(lower, "workspace:"), strings.HasPrefix(lower, "portal:"), strings.HasPrefix(lower, "patch:"):
		return Local
	}
	return Registry
}
