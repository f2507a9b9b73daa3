package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// applyEnvironment gives each flag that the command line leaves out the value
// of its twin in the environment: INPUT_<NAME> when GitHub's runner started the
// gate, else GATE_<NAME>, else what other programs call it. An empty variable
// is an unset one: GitHub passes every input, whether given or not.
func applyEnvironment(p *process, flags *pflag.FlagSet) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || first != nil || f.Name == "help" || f.Name == "version" {
			return
		}
		first = p.applyTwin(flags, f)
	})
	return first
}

func (p *process) applyTwin(flags *pflag.FlagSet, f *pflag.Flag) error {
	for _, name := range p.twins(f.Name) {
		value := p.getenv(name)
		if strings.TrimSpace(value) == "" {
			continue
		}
		values := []string{strings.TrimSpace(value)}
		switch v := f.Value.(type) {
		case listValue:
			values = splitList(value, v.typ)
		case secretValue:
			// A newline at the end is how secrets are pasted.
		default:
			if f.Value.Type() == "bool" && strings.HasPrefix(name, "INPUT_") && !slices.Contains(actionBooleans, values[0]) {
				return usage("%s %q: want true or false", inputName(name), value)
			}
		}
		for _, v := range values {
			if err := flags.Set(f.Name, v); err != nil {
				return usage("%s", valueError(inputName(name), f, v, unwrapValue(err)))
			}
		}
		if f.Name == "github-token" {
			p.ambientToken = name != "GATE_GITHUB_TOKEN"
		}
		return nil
	}
	return nil
}

// inputName is a variable as its user knows it: GitHub's runner makes INPUT_DRY-RUN of
// the input dry-run.
func inputName(variable string) string {
	if word, ok := strings.CutPrefix(variable, "INPUT_"); ok {
		return "input " + strings.ToLower(word)
	}
	return variable
}

// actionBooleans are the spellings that GitHub's own toolkit takes.
var actionBooleans = []string{"true", "True", "TRUE", "false", "False", "FALSE"}

// twins are the names of a flag in the environment, the strongest first.
func (p *process) twins(flag string) []string {
	upper := strings.ToUpper(flag)
	under := strings.ReplaceAll(upper, "-", "_")
	var names []string
	if p.onGitHub() {
		names = append(names, "INPUT_"+upper)
		if under != upper {
			names = append(names, "INPUT_"+under)
		}
	}
	names = append(names, "GATE_"+under)
	switch flag {
	case "api-key":
		names = append(names, "DIFY_API_KEY")
	case "github-token":
		names = append(names, "GITHUB_TOKEN", "GH_TOKEN")
	case "gitlab-token":
		names = append(names, "GITLAB_TOKEN")
	}
	return names
}

// nextTarget is the comma before a further FORMAT=PATH.
var nextTarget = lazyRegexp(`,\s*([a-z]+=)`)

// splitList splits the value of a variable that stands for a repeatable flag:
// one value a line; patterns and targets also with commas between.
func splitList(value, typ string) []string {
	switch typ {
	case typePattern:
		value = strings.ReplaceAll(value, ",", "\n")
	case typeTarget:
		value = nextTarget().ReplaceAllString(value, "\n$1")
	}
	var out []string
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// unwrapValue is the error of the flag's value without pflag's words.
func unwrapValue(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok && u.Unwrap() != nil {
		return u.Unwrap()
	}
	return fmt.Errorf("%w", err)
}
