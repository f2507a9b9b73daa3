package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/fix"
	"github.com/dify-gate/dify-gate/gate/report"
)

// fixOptions are the flags of gate fix besides those that a run has too.
type fixOptions struct {
	runOptions
	out   string
	apply bool
}

func newFix(p *process) *cobra.Command {
	o := &fixOptions{runOptions: runOptions{phase: string(gate.PhasePre), failOn: string(gate.FailOnError), concurrency: 1, format: "text", learn: learnAuto}}
	cmd := &cobra.Command{
		Use:   "fix",
		Short: "A patch of the operator's files for this upgrade: image tags, .env, the proxy's routes",
		Long: "fix prints a unified diff that git apply and patch -p1 take in the working directory, and changes nothing. With\n" +
			"--apply it writes the files, each whole or not at all, and keeps a copy of each (FILE.gate-bak).\n\n" +
			"It changes image tags, variables of the env files that are new, renamed or gone, queues, and routes of the proxy. No\n" +
			"value of yours is lost, and what is not sure is listed with the reason on stderr. A change that would show a secret\n" +
			"is left out of the patch; --apply writes it.\n\n" +
			"Exit codes: 0 done, also with nothing to change; 2 usage, or a file that cannot be read or written; 3 not all could be decided.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runFix(cmd.Context(), o, cmd.Flags()) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.out, "out", "", "write the patch to this file instead of stdout")
	flags.BoolVar(&o.apply, "apply", false, "write the files, with a copy of each")
	flags.StringVar(&o.config, "config", "", "gate.yaml, or - for stdin; by default the first of gate.yaml, .gate.yaml and .github/gate.yaml; it is optional")
	flags.StringVar(&o.from, "from", auto, "the running version, or auto to ask the deployment")
	flags.StringVar(&o.to, "to", auto, "the target version, or auto to read the image tags in --dir")
	flags.StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/; by default . or ./docker, the first that has Dify's compose file")
	flags.StringVar(&o.url, "url", "", "the public address of the deployment")
	flags.StringVar(&o.changelog, "changelog", "github", "release notes, as gate run takes them; no change is made from them")
	flags.Var(listValue{&o.catalogue, typeCatalogue, nil}, "catalogue", "facts of further releases, as gate learn prints them: a file, a folder of files or a URL (repeatable)")
	flags.Var(enumValue{&o.learn, []string{learnAuto, learnOff}}, "learn", "auto: read the facts of an unknown release from the checkout around --dir, or from GitHub")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout, "one deadline for everything")
	flags.Var(secretValue{&o.githubToken}, "github-token", "for GitHub's API (or GITHUB_TOKEN); a secret")
	o.network.register(flags)
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no summary")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "every finding on a line of its own in the summary")
	return cmd
}

// runFix is the whole of gate fix.
func (p *process) runFix(ctx context.Context, o *fixOptions, flags *pflag.FlagSet) error {
	if o.apply && o.out != "" {
		return usage("fix: --apply and --out: want one, the files changed or a patch of them")
	}
	s, err := p.loadSettings(ctx, &o.runOptions, flags)
	if err != nil {
		return err
	}
	defer s.network.Close()
	if s.dir == "" {
		return usage("fix: no --dir, and neither . nor ./docker has a compose file of Dify's: want the directory of docker-compose.yaml")
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	files, err := p.operatorsFiles(ctx, s)
	if err != nil {
		return err
	}
	plan, err := fix.Make(ctx, files.options(!o.apply))
	if err != nil {
		return p.fixError(err)
	}
	if o.apply {
		err = p.applyFix(plan)
	} else {
		err = p.printPatch(plan, files, o.out)
	}
	if err != nil {
		return err
	}
	if !o.quiet {
		p.sayFix(plan, o.verbose)
	}
	if files.open != nil {
		return &exitError{exitInconclusive, fmt.Errorf("fix: %w", files.open)}
	}
	return nil
}

// operatorsFiles judges the operator's files for one upgrade.
type operatorsFiles struct {
	p     *process
	s     *settings
	env   *check.Env
	given versionRange
	open  error // what could not be decided
}

// operatorsFiles learns the versions and what is known of them.
func (p *process) operatorsFiles(ctx context.Context, s *settings) (*operatorsFiles, error) {
	env, err := p.env(s, time.Now())
	if err != nil {
		return nil, err
	}
	given, err := p.versions(ctx, s, env)
	if err != nil {
		return nil, err
	}
	if given.upgrade.To == "" {
		return nil, usage("fix: no target version: want --to, or image tags in --dir to read it from")
	}
	env.From, env.To = given.upgrade.From, given.upgrade.To
	if err := p.know(ctx, s, env, env.From, env.To); err != nil {
		return nil, err
	}
	return &operatorsFiles{p: p, s: s, env: env, given: given}, nil
}

// options are those of a plan; show: it is for a patch that is shown.
func (f *operatorsFiles) options(show bool) fix.Options {
	return fix.Options{Judge: f.judge, Base: f.base(), Dirs: []string{f.s.dir, f.p.dir}, Secrets: f.secrets(), Show: show}
}

// secrets are what no patch shows. What Dify publishes is none: it stands in names too.
func (f *operatorsFiles) secrets() fix.Secrets {
	facts, err := f.env.Facts()
	return fix.Secrets{Known: f.s.secrets(), Public: func(name, value string) bool {
		if err != nil {
			return false
		}
		_, public := facts.Published(name, value)
		return public
	}}
}

// base is the folder that the names of a patch are relative to: the working directory,
// or, where the files are outside of it, their own.
func (f *operatorsFiles) base() string {
	if relativeTo(f.p.dir, f.s.dir) == "" {
		return f.s.dir
	}
	return f.p.dir
}

// fixKinds are the kinds that judge the operator's files and know what to change.
var fixKinds = []string{"env", "proxy", "upgrade"}

// judge runs the checks of the files below a root.
func (f *operatorsFiles) judge(ctx context.Context, root string) ([]gate.Finding, error) {
	env := f.p.newEnv(f.s.network, root+f.s.dir)
	env.WorkDir = root + f.p.dir
	env.URL, env.ConsoleURL, env.APIURL, env.AppURL, env.FilesURL = f.env.URL, f.env.ConsoleURL, f.env.APIURL, f.env.AppURL, f.env.FilesURL
	env.From, env.To, env.Catalogue, env.Sources, env.Now = f.env.From, f.env.To, f.env.Catalogue, f.env.Sources, f.env.Now
	builtin, err := f.p.builtin(f.s, env, f.given)
	if err != nil {
		return nil, err
	}
	checks, err := config.Build(f.s.cfg, builtin, env)
	if err != nil {
		return nil, err
	}
	var out []gate.Finding
	for _, c := range checks {
		if !slices.Contains(fixKinds, c.Kind) || c.Phase != gate.PhasePre || c.Skip != "" {
			continue
		}
		if c.Mistake != nil {
			return nil, c.Mistake
		}
		res := c.Run(ctx)
		switch {
		case res.Err != nil && c.Kind != "proxy":
			return nil, fmt.Errorf("%s", strings.ReplaceAll(res.Err.Error(), root, ""))
		case res.Err != nil && root == "":
			f.open = errors.Join(f.open, res.Err)
		}
		for _, found := range res.Findings {
			found.Check = c.Name
			out = append(out, found)
		}
	}
	return out, ctx.Err()
}

// fixError is a plan that could not be made: bad input, or an interruption.
func (p *process) fixError(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &exitError{exitInconclusive, errors.New("fix: not done in time, want a longer --timeout")}
	case errors.Is(err, context.Canceled):
		return &exitError{exitInterrupted, errors.New("interrupted, nothing was changed")}
	}
	return p.inputUsage(fmt.Errorf("fix: %w", err))
}

// printPatch writes the patch to stdout or a file.
func (p *process) printPatch(plan *fix.Plan, f *operatorsFiles, out string) error {
	patch := plan.Patch()
	if base := f.base(); base != p.dir && patch != "" {
		p.warn("the files are outside of the working directory: apply the patch in %s", base)
	}
	if out == "" {
		_, err := p.stdout.Write([]byte(patch))
		return err
	}
	path := p.abs(out)
	if err := p.makeFolder(filepath.Dir(path)); err != nil {
		return usage("--out %s: %s", out, err)
	}
	if err := p.writeFile(path, []byte(patch)); err != nil {
		return usage("--out %s: %s", out, err)
	}
	return nil
}

// applyFix writes the files.
func (p *process) applyFix(plan *fix.Plan) error {
	written, err := plan.Apply()
	if err != nil {
		return p.inputUsage(fmt.Errorf("fix: %w", osError(err)))
	}
	for _, w := range written {
		p.say("changed %s, as it was: %s", w.File, w.Backup)
	}
	return nil
}

// sayFix says what was fixed and what is left.
func (p *process) sayFix(plan *fix.Plan, each bool) {
	for _, line := range plan.Summary(each) {
		p.say("%s", line)
	}
	files := plan.Files()
	p.say("%s fixed in %s, %d left", plural(len(plan.Fixed), "finding"), plural(len(files), "file"), len(plan.Left))
}

// say writes a line for people to stderr.
func (p *process) say(format string, args ...any) {
	_, _ = fmt.Fprintln(p.stderr, report.Message(oneLine(fmt.Sprintf(format, args...)), p.onGitHub()))
}
