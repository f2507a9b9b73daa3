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
	for _, s := range u.StandIns {
		text := fmt.Sprintf("%s is not known: %s is used instead, and no image, variable, route or minimum of it is demanded", s.Version, s.Release)
		if s.Why != "" {
			text += " (" + s.Why + ")"
		}
		out = append(out, text)
	}
	return out
}
