package learn

import (
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

var templateVariable = lazyregexp.New(`\$\{([A-Z][A-Z0-9_]*)\}`)

// nginx reads the templates: their variables, and the locations of the one that
// becomes the server.
func (r *reader) nginx() {
	files := r.tree.under(nginxFolder, ".template")
	if len(files) == 0 {
		r.cannot(nginxFolder, "no template")
	}
	last := map[string]string{}
	for _, name := range files {
		for _, m := range templateVariable().FindAllSubmatch(r.tree.files[name], -1) {
			last[string(m[1])] = strings.TrimPrefix(name, "docker/")
		}
		if strings.HasPrefix(name, nginxFolder+"conf.d/") {
			r.locations(name)
		}
	}
	for name, file := range last {
		r.facts.Templates = append(r.facts.Templates, dify.TemplateFact{Name: name, File: file})
	}
}

// block is an open pair of braces of an nginx file.
type block struct {
	location string // its prefix, "" for any other block
	line     int
	passed   bool
	set      map[string]string
}

// locations reads which location goes to which service.
func (r *reader) locations(name string) {
	var words []string
	var open []block
	for token := range crossplane.Lex(strings.NewReader(string(r.tree.files[name]))) {
		if token.Error != nil {
			r.cannot(name, "line %d: %s", token.Line, token.Error)
			continue
		}
		switch {
		case !token.IsQuoted && strings.HasPrefix(token.Value, "#"):
		case !token.IsQuoted && token.Value == "{":
			open = append(open, r.opened(name, words, token.Line))
			words = nil
		case !token.IsQuoted && token.Value == "}":
			if n := len(open); n > 0 {
				if b := open[n-1]; b.location != "" && !b.passed {
					r.cannot(name, "line %d: location %s: no proxy_pass that is understood", b.line, b.location)
				}
				open = open[:n-1]
			}
			words = nil
		case !token.IsQuoted && token.Value == ";":
			if n := len(open); n > 0 {
				r.directive(&open[n-1], words)
			}
			words = nil
		default:
			words = append(words, token.Value)
		}
	}
	if len(open) > 0 {
		r.cannot(name, "line %d: a block is not closed", open[len(open)-1].line)
	}
}

func (r *reader) opened(name string, words []string, line int) block {
	b := block{line: line, set: map[string]string{}}
	if len(words) == 0 || words[0] != "location" {
		return b
	}
	args := words[1:]
	if len(args) == 2 && args[0] == "^~" {
		args = args[1:]
	}
	if len(args) != 1 || !strings.HasPrefix(args[0], "/") || !printable(args[0]) {
		r.cannot(name, "line %d: location %s: want a prefix", line, strings.Join(args, " "))
		return b
	}
	b.location = args[0]
	return b
}

func (r *reader) directive(b *block, words []string) {
	switch {
	case b.location == "":
	case len(words) == 3 && words[0] == "set":
		b.set[words[1]] = words[2]
	case len(words) == 2 && words[0] == "proxy_pass" && !b.passed:
		host, port, ok := r.upstream(words[1], b.set)
		if ok {
			b.passed = true
			r.facts.Prefixes = append(r.facts.Prefixes, dify.PrefixFact{Path: b.location, Service: host, Port: port})
		}
	}
}

// upstream is host and port of a proxy_pass, with nginx's variables as the
// location sets them, and those of the template as the release ships them.
func (r *reader) upstream(target string, set map[string]string) (host, port string, ok bool) {
	_, rest, ok := strings.Cut(target, "://")
	if !ok {
		return "", "", false
	}
	rest, _, _ = strings.Cut(rest, "/")
	if value, ok := set[rest]; ok {
		rest = value
	}
	rest = templateVariable().ReplaceAllStringFunc(rest, func(ref string) string {
		if i := r.variable(strings.Trim(ref, "${}")); i >= 0 {
			return r.facts.Env[i].Default
		}
		return ref
	})
	host, port, _ = strings.Cut(rest, ":")
	return host, port, host != "" && !strings.ContainsAny(rest, "$ ") && printable(rest)
}
