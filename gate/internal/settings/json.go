package settings

import (
	"encoding/json"
	"errors"
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
	d.walkJSON(data, "", gjson.ParseBytes(data))
	return d, nil
}

func (d *Document) walkJSON(data []byte, path string, r gjson.Result) {
	i := 0
	r.ForEach(func(key, value gjson.Result) bool {
		name := key.Str
		if r.IsArray() {
			name = strconv.Itoa(i)
		}
		i++
		below := join(path, name)
		d.Places[below] = position(data, value.Index)
		if value.IsObject() || value.IsArray() {
			d.walkJSON(data, below, value)
		}
		return true
	})
}
