package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate/config"
)

func newValidate(p *process) *cobra.Command {
	var file, dir string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check gate.yaml: list every mistake with its place, and what was read; run nothing",
		RunE: func(cmd *cobra.Command, _ []string) error {
			reading, cancel := context.WithTimeout(cmd.Context(), configPatience)
			defer cancel()
			cfg, err := p.loadConfig(reading, file, dir, false)
			if err != nil {
				return err
			}
			if cfg == nil {
				return usage("no gate.yaml, .gate.yaml or .github/gate.yaml here, want one of them or --config FILE")
			}
			network, err := p.network(networkOptions{})
			if err != nil {
				return err
			}
			env := p.newEnv(network, "")
			if env.URL, err = baseURL("dify.url", cfg.Dify.URL); err != nil {
				return err
			}
			checks, err := config.Build(cfg, nil, env)
			if err != nil {
				return usageError(err)
			}
			// A path alone is a mistake only when no --url comes with the run.
			if env.URL != nil {
				err = mistakes(checks)
			}
			if err != nil {
				return err
			}
			return p.print(fmt.Sprintf("%s: %s, no mistakes\n", cfg.File, plural(len(checks), "check")))
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the file, or - for stdin; by default the first found of gate.yaml, .gate.yaml, .github/gate.yaml")
	cmd.Flags().StringVar(&dir, "dir", "", "the operator's Dify directory, instead of dify.dir")
	return cmd
}

func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
