package lockfile

import (
	"bytes"
	"fmt"
	"strings"
)

// parseYarn reads yarn.lock: berry's is YAML with __metadata, classic's is a
// format of its own.
func parseYarn(data []byte) (*File, error) {
	if bytes.Contains(data, []byte("\n__metadata:")) || bytes.HasPrefix(data, []byte("__metadata:")) {
		return parseBerry(data)
	}
	if !bytes.Contains(data, []byte("# yarn lockfile v1")) {
		return nil, &UnsupportedError{"a yarn.lock with neither the mark of version 1 nor berry's __metadata"}
	}
	y := &classic{file: &File{Format: "yarn lockfile v1", Keys: map[string]bool{}}}
	for i, line := range strings.Split(string(data), "\n") {
		if err := y.line(i+1, strings.TrimRight(line, "\r")); err != nil {
			return nil, err
		}
	}
	if err := y.close(); err != nil {
		return nil, err
	}
	return y.file, y.dangling()
}

// classic is the state of the scan: entries start in column 1 and end with a
// colon; their fields are indented by two, dependencies by four.
type classic struct {
	file    *File
	entry   *Package
	section bool // inside dependencies of the entry
	uses    []use
}

// use is a dependency inside of an entry, which has to have one itself.
type use struct {
	key    string
	by     string
	line   int
	column int
}

func (y *classic) line(n int, line string) error {
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	switch {
	case text == "" || text[0] == '#':
		return nil
	case indent == 0:
		return y.open(n, text)
	case y.entry == nil:
		return &SyntaxError{n, indent + 1, "an indented line outside of an entry"}
	case indent == 2:
		return y.field(n, text)
	case indent >= 4 && y.section:
		name, rng, err := twoWords(text)
		if err != nil {
			return &SyntaxError{n, indent + 1, err.Error()}
		}
		y.uses = append(y.uses, use{name + "@" + rng, y.entry.Name, n, indent + 1})
		return nil
	}
	return &SyntaxError{n, indent + 1, fmt.Sprintf("a line indented by %d is not expected here", indent)}
}

// open starts an entry: `"a@^1", b@2:`.
func (y *classic) open(n int, text string) error {
	if err := y.close(); err != nil {
		return err
	}
	keys, ok := strings.CutSuffix(text, ":")
	if !ok {
		return &SyntaxError{n, 1, "an entry has to end with a colon"}
	}
	y.entry = &Package{Line: n, Column: 1, Source: Registry}
	for _, key := range strings.Split(keys, ", ") {
		key = strings.Trim(key, `"`)
		name, rng, ok := cutName(key)
		if !ok {
			return &SyntaxError{n, 1, fmt.Sprintf("%q: want name@range", clip(key))}
		}
		if real, alias := strings.CutPrefix(rng, "npm:"); alias {
			if aliased, _, ok := cutName(real); ok {
				name = aliased
			}
		}
		y.entry.Name = name
		y.file.Keys[key] = true
	}
	return nil
}

func (y *classic) field(n int, text string) error {
	y.section = strings.HasSuffix(text, ":")
	if y.section {
		return nil
	}
	name, value, err := twoWords(text)
	if err != nil {
		return &SyntaxError{n, 3, err.Error()}
	}
	switch name {
	case "version":
		y.entry.Version = value
	case "resolved":
		y.entry.Resolved = value
		y.entry.Source = sourceOf(value)
	case "integrity":
		y.entry.setHash(value)
	}
	return nil
}

// close ends an entry. Yarn wrote the SHA-1 behind the address before it had
// the field integrity.
func (y *classic) close() error {
	e := y.entry
	y.entry, y.section = nil, false
	if e == nil {
		return nil
	}
	if e.Version == "" {
		return &SyntaxError{e.Line, e.Column, fmt.Sprintf("the entry of %s has no version: the file is cut off or was edited", clip(e.Name))}
	}
	if e.Resolved == "" {
		e.Source = Local
	}
	if url, digest, ok := strings.Cut(e.Resolved, "#"); ok && e.Integrity == "" && e.Source == Registry {
		e.setHex("sha1", digest, digest)
		e.Resolved = url
	}
	y.file.Packages = append(y.file.Packages, *e)
	return nil
}

// dangling finds a dependency that has no entry.
func (y *classic) dangling() error {
	if len(y.file.Packages) == 0 {
		return nil
	}
	for _, u := range y.uses {
		if !y.file.Keys[u.key] {
			return &SyntaxError{u.line, u.column, fmt.Sprintf("%s wants %s, which has no entry: the file is cut off or was edited", clip(u.by), clip(u.key))}
		}
	}
	return nil
}

// cutName splits name@range at the @ that is not a scope's.
func cutName(key string) (name, rng string, ok bool) {
	at := strings.IndexByte(key[min(1, len(key)):], '@')
	if at < 0 {
		return "", "", false
	}
	return key[:at+1], key[at+2:], true
}

// twoWords splits `name "value"`; either may be quoted.
func twoWords(text string) (first, second string, err error) {
	if strings.HasPrefix(text, `"`) {
		end := strings.IndexByte(text[1:], '"')
		if end < 0 {
			return "", "", fmt.Errorf("%q: a quote is not closed", clip(text))
		}
		first, second = text[1:end+1], strings.TrimSpace(text[end+2:])
	} else {
		first, second, _ = strings.Cut(text, " ")
	}
	if strings.Count(second, `"`)%2 != 0 {
		return "", "", fmt.Errorf("%q: a quote is not closed", clip(text))
	}
	second = strings.Trim(second, `"`)
	if first == "" || second == "" {
		return "", "", fmt.Errorf("%q: want a name and a value", clip(text))
	}
	return first, second, nil
}
