package plan

import (
	"fmt"
	"io"
	"strings"

	"github.com/dify-gate/dify-gate/gate/report"
)

// Markdown writes the plan as a change ticket, with a box to check for each step.
func Markdown(w io.Writer, p Plan) error {
	var b strings.Builder
	text := report.InMarkdown
	fmt.Fprintf(&b, "# Dify %s → %s\n\n", text(p.Upgrade.From), text(p.Upgrade.To))
	if p.Incomplete != "" {
		fmt.Fprintf(&b, "> **Incomplete:** %s\n\n", text(p.Incomplete))
	}
	if len(p.Hops) > 1 {
		b.WriteString("| hop | from | to | why |\n|---|---|---|---|\n")
		for i, h := range p.Hops {
			fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", i+1, text(h.From), text(h.To), text(h.Why))
		}
		b.WriteByte('\n')
	}
	if n := p.NoReturn; n != nil {
		fmt.Fprintf(&b, "**Point of no return: step %d.** %s\n\n", n.Step, text(n.Why))
		for _, o := range n.OneWay {
			fmt.Fprintf(&b, "- no way back but the copy: %s\n", text(o))
		}
		if len(n.Revisions) > 0 {
			fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n", plural(len(n.Revisions), "migration"))
			for _, r := range n.Revisions {
				fmt.Fprintf(&b, "- `%s`, %s\n", r.ID, text(r.Release))
			}
			b.WriteString("\n</details>\n\n")
		}
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "- %s\n", text(n))
	}
	last, hop := Phase(""), 0
	for i, s := range p.Steps {
		if s.Phase != last || s.Hop != hop {
			fmt.Fprintf(&b, "\n## %s%s\n\n", titles[s.Phase], text(hopTitle(p, s)))
			last, hop = s.Phase, s.Hop
		}
		fmt.Fprintf(&b, "- [ ] **%d. %s**%s\n", i+1, text(s.What), text(remark(s)))
		if s.Why != "" {
			fmt.Fprintf(&b, "      <br>%s\n", text(s.Why))
		}
		if len(s.Commands) > 0 {
			b.WriteString("\n" + indent(fence(strings.Join(s.Commands, "\n"))) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fence is a block of shell that the commands cannot close.
func fence(commands string) string {
	marks := "```"
	for strings.Contains(commands, marks) {
		marks += "`"
	}
	return marks + "sh\n" + commands + "\n" + marks + "\n"
}

// indent makes a block part of a list's item.
func indent(block string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(block, "\n"), "\n", "\n  ") + "\n"
}
