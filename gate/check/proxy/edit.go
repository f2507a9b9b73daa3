package proxy

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/traefikroute"
)

// unplaced is why a block is not put in.
const unplaced = "the gate does not know where in this file the block belongs"

// addRoute proposes the block of the hint at its place: before what takes the path now,
// or at the beginning of the server or the list that it belongs to.
func (t *Trace) addRoute(d demand, v verdict) ([]gate.Edit, string) {
	b := t.blockOf(d, v)
	if b.Note != "" {
		return nil, b.Note
	}
	text := strings.Split(b.String(), "\n")
	switch t.files.server {
	case "nginx":
		return t.before(v.answer, text, "location")
	case "apache":
		return t.before(v.answer, text, "ProxyPass", "ProxyPassMatch", "RewriteRule", "<Location", "<LocationMatch")
	case "caddy":
		return t.before(v.answer, text, "handle", "handle_path", "route", "reverse_proxy", "redir", "respond", "file_server", "@")
	case "ingress":
		return t.item(v.answer, "paths", text)
	case "gateway":
		return t.item(v.answer, "rules", text)
	case "traefik":
		return t.traefikRoute(b, v.answer, text)
	}
	return nil, unplaced
}

// before puts lines before the directive that takes the path, with its indent; where the
// server itself answers, behind the line that opens it.
func (t *Trace) before(a routing.Answer, text []string, directives ...string) ([]gate.Edit, string) {
	at := a.Location
	if at == nil {
		return t.behindServer(a, text)
	}
	file := check.ReadEditable(t.files.paths[at.Pos.File])
	if file == nil {
		return nil, unplaced
	}
	line := file.Line(at.Pos.Line)
	body := strings.TrimLeft(line, " \t")
	known := false
	for _, d := range directives {
		known = known || strings.HasPrefix(body, d)
	}
	if !known {
		return nil, unplaced
	}
	indent := line[:len(line)-len(body)]
	n := at.Pos.Line
	for n > 1 && strings.HasPrefix(strings.TrimSpace(file.Line(n-1)), "#") {
		n-- // a comment belongs to what comes after it
	}
	text = indented(text, indent, step(file, at.Pos.Line, indent))
	if t.files.server != "apache" {
		text = append(text, "")
	}
	return []gate.Edit{file.Insert(n, "", text...)}, ""
}

// behindServer puts lines at the beginning of a server's block.
func (t *Trace) behindServer(a routing.Answer, text []string) ([]gate.Edit, string) {
	if a.Server == nil {
		return nil, unplaced
	}
	file := check.ReadEditable(t.files.paths[a.Server.Pos.File])
	if file == nil {
		return nil, unplaced
	}
	line := strings.TrimSpace(file.Line(a.Server.Pos.Line))
	opens := strings.HasSuffix(line, "{") || strings.HasPrefix(line, "<VirtualHost") && strings.HasSuffix(line, ">")
	if !opens {
		return nil, unplaced
	}
	next := file.Line(a.Server.Pos.Line + 1)
	indent := next[:len(next)-len(strings.TrimLeft(next, " \t"))]
	return []gate.Edit{file.Insert(a.Server.Pos.Line+1, "", append(indented(text, indent, indent), "")...)}, ""
}

// step is by how much the block of a directive is indented, two blanks where it has none.
func step(file *check.Text, line int, indent string) string {
	next := file.Line(line + 1)
	deeper := next[:len(next)-len(strings.TrimLeft(next, " \t"))]
	if more, ok := strings.CutPrefix(deeper, indent); ok && more != "" {
		return more
	}
	if strings.HasPrefix(indent, "\t") {
		return "\t"
	}
	return "  "
}

// indented gives the lines of a block the indent of a file.
func indented(text []string, indent, step string) []string {
	out := make([]string, 0, len(text)+1)
	for _, l := range text {
		body := strings.TrimLeft(l, " \t")
		depth := 0
		for _, c := range l[:len(l)-len(body)] {
			if c == '\t' {
				depth += 2
			} else {
				depth++
			}
		}
		out = append(out, indent+strings.Repeat(step, depth/2)+body)
	}
	return out
}

// item puts an item of a YAML list before the one that takes the path.
func (t *Trace) item(a routing.Answer, key string, text []string) ([]gate.Edit, string) {
	at := a.Location
	if at == nil {
		at = a.Server
	}
	if at == nil {
		return nil, unplaced
	}
	y := check.ReadYAMLText(t.files.paths[at.Pos.File])
	if y == nil {
		return nil, unplaced
	}
	if e, ok := y.InsertItem(key, at.Pos.Line, text); ok {
		return []gate.Edit{e}, ""
	}
	return nil, unplaced
}

// traefikRoute puts a router where the others are: in a list of routes, in a file of the
// file provider, or in a container's labels.
func (t *Trace) traefikRoute(b Block, a routing.Answer, text []string) ([]gate.Edit, string) {
	switch b.Like.Form {
	case traefikroute.Objects:
		return t.item(a, "routes", text)
	case traefikroute.File:
		return t.routerInFile(a, text)
	}
	if len(b.Like.Networks) > 0 {
		return nil, "its container has to be in a network of Traefik's as well: see the hint"
	}
	service, _, _ := strings.Cut(b.Service, ":")
	var labels []string
	for _, l := range text {
		if label, ok := strings.CutPrefix(l, "- "); ok {
			labels = append(labels, label)
		}
	}
	return t.addLabels(service, labels)
}

// addLabels adds labels to a compose service.
func (t *Trace) addLabels(service string, labels []string) ([]gate.Edit, string) {
	if t.files.deployment == nil {
		return nil, unplaced
	}
	for _, s := range t.files.deployment.Services {
		if s.Name != service {
			continue
		}
		y := check.ReadYAMLText(s.File)
		if y == nil {
			return nil, unplaced
		}
		if e, ok := y.InsertEntries(labels, "services", s.Name, "labels"); ok {
			return []gate.Edit{e}, ""
		}
	}
	return nil, unplaced
}

// routerInFile adds the parts of a block to the routers and the services of a file.
func (t *Trace) routerInFile(a routing.Answer, text []string) ([]gate.Edit, string) {
	if a.Location == nil && a.Server == nil {
		return nil, unplaced
	}
	at := a.Location
	if at == nil {
		at = a.Server
	}
	y := check.ReadYAMLText(t.files.paths[at.Pos.File])
	if y == nil {
		return nil, unplaced
	}
	parts := map[string][]string{}
	section := ""
	for _, l := range text {
		body := strings.TrimLeft(l, " ")
		switch depth := len(l) - len(body); {
		case depth == 2:
			section = strings.TrimSuffix(body, ":")
		case depth >= 4:
			parts[section] = append(parts[section], l[4:])
		}
	}
	var out []gate.Edit
	for _, section := range []string{"routers", "services"} {
		if len(parts[section]) == 0 {
			continue
		}
		e, ok := y.InsertBelow(parts[section], "http", section)
		if !ok {
			return nil, unplaced
		}
		out = append(out, e)
	}
	return out, ""
}
