package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

func newValidate(p *process) *cobra.Command {
	var file, dir string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check gate.yaml: list every mistake with its place, and what was read; run nothing",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return usage("--timeout %s: want more than 0s", timeout)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			text, err := within(ctx, func() (string, error) { return p.validate(ctx, file, dir) })
			if cut := cutOff(cmd.Context(), err, "gate.yaml and what it names", timeout); err != nil && cut != nil {
				return cut
			} else if err != nil {
				return err
			}
			return p.print(text)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the file, or - for stdin; by default the first found of gate.yaml, .gate.yaml, .github/gate.yaml")
	cmd.Flags().StringVar(&dir, "dir", "", "the operator's Dify directory, instead of dify.dir")
	cmd.Flags().DurationVar(&timeout, "timeout", configPatience, "one deadline for everything")
	return cmd
}

// validate reads gate.yaml and what its checks name, and returns the text that says that
// nothing is wrong, and what was read.
func (p *process) validate(ctx context.Context, file, dir string) (string, error) {
	cfg, err := p.loadConfig(ctx, file, dir, false)
	if err != nil {
		return "", err
	}
	if cfg == nil {
		return "", usage("no gate.yaml, .gate.yaml or .github/gate.yaml here, want one of them or --config FILE")
	}
	network, err := p.network(networkOptions{})
	if err != nil {
		return "", err
	}
	env := p.newEnv(network, "")
	if env.URL, err = baseURL("dify.url", cfg.Dify.URL); err != nil {
		return "", err
	}
	checks, err := config.Build(cfg, nil, env)
	if err != nil {
		return "", usageError(err)
	}
	// A path alone is a mistake only when no --url comes with the run.
	if env.URL != nil {
		err = mistakes(checks)
	}
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s: %s, no mistakes\n", cfg.File, plural(len(checks), "check")) + p.wasRead(cmp.Or(dir, cfg.Dify.Dir), checks)
	return gate.NewMasker(append(cfg.Secrets(), secretsOf(checks)...)).Mask(text), nil
}

// wasRead lists Dify's files in the directory, and the checks of gate.yaml.
func (p *process) wasRead(dir string, checks []gate.Check) string {
	var b strings.Builder
	if dir != "" {
		for _, file := range kinds.DifyFiles(p.abs(dir)) {
			fmt.Fprintf(&b, "  file   %s\n", oneLine(p.shown(file)))
		}
	}
	for _, c := range checks {
		fmt.Fprintf(&b, "  check  %s: %s\n", c.Kind, oneLine(c.Name))
	}
	return b.String()
}

func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
