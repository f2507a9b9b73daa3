package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan makes the command that writes the manual page. It is hidden: packagers
// call it, and gate help says the same to people.
func newMan(p *process) *cobra.Command {
	return &cobra.Command{
		Use:    "man",
		Short:  "Print the manual page, for man -l or a package",
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.print(manPage(cmd.Root(), thisBuild()))
		},
	}
}

// manPage is gate(1) in the macros of man(7), made from the same texts as the
// help. Cobra's own generator goes by way of Markdown and brings two modules
// for it.
func manPage(root *cobra.Command, made build) string {
	var b strings.Builder
	date, _, _ := strings.Cut(made.Date, "T")
	fmt.Fprintf(&b, ".TH GATE 1 %q %q %q\n", date, "gate "+made.Version, "User Commands")
	section := func(title string) { fmt.Fprintf(&b, ".SH %s\n", title) }
	section("NAME")
	fmt.Fprintf(&b, "gate \\- %s\n", roff(strings.ToLower(root.Short[:1])+root.Short[1:]))
	section("SYNOPSIS")
	commands := slices.DeleteFunc(slices.Clone(root.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
	for i, c := range append([]*cobra.Command{root}, commands...) {
		if i > 0 {
			b.WriteString(".br\n")
		}
		name, rest, _ := strings.Cut(strings.TrimSuffix(c.UseLine(), " [flags]"), " ")
		fmt.Fprintf(&b, ".B %s\n%s\n", roff(name), strings.TrimSpace(roff(rest)+" [flags]"))
	}
	section("DESCRIPTION")
	paragraphs(&b, root.Long)
	section("OPTIONS")
	b.WriteString("Those of\n.B gate\nand\n.BR \"gate run\" .\n")
	manFlags(&b, root.LocalFlags())
	section("COMMANDS")
	for _, c := range commands {
		fmt.Fprintf(&b, ".SS %s\n", roff(strings.TrimSuffix(c.UseLine(), " [flags]")))
		text := c.Long
		if text == "" || c.Name() == "completion" {
			text = c.Short + "."
		}
		paragraphs(&b, text)
		if c.Name() != "run" {
			manFlags(&b, c.LocalFlags())
		}
	}
	section("EXIT STATUS")
	for _, e := range []struct {
		code    int
		meaning string
	}{
		{exitPass, "pass, or only warnings; every dry run"},
		{exitBlock, "blocked"},
		{exitUsage, "usage or configuration; nothing was run"},
		{exitInconclusive, "inconclusive: something that the verdict needs is unknown"},
		{exitInternal, "the gate itself failed"},
		{exitInterrupted, "interrupted; what was known is reported"},
	} {
		fmt.Fprintf(&b, ".TP\n.B %d\n%s\n", e.code, roff(e.meaning))
	}
	section("ENVIRONMENT")
	for _, e := range [][2]string{
		{"GATE_<FLAG>", "the same as the flag: GATE_FAIL_ON for --fail-on; lists have one value per line"},
		{"DIFY_API_KEY", "an app's key, as --api-key"}, {"GITHUB_TOKEN", "for GitHub's API, as --github-token"},
		{"HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "the proxy for HTTP requests"}, {"NO_COLOR", "no colors, as --no-color"},
		{"GITHUB_ACTIONS, GITLAB_CI", "set by the runners: on GitHub the gate writes annotations, outputs and a summary, on GitLab folded sections"},
	} {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(e[0]), roff(e[1]))
	}
	section("FILES")
	b.WriteString(".TP\n.I gate.yaml, .gate.yaml, .github/gate.yaml\nThe configuration: the first file that exists. It is optional.\n.B gate schema config\nprints its JSON Schema,\n.B gate init\nwrites one.\n")
	section("EXAMPLES")
	for _, e := range [][2]string{
		{"Check an upgrade without touching the deployment:", "gate run --dry-run --from 1.13.0 --to 1.14.2 --dir /opt/dify/docker"},
		{"After the deploy, with up to ten minutes for it to start:", "gate run --phase post --wait 10m --url https://dify.example.com"},
		{"Why a URL answers 404:", "gate diagnose https://dify.example.com/triggers --dir /opt/dify/docker"},
	} {
		fmt.Fprintf(&b, ".PP\n%s\n.PP\n.EX\n%s\n.EE\n", roff(e[0]), roff(e[1]))
	}
	return b.String()
}

// manFlags lists flags as the help does.
func manFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, ".TP\n.B %s", roff(name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
		}
		if f.DefValue != "" && !slices.Contains([]string{"false", "[]", "0s", "0"}, f.DefValue) {
			text += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, "\n%s\n", roff(text))
	})
}

// paragraphs writes text whose paragraphs are parted by empty lines.
func paragraphs(b *strings.Builder, text string) {
	for _, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		fmt.Fprintf(b, ".PP\n%s\n", roff(strings.Join(strings.Fields(p), " ")))
	}
}

// roff escapes what means something in a manual page: backslashes, hyphens that
// have to stay ASCII, and a dot or a quote at the start of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
