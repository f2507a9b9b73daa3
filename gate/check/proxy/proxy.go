package proxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Proxy checks from the files of a reverse proxy alone that every public path
// of the target release reaches its service, unchanged.
type Proxy struct {
	check.Base `yaml:",inline"`
	Server     string        `yaml:"server" help:"whose files they are; by default told from the files" enum:"nginx,apache,ingress,traefik"`
	Files      check.Strings `yaml:"files" help:"the proxy's configuration, files or globs: its main file, or those of its servers; includes are followed" kind:"glob"`
	Env        string        `yaml:"env" help:"the variables that *.template files are rendered with, by default those of the compose file's nginx service" kind:"path"`
	Routes     check.Strings `yaml:"routes" help:"auto, by default: what the target release publishes; or a list of paths, each also as \"/path -> service\""`
}

// Kind is proxy.
func (p *Proxy) Kind() string { return "proxy" }

// Rules are those of proxy.
func (p *Proxy) Rules() []gate.Rule { return rules() }

// serverKinds are the proxies whose files the gate reads.
var serverKinds = []string{"nginx", "apache", "ingress", "traefik"}

// Validate checks server and routes.
func (p *Proxy) Validate() []check.Mistake {
	ms := p.Mistakes()
	if p.Server != "" && !slices.Contains(serverKinds, p.Server) {
		ms = append(ms, check.Mistakef("server", "server %q: want one of %s", p.Server, strings.Join(serverKinds, ", ")))
	}
	for _, r := range p.Routes {
		if r != "auto" && !strings.HasPrefix(r, "/") {
			ms = append(ms, check.Mistakef("routes", "route %q: want auto, or a path that starts with /", r))
		}
	}
	if len(p.Routes) > 1 && slices.Contains(p.Routes, "auto") {
		ms = append(ms, check.Mistakef("routes", "routes: want auto alone, or a list of paths"))
	}
	return ms
}

// Check makes the check.
func (p *Proxy) Check(env *check.Env) gate.Check {
	name := "proxy"
	for _, f := range p.Files {
		name += " " + check.ShowPath(env, p.ResolvePath(env, f))
	}
	c := p.NewCheck("proxy", name, gate.PhasePre, rules())
	c.Component = "proxy"
	c.Run = func(context.Context) gate.Result { return p.run(env) }
	return c
}

func (p *Proxy) run(env *check.Env) gate.Result {
	t, err := p.trace(env)
	var syntax routing.Errors
	switch {
	case errors.As(err, &syntax):
		return gate.Result{Findings: syntaxFindings(syntax)}
	case errors.Is(err, ErrNoProxyFiles), errors.Is(err, check.ErrNoDir):
		return gate.Result{Skip: err.Error()}
	case err != nil:
		return gate.Undecided(err)
	}
	res := gate.Result{Findings: t.findings, Evidence: map[string]any{
		"server": t.files.server, "files": t.files.shown, "release": t.release, "routes": len(t.rows),
	}}
	if len(t.notes) > 0 {
		res.Evidence["notes"] = t.notes
	}
	if unknown := t.unknownPatterns(); len(unknown) > 0 {
		res.Evidence["unknown_patterns"] = unknown
	}
	if len(t.open) > 0 {
		res.Err = fmt.Errorf("%s", strings.Join(t.open, "; "))
	}
	return res
}

// unknownPatterns are the patterns that cannot be run and that take no demanded
// path: one that may take one is an open question.
func (t *Trace) unknownPatterns() []string {
	var out []string
	for _, u := range t.files.router.Unknown() {
		line := fmt.Sprintf("%s:%d:", u.Pos.File, u.Pos.Line)
		if !slices.ContainsFunc(t.open, func(q string) bool { return strings.Contains(q, line) }) {
			out = append(out, u.String())
		}
	}
	return out
}

// syntaxFindings are the reasons for which the proxy would refuse its files.
func syntaxFindings(errs routing.Errors) []gate.Finding {
	var out []gate.Finding
	for _, e := range errs {
		f := ruleSyntax.Finding(e.Msg, "the proxy would not start with it: mend the line, and let the proxy test its files (nginx -t, apachectl configtest)")
		f.Location = placeOf(e.Pos)
		out = append(out, f)
	}
	return out
}

func placeOf(p routing.Pos) *gate.Location {
	if p.File == "" {
		return nil
	}
	return &gate.Location{File: p.File, Line: p.Line, Column: p.Col, EndLine: p.Line}
}
