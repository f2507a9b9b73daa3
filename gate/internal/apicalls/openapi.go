package apicalls

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// openAPI lists the operations below paths. A server's path goes in front:
// that of the operation, else of the path, else of the document.
func openAPI(doc *yaml.Node) ([]Call, error) {
	paths := child(doc, "paths")
	if paths == nil {
		return nil, fmt.Errorf("no paths")
	}
	base, loose := serverPath(doc)
	if b := text(child(doc, "basePath")); b != "" { // Swagger 2
		base = strings.TrimSuffix(b, "/")
	}
	var out []Call
	for _, p := range pairs(paths) {
		if !strings.HasPrefix(p.key.Value, "/") {
			continue // x-…
		}
		pathBase, pathLoose := base, loose
		if child(p.value, "servers") != nil {
			pathBase, pathLoose = serverPath(p.value)
		}
		for _, op := range pairs(p.value) {
			if !isMethod(op.key.Value) {
				continue
			}
			opBase, opLoose := pathBase, pathLoose
			if child(op.value, "servers") != nil {
				opBase, opLoose = serverPath(op.value)
			}
			out = append(out, Call{Method: strings.ToUpper(op.key.Value), Path: opBase + p.key.Value, Loose: opLoose, Line: op.key.Line, Base: opBase})
			if len(out) > maxCalls {
				return nil, fmt.Errorf("more than %d operations", maxCalls)
			}
		}
	}
	return out, nil
}

// serverPath is the path of the first server, with its variables' defaults.
// Without a server nothing is known of what goes in front.
func serverPath(n *yaml.Node) (string, bool) {
	servers := items(child(n, "servers"))
	if len(servers) == 0 {
		return "", true
	}
	raw := text(child(servers[0], "url"))
	for _, v := range pairs(child(servers[0], "variables")) {
		raw = strings.ReplaceAll(raw, "{"+v.key.Value+"}", text(child(v.value, "default")))
	}
	path, loose := pathOf(raw)
	return strings.TrimSuffix(path, "/"), loose || raw == "" || raw == "/"
}
