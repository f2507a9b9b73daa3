package release

import (
	"context"
	"fmt"
	"time"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// aheadTimeout bounds what is spent on the releases after the one that runs: they
// decide nothing.
const aheadTimeout = 30 * time.Second

// sameVersion is the run of an empty range. Where both ends were found by themselves,
// the question is whether what runs is still good: what later releases say of it.
// That is no part of the range: when it cannot be read, nothing is undecided.
func (r *changelogRun) sameVersion(ctx context.Context, running changelog.Version) {
	r.note("from and to are the same version: no release notes have to be read")
	if !r.spec.Ahead {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, aheadTimeout)
	defer cancel()
	err := r.read(ctx, changelog.Need{From: running, To: running})
	if err == nil {
		err, r.out.Err = r.out.Err, nil
	}
	if err != nil {
		r.note(fmt.Sprintf("what later releases say of %s was not read: %s", running, err))
		return
	}
	later := r.reading.Coverage.Ahead
	if len(later) == 0 {
		r.note(fmt.Sprintf("no release after %s is known", running))
	} else {
		r.note(fmt.Sprintf("read for what they say of %s: %s", running, changelog.JoinVersions(later)))
		r.securityFixes(running, later[len(later)-1])
	}
	r.regressions()
}

// securityFixes warns of what later releases fix and the running one has.
func (r *changelogRun) securityFixes(running, newest changelog.Version) {
	reading := changelog.Read(changelog.SelectRange(r.releases, running, newest), nil)
	for _, ch := range reading.Changes {
		if ch.Kind != changelog.Security {
			continue
		}
		f := ruleOfChange[ch.Kind].Finding(
			fmt.Sprintf("%s runs without a fix of %s: %s", running, ch.Version, check.InOneLine(ch.Text, 300)), "upgrade to "+ch.Version.String()+" or later")
		f.Severity = gate.Warning
		f.Text, f.Version, f.URL = ch.Text, ch.Version.String(), ch.URL
		f.Subject = "ahead\x00" + f.Version + "\x00" + ch.Text
		if r.local() {
			f.Location = r.location(ch.Location)
		}
		r.out.Findings = append(r.out.Findings, f)
	}
}

func (r *changelogRun) note(text string) {
	r.out.Upgrade.Coverage.Notes = append(r.out.Upgrade.Coverage.Notes, text)
	if r.out.Evidence["note"] == nil {
		r.out.Evidence["note"] = text
	}
}
