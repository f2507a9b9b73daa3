package report

import "github.com/dify-gate/dify-gate/gate"

// blocker is a finding that the verdict rests on, in short.
type blocker struct {
	Message, Place string
	Location       *gate.Location
}

// blockersOf are the first findings that block, without those that a root cause
// explains or is: causes have a part of their own.
func blockersOf(rep gate.Report) (first []blocker, more int) {
	const shown = 5
	by := explainedBy(rep)
	cause := map[string]bool{}
	for _, c := range rep.RootCauses {
		cause[c.Check] = cause[c.Check] || len(c.Explains) > 0
	}
	for _, f := range rep.Findings {
		switch {
		case !blocks(rep, f) || by[f.Check] != "" || cause[f.Check]:
		case len(first) < shown:
			where := place(f.Location)
			if where == "" {
				where = f.Check
			}
			first = append(first, blocker{shorten(f.Message, 300), where, f.Location})
		default:
			more++
		}
	}
	return first, more
}
