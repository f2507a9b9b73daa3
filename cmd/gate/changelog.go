package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/report"
)

// changelogSpec is the check of the release notes, as flags and file have it.
func (p *process) changelogSpec(s *settings) *release.Changelog {
	spec := &release.Changelog{Source: s.changelog, CacheDir: p.cacheFolder(), Ahead: s.from == auto && s.to == auto}
	if s.cfg != nil {
		spec.API = s.cfg.Changelog.API
		spec.Block = s.cfg.Changelog.Block
		spec.MaxAge = s.cfg.Changelog.MaxAge.Of()
	}
	spec.API, spec.Token = p.forge(spec.API, s.githubToken)
	return spec
}

// newChangelog is gate changelog: what (from, to] demands. It informs: whatever
// it finds, it ends in 0, unless the input is wrong (2) or not all could be
// read (3).
func newChangelog(p *process) *cobra.Command {
	o := &runOptions{phase: string(gate.PhasePre), failOn: string(gate.FailOnError), concurrency: 1, learn: learnLocal}
	cmd := &cobra.Command{
		Use:   "changelog",
		Short: "What the releases between two versions require: changes, a run-book, the coverage",
		Long: "changelog reads the releases in (from, to] and prints the changes by release, the commands to run in their\n" +
			"order, and what was read. With --dir each change is compared with your own files.\n\n" +
			"Exit codes: 0 read, 2 usage, 3 not all could be read.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runChangelog(cmd.Context(), o, cmd.Flags()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.config, "config", "", "gate.yaml, for changelog and dify")
	flags.StringVar(&o.from, "from", auto, fromHelp)
	flags.StringVar(&o.to, "to", auto, "the target version, or auto to read the image tags in --dir")
	flags.StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/")
	flags.StringVar(&o.url, "url", "", "the public address of the deployment, for --from auto")
	flags.StringVar(&o.changelog, "changelog", "github", "release notes: github, github:OWNER/REPO, a file, a URL, or - for stdin")
	registerCatalogue(flags, &o.catalogue)
	flags.DurationVar(&o.timeout, "timeout", 5*time.Minute, "one deadline for everything")
	flags.Var(secretValue{&o.githubToken}, "github-token", "for GitHub's API (or GITHUB_TOKEN); a secret")
	o.format = "text"
	flags.Var(enumValue{&o.format, []string{"text", "json", "markdown"}}, "format", "the format of stdout")
	o.network.register(flags)
	return cmd
}

// plainVersions takes tags such as dify-0.40.0, as charts have them, for the
// versions in them, and returns the name that the tags bear.
func plainVersions(s *settings) (product string) {
	for _, version := range []*string{&s.from, &s.to} {
		if name, v, err := changelog.SplitTag(*version); err == nil && name != "" {
			*version, product = v.String(), name
		}
	}
	return product
}

func (p *process) runChangelog(ctx context.Context, o *runOptions, flags *pflag.FlagSet) error {
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
	product := plainVersions(s)
	r, err := within(ctx, func() (versionRange, error) {
		p.maskOperator(env)
		return p.versions(ctx, s, env)
	})
	cut := cutOff(interrupted, err, "the operator's files", s.timeout)
	switch {
	case err != nil && cut != nil:
		return cut
	case err != nil:
		return err
	case r.upgrade.To == "":
		return usage("no target version, want --to, or --dir with image tags")
	case !r.complete && (r.missing == nil || r.missing.Skipped):
		return usage("no running version, want --from VERSION, or --url to ask the deployment")
	case !r.complete:
		return &exitError{exitInconclusive, errors.New(r.missing.Reason)}
	}
	env.From, env.To = r.upgrade.From, r.upgrade.To
	if err := p.know(ctx, s, env, env.From, env.To); err != nil {
		return err
	}
	// The engine leaves a check behind that does not stop in time.
	spec := p.changelogSpec(s)
	spec.Product = product
	checks := []gate.Check{spec.Check(env)}
	adviseOffline(checks)
	p.maskSecrets(secretsOf(checks))
	ran, err := gate.Run(ctx, checks, gate.RunOptions{})
	if err != nil {
		return usageError(err)
	}
	result := ran[0].Result
	if input := (*changelog.InputError)(nil); errors.As(result.Err, &input) {
		return p.inputUsage(result.Err)
	}
	digest := report.Changelog{Schema: gate.ReportSchema, Upgrade: r.upgrade, Changes: result.Changes, RunBook: result.RunBook, Findings: result.Findings}
	if u := result.Upgrade; u != nil {
		digest.Upgrade.Releases, digest.Upgrade.Coverage = u.Releases, u.Coverage
	}
	if unread := env.Unread(); len(unread) > 0 && result.Err == nil {
		result.Err = fmt.Errorf("what applies to the operator's files is not known: %s", unread[0])
	}
	if result.Err != nil {
		digest.Incomplete = result.Err.Error()
	}
	digest = gate.Masked(digest, p.maskOperator(env))
	if err := p.writeChangelog(digest, o.format); err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exitError{exitInternal, fmt.Errorf("stdout: %w", err)}
	}
	if interrupted.Err() != nil {
		return &exitError{exitInterrupted, errors.New("interrupted")}
	}
	if result.Err != nil {
		return &exitError{exitInconclusive, result.Err}
	}
	return nil
}

// writeChangelog writes the digest; on GitHub its text is kept from being read
// as commands.
func (p *process) writeChangelog(d report.Changelog, format string) error {
	write := func(w io.Writer) error {
		switch format {
		case "json":
			return report.ChangelogJSON(w, d)
		case "markdown":
			return report.ChangelogMarkdown(w, d)
		}
		return report.ChangelogText(w, d)
	}
	if p.onGitHub() && format != "json" {
		return report.Guarded(p.stdout, write)
	}
	return write(p.stdout)
}
