package deployment

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// tagged are the paths that a file marks with Compose's tags !reset (take away
// what earlier files say) and !override (say only this).
type tagged struct{ paths [][]string }

// collect notes the tags below a node and takes what is reset out of the tree.
// Aliases are not followed: a tag belongs to the place where it is written.
func (t *tagged) collect(n *yaml.Node, path []string) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			t.collect(c, path)
		}
	case yaml.MappingNode:
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			below := path
			if key.Value != "<<" {
				below = append(slices.Clone(path), key.Value)
			}
			switch value.Tag {
			case "!reset":
				t.paths = append(t.paths, below)
				continue
			case "!override":
				t.paths = append(t.paths, below)
				value.Tag = ""
			}
			t.collect(value, below)
			kept = append(kept, key, value)
		}
		n.Content = kept
	}
}

// remove takes the marked paths out of a tree.
func (t tagged) remove(tree map[string]any) {
	for _, path := range t.paths {
		at := tree
		for i, key := range path {
			if i == len(path)-1 {
				delete(at, key)
				break
			}
			below, ok := at[key].(map[string]any)
			if !ok {
				break
			}
			at = below
		}
	}
}
