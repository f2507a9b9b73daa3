package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Place is where a value stands, 1-based; 0 is unknown.
type Place struct{ Line, Column int }

// Document is a parsed settings file.
type Document struct {
	// Root holds maps, slices, strings, float64, bool and nil, as
	// encoding/json decodes them.
	Root map[string]any
	// Places by dotted path, "api.prefix", "servers.0.port".
	Places map[string]Place
	// Text is set for .env files, in which every value is text.
	Text bool
}

// SyntaxError says where a file is broken.
type SyntaxError struct {
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message) }

// Parse reads a file by its name's ending: .yaml, .yml, .json, .toml, .env or
// a name that begins with .env.
func Parse(name string, data []byte) (*Document, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &SyntaxError{1, 1, "the file is empty"}
	}
	if !utf8.Valid(data) {
		return nil, &SyntaxError{1 + bytes.Count(data[:firstInvalid(data)], []byte("\n")), 1, "not valid UTF-8"}
	}
	base := strings.ToLower(filepath.Base(name))
	switch ext := filepath.Ext(base); {
	case ext == ".yaml", ext == ".yml":
		return parseYAML(data)
	case ext == ".json":
		return parseJSON(data)
	case ext == ".toml":
		return parseTOML(data)
	case ext == ".env", strings.HasPrefix(base, ".env"), base == "env.example":
		return parseEnv(data)
	}
	return nil, &SyntaxError{1, 1, fmt.Sprintf("%q has no known extension, want .yaml, .yml, .json, .toml or .env", filepath.Base(name))}
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// JSON is the document as JSON, for schemas and paths.
func (d *Document) JSON() ([]byte, error) { return json.Marshal(d.Root) }

// Leaf is a value that holds no others.
type Leaf struct {
	Path  string
	Value any
}

// Leaves lists the values that are neither maps nor lists, by path.
func (d *Document) Leaves() []Leaf {
	var out []Leaf
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(join(path, k), x)
			}
		case []any:
			for i, x := range v {
				walk(join(path, strconv.Itoa(i)), x)
			}
		default:
			out = append(out, Leaf{path, v})
		}
	}
	walk("", d.Root)
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

// Get returns the value at a dotted path.
func (d *Document) Get(path string) (any, bool) {
	var at any = d.Root
	for _, part := range strings.Split(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			x, ok := v[part]
			if !ok {
				return nil, false
			}
			at = x
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// Set overrides a value at a dotted path with text, converted to the type of
// the value that it replaces; missing maps are made.
func (d *Document) Set(path, text string) {
	parts := strings.Split(path, ".")
	at := d.Root
	for _, part := range parts[:len(parts)-1] {
		next, ok := at[part].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[part] = next
		}
		at = next
	}
	last := parts[len(parts)-1]
	at[last] = Like(at[last], text)
}

// Like converts text to the type of a sample: a number stays a number when the
// text is one, a bool likewise; all else is text.
func Like(sample any, text string) any {
	switch sample.(type) {
	case float64, int, int64:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case bool:
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return b
		}
	}
	return text
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// index finds places in a file by its newlines, of which it holds the offsets.
type index []int

func newIndex(data []byte) index {
	var out index
	for i, b := range data {
		if b == '\n' {
			out = append(out, i)
		}
	}
	return out
}

// place is the 1-based line and column of a byte offset.
func (x index) place(offset int) Place {
	offset = max(offset, 0)
	line := sort.SearchInts(x, offset)
	if line == 0 {
		return Place{1, offset + 1}
	}
	return Place{line + 1, offset - x[line-1]}
}
