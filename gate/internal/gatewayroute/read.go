package gatewayroute

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
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
	rules     []*rule // of all routes and hosts, in file order
	listeners []listener
	unknown   []routing.UnknownPattern
}

// listener is a way into a Gateway.
type listener struct {
	gateway, name, host string
	tls                 bool
	port                int
}

// rule is one match of a route's rule, for one host.
type rule struct {
	host     string // "" is any
	kind     string // PathPrefix, Exact, RegularExpression
	path     string
	re       *pcre.Pattern
	method   string
	headers  int // how many headers and query parameters it asks for
	parents  []parent
	filters  []filter
	targets  []string
	pos      routing.Pos // of the match, or of the rule
	backend  routing.Pos
	resource routing.Pos
	name     string // of the route
	doubt    string
}

type parent struct{ gateway, section string }

// filter changes a request, or ends it.
type filter struct {
	kind               string // URLRewrite or RequestRedirect
	pathKind, path     string // ReplacePrefixMatch or ReplaceFullPath; "" leaves the path
	scheme, host, port string
	status             int
	pos                routing.Pos
}

// ErrNone means that no document is an HTTPRoute.
var ErrNone = errors.New("no document of kind HTTPRoute")

// Load reads manifests. Text that is no YAML, and an HTTPRoute that the API server would refuse, are a routing.Errors.
func Load(files []string, opt Options) (*Config, error) {
	c := &Config{}
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
	if len(c.rules) == 0 {
		return nil, ErrNone
	}
	return c, nil
}

var yamlLine = lazyregexp.New(`line (\d+)`)

func (c *Config) read(file string, data []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = yamlbound.Check(&doc)
		}
		if err != nil {
			e := routing.SyntaxError{Pos: routing.Pos{File: file, Line: 1, Col: 1}, Msg: err.Error()}
			if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
				n, _ := strconv.Atoi(m[1])
				e.Pos.Line = max(n, 1)
			}
			return routing.Errors{e}
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

func (r *reader) document(n *yaml.Node) {
	switch text(n, "kind") {
	case "Gateway":
		r.gateway(n)
	case "HTTPRoute":
		r.route(n)
	case "List", "HTTPRouteList", "GatewayList":
		for _, item := range items(n, "items") {
			r.document(item)
		}
	}
}

func (r *reader) gateway(n *yaml.Node) {
	for _, l := range items(n, "spec", "listeners") {
		port, _ := strconv.Atoi(text(l, "port"))
		protocol := text(l, "protocol")
		if protocol != "HTTP" && protocol != "HTTPS" {
			continue // TCP, TLS and UDP carry no HTTPRoute
		}
		r.c.listeners = append(r.c.listeners, listener{gateway: text(n, "metadata", "name"), name: text(l, "name"),
			host: strings.ToLower(text(l, "hostname")), tls: protocol == "HTTPS", port: port})
	}
}

func (r *reader) route(n *yaml.Node) {
	base := rule{name: text(n, "metadata", "name"), resource: r.at(n), kind: "PathPrefix", path: "/"}
	for _, p := range items(n, "spec", "parentRefs") {
		base.parents = append(base.parents, parent{text(p, "name"), text(p, "sectionName")})
	}
	hosts := []string{""}
	if named := items(n, "spec", "hostnames"); len(named) > 0 {
		hosts = hosts[:0]
		for _, h := range named {
			hosts = append(hosts, strings.ToLower(h.Value))
		}
	}
	rules := items(n, "spec", "rules")
	if len(rules) == 0 {
		r.fail(n, "HTTPRoute %s without rules, want spec.rules", base.name)
	}
	for _, item := range rules {
		one := base
		one.pos, one.backend = r.at(item), r.at(item)
		r.backends(item, &one)
		r.filters(item, &one)
		matches := items(item, "matches")
		if len(matches) == 0 {
			matches = []*yaml.Node{nil}
		}
		for _, m := range matches {
			matched := one
			if m != nil {
				r.match(m, &matched)
			}
			for _, host := range hosts {
				own := matched
				own.host = host
				r.c.rules = append(r.c.rules, &own)
			}
		}
	}
}

func (r *reader) match(n *yaml.Node, one *rule) {
	one.pos = r.at(n)
	one.method = text(n, "method")
	one.headers = len(items(n, "headers")) + len(items(n, "queryParams"))
	p := get(n, "path")
	if p == nil {
		return
	}
	one.pos = r.at(p)
	if kind := text(p, "type"); kind != "" {
		one.kind = kind
	}
	if value := text(p, "value"); value != "" {
		one.path = value
	}
	switch one.kind {
	case "Exact", "PathPrefix":
		if !strings.HasPrefix(one.path, "/") {
			r.fail(p, "path %q, want one that starts with /", one.path)
		}
	case "RegularExpression": // of the implementation's own kind: PCRE's is what most are close to
		re, err := pcre.Compile("^(?:"+one.path+")$", pcre.Options{})
		if err != nil {
			r.fail(p, "regular expression %q: %v", one.path, err)
			return
		}
		if why := re.Why(); why != "" {
			r.c.unknown = append(r.c.unknown, routing.UnknownPattern{Pos: one.pos, Text: one.path, Why: why})
		}
		one.re = re
	default:
		r.fail(p, "path type %q, want PathPrefix, Exact or RegularExpression", one.kind)
	}
}

func (r *reader) backends(n *yaml.Node, one *rule) {
	for _, b := range items(n, "backendRefs") {
		name, port := text(b, "name"), text(b, "port")
		kind := text(b, "kind")
		switch {
		case kind != "" && kind != "Service":
			one.doubt = fmt.Sprintf("%s: a backend of kind %s", r.at(b), kind)
		case name == "" || port == "":
			r.fail(b, "a backend without name or port, want {name: dify-api, port: 5001}")
		case text(b, "weight") == "0":
		default:
			if len(one.targets) == 0 {
				one.backend = r.at(b)
			}
			one.targets = append(one.targets, name+":"+port)
		}
	}
}

// leavesPath are the filters that leave the path and the target alone.
var leavesPath = []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "CORS"}

func (r *reader) filters(n *yaml.Node, one *rule) {
	one.filters = nil
	for _, f := range items(n, "filters") {
		kind := text(f, "type")
		body := get(f, strings.ToLower(kind[:min(1, len(kind))])+kind[min(1, len(kind)):])
		switch {
		case kind == "URLRewrite":
			body = get(f, "urlRewrite")
		case kind == "RequestRedirect":
		case slices.Contains(leavesPath, kind):
			continue
		default:
			one.doubt = fmt.Sprintf("%s: the filter %s acts at run time", r.at(f), kind)
			continue
		}
		if body == nil {
			r.fail(f, "a filter %s without its settings", kind)
			continue
		}
		made := filter{kind: kind, scheme: text(body, "scheme"), host: text(body, "hostname"), port: text(body, "port"), pos: r.at(f), status: 302}
		if code, err := strconv.Atoi(text(body, "statusCode")); err == nil {
			made.status = code
		}
		if p := get(body, "path"); p != nil {
			made.pathKind = text(p, "type")
			if made.path = text(p, "replacePrefixMatch"); made.pathKind == "ReplaceFullPath" {
				made.path = text(p, "replaceFullPath")
			}
		}
		one.filters = append(one.filters, made)
	}
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
		if n = next; n != nil && n.Kind == yaml.AliasNode {
			n = n.Alias
		}
	}
	return n
}

func text(n *yaml.Node, keys ...string) string {
	if n = get(n, keys...); n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func items(n *yaml.Node, keys ...string) []*yaml.Node {
	if n = get(n, keys...); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}
