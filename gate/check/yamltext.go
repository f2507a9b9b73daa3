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
