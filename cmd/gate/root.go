package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate/config"
)

// newRoot builds the command line. A new command is a file with its constructor,
// and a line here.
func newRoot(p *process) *cobra.Command {
	opts := &runOptions{}
	root := &cobra.Command{
		Use:   "gate",
		Short: "The deployment gate around a self-hosted Dify upgrade",
		Long: "gate answers before and after a Dify upgrade: may this go on? It reads the releases between the running and\n" +
			"the target version, compares them with your own files, and probes the live deployment.\n\n" +
			"Without a command it does what gate run does.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asked, _ := cmd.Flags().GetBool("version"); asked {
				return p.print(thisBuild().String())
			}
			return p.runGate(cmd.Context(), opts, cmd.Flags())
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := applyEnvironment(p, cmd.Flags()); err != nil {
				return err
			}
			p.wishes = p.misspelt(cmd)
			if slices.Contains(loading, cmd.Name()) {
				return nil // loadConfig knows which of them gate.yaml uses
			}
			return p.refuseMisspelt(nil)
		},
	}
	opts.register(root.Flags())
	root.Flags().Bool("version", false, "print version, commit, date and Go version")
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetIn(p.stdin)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newRun(p),
		newDiagnose(p),
		newFix(p),
		newChangelog(p),
		newInit(p),
		newLearn(p),
		newMan(p),
		newPlan(p),
		newValidate(p),
		newRoutes(p),
		newRules(p),
		newExplain(p),
		newSchema(p),
		newServe(p),
		newVersion(p),
		newWaive(p),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(p.args...)
	for _, c := range root.Commands() {
		switch {
		case c.Name() == "help":
			c.Args = knownCommand
		case c.Args == nil:
			c.Args = noArgs
		}
	}
	completeFlags(root)
	return root
}

// knownCommand wants the path of a command.
func knownCommand(cmd *cobra.Command, args []string) error {
	if found, _, err := cmd.Root().Find(args); len(args) > 0 && (err != nil || found == cmd.Root()) {
		return usage("help: unknown command %q, %s", args[0], config.Want(args[0], commandNames(cmd.Root())))
	}
	return nil
}

// noArgs refuses arguments in one line. A gate that ignored them would pass
// whatever a pipeline hands it by mistake.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usage("unknown command %q, %s", args[0], config.Want(args[0], commandNames(cmd)))
	}
	return usage("%s: unexpected argument %q, want flags only: %s", cmd.CommandPath(), args[0], strings.Join(flagNames(cmd.Flags()), " "))
}

// oneArg wants exactly one argument, named for the message.
func oneArg(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usage("%s: %d arguments, want one: %s", cmd.CommandPath(), len(args), name)
	}
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return names
}

func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// flagError words pflag's errors: one line, what was wrong, what is valid.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var noValue *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return usage("%s: unknown flag -%s, want one of %s", cmd.CommandPath(), name, strings.Join(flagNames(cmd.Flags()), ", "))
		}
		return usage("%s: unknown flag --%s, %s", cmd.CommandPath(), name, config.Want("--"+name, flagNames(cmd.Flags())))
	case errors.As(err, &noValue):
		return usage("%s: --%s has no value, want %s", cmd.CommandPath(), noValue.GetFlag().Name, wanted(noValue.GetFlag()))
	case errors.As(err, &invalid):
		return usage("%s: %s", cmd.CommandPath(), valueError("--"+invalid.GetFlag().Name, invalid.GetFlag(), invalid.GetValue(), invalid.Unwrap()))
	}
	return usage("%s: %s", cmd.CommandPath(), err)
}
