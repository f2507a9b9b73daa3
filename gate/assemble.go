package gate

import (
	"path"
	"time"
)

// Policy is what turns findings into a verdict.
type Policy struct {
	FailOn FailOn
	// Severity overrides by rule id or glob: one that names the rule itself
	// counts before the globs, of which the first that matches does.
	Severity []SeverityOverride
	Waivers  []Waiver
	// Require are kinds of which a check has to have looked at something.
	Require []string
}

// SeverityOverride gives the findings of a rule another severity.
type SeverityOverride struct {
	Rule     string
	Severity Severity
}

// RunInfo is what Assemble has to know of a run besides its checks.
type RunInfo struct {
	Tool        Tool
	Started     time.Time
	Duration    time.Duration
	Upgrade     Upgrade // versions; coverage and releases come from the changelog check
	Phase       Phase
	DryRun      bool
	Interrupted bool
	// Partial is set when --only, --skip or --phase left checks out.
	Partial bool
	Secrets []Secret
	// RangeWanted is set when the release notes of the range are part of the run.
	RangeWanted bool
	// Catalogue is what is known of the releases.
	Catalogue CatalogueState
	// Baseline is the earlier report that the findings are compared with; nil for
	// none.
	Baseline *Baseline
	// URL is the public address of the deployment, "" when none was given.
	URL string
	// Graph is what depends on what; without it only needs and common causes
	// make one failure explain another.
	Graph Graph
}

// Assemble makes the report of a run: it applies severities and waivers, sorts,
// decides the verdict and names the root causes. It is pure.
func Assemble(ran []Ran, policy Policy, info RunInfo) Report {
	rep := Report{
		Schema: ReportSchema, Tool: info.Tool, Started: info.Started, DurationMS: info.Duration.Milliseconds(),
		Upgrade: info.Upgrade, URL: RedactURL(info.URL), Phase: info.Phase, DryRun: info.DryRun, Interrupted: info.Interrupted, FailOn: orError(policy.FailOn),
		RootCauses: []RootCause{}, Changes: []Change{}, Checks: []CheckReport{}, Findings: []Finding{},
	}
	secrets := info.Secrets
	for _, r := range ran {
		rep.Findings = append(rep.Findings, findingsOf(r, policy)...)
		rep.Changes = append(rep.Changes, r.Result.Changes...)
		rep.RunBook = append(rep.RunBook, r.Result.RunBook...)
		secrets = append(secrets, r.Check.Secrets...)
		if u := r.Result.Upgrade; u != nil {
			rep.Upgrade.Releases, rep.Upgrade.Coverage = u.Releases, u.Coverage
		}
	}
	if rep.Upgrade.Releases == nil {
		rep.Upgrade.Releases = []string{}
	}
	about := Waive(rep.Findings, policy.Waivers, info.Started, info.Upgrade.To, tells(ran, info.Partial))
	for i := range about {
		about[i].Severity = policy.severityOf(about[i])
		about[i].Fingerprint = about[i].print()
	}
	rep.Findings = append(rep.Findings, about...)
	linkChanges(rep.Changes, rep.Findings)
	setImpacts(rep.Findings, rep.Changes, phasesOf(ran))
	if info.Baseline != nil {
		rep.Fixed = info.Baseline.apply(rep.Findings, ran)
	}
	sortFindings(rep.Findings)
	foldNotes(rep.Findings, rep.Changes)
	own := map[string][]int{}
	for i := range rep.Findings {
		own[rep.Findings[i].Check] = append(own[rep.Findings[i].Check], i)
	}
	for _, r := range ran {
		rep.Checks = append(rep.Checks, checkReport(r, rep.Findings, own[r.Check.Name], info.Started))
	}
	rep.RestsOn = restsOn(ran, rep.Checks, policy, info)
	if info.Baseline != nil {
		rep.Compared = info.Baseline.compare(rep.Checks)
		rep.RestsOn.Baseline = baselineState(info.Baseline, rep)
	}
	rep.Verdict, rep.Reasons = Decide(rep.Checks, rep.Findings, rep.RestsOn, policy.FailOn, info.Interrupted)
	rep.RootCauses = RootCauses(ran, &rep, info.Graph)
	rep.Counts = count(rep)
	return Masked(rep, NewMasker(secrets))
}

// findingsOf returns a check's findings with the severities that count.
func findingsOf(r Ran, policy Policy) []Finding {
	out := make([]Finding, 0, len(r.Result.Findings))
	for _, f := range r.Result.Findings {
		f.Check = r.Check.Name
		f.Fingerprint = f.print()
		if f.Location == nil && r.Check.Phase == PhasePost {
			// What answers live stands in no file: the entry that asked is the line
			// to look at. The fingerprint leaves it out, so that it outlives a move.
			f.Location = r.Check.Source.clone()
		}
		f.Severity = policy.severityOf(f)
		if f.Severity == Error && r.Check.Severity != 0 {
			f.Severity = r.Check.Severity
		}
		if f.Severity == Error && r.Check.AllowFailure {
			f.Severity = Warning
		}
		out = append(out, f)
	}
	return out
}

// Fails reports whether a result is a failure once severities and waivers are
// applied: then the check's outcome is fail or error. day judges the waivers, to
// is the target version.
func (p Policy) Fails(c Check, res Result, day time.Time, to string) bool {
	if res.Err != nil {
		return true
	}
	findings := findingsOf(Ran{Check: c, Result: res}, p)
	Waive(findings, p.Waivers, day, to, nil)
	return Worst(findings) == Error
}

func (p Policy) severityOf(f Finding) Severity {
	for _, o := range p.Severity {
		if o.Rule == f.Rule {
			return o.Severity
		}
	}
	for _, o := range p.Severity {
		if ok, err := path.Match(o.Rule, f.Rule); err == nil && ok {
			return o.Severity
		}
	}
	return f.Severity
}

// linkChanges gives each change the fingerprint of its finding, and whether that
// is waived.
func linkChanges(changes []Change, findings []Finding) {
	of := map[string]Finding{}
	for _, f := range findings {
		key := f.Rule + "\x00" + f.Version + "\x00" + f.Text
		if known, there := of[key]; !there || known.Active() && !f.Active() {
			of[key] = f
		}
	}
	for i, c := range changes {
		if f, ok := of["changelog/"+c.Kind+"\x00"+c.Version+"\x00"+c.Text]; ok {
			changes[i].Fingerprint, changes[i].Waived = f.Fingerprint, !f.Active()
		}
	}
}

func phasesOf(ran []Ran) map[string]Phase {
	phases := make(map[string]Phase, len(ran))
	for _, r := range ran {
		phases[r.Check.Name] = r.Check.Phase
	}
	return phases
}

// checkReport is a check's part of the report; indices are its findings.
func checkReport(r Ran, findings []Finding, indices []int, started time.Time) CheckReport {
	own := make([]Finding, 0, len(indices))
	for _, i := range indices {
		own = append(own, findings[i])
	}
	if indices == nil {
		indices = []int{}
	}
	outcome, reason := outcomeOf(r, own)
	c := CheckReport{
		Kind: r.Check.Kind, Name: r.Check.Name, Phase: r.Check.Phase, Outcome: outcome, Reason: reason,
		Attempts: r.Attempts, DurationMS: r.Duration.Milliseconds(), Needs: r.Check.Needs, Tags: r.Check.Tags,
		Probes: r.Check.Probes, Findings: indices, Evidence: r.Result.Evidence, AllowFailure: r.Check.AllowFailure,
		Location: r.Check.Source.clone(),
	}
	if !r.Start.IsZero() {
		c.StartMS = r.Start.Sub(started).Milliseconds()
	}
	return c
}

func count(rep Report) Counts {
	c := Counts{Checks: len(rep.Checks)}
	tally := map[Outcome]*int{
		OutcomePass: &c.Pass, OutcomeWarn: &c.Warn, OutcomeFail: &c.Fail, OutcomeError: &c.Error, OutcomeSkip: &c.Skip,
	}
	for _, k := range rep.Checks {
		*tally[k.Outcome]++
	}
	for _, f := range rep.Findings {
		switch {
		case !f.Active():
			c.Waived++
		case f.Known:
			c.Known++
			c.Findings++
		default:
			c.Findings++
		}
	}
	return c
}
