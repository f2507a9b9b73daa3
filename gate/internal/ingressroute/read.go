package ingressroute

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/pcre"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
	"github.com/dify-gate/dify-gate/gate/internal/yamlbound"
)

// maxFile bounds a manifest, in bytes.
const maxFile = 8 << 20

// Options say how places are shown.
type Options struct {
	// Show turns a path into the one that places are given with; nil leaves it.
	Show func(string) string
}

// Config is what the manifests say.
type Config struct {
	Files    []string
	rules    []*rule
	fallback *rule // defaultBackend
	unknown  []routing.UnknownPattern
}

// rule is one path of one host.
type rule struct {
	host     string
	path     string
	kind     string // Prefix, Exact, ImplementationSpecific
	re       *pcre.Pattern
	service  string
	port     string
	pos      routing.Pos // of the path
	backend  routing.Pos
	rewrite  string // rewrite-target
	annot    routing.Pos
	tls      bool
	doubt    string // why it is not known what becomes of a request
	resource routing.Pos
}

// ErrNone means that no document is an Ingress.
var ErrNone = errors.New("no document of kind Ingress")

// Load reads manifests. Text that is no YAML, and an Ingress that the API server would refuse, are a routing.Errors.
func Load(files []string, opt Options) (*Config, error) {
	c := &Config{Files: files}
	for _, f := range files {
		shown := filepath.ToSlash(f)
		if opt.Show != nil {
			shown = opt.Show(f)
		}
		data, err := readfile.Text(f, maxFile)
		if err != nil {
			return nil, readfile.At(shown, err)
		}
		if err := c.read(shown, data); err != nil {
			return nil, err
		}
	}
	if len(c.rules) == 0 && c.fallback == nil {
		return nil, ErrNone
	}
	return c, nil
}

var yamlLine = lazyregexp.New(`line (\d+)(?:, column (\d+))?`)

func (c *Config) read(file string, data []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return routing.Errors{yamlError(file, data, err)}
		}
		if err := yamlbound.Check(&doc); err != nil {
			return routing.Errors{{Pos: routing.Pos{File: file, Line: 1, Col: 1}, Msg: err.Error()}}
		}
		r := reader{c: c, file: file}
		if len(doc.Content) > 0 {
			r.document(doc.Content[0])
		}
		if len(r.errs) > 0 {
			return r.errs
		}
	}
}

// yamlError finds the place in the parser's words.
func yamlError(file string, data []byte, err error) routing.SyntaxError {
	e := routing.SyntaxError{Pos: routing.Pos{File: file, Line: 1, Col: 1}, Msg: err.Error()}
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		e.Pos.Line, _ = strconv.Atoi(m[1])
		if n, err := strconv.Atoi(m[2]); err == nil && n > 0 {
			e.Pos.Col = n
		}
		e.Pos.Line = max(e.Pos.Line, 1)
	}
	if bytes.Contains(data, []byte("{{")) {
		e.Msg += "; a Helm template has to be rendered first (helm template)"
	}
	return e
}

// reader takes one document.
type reader struct {
	c    *Config
	file string
	errs routing.Errors
}

func (r *reader) at(n *yaml.Node) routing.Pos {
	return routing.Pos{File: r.file, Line: n.Line, Col: n.Column}
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, routing.SyntaxError{Pos: r.at(n), Msg: fmt.Sprintf(format, args...)})
}

// get follows keys down mappings; nil where there is none.
func get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, k := range keys {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var next *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == k {
				next = n.Content[i+1]
			}
		}
		n = next
	}
	return n
}

func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func (r *reader) document(n *yaml.Node) {
	switch text(get(n, "kind")) {
	case "Ingress":
		r.ingress(n)
	case "List", "IngressList":
		if items := get(n, "items"); items != nil {
			for _, i := range items.Content {
				r.document(i)
			}
		}
	}
}

// annotations that change what becomes of a request.
func (r *reader) annotations(n *yaml.Node, into *rule) {
	a := get(n, "metadata", "annotations")
	if a == nil {
		return
	}
	for i := 0; i+1 < len(a.Content); i += 2 {
		key, value := a.Content[i].Value, a.Content[i+1].Value
		switch _, name, _ := strings.Cut(key, "/"); {
		case name == "rewrite-target" && strings.Contains(key, "nginx"):
			into.rewrite, into.annot = value, r.at(a.Content[i])
		case name == "use-regex" && value == "true":
			into.kind = "regex"
		case strings.HasSuffix(name, "snippet") && strings.ContainsAny(value, "{;") && changesPath(value):
			into.doubt = fmt.Sprintf("%s: the %s of the Ingress acts at run time", r.at(a.Content[i]), name)
		case strings.Contains(name, "rewrite") || strings.Contains(name, "router.middlewares") || strings.Contains(name, "strip-prefix"):
			into.doubt = fmt.Sprintf("%s: annotation %s may change the path", r.at(a.Content[i]), key)
		}
	}
}

func changesPath(snippet string) bool {
	for _, w := range []string{"rewrite ", "return ", "proxy_pass", "location "} {
		if strings.Contains(snippet, w) {
			return true
		}
	}
	return false
}

func (r *reader) ingress(n *yaml.Node) {
	base := rule{resource: r.at(n)}
	r.annotations(n, &base)
	secured := map[string]bool{}
	if tls := get(n, "spec", "tls"); tls != nil {
		for _, t := range tls.Content {
			if hosts := get(t, "hosts"); hosts != nil {
				for _, h := range hosts.Content {
					secured[strings.ToLower(h.Value)] = true
				}
			}
		}
	}
	if b := get(n, "spec", "defaultBackend"); b != nil {
		d := base
		d.pos, d.path = r.at(b), "/"
		r.backend(b, &d)
		r.c.fallback = &d
	}
	rules := get(n, "spec", "rules")
	if rules == nil {
		if get(n, "spec", "defaultBackend") == nil {
			r.fail(n, "an Ingress without rules, want spec.rules")
		}
		return
	}
	for _, item := range rules.Content {
		host := strings.ToLower(text(get(item, "host")))
		paths := get(item, "http", "paths")
		if paths == nil {
			continue
		}
		for _, p := range paths.Content {
			one := base
			one.host, one.tls = host, secured[host]
			r.path(p, &one)
		}
	}
}

func (r *reader) path(n *yaml.Node, one *rule) {
	pathNode := get(n, "path")
	one.pos, one.path = r.at(n), text(pathNode)
	if pathNode != nil {
		one.pos = r.at(pathNode)
	}
	kind := text(get(n, "pathType"))
	regex := one.kind == "regex" || one.rewrite != ""
	switch kind {
	case "Prefix", "Exact", "ImplementationSpecific":
	case "":
		if get(n, "backend", "service") != nil { // networking.k8s.io/v1 wants it
			r.fail(n, "a path without pathType, want Prefix, Exact or ImplementationSpecific")
			return
		}
		kind = "ImplementationSpecific"
	default:
		r.fail(get(n, "pathType"), "pathType %q, want Prefix, Exact or ImplementationSpecific", kind)
		return
	}
	one.kind = kind
	if one.path == "" {
		one.path = "/"
	}
	if !strings.HasPrefix(one.path, "/") {
		r.fail(n, "path %q, want one that starts with /", one.path)
		return
	}
	if regex {
		re, err := pcre.Compile("^"+one.path, pcre.Options{Caseless: true})
		if err != nil {
			r.fail(n, "regular expression %q: %v", one.path, err)
			return
		}
		if why := re.Why(); why != "" {
			r.c.unknown = append(r.c.unknown, routing.UnknownPattern{Pos: r.at(n), Text: one.path, Why: why})
		}
		one.re = re
	}
	b := get(n, "backend")
	if b == nil {
		r.fail(n, "a path without a backend")
		return
	}
	r.backend(b, one)
	r.c.rules = append(r.c.rules, one)
}

// backend reads a service of networking.k8s.io/v1, or of the v1beta1 before it.
func (r *reader) backend(b *yaml.Node, one *rule) {
	one.backend = r.at(b)
	if s := get(b, "service"); s != nil {
		one.service, one.backend = text(get(s, "name")), r.at(s)
		if name := get(s, "name"); name != nil {
			one.backend = r.at(name)
		}
		one.port = text(get(s, "port", "number"))
		if one.port == "" {
			one.port = text(get(s, "port", "name"))
		}
	} else if name := get(b, "serviceName"); name != nil {
		one.service, one.port, one.backend = text(name), text(get(b, "servicePort")), r.at(name)
	} else if get(b, "resource") != nil {
		one.doubt = r.at(b).String() + ": a backend that is a resource"
		return
	}
	if one.service == "" {
		r.fail(b, "a backend without a service, want service: {name: …, port: {number: …}}")
	}
}
