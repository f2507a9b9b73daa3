package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

func parseTOML(data []byte) (*Document, error) {
	var raw map[string]any
	if err := toml.Unmarshal(data, &raw); err != nil {
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			line, column := decode.Position()
			return nil, &SyntaxError{line, column, "not valid TOML: " + strings.TrimPrefix(decode.Error(), "toml: ")}
		}
		return nil, &SyntaxError{1, 1, "not valid TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
	}
	encoded, err := json.Marshal(plain(raw))
	if err != nil {
		return nil, &SyntaxError{1, 1, err.Error()}
	}
	d := &Document{Places: tomlPlaces(data)}
	return d, json.Unmarshal(encoded, &d.Root)
}

var (
	tomlTable = lazyregexp.New(`^\s*\[([^\[\]]+)\]\s*(?:#.*)?$`)
	tomlKey   = lazyregexp.New(`^\s*([A-Za-z0-9_."'-]+)\s*=`)
)

// tomlPlaces finds tables and keys line by line. Keys inside of inline tables
// and of arrays of tables have no place of their own.
func tomlPlaces(data []byte) map[string]Place {
	places := map[string]Place{}
	table := ""
	for i, line := range bytes.Split(data, []byte("\n")) {
		if m := tomlTable().FindSubmatch(line); m != nil {
			table = unquote(string(m[1]))
			places[table] = Place{i + 1, 1}
			continue
		}
		if m := tomlKey().FindSubmatchIndex(line); m != nil {
			path := join(table, unquote(string(line[m[2]:m[3]])))
			if _, known := places[path]; !known {
				places[path] = Place{i + 1, m[2] + 1}
			}
		}
	}
	return places
}

func unquote(key string) string {
	return strings.NewReplacer(`"`, "", `'`, "", " ", "").Replace(key)
}
