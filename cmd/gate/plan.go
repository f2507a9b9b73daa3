package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	runbook "github.com/dify-gate/dify-gate/gate/plan"
	"github.com/dify-gate/dify-gate/gate/report"
)

// newPlan is gate plan: the upgrade as a run-book. It informs, as gate changelog does:
// 0, or 2 for a wrong input, or 3 when not all could be read.
func newPlan(p *process) *cobra.Command {
	o := &runOptions{phase: string(gate.PhasePre), failOn: string(gate.FailOnError), concurrency: 1, learn: learnAuto}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "The upgrade as an ordered run-book for this range and these files",
		Long: "plan writes down what to do before, during and after the upgrade, and the way back: the gate's own steps, the dump of\n" +
			"the database in use, the volumes that are mounted, the commands that the releases demand, in an order that can be\n" +
			"followed line by line. It executes nothing. As markdown it is a change ticket with boxes to check.\n\n" +
			"Exit codes: 0 written, 2 usage, 3 not all could be read.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runPlan(cmd.Context(), o, cmd.Flags()) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.config, "config", "", "gate.yaml, for upgrade, changelog and dify")
	flags.StringVar(&o.from, "from", auto, "the running version, or auto to ask the deployment")
	flags.StringVar(&o.to, "to", auto, "the target version, or auto to read the image tags in --dir")
	flags.StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/, or Helm values, or a checkout's api/")
	flags.StringVar(&o.url, "url", "", "the public address of the deployment")
	flags.StringVar(&o.changelog, "changelog", "github", "release notes: github, github:OWNER/REPO, a file, a URL, or - for stdin")
	flags.Var(listValue{&o.catalogue, typeCatalogue, nil}, "catalogue", "facts of further releases, as gate learn prints them: a file, a folder of files or a URL (repeatable)")
	flags.Var(enumValue{&o.learn, []string{learnAuto, learnOff}}, "learn", "auto: read the facts of an unknown release from the checkout around --dir, or from GitHub")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout, "one deadline for everything")
	flags.Var(secretValue{&o.githubToken}, "github-token", "for GitHub's API (or GITHUB_TOKEN); a secret")
	o.format = "text"
	flags.Var(enumValue{&o.format, []string{"text", "json", "markdown"}}, "format", "the format of stdout")
	o.network.register(flags)
	return cmd
}

func (p *process) runPlan(ctx context.Context, o *runOptions, flags *pflag.FlagSet) error {
	started := time.Now()
	s, err := p.loadSettings(ctx, o, flags)
	if err != nil {
		return err
	}
	defer s.network.Close()
	env, err := p.env(s, started)
	if err != nil {
		return err
	}
	interrupted := ctx
	ctx, cancel := context.WithDeadline(ctx, started.Add(s.timeout))
	defer cancel()
	upgrade, err := p.wholeRange(ctx, interrupted, s, env)
	if err != nil {
		return err
	}
	env.From, env.To = upgrade.From, upgrade.To
	if older(upgrade.To, upgrade.From) {
		return usage("%s -> %s is a downgrade, want a target that is newer than what runs", upgrade.From, upgrade.To)
	}
	if err := p.know(ctx, s, env, env.From, env.To); err != nil {
		return err
	}
	in := runbook.Input{Upgrade: upgrade, Compose: composeProgram(), Gate: p.planFlags(s, o)}
	if s.url != nil && s.url.User == nil {
		in.URL = s.url.String()
	}
	if env.From != env.To {
		if err := p.planNotes(ctx, s, env, &in); err != nil {
			return err
		}
	}
	if unread := env.Unread(); len(unread) > 0 && in.Incomplete == "" {
		in.Incomplete = unread[0]
	}
	made, err := runbook.Make(env, in)
	if err != nil {
		return usageError(err)
	}
	made = gate.Masked(made, p.maskOperator(env))
	if err := p.writePlan(made, o.format); err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exitError{exitInternal, fmt.Errorf("stdout: %w", err)}
	}
	switch {
	case interrupted.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted")}
	case in.Incomplete != "":
		return &exitError{exitInconclusive, errors.New(in.Incomplete)}
	}
	return nil
}

// wholeRange are both ends of the way; without one of them there is no runbook.
func (p *process) wholeRange(ctx, interrupted context.Context, s *settings, env *check.Env) (gate.Upgrade, error) {
	r, err := within(ctx, func() (versionRange, error) {
		p.maskOperator(env)
		return p.versions(ctx, s, env)
	})
	cut := cutOff(interrupted, err, "the operator's files", s.timeout)
	switch {
	case err != nil && cut != nil:
		return r.upgrade, cut
	case err != nil:
		return r.upgrade, err
	case r.upgrade.To == "":
		return r.upgrade, usage("no target version, want --to, or --dir with image tags")
	case !r.complete && (r.missing == nil || r.missing.Skipped):
		return r.upgrade, usage("no running version, want --from VERSION, or --url to ask the deployment")
	case !r.complete:
		return r.upgrade, &exitError{exitInconclusive, errors.New(r.missing.Reason)}
	}
	return r.upgrade, nil
}

// planNotes reads what the releases between demand.
func (p *process) planNotes(ctx context.Context, s *settings, env *check.Env, in *runbook.Input) error {
	checks := []gate.Check{p.changelogSpec(s).Check(env)}
	adviseOffline(checks)
	ran, err := gate.Run(ctx, checks, gate.RunOptions{})
	if err != nil {
		return usageError(err)
	}
	result := ran[0].Result
	if input := (*changelog.InputError)(nil); errors.As(result.Err, &input) {
		return p.inputUsage(result.Err)
	}
	in.Changes, in.RunBook = result.Changes, result.RunBook
	if u := result.Upgrade; u != nil {
		in.Upgrade.Releases, in.Upgrade.Coverage = u.Releases, u.Coverage
	}
	if result.Err != nil {
		in.Incomplete = result.Err.Error()
	}
	return nil
}

// older reports whether a version is older than another.
func older(version, than string) bool {
	v, err := changelog.ParseVersion(version)
	w, errW := changelog.ParseVersion(than)
	return err == nil && errW == nil && v.Compare(w) < 0
}

// composeProgram is how Compose is called on this machine; where nothing of it is
// here, as on a runner, it is the plugin of Docker.
func composeProgram() string {
	_, docker := exec.LookPath("docker")
	_, alone := exec.LookPath("docker-compose")
	if docker != nil && alone == nil {
		return "docker-compose"
	}
	return "docker compose"
}

// planFlags are the flags with which the plan calls the gate again. Secrets stay in
// the environment.
func (p *process) planFlags(s *settings, o *runOptions) []runbook.Flag {
	var out []runbook.Flag
	add := func(name, value string, path bool) {
		if value != "" {
			out = append(out, runbook.Flag{Name: name, Value: value, Path: path})
		}
	}
	switch {
	case o.config != "" && o.config != "-":
		add("config", p.abs(o.config), true)
	case s.cfg != nil && s.cfg.File != "" && o.config == "":
		add("config", p.abs(s.cfg.File), true)
	}
	if s.changelog != "github" && s.changelog != "/dev/stdin" {
		add("changelog", gate.RedactURL(s.changelog), filepath.IsAbs(s.changelog))
	}
	for _, c := range s.catalogue {
		if strings.Contains(c, "://") {
			add("catalogue", gate.RedactURL(c), false)
			continue
		}
		add("catalogue", p.abs(c), true)
	}
	if s.learn == learnOff {
		add("learn", learnOff, false)
	}
	for _, f := range []struct{ name, value string }{{"ca-cert", o.network.caCert}, {"client-cert", o.network.clientCert}, {"client-key", o.network.clientKey}} {
		if f.value != "" {
			add(f.name, p.abs(f.value), true)
		}
	}
	for _, r := range o.network.resolve {
		add("resolve", r, false)
	}
	if o.network.insecure {
		add("insecure", "true", false)
	}
	return out
}

// writePlan writes the plan; on GitHub its text is kept from being read as commands.
func (p *process) writePlan(d runbook.Plan, format string) error {
	write := func(w io.Writer) error {
		switch format {
		case "json":
			return runbook.JSON(w, d)
		case "markdown":
			return runbook.Markdown(w, d)
		}
		return runbook.Text(w, d)
	}
	if p.onGitHub() && !strings.EqualFold(format, "json") {
		return report.Guarded(p.stdout, write)
	}
	return write(p.stdout)
}
