package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/report"
)

func newSchema(p *process) *cobra.Command {
	names := []string{"config", "report"}
	return &cobra.Command{
		Use:       "schema config|report",
		Short:     "Print the JSON Schema of gate.yaml, or of the JSON report",
		ValidArgs: names,
		Args:      oneArg(strings.Join(names, " or ")),
		RunE: func(_ *cobra.Command, args []string) error {
			switch args[0] {
			case "config":
				return p.printJSON(config.Schema())
			case "report":
				return p.printJSON(report.Schema())
			}
			return usage("unknown schema %q, %s", args[0], config.Want(args[0], names))
		},
	}
}
