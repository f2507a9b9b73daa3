package lockfile

import (
	"fmt"
	"strconv"
	"strings"
)

// parseBerry reads the yarn.lock of Yarn 2 and later.
func parseBerry(data []byte) (*File, error) {
	root, err := yamlRoot(data)
	if err != nil {
		return nil, err
	}
	written := text(child(child(root, "__metadata"), "version"))
	version, err := strconv.Atoi(written)
	if err != nil || version < 4 || version > 8 {
		return nil, &UnsupportedError{fmt.Sprintf("yarn.lock of version %q", clip(written))}
	}
	f := &File{Format: fmt.Sprintf("yarn lockfile berry %d", version), Keys: map[string]bool{}}
	var uses []use
	for _, p := range pairs(root) {
		if p.key.Value == "__metadata" {
			continue
		}
		for _, key := range strings.Split(p.key.Value, ", ") {
			f.Keys[key] = true
		}
		resolution := text(child(p.value, "resolution"))
		name, address, ok := cutName(resolution)
		if !ok || text(child(p.value, "version")) == "" {
			return nil, &SyntaxError{p.key.Line, p.key.Column, fmt.Sprintf("the entry %q has no version or no resolution", clip(p.key.Value))}
		}
		entry := Package{Name: name, Version: text(child(p.value, "version")), Line: p.key.Line, Column: p.key.Column, Source: berrySource(address)}
		if entry.Source == Tarball || entry.Source == Git {
			entry.Resolved = address
		}
		if sum := text(child(p.value, "checksum")); sum != "" {
			_, digest, cache := strings.Cut(sum, "/")
			if !cache {
				digest = sum
			}
			entry.setHex("sha512", digest, sum)
		}
		f.Packages = append(f.Packages, entry)
		for _, d := range pairs(child(p.value, "dependencies")) {
			uses = append(uses, use{berryKey(d.key.Value, d.value.Value), name, d.key.Line, d.key.Column})
		}
	}
	return f, f.berryDangling(uses)
}

// berryKey is the descriptor of a dependency: without a protocol it is npm's.
func berryKey(name, rng string) string {
	if strings.Contains(rng, ":") {
		return name + "@" + rng
	}
	return name + "@npm:" + rng
}

func (f *File) berryDangling(uses []use) error {
	for _, u := range uses {
		name, rng, _ := cutName(u.key)
		if f.Keys[u.key] || f.Keys[name+"@"+strings.TrimPrefix(rng, "npm:")] || strings.HasPrefix(rng, "workspace:") {
			continue
		}
		if f.anyKey(name) {
			continue // a resolution in the manifest may have replaced the range
		}
		return &SyntaxError{u.line, u.column, fmt.Sprintf("%s wants %s, which has no entry: the file is cut off or was edited", clip(u.by), clip(u.key))}
	}
	return nil
}

func (f *File) anyKey(name string) bool {
	for key := range f.Keys {
		if strings.HasPrefix(key, name+"@") {
			return true
		}
	}
	return false
}

func berrySource(address string) Source {
	switch {
	case strings.HasPrefix(address, "npm:"):
		return Registry
	case strings.HasPrefix(address, "workspace:"), strings.HasPrefix(address, "link:"), strings.HasPrefix(address, "portal:"), strings.HasPrefix(address, "file:"), strings.HasPrefix(address, "patch:"):
		return Local
	case strings.Contains(address, "#commit="), strings.HasPrefix(address, "git"), strings.Contains(address, ".git#"):
		return Git
	}
	return Tarball
}
