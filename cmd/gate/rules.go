package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/kinds"
	"github.com/dify-gate/dify-gate/gate/report"
)

func newRules(p *process) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules that a check may report",
		RunE: func(*cobra.Command, []string) error {
			switch format {
			case "json":
				return p.printJSON(ruleDocuments(kinds.Rules()))
			case "markdown":
				return p.print(rulesMarkdown(kinds.Rules()))
			}
			return p.print(rulesText(kinds.Rules()))
		},
	}
	cmd.Flags().Var(enumValue{&format, []string{"text", "json", "markdown"}}, "format", "the format of stdout")
	return cmd
}

func newExplain(p *process) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "explain RULE",
		Short: "Explain a rule: what it means, why it matters, how to fix it",
		Args:  oneArg("a rule id, as gate rules lists them"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := findRule(args[0])
			switch {
			case err != nil:
				return err
			case format == "json":
				return p.printJSON(ruleDocument(r))
			case format == "markdown":
				return p.print(ruleMarkdown(r))
			}
			return p.print(ruleText(r))
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleIDs(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().Var(enumValue{&format, []string{"text", "json", "markdown"}}, "format", "the format of stdout")
	return cmd
}

func findRule(id string) (gate.Rule, error) {
	for _, r := range kinds.Rules() {
		if r.ID == id {
			return r, nil
		}
	}
	near := config.Nearest(id, ruleIDs())
	var kin []string
	for _, other := range ruleIDs() {
		if kind, _, _ := strings.Cut(other, "/"); kind == id || strings.HasSuffix(other, "/"+id) {
			kin = append(kin, other)
		}
	}
	switch {
	case near != "":
		return gate.Rule{}, usage("unknown rule %q, did you mean %q? gate rules lists all of them", id, near)
	case len(kin) > 0:
		return gate.Rule{}, usage("unknown rule %q, want one of %s", id, strings.Join(kin, ", "))
	}
	return gate.Rule{}, usage("unknown rule %q, want one of those that gate rules lists", id)
}

func ruleIDs() []string {
	var ids []string
	for _, r := range kinds.Rules() {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

// document is a rule in JSON.
type document struct {
	ID       string        `json:"id"`
	Kind     string        `json:"kind"`
	Severity gate.Severity `json:"severity"`
	Phase    gate.Phase    `json:"phase"`
	Title    string        `json:"title"`
	What     string        `json:"what"`
	Why      string        `json:"why"`
	Fix      string        `json:"fix"`
	Example  string        `json:"example,omitempty"`
}

func ruleDocument(r gate.Rule) document {
	kind, _, _ := strings.Cut(r.ID, "/")
	return document{r.ID, kind, r.Severity, r.Phase, r.Title, r.What, r.Why, r.Fix, r.Example}
}

func ruleDocuments(rules []gate.Rule) []document {
	out := make([]document, len(rules))
	for i, r := range rules {
		out[i] = ruleDocument(r)
	}
	return out
}

func rulesText(rules []gate.Rule) string {
	width := 0
	for _, r := range rules {
		width = max(width, len(r.ID))
	}
	var b strings.Builder
	for _, r := range rules {
		fmt.Fprintf(&b, "%-*s  %-7s  %-4s  %s\n", width, r.ID, r.Severity, r.Phase, r.Title)
	}
	return b.String()
}

func ruleText(r gate.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s, %s): %s\n\n", r.ID, r.Severity, phaseWords(r.Phase), r.Title)
	fmt.Fprintf(&b, "What     %s\n\nWhy      %s\n\nFix      %s\n", r.What, r.Why, r.Fix)
	if r.Example != "" {
		fmt.Fprintf(&b, "\nExample  %s\n", r.Example)
	}
	return b.String()
}

func phaseWords(p gate.Phase) string {
	switch p {
	case gate.PhasePre:
		return "before the deploy"
	case gate.PhasePost:
		return "after the deploy"
	}
	return "both phases"
}

func rulesMarkdown(rules []gate.Rule) string {
	var b strings.Builder
	b.WriteString("# Rules\n\nAll rules that a check may report. `gate rules --format markdown` writes this page.\n\n")
	b.WriteString("| rule | severity | phase | |\n|---|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s |\n", r.ID, anchor(r.ID), r.Severity, r.Phase, r.Title)
	}
	for _, r := range rules {
		b.WriteString("\n" + ruleMarkdown(r))
	}
	return b.String()
}

// anchor is the name that GitHub gives a heading.
func anchor(id string) string { return strings.ReplaceAll(id, "/", "") }

func ruleMarkdown(r gate.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n**%s** · %s · %s\n\n%s\n\n*Why it matters*: %s\n\n*How to fix it*: %s\n",
		r.ID, r.Title, r.Severity, phaseWords(r.Phase), r.What, r.Why, r.Fix)
	if r.Example != "" {
		fmt.Fprintf(&b, "\n    %s\n", r.Example)
	}
	return b.String()
}

// print writes to stdout, on GitHub without what its runner would obey. A
// reader that has gone is no failure, and changes no exit code.
func (p *process) print(text string) error {
	if p.onGitHub() {
		text = report.Harmless(text)
	}
	if _, err := p.stdout.Write([]byte(text)); err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exitError{exitInternal, fmt.Errorf("stdout: %w", err)}
	}
	return nil
}

func (p *process) printJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return &exitError{exitInternal, err}
	}
	return p.print(string(data) + "\n")
}
