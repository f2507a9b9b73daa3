// Package dotenv reads .env files as Docker Compose does and keeps the places,
// which Compose's own reader loses. The value of each entry is computed by
// compose-go; where an entry begins and ends is found here.
package dotenv

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// The bounds, in bytes: of a file (Dify's own example has about 60 kB), of a value
// once ${…} is replaced (Linux takes no longer ones than 128 KiB), and of all values
// of a file. Compose has none: 600 bytes in which each variable doubles the one
// before take all memory.
const (
	sizeLimit = 1 << 20
	MaxValue  = 64 << 10
	MaxValues = 4 << 20
	maxNest   = 20 // ${A:-${B:-…}}
	// MaxReferences bounds the dollar signs of a text. compose-go's time to replace
	// them grows faster than their square.
	MaxReferences = 200
)

// Entry is one assignment.
type Entry struct {
	Key   string
	Value string // as Compose passes it on: unquoted, ${…} replaced
	Raw   string // unquoted, ${…} left alone
	Line  int    // from 1
	End   int    // its last line: a quoted value may span several
	// Bare: KEY without "=", which takes the value from Compose's own
	// environment.
	Bare bool
	// Unset are the variables that the value refers to without a default and
	// that no entry before it sets: Compose puts nothing in their place, unless
	// its own environment has them.
	Unset []string
}

// SyntaxError is a line that Compose refuses.
type SyntaxError struct {
	Line int
	Text string // what is wrong; holds no value
}

func (e SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// File is a .env file. The last of several entries for a key wins.
type File struct {
	Path    string
	Entries []Entry
	Errors  []SyntaxError
}

// Read reads a file.
func Read(path string) (File, error) { return ReadWithin(path, nil) }

// ReadWithin reads a file whose ${X} may refer to variables of outer, as those
// of an env_file do to the project's.
func ReadWithin(path string, outer func(string) (string, bool)) (File, error) {
	src, err := readfile.Text(path, sizeLimit)
	if err != nil {
		return File{}, err
	}
	f := Parse(src, outer)
	f.Path = path
	return f, nil
}

// Lookup returns the value that counts for a key.
func (f File) Lookup(key string) (string, bool) {
	e, ok := f.Last(key)
	return e.Value, ok
}

// Parse reads the text of a file. ${X} is looked up among the entries before
// it; what they lack is asked of outer, which may be nil.
func Parse(src []byte, outer func(string) (string, bool)) File {
	var f File
	known := map[string]string{}
	lookup := func(name string) (string, bool) {
		if v, ok := known[name]; ok {
			return v, true
		}
		if outer != nil {
			return outer(name)
		}
		return "", false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	total := 0
	for _, s := range statements(string(src)) {
		entry, err := evaluate(s, lookup)
		if err != nil {
			f.Errors = append(f.Errors, SyntaxError{Line: s.line, Text: err.Error()})
			continue
		}
		if total += len(entry.Value); total > MaxValues {
			f.Errors = append(f.Errors, SyntaxError{Line: s.line, Text: "the values up to here are larger than 4 MiB together, want less; the lines from here on are not read"})
			break
		}
		known[entry.Key] = entry.Value
		f.Entries = append(f.Entries, entry)
	}
	return f
}

// Last returns the entry that counts for a key.
func (f File) Last(key string) (Entry, bool) {
	for i := len(f.Entries) - 1; i >= 0; i-- {
		if f.Entries[i].Key == key {
			return f.Entries[i], true
		}
	}
	return Entry{}, false
}

// Duplicates returns the entries that a later one overrides with another
// value.
func (f File) Duplicates() []Entry {
	last := map[string]Entry{}
	for _, e := range f.Entries {
		last[e.Key] = e
	}
	var out []Entry
	for _, e := range f.Entries {
		if l := last[e.Key]; l.Line != e.Line && l.Value != e.Value {
			out = append(out, e)
		}
	}
	return out
}

// statement is the text of one assignment; a quoted value may span lines.
type statement struct {
	text      string
	line, end int
}

func statements(src string) []statement {
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	var out []statement
	for i := 0; i < len(lines); i++ {
		trimmed := strings.TrimSpace(lines[i])
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		s := statement{text: lines[i], line: i + 1, end: i + 1}
		if quote := openQuote(lines[i]); quote != 0 {
			if end := closing(lines, i, quote); end > 0 {
				s.text = strings.Join(lines[i:end+1], "\n")
				i = end
				s.end = end + 1
			}
		}
		out = append(out, s)
	}
	return out
}

// openQuote returns the quote that a line's value opens and does not close, or 0.
func openQuote(line string) byte {
	at := strings.IndexAny(line, "=:")
	if at < 0 {
		return 0
	}
	value := strings.TrimLeft(line[at+1:], " \t")
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return 0
	}
	if closes(value[1:], value[0]) {
		return 0
	}
	return value[0]
}

// closes reports whether a quote ends in a text.
func closes(text string, quote byte) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return true
		}
	}
	return false
}

// closing finds the line that closes a quote, or 0. An unclosed quote must not
// swallow the rest of the file: it is one error, and the lines after it count.
func closing(lines []string, from int, quote byte) int {
	for i := from + 1; i < len(lines); i++ {
		if closes(lines[i], quote) {
			return i
		}
	}
	return 0
}

func evaluate(s statement, lookup func(string) (string, bool)) (Entry, error) {
	name, assigned := key(s.text)
	if !assigned && strings.ContainsAny(name, " \t<>") {
		// Compose looks such a name up in its environment, where it cannot be: a
		// line of prose, or the mark of a merge.
		return Entry{}, fmt.Errorf("not an assignment, want NAME=value")
	}
	if err := bounded(s.text, lookup); err != nil {
		return Entry{}, err
	}
	unset, known := withoutDefault(s.text, lookup)
	values, err := dotenv.UnmarshalWithLookup(s.text, known)
	if err != nil {
		return Entry{}, fmt.Errorf("%s", reason(err))
	}
	value, ok := values[name]
	if !ok && assigned {
		return Entry{}, fmt.Errorf("not an assignment, want NAME=value")
	}
	e := Entry{Key: name, Value: value, Raw: value, Line: s.line, End: s.end, Bare: !assigned, Unset: unset}
	if assigned && strings.Contains(s.text, "$") {
		e.Raw = raw(s.text)
	}
	return e, nil
}

// reason words an error of compose-go without quoting the line, which may hold
// a secret.
func reason(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "unterminated"):
		return "the quoted value has no end, want a closing quote"
	case strings.Contains(text, "required variable"):
		return "it refers to a variable with :? that nothing sets, want that one set before it"
	case strings.Contains(text, "variable name"):
		return "the name holds a character that no variable may have, want NAME=value"
	}
	return "not an assignment, want NAME=value"
}

// key returns the name that a statement assigns and whether it has a value.
func key(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "export"); ok && rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		text = strings.TrimSpace(rest)
	}
	at := strings.IndexAny(text, "=:\n#")
	if at < 0 || text[at] == '\n' || text[at] == '#' {
		if at >= 0 {
			text = text[:at]
		}
		return strings.TrimSpace(text), false
	}
	return strings.TrimSpace(text[:at]), true
}

// raw returns the value of a statement without its quotes or comment.
func raw(text string) string {
	at := strings.IndexAny(text, "=:")
	value := strings.TrimSpace(text[at+1:])
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		if end := strings.LastIndexByte(value, value[0]); end > 0 {
			return value[1:end]
		}
	}
	if c := strings.Index(value, " #"); c >= 0 {
		value = strings.TrimSpace(value[:c])
	}
	return value
}
