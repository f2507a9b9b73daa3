// Package yamledit finds values of a YAML file and says what their lines would be with
// others, so that a file is changed in place and all else in it stays as it was.
package yamledit

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// maxDocuments bounds the documents of a file.
const maxDocuments = 1000

// Parse reads the documents of a file.
func Parse(src []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	var out []*yaml.Node
	for len(out) < maxDocuments {
		var root yaml.Node
		if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if err := yamlbound.Check(&root); err != nil {
			return nil, err
		}
		if len(root.Content) > 0 {
			out = append(out, root.Content[0])
		}
	}
	return out, nil
}

// maxMerge bounds how deep merged anchors (<<) are followed.
const maxMerge = 8

// At follows keys from a mapping, through aliases and merged anchors; nil for nothing.
func At(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if n = child(n, key, 0); n == nil {
			return nil
		}
	}
	return Resolve(n)
}

// Resolve is the node that an alias stands for.
func Resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func child(n *yaml.Node, key string, depth int) *yaml.Node {
	n = Resolve(n)
	if n == nil || n.Kind != yaml.MappingNode || depth > maxMerge {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "<<" {
			continue
		}
		merged := []*yaml.Node{n.Content[i+1]}
		if list := Resolve(n.Content[i+1]); list != nil && list.Kind == yaml.SequenceNode {
			merged = list.Content
		}
		for _, m := range merged {
			if found := child(m, key, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

// Key is the node of a key that a mapping itself has; nil for none.
func Key(n *yaml.Node, key string) *yaml.Node {
	n = Resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i]
		}
	}
	return nil
}

// Scalars calls f for each scalar value of a tree, those of keys left out; an alias is
// not followed.
func Scalars(n *yaml.Node, f func(*yaml.Node)) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			Scalars(n.Content[i], f)
		}
	case yaml.SequenceNode, yaml.DocumentNode:
		for _, c := range n.Content {
			Scalars(c, f)
		}
	case yaml.ScalarNode:
		f(n)
	}
}

// With is the line of a scalar with part of its text replaced; false where the text does
// not stand there as it reads: in a block, over several lines, or behind escapes.
func With(lines []string, n *yaml.Node, value string) (line int, text string, ok bool) {
	if n == nil || n.Kind != yaml.ScalarNode || n.Line < 1 || n.Line > len(lines) || n.Value == "" {
		return 0, "", false
	}
	line = n.Line
	whole := lines[line-1]
	from := offset(whole, n.Column)
	at := strings.Index(whole[from:], n.Value)
	if at < 0 {
		return 0, "", false
	}
	at += from
	text = whole[:at] + value + whole[at+len(n.Value):]
	changed, err := Parse([]byte(strings.Join(append(append([]string{}, lines[:line-1]...), append([]string{text}, lines[line:]...)...), "\n")))
	if err != nil || !reads(changed, n, value) {
		return 0, "", false
	}
	return line, text, true
}

// reads reports whether the scalar at a node's place has the value now.
func reads(docs []*yaml.Node, n *yaml.Node, value string) bool {
	found := false
	for _, doc := range docs {
		Scalars(doc, func(s *yaml.Node) {
			found = found || s.Line == n.Line && s.Column == n.Column && s.Value == value
		})
	}
	return found
}

// offset is where a column of runes begins in a line.
func offset(line string, column int) int {
	n := 1
	for i := range line {
		if n >= column {
			return i
		}
		n++
	}
	return len(line)
}

// Indent is the white space before a node's column.
func Indent(n *yaml.Node) string { return strings.Repeat(" ", max(0, n.Column-1)) }
