package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate/report"
)

// completeFlags teaches the shell the values of flags: closed sets, report
// formats, kinds and rules. All other flags take files and free text.
func completeFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		var complete cobra.CompletionFunc
		switch v := f.Value.(type) {
		case enumValue:
			complete = cobra.FixedCompletions(v.valid, cobra.ShellCompDirectiveNoFileComp)
		case listValue:
			switch v.typ {
			case typeTarget:
				complete = completeTarget
			case typePattern:
				complete = completePattern
			}
		}
		if complete != nil {
			// It fails only for a flag that does not exist, or twice.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, begun(complete))
		}
	})
	for _, c := range cmd.Commands() {
		completeFlags(c)
	}
}

// begun keeps of what a func offers that which begins with what was typed; not
// every shell does so itself.
func begun(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		all, directive := complete(cmd, args, typed)
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !strings.HasPrefix(s, typed) }), directive
	}
}

// completeTarget offers FORMAT=, and files after it.
func completeTarget(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(typed, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var out []string
	for _, f := range report.Formats() {
		out = append(out, f.Name+"=\t"+f.Help)
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completePattern offers kinds and rules.
func completePattern(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	ids := ruleIDs()
	var kinds []string
	for _, id := range ids {
		kind, _, _ := strings.Cut(id, "/")
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return append(slices.Compact(kinds), ids...), cobra.ShellCompDirectiveNoFileComp
}
