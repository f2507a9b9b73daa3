package report

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// restsLine is what the verdict rests on: the checks that looked, the release
// notes, and what is known of the releases.
func restsLine(rep gate.Report) string {
	return strings.Join(append([]string{rep.RestsOn.String()}, factsLines(rep.Upgrade)...), "; ")
}

// factsLines say what is known of the releases beyond the built-in catalogue,
// and what is not.
func factsLines(u gate.Upgrade) []string {
	var out []string
	for _, l := range u.Learned {
		text := fmt.Sprintf("facts of %s: read from %s", l.Version, l.From)
		if len(l.Commit) >= 7 {
			text += " at " + l.Commit[:7]
		}
		if l.Unread > 0 {
			text += ", " + count(l.Unread, "place") + " of it not read"
		}
		out = append(out, text)
	}
	for i, s := range u.StandIns {
		if i > 0 && s.Release == u.StandIns[0].Release && s.Why == u.StandIns[0].Why {
			continue // in the line of the first
		}
		versions, are := s.Version, "is"
		for _, more := range u.StandIns[i+1:] {
			if more.Release == s.Release && more.Why == s.Why {
				versions, are = versions+" and "+more.Version, "are"
			}
		}
		text := fmt.Sprintf("%s %s not known: %s is used instead, and none of its images, variables, routes or minimums is demanded", versions, are, s.Release)
		if s.Why != "" {
			text += " (" + s.Why + ")"
		}
		out = append(out, text)
	}
	return out
}
