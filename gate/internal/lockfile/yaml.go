package lockfile

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxYAML bounds what is handed to the YAML parser; real lockfiles of large
// monorepos stay under 10 MiB.
const maxYAML = 64 << 20

// yamlRoot parses a document into its top mapping.
func yamlRoot(data []byte) (*yaml.Node, error) {
	if len(data) > maxYAML {
		return nil, &SyntaxError{1, 1, "larger than 64 MiB"}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, yamlError(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, &SyntaxError{1, 1, "not a YAML mapping"}
	}
	return doc.Content[0], nil
}

func yamlError(err error) error {
	var parse *yaml.LoadError
	if errors.As(err, &parse) {
		return &SyntaxError{max(parse.Mark.Line, 1), max(parse.Mark.Column, 1), "not valid YAML: " + parse.Message}
	}
	return &SyntaxError{1, 1, "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
}

// child is the value of a key in a mapping, nil when there is none.
func child(node *yaml.Node, key string) *yaml.Node {
	for _, p := range pairs(node) {
		if p.key.Value == key {
			return p.value
		}
	}
	return nil
}

// text is a scalar's text, "" for anything else.
func text(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

type pair struct{ key, value *yaml.Node }

// pairs lists a mapping's entries in order; nil for anything else.
func pairs(node *yaml.Node) []pair {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]pair, 0, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		out = append(out, pair{node.Content[i], node.Content[i+1]})
	}
	return out
}
