package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// maxConcurrency bounds run.concurrency: more sockets than that help nobody.
const maxConcurrency = 10_000

// validate finds what single values cannot show, after everything is decoded.
func (cfg *Config) validate(d *decoder) {
	root := d.root
	at := func(path ...string) *yaml.Node { return deepest(root, path...) }
	if n := child(root, "version"); n != nil && cfg.Version != 1 && !d.wrong("version") {
		d.add(n, "version", "%d, want 1", cfg.Version)
	}
	if child(child(root, "run"), "concurrency") != nil && !d.wrong("run.concurrency") &&
		(cfg.Run.Concurrency < 1 || cfg.Run.Concurrency > maxConcurrency) {
		d.add(at("run", "concurrency"), "run.concurrency", "%d, want 1 to %d", cfg.Run.Concurrency, maxConcurrency)
	}
	if cfg.Run.Timeout < 0 || child(child(root, "run"), "timeout") != nil && cfg.Run.Timeout == 0 && !d.wrong("run.timeout") {
		d.add(at("run", "timeout"), "run.timeout", "%s, want more than 0s", cfg.Run.Timeout)
	}
	if cfg.Run.Wait < 0 {
		d.add(at("run", "wait"), "run.wait", "%s, want 0s or more", cfg.Run.Wait)
	}
	if slices.Contains(cfg.Policy.severityRules(), "") {
		d.add(at("policy", "severity"), "policy.severity", "an empty rule, want a rule or a glob")
	}
	for i, kind := range cfg.Policy.Require {
		if !slices.Contains(kinds.Names(), kind) {
			d.add(deepest(root, "policy", fmt.Sprintf("require[%d]", i)), fmt.Sprintf("policy.require[%d]", i), "kind %q: %s", kind, Want(kind, kinds.Names()))
		}
	}
	cfg.validateUpgrade(d)
	d.waivers(root, cfg)
	cfg.validateEntries(d)
	cfg.validateNames(d)
}

func (p Policy) severityRules() []string {
	out := make([]string, len(p.Severity))
	for i, o := range p.Severity {
		out[i] = o.Rule
	}
	return out
}

// validateEntries asks each entry what is wrong with it. What only follows from
// a value that could not be decoded is left out.
func (cfg *Config) validateEntries(d *decoder) {
	for _, spec := range cfg.Checks.Specs() {
		e, ok := d.specs[spec]
		if !ok {
			continue
		}
		spec.Common().Source = d.location(e.node)
		cfg.entries = append(cfg.entries, e)
		broken := d.wrong(e.path)
		for _, m := range spec.Validate() {
			path := e.path
			if m.Path != "" {
				path = join(e.path, m.Path)
			}
			if broken && (m.Path == "" || d.wrong(path)) {
				continue
			}
			n := deepest(e.node, strings.Split(m.Path, ".")...)
			d.add(n, path, "%s", m.Message)
		}
	}
}

// wrong reports whether a mistake stands at or below a path.
func (d *decoder) wrong(path string) bool {
	below := func(other string) bool {
		rest, ok := strings.CutPrefix(other, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(d.unread, below) ||
		slices.ContainsFunc(d.mistakes, func(m Mistake) bool { return below(m.Path) })
}

// GatePolicy is the file's policy as the engine takes it.
func (cfg *Config) GatePolicy() gate.Policy {
	p := gate.Policy{FailOn: cfg.Policy.FailOn, Severity: cfg.Policy.Severity, Require: cfg.Policy.Require}
	for _, w := range cfg.Waivers {
		p.Waivers = append(p.Waivers, w.gate())
	}
	return p
}

func absoluteURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return false
	}
	port, ok := atoi(u.Port())
	return u.Port() == "" || ok && port > 0 && port <= 65535
}

// child is the value of a key, nil when there is none; merged keys are looked
// up too.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var merged *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch k := n.Content[i]; {
		case k.ShortTag() == "!!merge" && merged == nil:
			if m := n.Content[i+1]; m.Kind == yaml.AliasNode && m.Alias != n {
				merged = m
			}
		case k.Value == key:
			return n.Content[i+1]
		}
	}
	if merged != nil && merged.Alias.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(merged.Alias.Content); i += 2 {
			if merged.Alias.Content[i].Value == key {
				return merged.Alias.Content[i+1]
			}
		}
	}
	return nil
}

// deepest follows keys as far as they go. "a[0]" is the element of a list.
func deepest(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		name, index, _ := strings.Cut(key, "[")
		next := child(n, name)
		if next == nil {
			return n
		}
		n = next
		if i, ok := atoi(strings.TrimSuffix(index, "]")); ok && n.Kind == yaml.SequenceNode && i < len(n.Content) {
			n = n.Content[i]
		}
	}
	return n
}

func atoi(s string) (int, bool) {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, s != ""
}

func orSelf(n, self *yaml.Node) *yaml.Node {
	if n == nil {
		return self
	}
	return n
}
