package report

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/dify-gate/dify-gate/gate"
)

// The colours, as the parameters of an SGR sequence.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
)

// paint colours text when colour was asked for.
func (t *textPage) paint(sgr, text string) string {
	if !t.o.Colour || text == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

func verdictPaint(v gate.Verdict) string {
	switch v {
	case gate.VerdictPass:
		return green + ";" + bold
	case gate.VerdictBlock:
		return red + ";" + bold
	}
	return yellow + ";" + bold
}

func severityPaint(s gate.Severity) string {
	switch s {
	case gate.Error:
		return red
	case gate.Warning:
		return yellow
	}
	return blue
}

func outcomePaint(o gate.Outcome) string {
	switch o {
	case gate.OutcomePass:
		return green
	case gate.OutcomeFail:
		return red
	case gate.OutcomeSkip:
		return dim
	}
	return yellow
}

// open heads a part of the report; in a GitLab log the part can be folded. The
// names are ours and constant, so no text of others can close a section.
func (t *textPage) open(id, title string) {
	if t.o.Sections {
		fmt.Fprintf(&t.b, "\x1b[0Ksection_start:%d:gate_%s\r\x1b[0K%s\n", t.rep.Started.Unix(), strings.Trim(id, "_"), t.paint(bold, title))
		return
	}
	t.title(title)
}

func (t *textPage) close(id string) {
	if t.o.Sections {
		end := t.rep.Started.Unix() + t.rep.DurationMS/1000
		fmt.Fprintf(&t.b, "\x1b[0Ksection_end:%d:gate_%s\r\x1b[0K\n", end, strings.Trim(id, "_"))
	}
}

// wrap breaks text at its own line ends and, with a width, between words. A
// word longer than a line stays whole: a URL or a command is there to be copied.
func wrap(text string, indent, width int) []string {
	room := width - indent
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if width <= 0 || columns(line) <= room {
			out = append(out, line)
			continue
		}
		out = append(out, wrapLine(line, max(room, 20))...)
	}
	return out
}

func wrapLine(line string, room int) []string {
	var out []string
	var b strings.Builder
	used := 0
	for _, word := range strings.Fields(line) {
		n := columns(word)
		if used > 0 && used+1+n > room {
			out = append(out, b.String())
			b.Reset()
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return append(out, b.String())
}

// columns is the width of text on a terminal: CJK takes two columns a rune,
// our own colours none.
func columns(s string) int {
	for {
		start := strings.Index(s, "\x1b[")
		if start < 0 {
			return runewidth.StringWidth(s)
		}
		end := strings.IndexByte(s[start:], 'm')
		if end < 0 {
			return runewidth.StringWidth(s)
		}
		s = s[:start] + s[start+end+1:]
	}
}

// checks is the table of -v: outcome, phase, time, name, reason.
func (t *textPage) checks() {
	if len(t.rep.Checks) == 0 {
		return
	}
	t.open("checks", "checks")
	kind := len("kind")
	for _, c := range t.rep.Checks {
		kind = max(kind, min(12, columns(c.Kind)))
	}
	t.b.WriteString(t.paint(dim, fmt.Sprintf("  %-7s %-5s %-*s %8s  %s", "outcome", "phase", kind, "kind", "time", "name")) + "\n")
	for _, c := range t.rep.Checks {
		lead := "  " + t.paint(outcomePaint(c.Outcome), fmt.Sprintf("%-7s", c.Outcome)) +
			fmt.Sprintf(" %-5s %-*s %8s  ", c.Phase, kind, c.Kind, checkTime(c))
		indent := 2 + 7 + 1 + 5 + 1 + kind + 1 + 8 + 2
		t.hang(lead, indent, c.Name)
		if c.Reason != "" && c.Outcome != gate.OutcomePass || c.Attempts > 1 {
			t.line(indent, t.paint(dim, c.Reason))
		}
		if c.ExplainedBy != "" && c.ExplainedBy != c.Name {
			t.line(indent, t.paint(dim, "explained by "+c.ExplainedBy))
		}
	}
	t.close("checks")
}

func checkTime(c gate.CheckReport) string {
	if c.Attempts == 0 {
		return "-"
	}
	return took(c.DurationMS)
}
