package revision

import (
	"bytes"
	"path"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// references are the files that a compose file names with include, extends and
// env_file, as paths below the repository's root. What is no compose file names none,
// and a name with a variable in it is nobody's.
func references(dir string, text []byte) []string {
	var out []string
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var root yaml.Node
		if decoder.Decode(&root) != nil || yamlbound.Check(&root) != nil {
			break // the reader of the snapshot says so
		}
		walk(&root, 0, func(key string, value *yaml.Node) {
			switch key {
			case "include", "env_file":
				out = append(out, paths(value)...)
			case "extends":
				out = append(out, scalar(value, "file")...)
			}
		})
	}
	for i, name := range out {
		out[i] = path.Join(dir, name)
	}
	return out
}

// maxDepth bounds how deep keys are looked for: services.NAME.env_file is the third.
const maxDepth = 6

func walk(n *yaml.Node, depth int, visit func(string, *yaml.Node)) {
	if depth > maxDepth {
		return
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			visit(n.Content[i].Value, n.Content[i+1])
		}
	}
	for _, below := range n.Content {
		walk(below, depth+1, visit)
	}
}

// paths are the texts of a scalar, of a list of them, or of mappings with path.
func paths(n *yaml.Node) []string {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Value != "" && !strings.Contains(n.Value, "$") {
			return []string{n.Value}
		}
	case yaml.SequenceNode:
		var out []string
		for _, item := range n.Content {
			out = append(out, paths(item)...)
		}
		return out
	case yaml.MappingNode:
		return scalar(n, "path")
	}
	return nil
}

// scalar is the value of a key, or its list.
func scalar(n *yaml.Node, key string) []string {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return paths(n.Content[i+1])
		}
	}
	return nil
}
