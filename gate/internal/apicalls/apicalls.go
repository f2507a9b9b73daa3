// Package apicalls reads which requests a client makes out of what describes
// it: a written list, an OpenAPI (or Swagger 2) document, a Postman collection.
// It knows nothing of what a server has.
package apicalls

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Limit bounds the documents that are read, in bytes.
const Limit = 16 << 20

// maxCalls bounds what one document may yield.
const maxCalls = 20_000

// Call is one request that a client makes.
type Call struct {
	Method string // upper case; "" when not known
	Path   string // without query; parameters as {name}, :name, <name>
	// Loose: the path began with a variable whose value is not known, so that
	// a prefix may be missing.
	Loose bool
	Line  int // in the document
	// Base is the part of Path that a server of the document puts in front.
	Base string
}

// Own is the path as the document writes it, below its server.
func (c Call) Own() string { return strings.TrimPrefix(c.Path, c.Base) }

// ErrFormat means that the document is neither of the formats.
var ErrFormat = errors.New("neither an OpenAPI document nor a Postman collection")

// Written reads one line of a list: "POST /v1/chat-messages", "/v1/info", or
// with a URL in the place of the path.
func Written(line string) (Call, error) {
	fields := strings.Fields(line)
	var c Call
	switch {
	case len(fields) == 1:
		c.Path = fields[0]
	case len(fields) == 2 && isMethod(fields[0]):
		c.Method, c.Path = strings.ToUpper(fields[0]), fields[1]
	default:
		return c, fmt.Errorf("%q: want a path, or a method and a path, like POST /v1/chat-messages", line)
	}
	path, loose := pathOf(c.Path)
	if !strings.HasPrefix(path, "/") {
		return c, fmt.Errorf("%q: want a path that begins with /", line)
	}
	c.Path, c.Loose = path, loose
	return c, nil
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

func isMethod(word string) bool {
	for _, m := range methods {
		if strings.EqualFold(word, m) {
			return true
		}
	}
	return false
}

// pathOf cuts scheme, host, query and fragment of a URL. A variable in the
// place of scheme and host, {{base}}/v1/x, makes the path loose.
func pathOf(raw string) (path string, loose bool) {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	if strings.HasPrefix(raw, "{{") || strings.HasPrefix(raw, "${") {
		if end := strings.IndexByte(raw, '/'); end >= 0 {
			return raw[end:], true
		}
		return "/", true
	}
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return "/" + strings.TrimPrefix(u.Path, "/"), false
	}
	if _, rest, ok := strings.Cut(raw, "://"); ok {
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			return rest[slash:], strings.Contains(rest[:slash], "{")
		}
		return "/", false
	}
	return raw, false
}

// Document reads an OpenAPI document or a Postman collection, as YAML or JSON.
func Document(src []byte) ([]Call, error) {
	if len(src) > Limit {
		return nil, fmt.Errorf("%d bytes, want at most %d", len(src), Limit)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return nil, fmt.Errorf("neither YAML nor JSON: %w", err)
	}
	if len(root.Content) == 0 {
		return nil, ErrFormat
	}
	doc := root.Content[0]
	switch {
	case child(doc, "openapi") != nil || child(doc, "swagger") != nil:
		return openAPI(doc)
	case child(doc, "item") != nil:
		return postman(doc)
	case child(doc, "collection") != nil && child(child(doc, "collection"), "item") != nil:
		return postman(child(doc, "collection"))
	}
	return nil, ErrFormat
}

// child returns a mapping's value, nil when there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for _, p := range pairs(n) {
		if p.key.Value == key {
			return p.value
		}
	}
	return nil
}

func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

type pair struct{ key, value *yaml.Node }

func pairs(n *yaml.Node) []pair {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var out []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], n.Content[i+1]})
	}
	return out
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}
