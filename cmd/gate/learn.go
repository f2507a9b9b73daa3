package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/learn"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// learnOptions are the flags of gate learn.
type learnOptions struct {
	source, revision, config, format string
	catalogue                        []string
	quiet                            bool
	timeout                          time.Duration
	githubToken                      gate.Secret
	network                          networkOptions
}

func newLearn(p *process) *cobra.Command {
	o := &learnOptions{source: "github", format: "json"}
	cmd := &cobra.Command{
		Use:   "learn VERSION [TO]",
		Short: "Print the facts of a Dify release from its source tree; with TO, what changed between two releases",
		Long: "learn VERSION reads the source tree of a release and prints its facts as JSON: locations, routes, services, variables,\n" +
			"migrations, queues, commands. What could not be read is listed in \"unread\". A file of such facts is what\n" +
			"gate run --catalogue reads.\n\n" +
			"learn VERSION TO describes what changed between two releases, by their files; a release that the catalogue\n" +
			"does not have is learned from --source.\n\n" +
			"Exit codes: 0 read, 2 usage or an unusable source, 3 the source did not answer.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return usage("learn: %d arguments, want a version, or two to compare", len(args))
			}
			for _, a := range args {
				if !dify.IsVersion(strings.TrimPrefix(a, "v")) {
					return usage("learn: version %q, want a release's tag like 1.16.0", a)
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.timeout <= 0 {
				return usage("--timeout %s: want more than 0s", o.timeout)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), o.timeout)
			defer cancel()
			if len(args) == 2 {
				if !cmd.Flags().Changed("format") {
					o.format = "text"
				}
				return p.learnDelta(ctx, o, args[0], args[1])
			}
			return p.learnOne(ctx, o, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.source, "source", o.source, "a folder (a git checkout or an unpacked tree), a .tar.gz, github or github:OWNER/REPO")
	f.StringVar(&o.revision, "revision", "", "the release's commit in a git checkout that has no tag for it")
	registerCatalogue(f, &o.catalogue)
	f.StringVar(&o.config, "config", "", "gate.yaml, for changelog.api")
	f.Var(enumValue{&o.format, []string{"json", "text", "markdown"}}, "format", "the format of stdout: json for one release, text or markdown for two")
	f.Var(secretValue{&o.githubToken}, "github-token", "for GitHub (or GITHUB_TOKEN), which allows 60 requests an hour without; masked everywhere")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "one deadline for everything")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	o.network.register(f)
	return cmd
}

func (p *process) learnOne(ctx context.Context, o *learnOptions, version string) error {
	if o.format != "json" {
		return usage("learn: --format %s is for two versions, want json", o.format)
	}
	facts, err := p.learn(ctx, o, version)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := facts.Encode(&b); err != nil {
		return &exitError{exitInternal, err}
	}
	return p.print(b.String())
}

// learn reads one release from the source.
func (p *process) learn(ctx context.Context, o *learnOptions, version string) (*dify.Facts, error) {
	reading, cancel := context.WithTimeout(ctx, configPatience)
	defer cancel()
	cfg, err := p.loadConfig(reading, o.config, "", true)
	if err != nil {
		return nil, err
	}
	network, err := p.network(o.network)
	if err != nil {
		return nil, usageError(err)
	}
	defer network.Close()
	options := p.learning(network, cfg, o.githubToken)
	options.Version, options.Source, options.Revision = version, o.source, o.revision
	if !strings.HasPrefix(o.source, "github") {
		options.Source = p.abs(o.source)
	}
	meter := p.meter("reading the source of "+version, o.quiet)
	options.GitHub.Progress = meter.set
	facts, err := within(ctx, func() (*dify.Facts, error) { return learn.Learn(ctx, options) })
	meter.close()
	return facts, p.learnError(ctx, err)
}

// learning are the options that all ways of learning share.
func (p *process) learning(network *probe.Network, cfg *config.Config, token gate.Secret) learn.Options {
	named := ""
	if cfg != nil {
		named = cfg.Changelog.API
	}
	api, token := p.forge(named, token)
	o := learn.Options{Note: func(note string) { p.warn("%s", note) }}
	o.GitHub = learn.GitHubOptions{API: api, Token: token.Reveal(), Client: trusted(network)}
	if dir := p.cacheFolder(); dir != "" {
		o.CacheDir = filepath.Join(dir, "learned")
	}
	return o
}

// trusted reaches GitHub through the deployment's network, without what
// concerns the deployment alone: --insecure and the client's certificate.
func trusted(network *probe.Network) *http.Client {
	t := network.Transport.Clone()
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.InsecureSkipVerify = false
		t.TLSClientConfig.Certificates = nil
		t.TLSClientConfig.GetClientCertificate = nil
	}
	return &http.Client{Transport: t}
}

// learnError gives an error of learning its exit code.
func (p *process) learnError(ctx context.Context, err error) error {
	var unreachable *learn.UnreachableError
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &exitError{exitInconclusive, errors.New("learn: the source was not read before the deadline, want a longer --timeout or another --source")}
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted")}
	case errors.As(err, &unreachable):
		return &exitError{exitInconclusive, fmt.Errorf("learn: %w", err)}
	}
	return p.inputUsage(fmt.Errorf("learn: %w", err))
}

// learnDelta says what changed between two releases.
func (p *process) learnDelta(ctx context.Context, o *learnOptions, from, to string) error {
	if o.format == "json" {
		return usage("learn: --format json is for one version, want text or markdown")
	}
	catalogue, err := p.catalogue(ctx, o)
	if err != nil {
		return err
	}
	for _, version := range []string{from, to} {
		if _, ok := catalogue.Release(version); !ok {
			facts, err := p.learn(ctx, o, version)
			if err != nil {
				return err
			}
			if catalogue, err = catalogue.With(facts); err != nil {
				return &exitError{exitInternal, err}
			}
		}
	}
	older, _ := catalogue.Release(from)
	newer, _ := catalogue.Release(to)
	return p.print(deltaText(catalogue, older, newer, o.format == "markdown"))
}
