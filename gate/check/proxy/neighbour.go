package proxy

import (
	"bytes"
	"slices"
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// neighbour are the lines of a location of nginx's that a further one for the
// service needs too, as the operator wrote them: headers, time-outs and includes.
// They are read from the text: a template's variables have to stay.
func (t *Trace) neighbour(service string) []string {
	if t.files.server != "nginx" {
		return nil
	}
	a, ok := t.good[service]
	for _, other := range []string{"api", "web", "plugin_daemon"} {
		if !ok || a.Location == nil {
			a, ok = t.good[other]
		}
	}
	if !ok || a.Location == nil {
		return nil
	}
	return copied(t.locationBody(*a.Location))
}

// locationBody are the simple directives of a location, each as its words.
func (t *Trace) locationBody(at routing.Place) [][]string {
	data, err := readfile.Text(t.files.paths[at.Pos.File], maxProbe)
	if err != nil {
		return nil // it was read a moment ago; a block without neighbours is right too
	}
	var words []string
	var out [][]string
	depth := 0 // 0: before the location
	for tok := range crossplane.Lex(bytes.NewReader(data)) {
		switch {
		case tok.Error != nil, depth < 0, tok.Line < at.Pos.Line, strings.HasPrefix(tok.Value, "#") && !tok.IsQuoted:
			// the lexer has to be read to its end
		case tok.Value == "{" && !tok.IsQuoted:
			if depth > 0 || len(words) > 1 && words[0] == "location" && strings.Join(words[1:], " ") == at.Name {
				depth++
			}
			words = nil
		case tok.Value == "}" && !tok.IsQuoted:
			if words = nil; depth > 0 {
				if depth--; depth == 0 {
					depth = -1
				}
			}
		case tok.Value == ";" && !tok.IsQuoted:
			if depth == 1 && len(words) > 0 {
				out = append(out, words)
			}
			words = nil
		case tok.IsQuoted:
			words = append(words, `"`+strings.ReplaceAll(tok.Value, `"`, `\"`)+`"`)
		default:
			words = append(words, tok.Value)
		}
	}
	return out
}

// copied are the directives that a neighbour's location has for any path.
func copied(body [][]string) []string {
	var out []string
	for _, words := range body {
		name := words[0]
		switch {
		case name == "proxy_pass", name == "proxy_redirect", name == "proxy_cache", strings.HasPrefix(name, "proxy_cache_"), name == "proxy_method":
		case strings.HasPrefix(name, "proxy_"), name == "include", name == "client_max_body_size", name == "send_timeout":
			if name == "proxy_set_header" && len(words) > 1 && strings.EqualFold(words[1], "Dify-Hook-Url") {
				continue
			}
			out = append(out, strings.Join(words, " ")+";")
		}
	}
	return out
}

// setsVersion reports whether lines set proxy_http_version, by themselves or by a
// file that they include: nginx refuses it twice in one place.
func (t *Trace) setsVersion(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		if strings.HasPrefix(line, "proxy_http_version ") {
			return true
		}
		name, ok := strings.CutPrefix(strings.TrimSuffix(line, ";"), "include ")
		if !ok {
			return false
		}
		base := name[strings.LastIndexByte(name, '/')+1:]
		c, _ := t.files.router.(*nginxroute.Config)
		for _, file := range c.Files {
			if strings.HasSuffix(strings.TrimSuffix(file, ".template"), base) {
				data, err := readfile.Text(file, maxProbe)
				return err == nil && bytes.Contains(data, []byte("proxy_http_version"))
			}
		}
		return base == "proxy.conf" // Dify's own has it
	})
}
