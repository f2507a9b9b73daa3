package report

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// sarifFixes are the hunks of a finding's diff as replacements; none where the diff names
// a file outside of the repository.
func sarifFixes(f gate.Finding, o Options) []sarifFix {
	if f.Fix == nil || f.Fix.Diff == "" {
		return nil
	}
	var changes []sarifChange
	var hunk *sarifReplacement
	for line := range strings.Lines(f.Fix.Diff) {
		name, isName := strings.CutPrefix(line, "+++ b/")
		var from, n int
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "\\"):
		case isName:
			p := o.placeIn(&gate.Location{File: strings.TrimRight(name, "\t\n"), Line: 1})
			if p.Lost != "" {
				return nil
			}
			changes = append(changes, sarifChange{Artifact: sarifAt(p, 0).Physical.Artifact})
			hunk = nil
		case strings.HasPrefix(line, "@@ "):
			if len(changes) == 0 {
				return nil // a name in quotes
			}
			n = 1
			if _, err := fmt.Sscanf(line, "@@ -%d,%d", &from, &n); err != nil {
				_, _ = fmt.Sscanf(line, "@@ -%d", &from) // one line is written without a count
			}
			if n == 0 {
				from++ // new lines come after this one
			}
			last := &changes[len(changes)-1]
			last.Replacements = append(last.Replacements, sarifReplacement{Deleted: sarifLines{from, 1, from + n, 1}})
			hunk = &last.Replacements[len(last.Replacements)-1]
		case hunk != nil && (line[0] == ' ' || line[0] == '+'):
			hunk.Inserted.Text += line[1:]
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return []sarifFix{{sarifText{Text: "gate fix changes " + f.Fix.File}, changes}}
}
