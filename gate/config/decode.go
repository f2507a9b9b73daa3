package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// The bounds that keep a hostile file cheap: aliases may multiply values, and
// nesting costs stack.
const (
	maxValues = 100_000
	maxDepth  = 100
)

// decoder carries nodes into Go values and collects what is wrong.
type decoder struct {
	file   string // as messages name it
	place  string // as reports name it
	folder string // absolute; relative paths begin here
	dir    string // absolute dify.dir, "" when there is none
	lookup func(string) (string, bool)

	root     *yaml.Node
	mistakes Mistakes
	// specs are the entries met, by pointer.
	specs  map[any]entry
	fields map[reflect.Type][]field // what fieldsOf said
	budget int
	depth  int
	slips  bool
	spent  bool // the bound was reported
	// unread are the paths of values that are missing or unreadable, so that
	// nothing is said about their emptiness a second time.
	unread []string
	// secrets are what came out of the environment.
	secrets []gate.Secret
}

// entry is where a spec stands.
type entry struct {
	spec check.Spec
	node *yaml.Node
	path string
}

// noder is a type of this package that decodes itself.
type noder interface {
	decodeNode(d *decoder, n *yaml.Node, path string)
}

// unmarshaler is the form of YAML's unmarshaler that needs no import of YAML.
type unmarshaler interface {
	UnmarshalYAML(decode func(any) error) error
}

// errReported ends an unmarshaler whose trouble is already a mistake.
var errReported = errors.New("already reported")

func (d *decoder) document(root *yaml.Node, cfg *Config) {
	d.value(root, reflect.ValueOf(cfg).Elem(), "", "")
}

func (d *decoder) add(n *yaml.Node, path, format string, args ...any) {
	const longest = 120
	if len(path) > longest {
		path = path[:longest] + "…"
	}
	d.mistakes = append(d.mistakes, Mistake{File: d.file, Line: n.Line, Column: n.Column, Path: path, Message: fmt.Sprintf(format, args...)})
}

// value decodes a node into v.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	n, ok := d.enter(n, path)
	if !ok {
		return
	}
	defer func() { d.depth-- }()
	if v.CanAddr() {
		switch t := v.Addr().Interface().(type) {
		case noder:
			t.decodeNode(d, n, path)
			return
		case unmarshaler:
			d.unmarshal(t, n, path)
			d.finish(n, v, path, tag)
			return
		case encoding.TextUnmarshaler:
			d.text(t, n, v, path, tag)
			return
		case check.Spec:
			d.specs[t] = entry{spec: t, node: n, path: path}
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path, tag)
	case reflect.Interface:
		if x := d.any(n, path); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path, tag)
	case reflect.Slice:
		d.list(n, v, path, tag)
	default:
		d.scalar(n, v, path, tag)
	}
}

// enter resolves aliases within the bounds.
func (d *decoder) enter(n *yaml.Node, path string) (*yaml.Node, bool) {
	if d.spent {
		return n, false
	}
	d.budget--
	if d.budget < 0 || d.depth >= maxDepth {
		d.spent = true
		d.add(n, path, "too deep or too large once its aliases are resolved, want at most %d values, %d deep", maxValues, maxDepth)
		return n, false
	}
	d.depth++
	if n.Kind == yaml.AliasNode {
		alias := *n.Alias
		// The place of the alias, not of the anchor, is what to mend.
		alias.Line, alias.Column = n.Line, n.Column
		return &alias, true
	}
	return n, true
}

// pairs lists a mapping's keys and values, merged ones after its own, and
// reports keys that stand twice or are no plain words.
func (d *decoder) pairs(n *yaml.Node, path string) [][2]*yaml.Node {
	var out [][2]*yaml.Node
	first := map[string]*yaml.Node{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.ShortTag() == "!!merge":
			merged = append(merged, v)
		case k.Kind != yaml.ScalarNode:
			d.add(k, path, "%s as a key, want a word", kindWord(k))
		case first[k.Value] != nil:
			d.add(k, join(path, k.Value), "the key stands twice, first at line %d, want it once", first[k.Value].Line)
		default:
			first[k.Value] = k
			out = append(out, [2]*yaml.Node{k, v})
		}
	}
	for _, m := range merged {
		for _, p := range d.merge(m, path) {
			if first[p[0].Value] == nil {
				first[p[0].Value] = p[0]
				out = append(out, p)
			}
		}
	}
	return out
}

// merge lists what a << key brings in.
func (d *decoder) merge(n *yaml.Node, path string) [][2]*yaml.Node {
	n, ok := d.enter(n, path)
	if !ok {
		return nil
	}
	defer func() { d.depth-- }()
	switch n.Kind {
	case yaml.MappingNode:
		return d.pairs(n, path)
	case yaml.SequenceNode:
		var out [][2]*yaml.Node
		for _, c := range n.Content {
			out = append(out, d.merge(c, path)...)
		}
		return out
	}
	d.add(n, join(path, "<<"), "%s, want an alias of a mapping", kindWord(n))
	return nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	if isNull(n) && path != "" {
		d.missing(n, v, path, map[string]bool{})
		return
	}
	if n.Kind != yaml.MappingNode {
		d.add(n, path, "%s, want a mapping with keys of %s", kindWord(n), strings.Join(fieldNames(v.Type()), ", "))
		return
	}
	fields := d.fieldsOf(v.Type())
	seen := map[string]bool{}
	for _, p := range d.pairs(n, path) {
		key := p[0].Value
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		if i < 0 {
			d.add(p[0], join(path, key), "unknown key %q, %s", key, Want(key, fieldNames(v.Type())))
			continue
		}
		seen[key] = true
		d.value(p[1], v.FieldByIndex(fields[i].index), join(path, key), fields[i].tag)
	}
	d.missing(n, v, path, seen)
}

func (d *decoder) missing(n *yaml.Node, v reflect.Value, path string, seen map[string]bool) {
	for _, f := range d.fieldsOf(v.Type()) {
		if f.tag.Get("required") == "true" && !seen[f.name] {
			d.add(n, path, "%s is required", f.name)
			d.unread = append(d.unread, join(path, f.name))
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.add(n, path, "%s, want a mapping", kindWord(n))
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, p := range d.pairs(n, path) {
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(p[1], x, join(path, p[0].Value), tag)
		out.SetMapIndex(reflect.ValueOf(p[0].Value).Convert(v.Type().Key()), x)
	}
	v.Set(out)
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.add(n, path, "%s, want a list", kindWord(n))
		return
	}
	// Made whole before its elements are decoded, so that pointers to them stay.
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		d.value(c, v.Index(i), path+"["+strconv.Itoa(i)+"]", tag)
	}
}

// unmarshal lets a type decode itself; what it decodes goes through d again.
func (d *decoder) unmarshal(t unmarshaler, n *yaml.Node, path string) {
	err := t.UnmarshalYAML(func(into any) error {
		before := len(d.mistakes)
		d.value(n, reflect.ValueOf(into).Elem(), path, "")
		if len(d.mistakes) > before {
			return errReported
		}
		return nil
	})
	if err != nil && !errors.Is(err, errReported) {
		d.add(n, path, "%s", d.unexpanded(n, err.Error()))
	}
}

// any decodes a node without a type: maps, lists, and scalars by YAML's rules.
func (d *decoder) any(n *yaml.Node, path string) any {
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for _, p := range d.pairs(n, path) {
			if c, ok := d.enter(p[1], join(path, p[0].Value)); ok {
				out[p[0].Value] = d.any(c, join(path, p[0].Value))
				d.depth--
			}
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			at := path + "[" + strconv.Itoa(i) + "]"
			if c, ok := d.enter(c, at); ok {
				out = append(out, d.any(c, at))
				d.depth--
			}
		}
		return out
	}
	return d.anyScalar(n, path)
}

// field is a key that a struct takes.
type field struct {
	name  string
	index []int
	tag   reflect.StructTag
	typ   reflect.Type
}

// fieldsOf lists a struct's keys in the order of its fields, inline ones in
// their place.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case opts == "inline":
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
		case name != "" && name != "-":
			out = append(out, field{name: name, index: []int{i}, tag: f.Tag, typ: f.Type})
		}
	}
	return out
}

// fieldsOf asks reflection once a type: a file has hundreds of entries of few.
func (d *decoder) fieldsOf(t reflect.Type) []field {
	known, ok := d.fields[t]
	if !ok {
		if d.fields == nil {
			d.fields = map[reflect.Type][]field{}
		}
		known = fieldsOf(t)
		d.fields[t] = known
	}
	return known
}

func fieldNames(t reflect.Type) []string {
	fields := fieldsOf(t)
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// kindWord names what a node is, for a reader.
func kindWord(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a boolean"
	}
	return "a text"
}

// location is the entry's place for findings about it.
func (d *decoder) location(n *yaml.Node) *gate.Location {
	return &gate.Location{File: d.place, Line: n.Line, Column: n.Column, EndLine: lastLine(n)}
}

// lastLine is the last line that a node of the file itself reaches.
func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		if c.Kind != yaml.AliasNode {
			last = max(last, lastLine(c))
		}
	}
	return last
}
