package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/report"
)

// runOptions are the flags of run as they were given.
type runOptions struct {
	config, from, to, dir, url, changelog string
	catalogue                             []string
	learn, baseline                       string
	phase, failOn, format                 string
	dryRun                                bool
	reports                               []string
	concurrency                           int
	timeout, wait                         time.Duration
	only, skip                            []string
	within                                selections // what gate serve allows its callers; none otherwise
	apiKey, githubToken, gitlabToken      gate.Secret
	comment                               bool
	network                               networkOptions
	quiet, verbose, noColor               bool
}

// networkOptions say how the deployment is reached.
type networkOptions struct {
	caCert, clientCert, clientKey string
	insecure                      bool
	resolve                       []string
}

// The types of repeatable flags; typePattern and typeTarget may also be
// separated by commas in the environment.
const (
	typePattern = "PATTERN"
	typeTarget  = "FORMAT=PATH"
)

// The defaults that neither a flag, the environment nor gate.yaml changes.
const (
	defaultConcurrency = 32
	defaultTimeout     = 5 * time.Minute
)

const fromHelp = "the running version, or auto to ask the deployment; base: the image tags at the base of this pull or merge request; git:REV: those at that revision"

func (o *runOptions) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	o.phase, o.failOn, o.format, o.learn = string(gate.PhaseAll), string(gate.FailOnError), "text", learnAuto
	flags.StringVar(&o.config, "config", "", "gate.yaml, or - for stdin; by default the first of gate.yaml, .gate.yaml and .github/gate.yaml; it is optional")
	flags.StringVar(&o.from, "from", "auto", fromHelp)
	flags.StringVar(&o.to, "to", "auto", "the target version, or auto to read the image tags in --dir")
	flags.StringVar(&o.dir, "dir", "", "the operator's Dify directory: docker-compose*.yaml, .env, nginx/; by default . or ./docker, the first that has Dify's compose file")
	flags.StringVar(&o.url, "url", "", "the public address of the deployment")
	flags.StringVar(&o.changelog, "changelog", "github", "release notes: github, github:OWNER/REPO, a file, a URL, or - for stdin")
	flags.StringVar(&o.baseline, "baseline", "", "an earlier JSON report of this deployment, a file or a URL: findings in it are known and do not block")
	registerCatalogue(flags, &o.catalogue)
	flags.Var(enumValue{&o.learn, []string{learnAuto, learnOff}}, "learn", "auto: read the facts of an unknown release from the checkout around --dir, or from GitHub")
	flags.Var(enumValue{&o.phase, []string{"all", "pre", "post"}}, "phase", "pre: files and release notes; post: the live deployment")
	flags.BoolVar(&o.dryRun, "dry-run", false, "run pre, list post with every probe that it would send; findings never fail the run")
	flags.Var(enumValue{&o.failOn, []string{"error", "warning", "never"}}, "fail-on", "the severity from which a finding blocks")
	flags.Var(listValue{&o.reports, typeTarget, checkTarget}, "report", "write a report to a file (repeatable): "+formatNames())
	flags.BoolVar(&o.comment, "comment", false, "keep one comment with the report on the pull or merge request of this run; needs a token that may comment")
	flags.Var(enumValue{&o.format, []string{"text", "json"}}, "format", "the format of stdout")
	flags.IntVar(&o.concurrency, "concurrency", defaultConcurrency, "how many checks run at a time")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout, "one deadline for the whole run")
	flags.DurationVar(&o.wait, "wait", 0, "keep retrying for this long after a deploy")
	flags.Var(listValue{&o.only, typePattern, checkPattern}, "only", "run these checks only, by kind, name or rule (repeatable, globs)")
	flags.Var(listValue{&o.skip, typePattern, checkPattern}, "skip", "leave these out, by kind, name or rule (repeatable, globs)")
	flags.Var(secretValue{&o.apiKey}, "api-key", "an app's key for the end-to-end run (or DIFY_API_KEY); masked everywhere")
	flags.Var(secretValue{&o.githubToken}, "github-token", "for GitHub's API (or GITHUB_TOKEN), which allows 60 requests an hour without; masked everywhere")
	flags.Var(secretValue{&o.gitlabToken}, "gitlab-token", "for GitLab's API (or GITLAB_TOKEN), to comment on a merge request; masked everywhere")
	o.network.register(flags)
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "print the verdict only")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "print every check and finding, and why each matters")
	flags.BoolVar(&o.noColor, "no-color", false, "no colors (or NO_COLOR)")
}

func (n *networkOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&n.caCert, "ca-cert", "", "extra certificate authorities to trust, in PEM")
	flags.StringVar(&n.clientCert, "client-cert", "", "client certificate, in PEM")
	flags.StringVar(&n.clientKey, "client-key", "", "its private key, in PEM")
	flags.BoolVar(&n.insecure, "insecure", false, "accept any certificate")
	flags.Var(listValue{&n.resolve, "HOST:PORT:ADDR", nil}, "resolve", "use ADDR instead of DNS (repeatable)")
}

func newRun(p *process) *cobra.Command {
	opts := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "The gate: release notes and files before the deploy, probes after it",
		Long: "run checks both phases and decides whether the upgrade may go on.\n\n" +
			"Each flag has an environment variable, GATE_<NAME>. A flag wins over the environment, and the environment over gate.yaml.\n" +
			"Exit codes: 0 pass, 1 blocked, 2 usage or configuration, 3 inconclusive, 4 the gate itself failed, 130 interrupted.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runGate(cmd.Context(), opts, cmd.Flags()) },
	}
	opts.register(cmd.Flags())
	return cmd
}

func checkTarget(s string) error {
	_, err := report.ParseTarget(s)
	return err
}

func formatNames() string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
