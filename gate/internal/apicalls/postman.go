package apicalls

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxDepth bounds how deep folders of a collection may nest.
const maxDepth = 64

// postman lists the requests of a collection (v2.0 and v2.1) with its own
// variables put in. Those of environments are not part of it.
func postman(doc *yaml.Node) ([]Call, error) {
	variables := map[string]string{}
	for _, v := range items(child(doc, "variable")) {
		if key := text(child(v, "key")); key != "" {
			variables[key] = text(child(v, "value"))
		}
	}
	var out []Call
	err := collect(&out, doc, variables, 0)
	return out, err
}

func collect(out *[]Call, folder *yaml.Node, variables map[string]string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("folders nest deeper than %d", maxDepth)
	}
	for _, item := range items(child(folder, "item")) {
		if child(item, "item") != nil {
			if err := collect(out, item, variables, depth+1); err != nil {
				return err
			}
			continue
		}
		if c, ok := request(child(item, "request"), variables); ok {
			*out = append(*out, c)
		}
		if len(*out) > maxCalls {
			return fmt.Errorf("more than %d requests", maxCalls)
		}
	}
	return nil
}

// request reads both forms: a plain URL, and an object with method and url.
func request(n *yaml.Node, variables map[string]string) (Call, bool) {
	if n == nil {
		return Call{}, false
	}
	raw, method, line := text(n), "GET", n.Line
	if raw == "" {
		if m := text(child(n, "method")); m != "" {
			method = strings.ToUpper(m)
		}
		u := child(n, "url")
		if u == nil {
			return Call{}, false
		}
		line = u.Line
		if raw = text(u); raw == "" {
			raw = text(child(u, "raw"))
		}
	}
	for i := 0; i < 4 && strings.Contains(raw, "{{"); i++ {
		for name, value := range variables {
			if value != "" {
				raw = strings.ReplaceAll(raw, "{{"+name+"}}", value)
			}
		}
		if len(raw) > 8192 {
			return Call{}, false
		}
	}
	path, loose := pathOf(raw)
	if !strings.HasPrefix(path, "/") {
		// localhost/v1/info: host without a scheme
		if slash := strings.IndexByte(path, '/'); slash > 0 {
			path = path[slash:]
		} else {
			return Call{}, false
		}
	}
	return Call{Method: method, Path: path, Loose: loose, Line: line}, true
}
