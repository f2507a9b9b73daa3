package main

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// deltaText is what changed between two releases, as text or Markdown.
func deltaText(c *dify.Catalogue, from, to dify.Release, markdown bool) string {
	var b strings.Builder
	sections := c.Describe(from, to)
	if markdown {
		fmt.Fprintf(&b, "# Dify %s to %s, by their files\n", from.Version(), to.Version())
	} else {
		fmt.Fprintf(&b, "Dify %s to %s, by their files\n", from.Version(), to.Version())
	}
	if len(sections) == 0 {
		b.WriteString("\nnothing changed\n")
	}
	for _, s := range sections {
		if markdown {
			fmt.Fprintf(&b, "\n## %s (%d)\n\n", s.Title, len(s.Lines))
		} else {
			fmt.Fprintf(&b, "\n%s (%d)\n", s.Title, len(s.Lines))
		}
		for _, line := range s.Lines {
			if markdown {
				line = "- " + codeSpan(line)
			} else {
				line = "  " + line
			}
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// codeSpan puts what follows the first word into a code span, so that nothing
// of it is read as Markdown or HTML.
func codeSpan(line string) string {
	what, rest, ok := strings.Cut(line, ": ")
	if !ok {
		what, rest = "", line
	} else {
		what += ": "
	}
	fence := "`"
	for strings.Contains(rest, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		rest = " " + rest + " "
	}
	return what + fence + rest + fence
}
