package report

import "github.com/dify-gate/dify-gate/gate"

// firstShown is how many findings a report shows before all others.
const firstShown = 5

// worstOf are the first groups of what blocks, or of what warns where nothing
// blocks, and how many findings of that sort follow them. What a root cause
// explains or repeats is left out: causes have a part of their own.
func worstOf(rep gate.Report, v view) (first []group, more int) {
	cause := causeKeys(rep)
	for _, g := range inOrder(v) {
		f := g.first()
		switch {
		case g.By != "" || cause[f.Fingerprint] || !f.Active() || f.Known:
		case !blocks(rep, f) && (rep.Verdict == gate.VerdictBlock || f.Severity < gate.Warning):
		case len(first) < firstShown:
			first = append(first, g)
		default:
			more += len(g.Findings)
		}
	}
	return first, more
}

// inOrder are the groups in the order of the findings, severity before impact.
func inOrder(v view) []group {
	var out []group
	for _, severity := range []gate.Severity{gate.Error, gate.Warning, gate.Notice} {
		for _, s := range v.Sections {
			for _, g := range s.Groups {
				if g.Severity == severity {
					out = append(out, g)
				}
			}
		}
	}
	return out
}
