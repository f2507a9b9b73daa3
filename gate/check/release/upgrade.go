package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// Upgrade compares the operator's files with what changed in the files of the
// releases between two versions. It is part of every run with a target and has
// no section in gate.yaml.
type Upgrade struct {
	check.Base
	// Beside are the kinds of the run's other checks: what env or proxy reports
	// line by line is worth a notice here.
	Beside []string
}

// Kind is upgrade.
func (u *Upgrade) Kind() string { return "upgrade" }

// Rules are those of upgrade.
func (u *Upgrade) Rules() []gate.Rule { return upgradeRules() }

// Validate checks the common part.
func (u *Upgrade) Validate() []check.Mistake { return u.Mistakes() }

// Check makes the check.
func (u *Upgrade) Check(env *check.Env) gate.Check {
	c := u.NewCheck("upgrade", "upgrade", gate.PhasePre, upgradeRules())
	c.Run = func(context.Context) gate.Result { return u.run(env) }
	return c
}

// upgradeRun is one run of the check.
type upgradeRun struct {
	check.UpgradePath
	env *check.Env
	d   *deployment.Deployment
	// adopted: the operator's files are the target's already.
	adopted bool
	beside  []string
	out     []gate.Finding
}

// add appends a finding of a rule about something in the operator's files.
func (r *upgradeRun) add(rule gate.Rule, subject, message, hint string, at deployment.Place, related ...deployment.Place) *gate.Finding {
	f := r.env.FindingAt(rule, subject, message, hint, at, related...)
	r.out = append(r.out, f)
	return &r.out[len(r.out)-1]
}

// undeclared adds a finding of upgrade/undeclared. Where the operator's files
// are the target's already, what they were to be changed to is done, and what
// is left is worth a notice; seen says that the lack was seen all the same.
func (r *upgradeRun) undeclared(seen bool, subject, message, hint string, at deployment.Place, related ...deployment.Place) {
	f := r.add(ruleUpgradeUndeclared, subject, message, hint, at, related...)
	if r.adopted && !seen {
		f.Severity = gate.Notice
	}
}

// The rules of other kinds that report line by line what is one finding here.
// Kinds do not import each other, so that their ids stand here once more; a
// test of gate/kinds holds that they are rules.
const (
	RemovedInEnv   = "env/removed"
	MissingInProxy = "proxy/route-missing"
)

// reportedBy makes the newest finding a notice that leads to the rule of another
// check in the run, which reports the same with its lines.
func (r *upgradeRun) reportedBy(rule string) {
	if kind, _, _ := strings.Cut(rule, "/"); slices.Contains(r.beside, kind) {
		f := &r.out[len(r.out)-1]
		f.Severity, f.Hint = gate.Notice, rule+" has the lines to change"
	}
}

func (u *Upgrade) run(env *check.Env) gate.Result {
	path, err := env.UpgradePath()
	switch {
	case errors.Is(err, check.ErrNoTarget):
		return gate.Result{Skip: err.Error()}
	case err != nil:
		return gate.Undecided(err)
	}
	r := &upgradeRun{env: env, UpgradePath: path, beside: u.Beside}
	r.unknownVersions()
	evidence := map[string]any{"to": r.To.Version()}
	if r.From != nil {
		evidence["from"] = r.From.Version()
	}
	r.d, err = env.Deployment()
	switch {
	case errors.Is(err, check.ErrNoDir), errors.Is(err, deployment.ErrEmpty):
		evidence["dir"] = err.Error() + ": the operator's files were not read"
		return gate.Result{Findings: r.out, Evidence: evidence}
	case err != nil:
		return gate.Result{Findings: r.out, Evidence: evidence, Err: err}
	}
	r.adopted = check.Adopted(r.d, env.To)
	r.images()
	if r.From != nil && !r.downgrade() {
		r.delta(r.Catalogue.Compare(r.From.Release, r.To.Release))
		r.steps()
	}
	if len(r.d.Notes) > 0 {
		evidence["notes"] = r.d.Notes
	}
	return gate.Result{Findings: r.out, Evidence: evidence, Err: unread(env, r.d)}
}

// unread names the first of the operator's files that could not be understood: what
// it declares is not known, so nothing was compared with it.
func unread(env *check.Env, d *deployment.Deployment) error {
	for _, p := range d.Problems {
		if !p.Unset {
			return fmt.Errorf("%s cannot be read: %s", check.ShowPath(env, p.File), p.Text)
		}
	}
	return nil
}

// downgrade reports whether the target is not newer. The check changelog reports it.
func (r *upgradeRun) downgrade() bool {
	from, errFrom := changelog.ParseVersion(r.env.From)
	to, errTo := changelog.ParseVersion(r.env.To)
	return errFrom != nil || errTo != nil || from.Compare(to) >= 0
}

// unknownVersions reports versions for which another release is used.
func (r *upgradeRun) unknownVersions() {
	for _, v := range []struct {
		name string
		k    *dify.Known
	}{{r.env.To, &r.To}, {r.env.From, r.From}} {
		switch {
		case v.k == nil:
		case strings.HasPrefix(strings.TrimPrefix(v.name, "v"), "2.0.0-beta"):
			r.add(ruleUpgradeVersionUnknown, v.name, fmt.Sprintf("%s is an abandoned pre-release that is older than 1.9.1, despite its number", v.name),
				"choose a release of the 1.x line", deployment.Place{})
		case !v.k.Exact:
			r.add(ruleUpgradeVersionUnknown, v.name, v.k.Note, "update the gate, or run gate learn for this release; until then compare the release's own files yourself", deployment.Place{})
		}
	}
}
