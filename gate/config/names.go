package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// validateNames finds names that stand twice, needs of checks that cannot be,
// and cycles. Names that entries get only later (from their own values, or
// built-in ones) are judged by Build.
func (cfg *Config) validateNames(d *decoder) {
	first := map[string]entry{}
	all := true
	var known []string
	for _, e := range cfg.entries {
		name := e.spec.Common().Name
		if name == "" {
			all = false
			continue
		}
		if other, dup := first[name]; dup {
			n := deepest(e.node, "name")
			d.add(n, e.path+".name", "%q stands twice, first in %s at line %d, want names that are unique over all kinds",
				name, other.path, other.node.Line)
			continue
		}
		first[name] = e
		known = append(known, name)
	}
	if all && !cfg.opts.Builtin {
		for _, m := range cfg.unknownNeeds(known) {
			m.File = d.file
			d.mistakes = append(d.mistakes, m)
		}
	}
	cfg.cycles(d, first)
}

// unknownNeeds reports needs that no name answers.
func (cfg *Config) unknownNeeds(known []string) Mistakes {
	var ms Mistakes
	for _, e := range cfg.entries {
		for i, need := range e.spec.Common().Needs {
			if contains(known, need) {
				continue
			}
			n := deepest(e.node, "needs["+strconv.Itoa(i)+"]")
			ms = append(ms, Mistake{
				File: cfg.File, Line: n.Line, Column: n.Column, Path: fmt.Sprintf("%s.needs[%d]", e.path, i),
				Message: fmt.Sprintf("no check is named %q, %s", need, Want(need, known)),
			})
		}
	}
	return ms
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// cycles reports each cycle of needs once, at the entry where it begins.
func (cfg *Config) cycles(d *decoder, first map[string]entry) {
	const visiting, visited = 1, 2
	state := map[string]int{}
	var visit func(name string, trail []string)
	visit = func(name string, trail []string) {
		e, ok := first[name]
		if !ok || state[name] == visited {
			return
		}
		if state[name] == visiting {
			start := 0
			for trail[start] != name {
				start++
			}
			n := deepest(e.node, "needs")
			d.add(n, e.path+".needs", "a cycle: %s, want checks that wait in one direction", strings.Join(append(trail[start:], name), " -> "))
			return
		}
		state[name] = visiting
		for _, need := range e.spec.Common().Needs {
			visit(need, append(trail[:len(trail):len(trail)], name))
		}
		state[name] = visited
	}
	for _, e := range cfg.entries {
		if name := e.spec.Common().Name; name != "" {
			visit(name, nil)
		}
	}
}

// Build makes the checks of a run: those of the file, and the built-in ones
// that no entry of the same kind and name overrides. cfg may be nil. Names that
// were made from an entry's values are made unique.
func Build(cfg *Config, builtin []check.Spec, env *check.Env) ([]gate.Check, error) {
	var checks []gate.Check
	var given []bool
	if cfg != nil {
		for _, e := range cfg.entries {
			c := e.spec.Check(env)
			if c.Mistake != nil {
				n := deepest(e.node, "url")
				c.Mistake = Mistake{File: cfg.File, Line: n.Line, Column: n.Column, Path: e.path, Message: c.Mistake.Error()}
			}
			checks = append(checks, c)
			given = append(given, e.spec.Common().Name != "")
		}
	}
	for i := range checks {
		if !given[i] && env.WorkDir != "" {
			// The same name, and with it the same fingerprints, on every machine.
			checks[i].Name = strings.ReplaceAll(checks[i].Name, env.WorkDir+string(filepath.Separator), "")
		}
	}
	own := len(checks)
	for _, spec := range builtin {
		c := spec.Check(env)
		if !overridden(checks[:own], c) {
			checks = append(checks, c)
			given = append(given, false)
		}
	}
	unique(checks, given)
	if cfg == nil {
		return checks, nil
	}
	known := make([]string, len(checks))
	for i, c := range checks {
		known[i] = c.Name
	}
	return checks, cfg.unknownNeeds(known).err()
}

func overridden(own []gate.Check, c gate.Check) bool {
	for _, o := range own {
		if o.Kind == c.Kind && o.Name == c.Name {
			return true
		}
	}
	return false
}

// unique numbers names that stand twice; a given one keeps its name.
func unique(checks []gate.Check, given []bool) {
	taken := map[string]bool{}
	for i, c := range checks {
		if given[i] {
			taken[c.Name] = true
		}
	}
	for i := range checks {
		if given[i] {
			continue
		}
		name := checks[i].Name
		for n := 2; taken[checks[i].Name]; n++ {
			checks[i].Name = fmt.Sprintf("%s (%d)", name, n)
		}
		taken[checks[i].Name] = true
	}
}
