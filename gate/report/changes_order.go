package report

import (
	"cmp"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
)

// changesInOrder are the changes release by release, in each what concerns this
// deployment first, then what may, then what does not and what is waived; among
// those what breaks before what informs.
func changesInOrder(rep gate.Report) []gate.Change {
	release := map[string]int{}
	for _, c := range rep.Changes {
		if _, known := release[c.Version]; !known {
			release[c.Version] = len(release)
		}
	}
	rank := func(list []string, s string) int { return slices.Index(list, s) }
	out := slices.Clone(rep.Changes)
	slices.SortStableFunc(out, func(a, b gate.Change) int {
		return cmp.Or(
			cmp.Compare(release[a.Version], release[b.Version]),
			cmp.Compare(truth(a.Waived), truth(b.Waived)),
			cmp.Compare(rank([]string{"yes", "unknown", "no"}, appliesWord(a.Applies)), rank([]string{"yes", "unknown", "no"}, appliesWord(b.Applies))),
			cmp.Compare(rank([]string{"hard", "soft", "info"}, kindClass(a.Kind)), rank([]string{"hard", "soft", "info"}, kindClass(b.Kind))),
		)
	})
	return out
}
