package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/dify"
	runbook "github.com/dify-gate/dify-gate/gate/plan"
	"github.com/dify-gate/dify-gate/gate/report"
)

func newSchema(p *process) *cobra.Command {
	names := []string{"config", "report", "catalogue", "plan"}
	format := "json"
	cmd := &cobra.Command{
		Use:       "schema config|report|catalogue|plan",
		Short:     "Print the JSON Schema of gate.yaml, of the JSON report, of the facts of a release, or of a plan",
		ValidArgs: names,
		Args:      oneArg(strings.Join(names, " or ")),
		RunE: func(_ *cobra.Command, args []string) error {
			if format == "markdown" && args[0] != "config" {
				return usage("schema %s has no reference page, want --format json", args[0])
			}
			switch args[0] {
			case "config":
				if format == "markdown" {
					return p.print(config.Reference())
				}
				return p.printJSON(config.Schema())
			case "report":
				return p.printJSON(report.Schema())
			case "catalogue":
				return p.printJSON(report.SchemaOf(dify.Facts{}, "facts of a Dify release, as gate learn prints them"))
			case "plan":
				return p.printJSON(runbook.SchemaDocument())
			}
			return usage("unknown schema %q, %s", args[0], config.Want(args[0], names))
		},
	}
	cmd.Flags().Var(enumValue{&format, []string{"json", "markdown"}}, "format", "json, or markdown for the reference page of gate.yaml")
	return cmd
}
