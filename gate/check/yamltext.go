package check

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/textfile"
	"github.com/dify-gate/dify-gate/gate/internal/yamledit"
)

// YAMLText is a YAML file that edits are made for.
type YAMLText struct {
	*Text
	Docs []*yaml.Node
}

// ReadYAMLText reads a YAML file to propose edits of it; nil when it cannot be read.
func ReadYAMLText(path string) *YAMLText {
	t := ReadEditable(path)
	if t == nil {
		return nil
	}
	docs, err := yamledit.Parse(textfile.Bytes(t.Lines, false))
	if err != nil {
		return nil // the check that judges the file says why
	}
	return &YAMLText{t, docs}
}

// At follows keys from the top of the documents, the last that has them.
func (y *YAMLText) At(keys ...string) *yaml.Node {
	for i := len(y.Docs) - 1; i >= 0; i-- {
		if n := yamledit.At(y.Docs[i], keys...); n != nil {
			return n
		}
	}
	return nil
}

// Set proposes another text for a scalar; false where it cannot be written in its place.
func (y *YAMLText) Set(n *yaml.Node, value string) (gate.Edit, bool) {
	line, text, ok := yamledit.With(y.Texts(), n, value)
	return y.Replace(line, line, text), ok
}

// OnOneLine reports whether the entry of a mapping or list that begins on a line ends
// there: nothing of its value comes after.
func (y *YAMLText) OnOneLine(line int) bool {
	depth := func(n int) int { return len(y.Line(n)) - len(strings.TrimLeft(y.Line(n), " ")) }
	for n := line + 1; n <= len(y.Lines); n++ {
		text := strings.TrimSpace(y.Line(n))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		return depth(n) <= depth(line) && !strings.HasSuffix(strings.TrimSpace(y.Line(line)), `\`)
	}
	return true
}

// InsertItem proposes a further item of a list, before the one that a line belongs to; the
// list is the value of a key. text has no indent of its own.
func (y *YAMLText) InsertItem(key string, line int, text []string) (gate.Edit, bool) {
	var found *yaml.Node
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if list := n.Content[i+1]; n.Content[i].Value == key && list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle == 0 {
				for _, item := range list.Content {
					if item.Line <= line && (found == nil || item.Line >= found.Line) {
						found = item
					}
				}
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	for _, d := range y.Docs {
		walk(d)
	}
	if found == nil {
		return gate.Edit{}, false
	}
	first := y.Line(found.Line)
	indent := first[:len(first)-len(strings.TrimLeft(first, " "))]
	if !strings.HasPrefix(first[len(indent):], "- ") {
		return gate.Edit{}, false
	}
	return y.insertIndented(found.Line, indent, text), true
}

// InsertEntries proposes NAME=value entries of a mapping or a list of such, as the first
// ones.
func (y *YAMLText) InsertEntries(entries []string, keys ...string) (gate.Edit, bool) {
	n := y.At(keys...)
	if n == nil || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 {
		return gate.Edit{}, false
	}
	var text []string
	for _, e := range entries {
		if n.Kind == yaml.SequenceNode {
			text = append(text, "- "+quotedScalar(e))
			continue
		}
		name, value, _ := strings.Cut(e, "=")
		text = append(text, name+": "+quotedScalar(value))
	}
	line := y.Line(n.Content[0].Line)
	body := strings.TrimLeft(line, " ")
	if n.Kind == yaml.SequenceNode && !strings.HasPrefix(body, "- ") {
		return gate.Edit{}, false
	}
	return y.insertIndented(n.Content[0].Line, line[:len(line)-len(body)], text), true
}

// InsertBelow proposes lines as the first ones of a mapping; they have no indent of their
// own.
func (y *YAMLText) InsertBelow(text []string, keys ...string) (gate.Edit, bool) {
	n := y.At(keys...)
	if n == nil || n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 {
		return gate.Edit{}, false
	}
	return y.insertIndented(n.Content[0].Line, yamledit.Indent(n.Content[0]), text), true
}

func (y *YAMLText) insertIndented(line int, indent string, text []string) gate.Edit {
	out := make([]string, len(text))
	for i, l := range text {
		out[i] = indent + l
	}
	return y.Insert(line, "", out...)
}

// quotedScalar writes a text as a YAML scalar in single quotes.
func quotedScalar(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
