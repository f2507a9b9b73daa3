package check

import (
	"errors"
	"fmt"
	"sync"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// Operator is what the operator's directory says, read once for all checks.
type Operator struct {
	once sync.Once
	d    *deployment.Deployment
	err  error
}

// ErrNoDir a check wants the operator's directory and there is none.
var ErrNoDir = errors.New("no dify.dir (--dir) is set")

// Deployment reads the operator's directory at the first call. The error is
// errNoDir without one.
func (e *Env) Deployment() (*deployment.Deployment, error) {
	if e.Dir == "" {
		return nil, ErrNoDir
	}
	e.Operator.once.Do(func() {
		e.Operator.d, e.Operator.err = deployment.Read(e.Dir)
	})
	return e.Operator.d, e.Operator.err
}

// Unread are the reasons for which a part of the operator's files is not known, though
// it is there; nil without a directory, and where nothing is missing but values.
func (e *Env) Unread() []string {
	d, err := e.Deployment()
	switch {
	case errors.Is(err, ErrNoDir), errors.Is(err, deployment.ErrEmpty):
		return nil
	case err != nil:
		return []string{err.Error()}
	}
	var out []string
	for _, p := range d.Problems {
		if !p.Unset {
			out = append(out, fmt.Sprintf("%s: %s", ShowPath(e, p.File), p.Text))
		}
	}
	for _, bad := range d.File.Errors {
		out = append(out, fmt.Sprintf("%s:%d: %s", ShowPath(e, d.EnvFile), bad.Line, bad.Text))
	}
	return out
}

// Place turns a place of the operator's files into a location.
func (e *Env) Place(p deployment.Place) *gate.Location {
	if p.File == "" {
		return nil
	}
	return &gate.Location{File: ShowPath(e, p.File), Line: p.Line}
}

// FindingAt is a finding of a rule about something in the operator's files.
func (e *Env) FindingAt(rule gate.Rule, subject, message, hint string, at deployment.Place, related ...deployment.Place) gate.Finding {
	f := rule.Finding(message, hint)
	f.Subject = subject
	f.Location = e.Place(at)
	for _, p := range related {
		if l := e.Place(p); l != nil {
			f.Related = append(f.Related, *l)
		}
	}
	return f
}

// UpgradePath is the way from the running release to the target.
type UpgradePath struct {
	Catalogue *dify.Catalogue
	From      *dify.Known // nil without a running version
	To        dify.Known
}

// UpgradePath resolves Env.From and Env.To. Without a target the error is
// ErrNoTarget.
func (e *Env) UpgradePath() (UpgradePath, error) {
	c, err := e.Facts()
	if err != nil {
		return UpgradePath{}, err
	}
	if e.To == "" {
		return UpgradePath{}, ErrNoTarget
	}
	to, err := c.Resolve(e.To)
	if err != nil {
		return UpgradePath{}, err
	}
	if e.From == "" {
		return UpgradePath{Catalogue: c, To: to}, nil
	}
	from, err := c.Resolve(e.From)
	if err != nil {
		return UpgradePath{}, err
	}
	return UpgradePath{Catalogue: c, From: &from, To: to}, nil
}

// ErrNoTarget a check compares with a release and none is known.
var ErrNoTarget = errors.New("no target version: set --to, or --dir with image tags")

// Once holds what one check reads and others use as well.
type Once struct {
	once  sync.Once
	value any
	err   error
}

// Do returns what read returned at the first call.
func (o *Once) Do(read func() (any, error)) (any, error) {
	o.once.Do(func() { o.value, o.err = read() })
	return o.value, o.err
}
