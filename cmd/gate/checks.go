package main

import (
	"context"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// plan is what a run is to do: its checks, and what is known of its range.
type plan struct {
	checks  []gate.Check
	upgrade gate.Upgrade
	given   versionRange
}

// checks makes the plan of a run.
func (p *process) checks(ctx context.Context, s *settings, env *check.Env) (plan, error) {
	p.maskOperator(env)
	r, err := p.versions(ctx, s, env)
	if err != nil {
		return plan{}, err
	}
	env.From, env.To = r.upgrade.From, r.upgrade.To
	if err := p.know(ctx, s, env, env.From, env.To); err != nil {
		return plan{}, err
	}
	builtin, err := p.builtin(s, env, r)
	if err != nil {
		return plan{}, err
	}
	checks, err := config.Build(s.cfg, builtin, env)
	if err != nil {
		return plan{}, usageError(err)
	}
	if len(checks) == 0 {
		return plan{}, usage("nothing to check, want a gate.yaml (gate init writes one), --from and --to, --dir, or --url")
	}
	return plan{checks, r.upgrade, r}, nil
}

// builtin are the checks that the file does not have to list: the changelog for
// every range, upgrade for every target, version for every address, and the
// profile unless the file says none.
func (p *process) builtin(s *settings, env *check.Env, r versionRange) ([]check.Spec, error) {
	var out []check.Spec
	switch {
	case r.complete:
		out = append(out, p.changelogSpec(s))
	case r.missing != nil:
		out = append(out, r.missing)
	}
	upgrade := &release.Upgrade{}
	if r.upgrade.To != "" {
		out = append(out, upgrade)
	}
	if env.URL != nil {
		out = append(out, &release.Version{})
	}
	if s.cfg != nil {
		for _, spec := range s.cfg.Checks.Specs() {
			upgrade.Beside = append(upgrade.Beside, spec.Kind())
		}
	}
	if !s.profile {
		return out, nil
	}
	for _, spec := range kinds.Profile(env) {
		if spec.Kind() == "app" && s.cfg != nil && len(s.cfg.Checks.App) > 0 {
			continue // the file says which runs are wanted
		}
		out = append(out, spec)
		upgrade.Beside = append(upgrade.Beside, spec.Kind())
	}
	return out, nil
}
