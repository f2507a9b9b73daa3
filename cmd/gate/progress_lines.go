package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/dify-gate/dify-gate/gate/report"
)

// progressRunning is how many running checks are named.
const progressRunning = 4

// lines are the block: counts, the checks that have been running longest, and
// the slowest of those that ended. No line is wider than the terminal, since a
// wrapped one would be counted as one and stay behind.
func (s progressState) lines(passed time.Duration, now time.Time, columns int, colour bool) []string {
	if columns < 24 {
		columns = 24
	}
	const barWidth = 20
	full := min(barWidth, barWidth*s.done/max(1, s.total))
	head := fmt.Sprintf("%s%s %d of %d checks", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), s.done, s.total)
	if columns < 60 {
		head = fmt.Sprintf("%d of %d checks", s.done, s.total)
	}
	if s.failed > 0 {
		head += fmt.Sprintf(", %d failed", s.failed)
	}
	head += ", " + seconds(passed)
	out := []string{runewidth.Truncate(head, columns-1, "…")}
	if colour {
		out[0] = painted(s.failed > 0, out[0])
	}
	names := slices.SortedFunc(maps.Keys(s.running), func(a, b string) int {
		return cmp.Or(s.running[a].since.Compare(s.running[b].since), cmp.Compare(a, b))
	})
	for i, name := range names {
		if i == progressRunning {
			out = append(out, fmt.Sprintf("       … and %d more", len(names)-i))
			break
		}
		a := s.running[name]
		line := fmt.Sprintf("%8s  ", seconds(now.Sub(a.since)))
		if a.tries > 0 {
			line += fmt.Sprintf("try %d: ", a.tries+1)
		}
		// Names come from gate.yaml, which a pull request may have written.
		out = append(out, runewidth.Truncate(line+report.Printable(name), columns-1, "…"))
	}
	if s.slowest != "" {
		out = append(out, runewidth.Truncate(fmt.Sprintf("  slowest so far: %s with %s", report.Printable(s.slowest), seconds(s.slowestTook)), columns-1, "…"))
	}
	return out
}

// painted is the first line in red when something failed, else in green.
func painted(failed bool, line string) string {
	if failed {
		return "\x1b[31m" + line + "\x1b[0m"
	}
	return "\x1b[32m" + line + "\x1b[0m"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", max(0, d).Seconds()) }

// redraw replaces the lines that were drawn before by others: up to the first of
// them, clear to the end of the screen, write. The cursor ends on the last line,
// so that a block as high as the screen scrolls nothing.
func redraw(drawn int, lines []string) string {
	var b strings.Builder
	b.WriteByte('\r')
	if drawn > 1 {
		fmt.Fprintf(&b, "\x1b[%dA", drawn-1)
	}
	b.WriteString("\x1b[J")
	b.WriteString(strings.Join(lines, "\n"))
	return b.String()
}
