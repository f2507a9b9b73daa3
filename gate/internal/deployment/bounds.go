package deployment

import (
	"errors"

	"go.yaml.in/yaml/v4"
)

// What a compose file may unfold to. Dify's own has 12,000 nodes once its
// anchors are put in, and is nine levels deep.
const (
	maxNodes = 500_000
	maxDepth = 200
)

var (
	errCycle = errors.New("an anchor holds itself")
	errLarge = errors.New("it unfolds to more than any compose file needs")
	errDeep  = errors.New("it nests deeper than any compose file needs")
)

// unfolded weighs a YAML tree with all aliases put in. compose-go follows them
// without a bound, and one that holds itself would not end.
type unfolded struct {
	weight map[*yaml.Node]int
	open   map[*yaml.Node]bool
}

// bounded tells what makes a tree too large to be handed on.
func bounded(root *yaml.Node) error {
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
		if total += w; total > maxNodes {
			return 0, errLarge
		}
	}
	u.weight[n] = total
	return total, nil
}
