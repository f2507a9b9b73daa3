// Package yamlbound refuses YAML that would cost too much to read: anchors that unfold
// without an end, deep nesting, and mappings whose keys the decoder would compare each
// with each.
package yamlbound

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// What a file may hold. Dify's compose file has 12,000 nodes once its anchors are put
// in, is nine levels deep, and has 700 keys in its largest mapping.
const (
	MaxNodes = 500_000
	maxDepth = 200
	maxKeys  = 4_000
)

var (
	errCycle = errors.New("an anchor holds itself")
	errDeep  = errors.New("it nests more than 200 levels deep, want fewer")
	errKeys  = errors.New("a mapping has more than 4,000 keys, want fewer")
	// ErrLarge is of what unfolds to more than MaxNodes values.
	ErrLarge = errors.New("it unfolds to more than 500,000 values, want fewer")
)

// unfolded weighs a YAML tree with all aliases put in. compose-go follows them
// without a bound, and one that holds itself would not end.
type unfolded struct {
	weight map[*yaml.Node]int
	open   map[*yaml.Node]bool
}

// Check says what makes a tree too large to be handed on, with the line where the
// mapping begins that has too many keys; nil when nothing does.
func Check(root *yaml.Node) error {
	u := unfolded{weight: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}}
	_, err := u.weigh(root, 0)
	return err
}

func (u unfolded) weigh(n *yaml.Node, depth int) (int, error) {
	switch {
	case n == nil:
		return 0, nil
	case u.open[n]:
		return 0, errCycle
	case depth > maxDepth:
		return 0, errDeep
	}
	if w, ok := u.weight[n]; ok {
		return w, nil
	}
	if n.Kind == yaml.MappingNode && len(n.Content)/2 > maxKeys {
		return 0, fmt.Errorf("line %d: %w", n.Line, errKeys)
	}
	u.open[n] = true
	defer delete(u.open, n)
	total := 1
	children := n.Content
	if n.Kind == yaml.AliasNode {
		children = []*yaml.Node{n.Alias}
	}
	for _, c := range children {
		w, err := u.weigh(c, depth+1)
		if err != nil {
			return 0, err
		}
		if total += w; total > MaxNodes {
			return 0, ErrLarge
		}
	}
	u.weight[n] = total
	return total, nil
}
