package settings

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

func parseEnv(data []byte) (*Document, error) {
	f := dotenv.Parse(data, nil)
	if len(f.Errors) > 0 {
		return nil, &SyntaxError{f.Errors[0].Line, 1, f.Errors[0].Text}
	}
	d := &Document{Root: map[string]any{}, Places: map[string]Place{}, Text: true}
	for _, e := range f.Entries {
		if e.Bare {
			continue
		}
		d.Root[e.Key] = e.Value
		d.Places[e.Key] = Place{e.Line, 1}
	}
	return d, nil
}

var notName = lazyregexp.New(`[^A-Z0-9]+`)

// EnvNames are the variables that override a path: api.prefix is overridden by
// PREFIX_API_PREFIX, and by PREFIX_API__PREFIX, as some frameworks nest.
func EnvNames(prefix, path string) []string {
	name := func(separator string) string {
		parts := strings.Split(path, ".")
		for i, p := range parts {
			parts[i] = notName().ReplaceAllString(strings.ToUpper(p), "_")
		}
		return prefix + strings.Join(parts, separator)
	}
	single, double := name("_"), name("__")
	if single == double {
		return []string{single}
	}
	return []string{single, double}
}
