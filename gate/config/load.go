package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// MaxFile bounds gate.yaml in bytes: people write it.
const MaxFile = 1 << 20

// Options are what reading a file depends on besides the file.
type Options struct {
	// WorkDir is the directory that places are relative to.
	WorkDir string
	// Dir is --dir, which stands in for dify.dir; may be empty.
	Dir string
	// LookupEnv resolves ${NAME}.
	LookupEnv func(string) (string, bool)
	// Now judges the dates of waivers.
	Now time.Time
	// Builtin tells that a profile may add checks, which needs may name.
	Builtin bool
}

// names are the files that Find looks for, in this order.
var names = []string{"gate.yaml", ".gate.yaml", ".github/gate.yaml"}

// misnamed are the names that people give the file instead.
var misnamed = []string{"gate.yml", ".gate.yml", ".github/gate.yml"}

// Find returns the file that a run without --config reads, "" when there is
// none. What is there under such a name and is no file is an error, and so is
// a name that is only nearly right: a policy that is not read would be missed by
// nobody.
func Find(dir string) (string, error) {
	for _, name := range names {
		there, err := regular(filepath.Join(dir, name))
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if there {
			return name, nil
		}
	}
	for i, name := range misnamed {
		if there, err := readfile.Taken(filepath.Join(dir, name)); there || err != nil {
			return "", fmt.Errorf("%s: not a name that is read, did you mean %s? rename it, or give --config %s", name, names[i], name)
		}
	}
	return "", nil
}

// regular reports whether a file is at the path; the error says what is there
// instead.
func regular(path string) (bool, error) {
	there, err := readfile.Taken(path)
	if there && err == nil {
		_, err = readfile.Exists(path)
	}
	switch {
	case readfile.Is(err, readfile.Special):
		return false, errors.New(readfile.Reason(err) + ", or --config to read from a pipe")
	case err != nil:
		return false, errors.New(readfile.Reason(err))
	}
	return there, nil
}

// Load reads a file. The error is Mistakes, with all that is wrong.
func Load(file string, opts Options) (*Config, error) {
	data, err := read(inDir(opts.WorkDir, file))
	if err != nil {
		return nil, Mistakes{{File: file, Message: err.Error()}}
	}
	return Parse(file, data, opts)
}

// Parse is Load for content that was read already; file names it.
func Parse(file string, data []byte, opts Options) (*Config, error) {
	cfg := &Config{File: file, opts: opts}
	d := &decoder{
		file: file, place: relative(opts.WorkDir, file), folder: filepath.Dir(inDir(opts.WorkDir, file)),
		lookup: opts.LookupEnv, specs: map[any]entry{}, budget: maxValues,
	}
	root := d.parse(data)
	if root == nil {
		return nil, d.mistakes.err()
	}
	d.root = root
	// dify.dir is needed to resolve the other paths, wherever it stands.
	d.dir = inDir(opts.WorkDir, opts.Dir)
	if n := child(child(root, "dify"), "dir"); d.dir == "" && n != nil {
		if dir, mistakes := expand(n.Value, d.lookup); len(mistakes) == 0 {
			d.dir = inDir(d.folder, dir)
		}
	}
	d.document(root, cfg)
	cfg.validate(d)
	cfg.secrets = d.secrets
	if len(d.mistakes) > 0 {
		mask := gate.NewMasker(d.secrets).Mask
		for i, m := range d.mistakes {
			d.mistakes[i].Message = mask(m.Message)
		}
		return nil, d.mistakes.err()
	}
	return cfg, nil
}

// read returns the content, or an error that says what is there instead.
func read(path string) ([]byte, error) {
	f, err := readfile.Stream(path)
	if err != nil {
		return nil, errors.New(readfile.Reason(err))
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, MaxFile+1))
}

// parse reads the one document, and reports what is not YAML, nil for nothing
// to decode.
func (d *decoder) parse(data []byte) *yaml.Node {
	switch {
	case len(data) > MaxFile:
		return d.whole("larger than %d KiB, want a gate.yaml", MaxFile>>10)
	case bytes.IndexByte(data, 0) >= 0:
		return d.whole("a binary file, want YAML")
	case !utf8.Valid(data):
		line := 1 + bytes.Count(data[:firstInvalid(data)], []byte("\n"))
		d.mistakes = append(d.mistakes, Mistake{File: d.file, Line: line, Column: 1, Message: "invalid UTF-8, want YAML in UTF-8"})
		return nil
	}
	text := string(data)
	for range maxFlowSlips {
		docs, err := load(text)
		if err != nil {
			mended, ok := d.flowSlip(text, err)
			if !ok {
				d.syntax(text, err)
				return nil
			}
			text = mended
			continue
		}
		switch {
		case len(docs) == 0 || len(docs[0].Content) == 0 || docs[0].Content[0].ShortTag() == "!!null":
			return d.whole("empty, want at least \"version: 1\"")
		case len(docs) > 1:
			d.mistakes = append(d.mistakes, Mistake{File: d.file, Line: docs[1].Line, Column: docs[1].Column, Message: "a second document, want one"})
			return nil
		}
		return docs[0].Content[0]
	}
	return nil
}

func (d *decoder) whole(format string, args ...any) *yaml.Node {
	d.mistakes = append(d.mistakes, Mistake{File: d.file, Message: fmt.Sprintf(format, args...)})
	return nil
}

// load reads up to two documents: the second is only needed to refuse it.
func load(text string) ([]*yaml.Node, error) {
	loader, err := yaml.NewLoader(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	var docs []*yaml.Node
	for len(docs) < 2 {
		var n yaml.Node
		switch err := loader.Load(&n); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return nil, err
		}
		docs = append(docs, &n)
	}
	return docs, nil
}

func (d *decoder) syntax(text string, err error) {
	m := Mistake{File: d.file, Message: "not YAML: " + err.Error()}
	var le *yaml.LoadError
	if errors.As(err, &le) {
		if m.Line, m.Column = le.Mark.Line, le.Mark.Column; at(text, m.Line, m.Column) == '\t' {
			m.Message = "not YAML: a tab, want blanks for indentation"
			d.mistakes = append(d.mistakes, m)
			return
		}
		m.Message = "not YAML: " + le.Message
		if le.ContextMsg != "" {
			m.Message += " (" + le.ContextMsg + fmt.Sprintf(" that begins at line %d)", le.ContextMark.Line)
		}
	}
	d.mistakes = append(d.mistakes, m)
}

// at is the character at a place of the text, 0 outside of it.
func at(text string, line, column int) rune {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return 0
	}
	if r := []rune(lines[line-1]); column >= 1 && column <= len(r) {
		return r[column-1]
	}
	return 0
}

// maxFlowSlips bounds how many unquoted variables are named one by one.
const maxFlowSlips = 50

// slip stands for the characters of an unquoted variable in flow style, which
// YAML cannot read; a scalar that holds it is not looked at any further.
const slip = '\ue000'

var flowVariable = lazyregexp.New(`^\$\{[^{}\n]*\}`)

// flowSlip recognises the syntax error that an unquoted ${NAME} makes in flow
// style, reports it in words that help, and returns the text without it, every
// other place unchanged.
func (d *decoder) flowSlip(text string, err error) (string, bool) {
	var le *yaml.LoadError
	if !errors.As(err, &le) || le.Mark.Line < 1 || le.Mark.Column < 2 {
		return "", false
	}
	lines := strings.Split(text, "\n")
	if le.Mark.Line > len(lines) {
		return "", false
	}
	line := []rune(lines[le.Mark.Line-1])
	at := le.Mark.Column - 2 // the $ before the { that YAML stumbled over
	if at >= len(line) {
		return "", false
	}
	found := flowVariable().FindString(string(line[at:]))
	if found == "" {
		return "", false
	}
	d.mistakes = append(d.mistakes, Mistake{
		File: d.file, Line: le.Mark.Line, Column: at + 1,
		Message: fmt.Sprintf("%s stands unquoted in flow style ({…} or […]), want it in quotes: %q", found, found),
	})
	d.slips = true
	for i := range len([]rune(found)) {
		line[at+i] = slip
	}
	lines[le.Mark.Line-1] = string(line)
	return strings.Join(lines, "\n"), true
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// inDir makes a path absolute; an empty one stays.
func inDir(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// relative is a path as reports show it: from dir with forward slashes, and
// absolute when outside of it.
func relative(dir, path string) string {
	abs := inDir(dir, path)
	rel, err := filepath.Rel(dir, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}
