package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// runGate is the whole of gate run: settings, checks, reports.
func (p *process) runGate(ctx context.Context, o *runOptions, flags *pflag.FlagSet) error {
	started := time.Now()
	s, err := p.loadSettings(ctx, o, flags)
	if err != nil {
		return err
	}
	defer s.network.Close()
	p.warnOfFork()
	targets, err := p.targets(o.reports)
	if err != nil {
		return err
	}
	rep, err := p.judge(ctx, s, o, started)
	if err != nil {
		return err
	}
	interrupted := ctx.Err() != nil
	p.keepCache()
	if s.network.HostReached() {
		p.warn("localhost is this action's container; ports that are closed in it were tried on the runner's host (%s)", p.runnerAddress())
	}
	if err := p.writeReports(ctx, rep, o, s, targets); err != nil {
		return &exitError{exitInternal, err}
	}
	return verdictError(rep, interrupted)
}

// judge runs the checks and makes the report.
func (p *process) judge(ctx context.Context, s *settings, o *runOptions, started time.Time) (gate.Report, error) {
	env, err := p.env(s, started)
	if err != nil {
		return gate.Report{}, err
	}
	// The deadline is that of the run alone: what was interrupted is told apart
	// by the context above it.
	deadline, cancel := context.WithDeadline(ctx, started.Add(s.timeout))
	defer cancel()
	deadline, stop := context.WithCancel(deadline)
	defer stop()
	made, err := within(deadline, func() (plan, error) { return p.checks(deadline, s, env) })
	if cut := cutOff(ctx, err, "the operator's files", s.timeout); err != nil && cut != nil {
		return gate.Report{}, cut
	} else if err != nil {
		return gate.Report{}, err
	}
	checks, upgrade := made.checks, made.upgrade
	base, err := p.baseline(deadline, s, started)
	if err != nil {
		return gate.Report{}, err
	}
	env.Baseline = base
	checks, partial, err := append(o.within, selection{s.phase, o.only, o.skip}).apply(checks)
	if err != nil {
		return gate.Report{}, err
	}
	if err := mistakes(checks); err != nil {
		return gate.Report{}, err
	}
	adviseOffline(checks)
	p.maskSecrets(secretsOf(checks))
	stopAtInputError(checks, stop)
	p.placeFromHere(checks)
	files := &operatorsFiles{p: p, s: s, env: env, given: made.given}
	files.proposeFixes(checks)
	line := p.progress(len(checks), o)
	ran, err := gate.Run(deadline, checks, gate.RunOptions{
		Concurrency: s.concurrency, Wait: s.wait, DryRun: s.dryRun, Observe: line.observe,
		Failed: func(c gate.Check, res gate.Result) bool { return s.policy.Fails(c, res, started, upgrade.To) },
	})
	line.close()
	if err != nil {
		return gate.Report{}, usageError(err)
	}
	if err := p.inputError(ran); err != nil {
		return gate.Report{}, err
	}
	rep := gate.Assemble(ran, s.policy, gate.RunInfo{
		Tool: gate.Tool{Name: "gate", Version: thisBuild().Version}, Started: started, Duration: time.Since(started),
		Upgrade: upgrade, URL: urlText(s.url), Phase: s.phase, DryRun: s.dryRun, Interrupted: ctx.Err() != nil || deadline.Err() != nil && cutShort(ran),
		Partial: partial, Secrets: append(s.secrets(), env.Secrets()...), Graph: dify.Graph(),
		RangeWanted: rangeWanted(checks), Catalogue: env.CatalogueState(), Baseline: base,
	})
	rep.Rules = rulesByID()
	p.addPatch(deadline, files, o.reports, &rep)
	if s.cfg != nil && s.cfg.Trace.OTLP != "" && !s.dryRun {
		p.exportTrace(ctx, s.network, s.cfg.Trace.OTLP, rep)
	}
	return rep, nil
}

// urlText is the address as it was given; "" for none.
func urlText(u *url.URL) string {
	if u == nil {
		return ""
	}
	return gate.RedactURL(u.String())
}

// rangeWanted reports whether the release notes are part of the run: there is a
// range, or half of one, and no selection left it out.
func rangeWanted(checks []gate.Check) bool {
	return slices.ContainsFunc(checks, func(c gate.Check) bool {
		return c.Kind == "changelog" && c.Phase == gate.PhasePre && !c.LeftOut
	})
}

// mistakes are those of the entries that would run: bad input, before anything
// is sent.
func mistakes(checks []gate.Check) error {
	var all error
	for _, c := range checks {
		if c.Mistake != nil && c.Skip == "" {
			all = errors.Join(all, c.Mistake)
		}
	}
	if all == nil {
		return nil
	}
	return usageError(all)
}

// cutShort reports whether the deadline left something undone: one that passes
// after the last check does no harm.
func cutShort(ran []gate.Ran) bool {
	for _, r := range ran {
		if r.Result.Err != nil {
			return true
		}
	}
	return false
}

// adviseOffline says, when the release notes are out of reach, how to go on
// without the network.
func adviseOffline(checks []gate.Check) {
	for i, c := range checks {
		if c.Kind != "changelog" {
			continue
		}
		checks[i].Run = func(ctx context.Context) gate.Result {
			res := c.Run(ctx)
			if away := (*changelog.UnreachableError)(nil); errors.As(res.Err, &away) {
				res.Err = fmt.Errorf("%w; without network access, pass the notes as a file: --changelog FILE, with GitHub's releases as JSON or a CHANGELOG.md", res.Err)
			}
			return res
		}
	}
}

// stopAtInputError ends the run when the release notes turn out to be no input:
// nobody should wait for probes whose report is not written.
func stopAtInputError(checks []gate.Check, stop func()) {
	for i, c := range checks {
		if c.Kind != "changelog" {
			continue
		}
		checks[i].Run = func(ctx context.Context) gate.Result {
			res := c.Run(ctx)
			if isInputError(res.Err) {
				stop()
			}
			return res
		}
	}
}

// placeFromHere makes absolute places relative to the working directory, as the
// contract has them, as soon as a check reports them: fingerprints hold them.
func (p *process) placeFromHere(checks []gate.Check) {
	for i, c := range checks {
		checks[i].Run = func(ctx context.Context) gate.Result {
			res := c.Run(ctx)
			for _, f := range res.Findings {
				p.place(f.Location)
				for i := range f.Related {
					p.place(&f.Related[i])
				}
			}
			for _, c := range res.Changes {
				p.place(c.Location)
			}
			return res
		}
	}
}

// place makes a place relative to the working directory when it is below it.
func (p *process) place(l *gate.Location) {
	if l != nil && filepath.IsAbs(l.File) {
		if rel := relativeTo(p.dir, l.File); rel != "" {
			l.File = rel
		}
	}
}

// inputError finds the check that could not be carried out because its input is
// wrong: that is exit 2, whichever check finds it.
func (p *process) inputError(ran []gate.Ran) error {
	for _, r := range ran {
		if isInputError(r.Result.Err) {
			return p.inputUsage(r.Result.Err)
		}
	}
	return nil
}

// inputUsage names files as the command line does.
func (p *process) inputUsage(err error) error {
	return usage("%s", strings.ReplaceAll(err.Error(), p.dir+string(filepath.Separator), ""))
}

func isInputError(err error) bool {
	var input *changelog.InputError
	return errors.As(err, &input)
}

// verdictError turns the verdict into the exit code, here alone.
func verdictError(rep gate.Report, interrupted bool) error {
	code := exitPass
	switch {
	case interrupted:
		code = exitInterrupted
	case rep.DryRun:
	case rep.Verdict == gate.VerdictBlock:
		code = exitBlock
	case rep.Verdict == gate.VerdictInconclusive:
		code = exitInconclusive
	}
	if code == exitPass {
		return nil
	}
	return &exitError{code: code}
}

func rulesByID() map[string]gate.Rule {
	out := map[string]gate.Rule{}
	for _, r := range kinds.Rules() {
		out[r.ID] = r
	}
	return out
}
