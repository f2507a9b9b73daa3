package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// This file restates the two parsers of GitHub's runner that a gate's output
// meets (actions/runner, ActionCommand.cs, ActionCommandManager.cs,
// FileCommandManager.cs): the one that looks for commands in every line of
// stdout and stderr, and the one that reads GITHUB_OUTPUT.

// command is a workflow command as the runner understands it.
type command struct {
	name string
	data string
	keys map[string]string
}

// runnerLines splits as .NET's StreamReader.ReadLine does: LF, CRLF and a lone
// CR end a line.
func runnerLines(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
}

// registered are the commands that the runner acts on.
var registered = []string{"error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "add-matcher",
	"remove-matcher", "echo", "stop-commands", "save-state", "set-output", "set-env", "add-path"}

// parseNew reads "::name k=v,k=v::data".
func parseNew(line string, known []string) (command, bool) {
	text := strings.TrimLeftFunc(line, unicode.IsSpace)
	if !strings.HasPrefix(text, "::") {
		return command{}, false
	}
	end := strings.Index(text[2:], "::")
	if end < 0 {
		return command{}, false
	}
	head, data := text[2:2+end], text[2+end+2:]
	name, props, _ := strings.Cut(head, " ")
	if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
		return command{}, false
	}
	c := command{name: strings.ToLower(name), data: unescapeData(data), keys: map[string]string{}}
	for _, p := range strings.Split(strings.TrimSpace(props), ",") {
		if k, v, ok := strings.Cut(p, "="); ok && v != "" {
			c.keys[strings.ToLower(k)] = unescapeData(strings.NewReplacer("%3A", ":", "%2C", ",").Replace(v))
		}
	}
	return c, true
}

func unescapeData(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(s)
}

// parseOld reads "##[name k=v;k=v]data", found anywhere in the line.
func parseOld(line string, known []string) (command, bool) {
	start := strings.Index(line, "##[")
	if start < 0 {
		return command{}, false
	}
	end := strings.IndexByte(line[start:], ']')
	if end < 0 {
		return command{}, false
	}
	name, _, _ := strings.Cut(line[start+3:start+end], " ")
	if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
		return command{}, false
	}
	return command{name: strings.ToLower(name), data: line[start+end+1:]}, true
}

// runnerCommands are the commands that the runner would act on.
func runnerCommands(stdout string) []command {
	var out []command
	stop := ""
	for _, line := range runnerLines(stdout) {
		known := registered
		if stop != "" {
			known = append(slices.Clone(registered), stop)
		}
		c, ok := parseNew(line, known)
		if !ok {
			c, ok = parseOld(line, known)
		}
		switch {
		case !ok:
		case stop != "" && strings.EqualFold(c.name, stop):
			stop = ""
		case stop != "":
		case c.name == "stop-commands":
			stop = c.data
			out = append(out, c)
		default:
			out = append(out, c)
		}
	}
	return out
}

// runnerFile reads GITHUB_OUTPUT; a line of neither form fails the step.
func runnerFile(text string) (map[string]string, error) {
	out := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			out[line[:equals]] = line[equals+1:]
		case heredoc >= 0:
			name, delimiter := line[:heredoc], line[heredoc+2:]
			if name == "" || delimiter == "" {
				return nil, fmt.Errorf("line %d: no name or no delimiter", i+1)
			}
			var value []string
			for i++; ; i++ {
				if i >= len(lines) {
					return nil, fmt.Errorf("the delimiter %s never came", delimiter)
				}
				if lines[i] == delimiter {
					break
				}
				value = append(value, lines[i])
			}
			out[name] = strings.Join(value, "\n")
		default:
			return nil, fmt.Errorf("line %d: %q is no file command", i+1, line)
		}
	}
	return out, nil
}
