package main

import (
	"fmt"
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
var serviceLink = lazyRegexp(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?$`)

// ownNames are what pipelines call the gate that they install, which is no wish.
var ownNames = []string{"GATE_VERSION", "GATE_IMAGE"}

// runnerInputs are the INPUT_ variables that GitHub's runner makes of a step's
// own keys: with.args and with.entrypoint.
var runnerInputs = []string{"ARGS", "ENTRYPOINT"}

// informing are the commands that go by no wish of the environment.
var informing = []string{"completion", "explain", "help", "man", "rules", "schema", "version"}

// loading are the commands that read gate.yaml, whose ${…} may use any name.
var loading = []string{"changelog", "fix", "gate", "learn", "plan", "run", "serve", "validate", "waive"}

// wish is a variable of the environment that wants something of the gate under a
// name that no flag of any command has.
type wish struct {
	name string
	near string // the name that is meant, "" when none is close
	want []string
}

func (w wish) String() string {
	what := "no flag has this variable"
	if strings.HasPrefix(w.name, "INPUT_") {
		what = "no input has this name"
	}
	said := fmt.Sprintf("gate: %s: %s, ", inputName(w.name), what)
	if w.near != "" {
		said += fmt.Sprintf("did you mean %s? ", w.near)
	}
	return said + "want one of " + strings.Join(w.want, ", ")
}

// misspelt finds the wishes in the environment. An empty variable wants nothing.
func (p *process) misspelt(cmd *cobra.Command) []wish {
	if p.environ == nil || cmd.Hidden || slices.Contains(informing, cmd.Name()) || cmd.HasParent() && slices.Contains(informing, cmd.Parent().Name()) {
		return nil
	}
	flags := allFlags(cmd.Root())
	var out []wish
	for _, pair := range p.environ() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.TrimSpace(value) == "" {
			continue
		}
		if w, ok := p.misspeltName(name, value, flags); ok {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b wish) int { return strings.Compare(a.name, b.name) })
	return out
}

// misspeltName judges one variable.
func (p *process) misspeltName(name, value string, flags []string) (w wish, is bool) {
	if word, ok := strings.CutPrefix(name, "INPUT_"); ok && p.onGitHub() {
		flag := strings.ToLower(strings.ReplaceAll(word, "_", "-"))
		if slices.Contains(flags, flag) || slices.Contains(runnerInputs, word) {
			return wish{}, false
		}
		return wish{name, config.Nearest(word, flags), flags}, true
	}
	word, ok := strings.CutPrefix(name, "GATE_")
	if !ok || slices.Contains(ownNames, name) || slices.Contains(dotenvNames(), name) ||
		serviceLink().MatchString(name) || name == "GATE_PORT" && strings.Contains(value, "://") {
		return wish{}, false
	}
	var short, twins []string
	for _, flag := range flags {
		twin := strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		if twin == word {
			return wish{}, false
		}
		short, twins = append(short, twin), append(twins, "GATE_"+twin)
	}
	w = wish{name: name, want: twins}
	if near := config.Nearest(word, short); near != "" {
		w.near = "GATE_" + near
	}
	return w, true
}

// refuseMisspelt is the error for wishes that are misspelt. A variable that
// gate.yaml names as ${…} is used, whatever it is called; a command that does not
// read it, with a nil used, refuses only what is close to a flag.
func (p *process) refuseMisspelt(used map[string]bool) error {
	var lines []string
	for _, w := range p.wishes {
		if used == nil && w.near != "" || used != nil && !used[w.name] {
			lines = append(lines, w.String())
		}
	}
	if lines == nil {
		return nil
	}
	return usage("%s", strings.Join(lines, "\n"))
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
