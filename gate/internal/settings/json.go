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
			at := position(data, int(syntax.Offset)-1)
			return nil, &SyntaxError{at.Line, at.Column, "not valid JSON: " + err.Error()}
		}
		return nil, &SyntaxError{1, 1, "not a JSON object of settings"}
	}
	// Valid and at most 10,000 deep from here on, so that gjson may walk it.
	if err := d.walkJSON(data, "", gjson.ParseBytes(data)); err != nil {
		return nil, err
	}
	return d, nil
}

// walkJSON notes where values stand and refuses a key that stands twice.
func (d *Document) walkJSON(data []byte, path string, r gjson.Result) error {
	var err error
	seen := map[string]Place{}
	r.ForEach(func(key, value gjson.Result) bool {
		name := key.Str
		if r.IsArray() {
			name = strconv.Itoa(len(seen))
		}
		at := position(data, key.Index)
		if first, twice := seen[name]; twice {
			err = &SyntaxError{at.Line, at.Column, fmt.Sprintf("key %q stands twice, first in line %d", name, first.Line)}
			return false
		}
		seen[name] = at
		below := join(path, name)
		d.Places[below] = position(data, value.Index)
		if value.IsObject() || value.IsArray() {
			err = d.walkJSON(data, below, value)
		}
		return err == nil
	})
	return err
}
