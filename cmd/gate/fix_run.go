package main

import (
	"context"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/fix"
	"github.com/dify-gate/dify-gate/gate/report"
)

// proposeFixes gives the findings of a run the changes that would take them away.
func (f *operatorsFiles) proposeFixes(checks []gate.Check) {
	if f.s.dir == "" {
		return
	}
	for i, c := range checks {
		if !slices.Contains(fixKinds, c.Kind) || c.Phase != gate.PhasePre || c.Run == nil {
			continue
		}
		checks[i].Run = func(ctx context.Context) gate.Result {
			res := c.Run(ctx)
			var env []string
			if d, err := f.env.Deployment(); err == nil && d.EnvFile != "" {
				env = append(env, d.EnvFile)
			}
			p := fix.NewProposer(f.base(), f.secrets(), res.Findings, env...)
			for i := range res.Findings {
				res.Findings[i].Fix = p.Fix(res.Findings[i])
			}
			return res
		}
	}
}

// addPatch adds to a report what gate fix would print, where a report shows it. A patch
// that cannot be made is a warning: the findings say what is wrong with the files.
func (p *process) addPatch(ctx context.Context, f *operatorsFiles, reports []string, rep *gate.Report) {
	wanted := slices.ContainsFunc(reports, func(r string) bool {
		t, err := report.ParseTarget(r)
		return err == nil && t.Format.Name == "patch"
	})
	if !wanted || f.s.dir == "" || f.env.To == "" || f.s.phase == gate.PhasePost {
		return
	}
	plan, err := fix.Make(ctx, f.options(true))
	if err != nil {
		p.warn("report patch: %s", oneLine(err.Error()))
		return
	}
	rep.Patch = plan.Patch()
}
