package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

func parseYAML(data []byte) (*Document, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		return nil, yamlError(err)
	}
	if err := yamlbound.Check(&node); err != nil {
		return nil, &SyntaxError{1, 1, err.Error()}
	}
	if len(node.Content) != 1 || node.Content[0].Kind != yaml.MappingNode {
		return nil, &SyntaxError{1, 1, "not a mapping of settings"}
	}
	d := &Document{Places: map[string]Place{}}
	if err := d.places("", node.Content[0]); err != nil {
		return nil, err
	}
	// The second pass through JSON gives numbers the one type that schemas and
	// comparisons expect.
	var raw map[string]any
	if err := node.Decode(&raw); err != nil {
		return nil, yamlError(err)
	}
	encoded, err := json.Marshal(plain(raw))
	if err != nil {
		return nil, &SyntaxError{1, 1, err.Error()}
	}
	return d, json.Unmarshal(encoded, &d.Root)
}

// places notes where keys stand and refuses a key that stands twice. Aliases
// are not followed: their values stand elsewhere.
func (d *Document) places(path string, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		seen := map[string]int{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if first, twice := seen[key.Value]; twice {
				return &SyntaxError{key.Line, key.Column, fmt.Sprintf("key %q stands twice, first in line %d", key.Value, first)}
			}
			seen[key.Value] = key.Line
			below := join(path, key.Value)
			d.Places[below] = Place{key.Line, key.Column}
			if err := d.places(below, value); err != nil {
				return err
			}
		}
	case yaml.SequenceNode:
		for i, value := range node.Content {
			below := join(path, strconv.Itoa(i))
			d.Places[below] = Place{value.Line, value.Column}
			if err := d.places(below, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// plain turns what YAML can hold and JSON cannot into text: keys that are no
// strings, dates.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = plain(x)
		}
		return v
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[fmt.Sprint(k)] = plain(x)
		}
		return out
	case []any:
		for i, x := range v {
			v[i] = plain(x)
		}
		return v
	case string, bool, int, int64, uint64, nil:
		return v
	case float64:
		if v != v || v-v != 0 { // NaN and the infinities are not JSON
			return fmt.Sprint(v)
		}
		return v
	}
	return fmt.Sprint(v)
}

func yamlError(err error) error {
	var load *yaml.LoadError
	if errors.As(err, &load) {
		return &SyntaxError{max(load.Mark.Line, 1), max(load.Mark.Column, 1), "not valid YAML: " + load.Message}
	}
	return &SyntaxError{1, 1, "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
}
