package envfile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// EnvFile compares an env file with what the target release wants of it.
type EnvFile struct {
	check.Base `yaml:",inline"`
	File       string `yaml:"file" help:"the env file, by default .env in dify.dir" kind:"path"`
	Target     string `yaml:"target" help:"the target's .env.example, by default what the catalogue knows of the target version" kind:"path"`
}

// Kind is env.
func (e *EnvFile) Kind() string { return "env" }

// Rules are those of env.
func (e *EnvFile) Rules() []gate.Rule { return rules() }

// Validate checks the common part.
func (e *EnvFile) Validate() []check.Mistake { return e.Mistakes() }

// Check makes the check.
func (e *EnvFile) Check(env *check.Env) gate.Check {
	name := "env"
	if e.File != "" {
		name = "env " + e.File
	}
	c := e.NewCheck("env", name, gate.PhasePre, rules())
	c.Probes = []string{"read " + check.ShowPath(env, e.envPath(env))}
	c.Run = func(context.Context) gate.Result { return e.run(env) }
	return c
}

func (e *EnvFile) envPath(env *check.Env) string {
	if e.File == "" {
		if d, err := env.Deployment(); err == nil && d.EnvFile != "" {
			return d.EnvFile
		}
		return filepath.Join(env.Dir, ".env")
	}
	return e.ResolvePath(env, e.File)
}

// envRun is one run of the check.
type envRun struct {
	env  *check.Env
	d    *deployment.Deployment
	cat  *dify.Catalogue
	want envTarget
	out  []gate.Finding
	// texts are the env files that edits were made for, by path.
	texts map[string]*check.EnvText
}

// add appends a finding about a variable. The caller masks its values.
func (r *envRun) add(rule gate.Rule, name, message, hint string, at deployment.Place, related ...deployment.Place) *gate.Finding {
	f := r.env.FindingAt(rule, name, message, hint, at, related...)
	r.out = append(r.out, f)
	return &r.out[len(r.out)-1]
}

func (e *EnvFile) run(env *check.Env) gate.Result {
	d, err := e.deployment(env)
	switch {
	case errors.Is(err, check.ErrNoDir), errors.Is(err, deployment.ErrEmpty):
		return gate.Result{Skip: err.Error()}
	case err != nil:
		return gate.Undecided(err)
	case d.EnvFile == "" && len(d.ComposeFiles) == 0 && len(d.HelmParts) == 0 && len(d.Problems) == 0:
		return gate.Result{Skip: fmt.Sprintf("neither .env nor a compose file nor Helm values in %s", check.ShowPath(env, d.Dir))}
	}
	cat, err := env.Facts()
	if err != nil {
		return gate.Undecided(err)
	}
	want, err := e.target(env, cat)
	if err != nil {
		return gate.Undecided(err)
	}
	r := &envRun{env: env, d: d, cat: cat, want: want}
	r.syntax()
	r.missing()
	r.compare()
	r.secrets()
	r.pairs()
	r.broker()
	r.queues()
	r.urls()
	r.bodyLimit()
	r.hosts()
	evidence := map[string]any{"variables": len(d.File.Entries), "target": want.name}
	if d.EnvFile != "" {
		evidence["file"] = check.ShowPath(env, d.EnvFile)
	}
	if len(d.Notes) > 0 {
		evidence["notes"] = d.Notes
	}
	if want.note != "" {
		evidence["catalogue"] = want.note
	}
	return gate.Result{Findings: r.out, Evidence: evidence}
}

func (e *EnvFile) deployment(env *check.Env) (*deployment.Deployment, error) {
	if e.File == "" {
		return env.Deployment()
	}
	path := e.envPath(env)
	if there, err := readfile.Exists(path); err != nil {
		return nil, readfile.At(check.ShowPath(env, path), err)
	} else if !there {
		return nil, fmt.Errorf("%s: not there, want an env file", check.ShowPath(env, path))
	}
	return deployment.ReadFile(path)
}

// syntax reports what Compose refuses.
func (r *envRun) syntax() {
	for _, e := range r.d.File.Errors {
		r.add(ruleSyntax, fmt.Sprint(e.Line), fmt.Sprintf("%s line %d: %s", filepath.Base(r.d.EnvFile), e.Line, e.Text),
			"correct the line; values with spaces or # need quotes", deployment.Place{File: r.d.EnvFile, Line: e.Line})
	}
	for _, p := range r.d.Problems {
		if p.Unset {
			continue // env/missing names each variable
		}
		r.add(ruleSyntax, p.File, fmt.Sprintf("%s cannot be read: %s", filepath.Base(p.File), p.Text),
			"run docker compose config: it names the place", p.Place)
	}
	for _, e := range r.d.File.Duplicates() {
		last, _ := r.d.File.Last(e.Key)
		f := r.add(ruleInconsistent, "duplicate "+e.Key,
			fmt.Sprintf("%s is set twice with different values, on lines %d and %d; the later one wins", e.Key, e.Line, last.Line),
			"keep one of them", deployment.Place{File: r.d.EnvFile, Line: e.Line}, deployment.Place{File: r.d.EnvFile, Line: last.Line})
		f.Severity = gate.Warning
	}
}
