package gate

import (
	"path"
	"slices"
)

// Impact is what a finding does to this upgrade.
type Impact string

// The impacts, in the order of every report.
const (
	// ImpactDown: live, and broken now.
	ImpactDown Impact = "down"
	// ImpactBreaks: this upgrade breaks it, proven in the operator's own files.
	ImpactBreaks Impact = "breaks"
	// ImpactMayBreak: a release note or a difference that cannot be decided.
	ImpactMayBreak Impact = "may-break"
	// ImpactStanding: true before this upgrade, and not changed by it.
	ImpactStanding Impact = "standing"
	// ImpactHygiene: nothing breaks; worth tidying up or knowing.
	ImpactHygiene Impact = "hygiene"
)

// Impacts lists the impacts, the heaviest first.
func Impacts() []Impact {
	return []Impact{ImpactDown, ImpactBreaks, ImpactMayBreak, ImpactStanding, ImpactHygiene}
}

// rank is the impact's place in that order; an unknown one comes last.
func (i Impact) rank() int {
	if at := slices.Index(Impacts(), i); at >= 0 {
		return at
	}
	return len(Impacts())
}

// impactRows are the rules whose findings have another impact than their phase
// and severity say; the first row that matches counts.
var impactRows = []struct {
	rule   string // a rule id, or a glob over them
	impact Impact
}{
	// Two versions, or the operator's own files, prove these.
	{"changelog/downgrade", ImpactBreaks},
	{"upgrade/version-skew", ImpactBreaks},
	{"client/route-removed", ImpactBreaks},
	{"env/syntax", ImpactBreaks},
	{"env/missing", ImpactBreaks},
	{"settings/overridden", ImpactHygiene},
	{"settings/*", ImpactBreaks},
	{"proxy/route-shadowed", ImpactMayBreak},
	{"proxy/unread", ImpactHygiene},
	{"proxy/upgrade-missing", ImpactMayBreak},
	{"proxy/*", ImpactBreaks},
	{"lockfile/syntax", ImpactBreaks},
	{"lockfile/out-of-step", ImpactBreaks},
	{"lockfile/version", ImpactBreaks},
	{"runtime/*", ImpactBreaks},
	// Notes and differences: changelog rules are decided by what applies.
	{"changelog/security", ImpactHygiene},
	{"changelog/*", ImpactMayBreak},
	{"upgrade/*", ImpactMayBreak},
	{"client/*", ImpactMayBreak},
	// No upgrade changes these.
	{"env/public-secret", ImpactStanding},
	{"env/inconsistent", ImpactStanding},
	{"env/url", ImpactStanding},
	{"env/*", ImpactMayBreak},
	{"lockfile/integrity-weak", ImpactHygiene},
	{"lockfile/foreign-source", ImpactHygiene},
	{"lockfile/*", ImpactStanding},
	{"firewall/*", ImpactStanding},
	{"logrotate/syntax", ImpactStanding},
	{"logrotate/*", ImpactHygiene},
	{"cors/wildcard-credentials", ImpactStanding},
	{"cors/too-open", ImpactStanding},
	{"tls/expiring", ImpactStanding},
	{"redis/memory", ImpactStanding},
	{"redis/evicting", ImpactStanding},
	{"*/long-transaction", ImpactStanding},
	{"slo/latency-outlier", ImpactHygiene},
	{"waiver/*", ImpactHygiene},
}

// DefaultImpact is the impact of a rule's finding, where neither the rule nor the
// finding says another one: that of the rules' table, or else, after the deploy,
// down for an error; a warning cannot be decided, and a notice breaks nothing.
func DefaultImpact(rule string, phase Phase, severity Severity) Impact {
	for _, row := range impactRows {
		if ok, err := path.Match(row.rule, rule); err == nil && ok {
			return row.impact
		}
	}
	switch {
	case severity == Notice:
		return ImpactHygiene
	case severity == Error && phase == PhasePost:
		return ImpactDown
	}
	return ImpactMayBreak
}

// setImpacts gives an impact to each finding that has none. A release note breaks
// something when its change applies to this deployment and names a variable or a
// queue, which the operator's files then prove. phases are the phases of the
// checks by name. It is pure but for the findings.
func setImpacts(findings []Finding, changes []Change, phases map[string]Phase) {
	of := map[string]Change{}
	for _, c := range changes {
		if c.Fingerprint != "" {
			of[c.Fingerprint] = c
		}
	}
	for i, f := range findings {
		if f.Impact != "" {
			continue
		}
		impact := DefaultImpact(f.Rule, phases[f.Check], f.Severity)
		switch c := of[f.Fingerprint]; {
		case c.Applies == "no":
			impact = ImpactHygiene
		case c.Applies == "yes" && impact == ImpactMayBreak && f.Severity == Error && len(c.Names.Env)+len(c.Names.Queues) > 0:
			impact = ImpactBreaks
		}
		findings[i].Impact = impact
	}
}
