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
	Server     string        `yaml:"server" help:"which proxy the files belong to; by default found from the files" enum:"nginx,apache,ingress,traefik,caddy,gateway"`
	Files      check.Strings `yaml:"files" help:"the proxy's configuration, files or globs: its main file, or those of its servers; includes are followed" kind:"glob"`
	Env        string        `yaml:"env" help:"the variables that *.template files are rendered with, by default those of the compose file's nginx service" kind:"path"`
	Routes     check.Strings `yaml:"routes" help:"auto, by default: what the target release publishes; or a list of paths, each also as \"/path -> service\""`
}

// Kind is proxy.
func (p *Proxy) Kind() string { return "proxy" }

// Rules are those of proxy.
func (p *Proxy) Rules() []gate.Rule { return rules() }

// serverKinds are the proxies whose files the gate reads.
var serverKinds = []string{"nginx", "apache", "ingress", "traefik", "caddy", "gateway"}

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

// run judges the entry's proxy, and where the files were found in the directory,
// every other proxy there that hands paths to Dify.
func (p *Proxy) run(env *check.Env) gate.Result {
	res := p.runOne(env)
	if len(p.Files) > 0 || p.Server != "" || env.Dir == "" {
		return res
	}
	d, _ := env.Deployment()            // without one nothing is mounted
	found, _ := findProxies(env.Dir, d) // its error is that of runOne
	var read []string
	for i, one := range found {
		read = append(read, one.server)
		if i == 0 {
			continue
		}
		further := *p
		further.Server = one.server
		further.add(env, &res)
	}
	var names []string
	for _, u := range findUnread(env, env.Dir, d, read) {
		res.Findings = append(res.Findings, u.finding())
		names = append(names, u.name)
	}
	if res.Skip != "" && len(names) > 0 {
		res.Skip += "; " + strings.Join(names, ", ") + " is in use and its configuration is not read"
	}
	return res
}

// add judges a further proxy of the directory. One that hands nothing to Dify is
// another's.
func (p *Proxy) add(env *check.Env, res *gate.Result) {
	t, err := p.trace(env)
	if errors.Is(err, ErrNoProxyFiles) || err == nil && !t.ofDify() {
		return
	}
	more := p.result(t, err)
	res.Findings = append(res.Findings, more.Findings...)
	res.Err = errors.Join(res.Err, more.Err)
	if more.Evidence != nil && res.Evidence != nil {
		res.Evidence["further "+p.Server] = more.Evidence
	}
}

// ofDify reports whether the proxy hands any demanded path to a part of Dify.
func (t *Trace) ofDify() bool {
	return slices.ContainsFunc(t.rows, func(r Row) bool {
		role, ok := t.files.book.resolve(r.Upstream)
		return r.Upstream != "" && ok && role != ""
	})
}

func (p *Proxy) runOne(env *check.Env) gate.Result { return p.result(p.trace(env)) }

// result makes a check's result of a trace, or of the reason for which there is
// none.
func (p *Proxy) result(t *Trace, err error) gate.Result {
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
			out = append(out, gate.RedactText(u.String()))
		}
	}
	return out
}

// syntaxFindings are the reasons for which the proxy would refuse its files.
func syntaxFindings(errs routing.Errors) []gate.Finding {
	var out []gate.Finding
	for _, e := range errs {
		f := ruleSyntax.Finding(gate.RedactText(e.Msg), "the proxy would not start: fix the line, and test the configuration (nginx -t, apachectl configtest)")
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
