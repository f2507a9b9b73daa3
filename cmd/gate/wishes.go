package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/report"
)

// serviceLink are the variables that Kubernetes and Docker set in a container
// for a service that is named gate, or gate-something.
var serviceLink = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?$`)

// runnerInputs are the INPUT_ variables that GitHub's runner makes of a step's
// own keys: with.args and with.entrypoint.
var runnerInputs = []string{"ARGS", "ENTRYPOINT"}

// informing are the commands that go by no wish of the environment.
var informing = []string{"completion", "explain", "help", "man", "rules", "schema", "version"}

// loading are the commands that read gate.yaml, whose ${…} may use any name.
var loading = []string{"changelog", "gate", "run", "serve", "validate"}

// misspelt finds the variables of the environment that want something of the
// gate under a name that no flag of any command has. An empty one wants nothing.
func (p *process) misspelt(cmd *cobra.Command) []string {
	if p.environ == nil || cmd.Hidden || slices.Contains(informing, cmd.Name()) || cmd.HasParent() && slices.Contains(informing, cmd.Parent().Name()) {
		return nil
	}
	flags := allFlags(cmd.Root())
	var out []string
	for _, pair := range p.environ() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.TrimSpace(value) == "" {
			continue
		}
		if said := p.misspeltName(name, value, flags); said != "" {
			out = append(out, said)
		}
	}
	slices.Sort(out)
	return out
}

// misspeltName says what is wrong with a variable's name, "" when nothing is.
func (p *process) misspeltName(name, value string, flags []string) string {
	if word, ok := strings.CutPrefix(name, "INPUT_"); ok && p.onGitHub() {
		flag := strings.ToLower(strings.ReplaceAll(word, "_", "-"))
		if slices.Contains(flags, flag) || slices.Contains(runnerInputs, word) {
			return ""
		}
		return fmt.Sprintf("%s: no input has this name, %s", name, config.Want(strings.ToLower(word), flags))
	}
	word, ok := strings.CutPrefix(name, "GATE_")
	if !ok || slices.Contains(dotenvNames(), name) || serviceLink.MatchString(name) || name == "GATE_PORT" && strings.Contains(value, "://") {
		return ""
	}
	twins := make([]string, len(flags))
	for i, flag := range flags {
		twins[i] = strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	}
	if slices.Contains(twins, word) {
		return ""
	}
	near := config.Nearest(word, twins)
	for i := range twins {
		twins[i] = "GATE_" + twins[i]
	}
	if near != "" {
		return fmt.Sprintf("%s: no flag has this twin, did you mean GATE_%s? want one of %s", name, near, strings.Join(twins, ", "))
	}
	return fmt.Sprintf("%s: no flag has this twin, want one of %s", name, strings.Join(twins, ", "))
}

// refuseMisspelt is the error for wishes that are misspelt. A variable that
// gate.yaml names as ${…} is used, whatever it is called.
func (p *process) refuseMisspelt(wishes []string, used map[string]bool) error {
	wishes = slices.DeleteFunc(slices.Clone(wishes), func(w string) bool {
		name, _, _ := strings.Cut(w, ":")
		return used[name]
	})
	if len(wishes) == 0 {
		return nil
	}
	for i := range wishes {
		wishes[i] = "gate: " + wishes[i]
	}
	return usage("%s", strings.Join(wishes, "\n"))
}

// allFlags are the names of all commands' flags.
func allFlags(root *cobra.Command) []string {
	var names []string
	for _, cmd := range append(root.Commands(), root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "version" {
				names = append(names, f.Name)
			}
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// dotenvNames are the variables of the dotenv report, which GitLab hands to
// later jobs, and with them to the next gate.
func dotenvNames() []string {
	var text strings.Builder
	if err := report.Dotenv(&text, gate.Report{}, report.Options{}); err != nil {
		return nil // a strings.Builder takes everything
	}
	var names []string
	for line := range strings.Lines(text.String()) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	return names
}
