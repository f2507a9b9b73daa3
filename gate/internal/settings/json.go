package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"
)

func parseJSON(data []byte) (*Document, error) {
	d := &Document{Places: map[string]Place{}}
	if err := json.Unmarshal(data, &d.Root); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at := newIndex(data).place(int(syntax.Offset) - 1)
			return nil, &SyntaxError{at.Line, at.Column, "not valid JSON: " + err.Error()}
		}
		return nil, &SyntaxError{1, 1, "not a JSON object of settings"}
	}
	// Valid and at most 10,000 deep from here on, so that gjson may walk it.
	if err := d.walkJSON(newIndex(data), "", gjson.ParseBytes(data), 0); err != nil {
		return nil, err
	}
	return d, nil
}

// maxDepth bounds how deep settings nest; their paths grow with it.
const maxDepth = 200

// walkJSON notes where values stand and refuses a key that stands twice.
func (d *Document) walkJSON(at index, path string, r gjson.Result, depth int) error {
	if depth > maxDepth {
		return &SyntaxError{1, 1, fmt.Sprintf("nests more than %d levels deep, want fewer", maxDepth)}
	}
	var err error
	seen := map[string]Place{}
	r.ForEach(func(key, value gjson.Result) bool {
		name := key.Str
		if r.IsArray() {
			name = strconv.Itoa(len(seen))
		}
		here := at.place(key.Index)
		if first, twice := seen[name]; twice {
			err = &SyntaxError{here.Line, here.Column, fmt.Sprintf("key %q stands twice, first in line %d", name, first.Line)}
			return false
		}
		seen[name] = here
		below := join(path, name)
		d.Places[below] = at.place(value.Index)
		if value.IsObject() || value.IsArray() {
			err = d.walkJSON(at, below, value, depth+1)
		}
		return err == nil
	})
	return err
}
