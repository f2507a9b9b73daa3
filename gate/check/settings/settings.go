package settings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/settings"
)

// Settings checks a settings file by its schema and by wanted values, with the
// environment's overrides applied.
type Settings struct {
	check.Base `yaml:",inline"`
	File       string                `yaml:"file" help:"settings in YAML, JSON, TOML or .env" required:"true" kind:"path"`
	Schema     string                `yaml:"schema" help:"JSON Schema (draft 2020-12) of the settings" kind:"path"`
	EnvPrefix  string                `yaml:"env_prefix" help:"PREFIX_API_PREFIX in the environment overrides api.prefix"`
	Env        string                `yaml:"env" help:"file with the environment that the application gets; the gate's own environment wins over it" kind:"path"`
	Expect     map[string]check.Want `yaml:"expect" help:"wanted effective value by dotted path, or {gt|gte|lt|lte|ne|match|exists: …}"`
	Route      string                `yaml:"route" help:"the API prefix that the proxy serves and clients call, like /v1"`
	PrefixKey  string                `yaml:"prefix_key" help:"the setting that is compared with route, by default api.prefix"`
	Proxy      []string              `yaml:"proxy" help:"nginx files that have to route the effective prefix" kind:"path"`
}

// maxSettings bounds each file that is read.
const maxSettings = 8 << 20

// Kind is settings.
func (s *Settings) Kind() string { return "settings" }

// Rules are those of settings.
func (s *Settings) Rules() []gate.Rule {
	return []gate.Rule{ruleSyntax, ruleSchema, ruleValue, ruleOverridden, rulePrefixMismatch}
}

// Validate checks what needs no file.
func (s *Settings) Validate() []check.Mistake {
	ms := s.Mistakes()
	if s.File == "" {
		ms = append(ms, check.Mistakef("", "file is required"))
	}
	if s.Route != "" && !strings.HasPrefix(s.Route, "/") {
		ms = append(ms, check.Mistakef("route", "route %q: want a path like /v1", s.Route))
	}
	if s.Env != "" && s.EnvPrefix == "" {
		ms = append(ms, check.Mistakef("env", "env without env_prefix: no variable overrides anything"))
	}
	for _, path := range slices.Sorted(maps.Keys(s.Expect)) {
		if err := s.Expect[path].Validate(); err != nil {
			ms = append(ms, check.Mistakef("expect", "expect %q: %s", path, err))
		}
	}
	return ms
}

// Check makes the check.
func (s *Settings) Check(env *check.Env) gate.Check {
	c := s.NewCheck("settings", "settings "+s.File, gate.PhasePre, s.Rules())
	c.Run = func(context.Context) gate.Result { return s.run(env) }
	return c
}

// effective is a settings file with the overrides applied.
type effective struct {
	doc  *settings.Document
	file string // as reports show it
	// from says where an overridden path's value comes from.
	from map[string]override
	// written are the file's own values of overridden paths.
	written map[string]any
}

// override is a variable that wins over the file.
type override struct {
	name  string
	value string
	at    *gate.Location // nil for the process environment
}

func (s *Settings) run(env *check.Env) gate.Result {
	path := s.ResolvePath(env, s.File)
	data, err := readfile.Text(path, maxSettings)
	if err != nil {
		return gate.Undecided(err)
	}
	shown := check.ShowPath(env, path)
	doc, err := settings.Parse(path, data)
	if err != nil {
		return gate.Result{Findings: []gate.Finding{syntaxError(shown, err)}}
	}
	schema, err := s.compileSchema(env)
	if err != nil {
		return gate.Undecided(err)
	}
	e := &effective{doc: doc, file: shown, from: map[string]override{}, written: map[string]any{}}
	overridden, broken := s.override(env, e, schema.paths())
	if broken != nil {
		return gate.Result{Findings: []gate.Finding{*broken}}
	}
	res := gate.Result{Findings: overridden, Evidence: map[string]any{"format": strings.TrimPrefix(path[strings.LastIndexByte(path, '.')+1:], "."), "overridden": check.KeyList(e.from)}}
	res.Findings = append(res.Findings, schema.compare(e)...)
	res.Findings = append(res.Findings, s.compareValues(e)...)
	prefix, err := s.comparePrefix(env, e)
	res.Findings, res.Err = append(res.Findings, prefix...), err
	return res
}

func syntaxError(file string, err error) gate.Finding {
	f := ruleSyntax.Finding(file+": "+err.Error(), "fix the file at the place named here")
	var syntax *settings.SyntaxError
	if errors.As(err, &syntax) {
		f.Message = file + ": " + syntax.Message
		f.Location = &gate.Location{File: file, Line: syntax.Line, Column: syntax.Column, EndLine: syntax.Line}
	}
	return f
}

// override applies variables to the paths of the file and of the schema.
func (s *Settings) override(env *check.Env, e *effective, schemaPaths []string) ([]gate.Finding, *gate.Finding) {
	if s.EnvPrefix == "" {
		return nil, nil
	}
	var file dotenv.File
	shown := ""
	if s.Env != "" {
		path := s.ResolvePath(env, s.Env)
		data, err := readfile.Text(path, maxSettings)
		if err != nil {
			f := syntaxError(check.ShowPath(env, path), err)
			return nil, &f
		}
		shown, file = check.ShowPath(env, path), dotenv.Parse(data, nil)
		if len(file.Errors) > 0 {
			f := syntaxError(shown, &settings.SyntaxError{Line: file.Errors[0].Line, Column: 1, Message: file.Errors[0].Text})
			return nil, &f
		}
	}
	var out []gate.Finding
	for _, path := range overridablePaths(e.doc, schemaPaths) {
		o, ok := s.lookup(env, file, shown, path)
		if !ok {
			continue
		}
		before, had := e.doc.Get(path)
		e.doc.Set(path, o.value)
		after, _ := e.doc.Get(path)
		e.from[path] = o
		if had {
			e.written[path] = before
		}
		if had && fmt.Sprint(before) != fmt.Sprint(after) {
			out = append(out, e.overridden(path, before, o))
		}
	}
	return out, nil
}

// overridablePaths are the paths that may be overridden, each once.
func overridablePaths(doc *settings.Document, more []string) []string {
	paths := map[string]bool{}
	for _, l := range doc.Leaves() {
		paths[l.Path] = true
	}
	for _, p := range more {
		if v, ok := doc.Get(p); !ok || !isContainer(v) {
			paths[p] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

func isContainer(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// lookup finds the variable that overrides a path: the process environment
// wins over the file, as it does for the application.
func (s *Settings) lookup(env *check.Env, file dotenv.File, shown, path string) (override, bool) {
	for _, name := range settings.EnvNames(s.EnvPrefix, path) {
		if v, ok := lookupEnv(env, name); ok {
			return override{name, v, nil}, true
		}
		if entry, ok := file.Last(name); ok && !entry.Bare {
			return override{name, entry.Value, &gate.Location{File: shown, Line: entry.Line, Column: 1, EndLine: entry.Line}}, true
		}
	}
	return override{}, false
}

// lookupEnv reads the process environment; an empty variable counts as unset,
// as it does in most frameworks' settings.
func lookupEnv(e *check.Env, name string) (string, bool) {
	if e.Getenv == nil {
		return "", false
	}
	v := e.Getenv(name)
	return v, v != ""
}
