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

// Upgrade holds the operator's files against what the files of the releases
// between two versions changed. It is part of every run with a target and has
// no section in gate.yaml.
type Upgrade struct {
	check.Base
	// Beside are the kinds of the run's other checks: what env or proxy tells
	// line by line is worth a notice here.
	Beside []string
}

// Kind is upgrade.
func (u *Upgrade) Kind() string { return "upgrade" }

// Rules are those of upgrade.
func (u *Upgrade) Rules() []gate.Rule { return upgradeRules() }

// Validate checks the common part.
func (u *Upgrade) Validate() []check.Mistake { return u.Mistakes() }

func upgradeRules() []gate.Rule {
	rule := func(id string, severity gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: severity, Phase: gate.PhasePre, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("upgrade/undeclared", gate.Warning, "a change that the releases' files show and that touches this deployment",
			"The files of the releases in the range differ in a way that meets something in the operator's directory: a service, a variable, a default, a volume, a route, an image, a step to do by hand.",
			"Release notes leave out about half of what changes.",
			"Do what the finding's hint says before the upgrade. Where the compose file is the target's already, or a check of env or proxy tells the same, it is a notice.",
			"1.10.1 has no service db any more, docker-compose.yaml starts it"),
		rule("upgrade/version-skew", gate.Error, "images that do not belong to the target",
			"An image that the compose file or the Helm values declare is not the one that goes with the target release.",
			"Api, web, workers, plugin daemon and sandbox must match: an older daemon answers 404 to the api's new routes.",
			"Set the tags that the finding names.",
			"langgenius/dify-plugin-daemon:0.3.3-local is declared, want 0.4.1-local with Dify 1.10.1"),
		rule("upgrade/version-unknown", gate.Warning, "a version that the catalogue does not know",
			"The running or the target version, or an image's tag, is none that the catalogue has.",
			"What is said of this upgrade rests on the nearest release that is known.",
			"Update the gate; name versions as Dify tags them, and pin images to one.",
			"1.19.0 is newer than the catalogue: the newest known release, 1.16.0, stands for it"),
	}
}

// Check makes the check.
func (u *Upgrade) Check(env *check.Env) gate.Check {
	c := u.NewCheck("upgrade", "upgrade", gate.PhasePre, upgradeRules())
	c.Run = func(context.Context) gate.Result { return u.run(env) }
	return c
}

// upgradeRun is one run of the check.
type upgradeRun struct {
	env      *check.Env
	cat      *dify.Catalogue
	from, to check.KnownRelease
	hasFrom  bool
	d        *deployment.Deployment
	// adopted: the operator's files are the target's already.
	adopted bool
	beside  []string
	out     []gate.Finding
}

func (r *upgradeRun) add(rule, subject, message, hint string, at deployment.Place, related ...deployment.Place) *gate.Finding {
	f := r.env.FindingAt(upgradeRules(), rule, subject, message, hint, at, related...)
	r.out = append(r.out, f)
	return &r.out[len(r.out)-1]
}

// undeclared adds a finding of upgrade/undeclared. Where the operator's files
// are the target's already, what they were to be changed to is done, and what
// is left is worth a notice; seen says that the lack was seen all the same.
func (r *upgradeRun) undeclared(seen bool, subject, message, hint string, at deployment.Place, related ...deployment.Place) {
	f := r.add("upgrade/undeclared", subject, message, hint, at, related...)
	if r.adopted && !seen {
		f.Severity = gate.Notice
	}
}

// toldBy makes the newest finding a notice that leads to the rule of another
// check in the run, which tells the same with its lines.
func (r *upgradeRun) toldBy(rule string) {
	if kind, _, _ := strings.Cut(rule, "/"); slices.Contains(r.beside, kind) {
		f := &r.out[len(r.out)-1]
		f.Severity, f.Hint = gate.Notice, rule+" has the lines to change"
	}
}

func (u *Upgrade) run(env *check.Env) gate.Result {
	r := &upgradeRun{env: env, beside: u.Beside}
	var err error
	r.cat, r.from, r.to, r.hasFrom, err = env.UpgradeReleases()
	switch {
	case errors.Is(err, check.ErrNoTarget):
		return gate.Result{Skip: err.Error()}
	case err != nil:
		return gate.Undecided(err)
	}
	r.unknownVersions()
	evidence := map[string]any{"to": r.to.Version()}
	if r.hasFrom {
		evidence["from"] = r.from.Version()
	}
	r.d, err = env.Deployment()
	switch {
	case errors.Is(err, check.ErrNoDir), errors.Is(err, deployment.ErrEmpty):
		evidence["dir"] = err.Error() + ": the operator's files were not looked at"
		return gate.Result{Findings: r.out, Evidence: evidence}
	case err != nil:
		return gate.Result{Findings: r.out, Evidence: evidence, Err: err}
	}
	r.adopted = check.Adopted(r.d, env.To)
	r.images()
	if r.hasFrom && !r.downgrade() {
		r.delta(r.cat.Compare(r.from.Release, r.to.Release))
		r.steps()
	}
	if len(r.d.Notes) > 0 {
		evidence["notes"] = r.d.Notes
	}
	return gate.Result{Findings: r.out, Evidence: evidence}
}

// downgrade tells whether the target is not newer. changelog/downgrade reports it.
func (r *upgradeRun) downgrade() bool {
	from, errFrom := changelog.ParseVersion(r.env.From)
	to, errTo := changelog.ParseVersion(r.env.To)
	return errFrom != nil || errTo != nil || from.Compare(to) >= 0
}

// unknownVersions reports versions that another release stands for.
func (r *upgradeRun) unknownVersions() {
	for _, v := range []struct {
		name string
		k    check.KnownRelease
		ok   bool
	}{{r.env.To, r.to, true}, {r.env.From, r.from, r.hasFrom}} {
		switch {
		case !v.ok:
		case strings.HasPrefix(strings.TrimPrefix(v.name, "v"), "2.0.0-beta"):
			r.add("upgrade/version-unknown", v.name, fmt.Sprintf("%s is a pre-release that was given up and is older than 1.9.1, whatever its number says", v.name),
				"choose a release of the 1.x line", deployment.Place{})
		case !v.k.Exact:
			r.add("upgrade/version-unknown", v.name, v.k.Note, "update the gate; until then read the release's own files for what it does not know", deployment.Place{})
		}
	}
}
