package gate

import (
	"strings"
	"testing"
	"time"
)

// A pass is earned: each of the ways to have nothing to rest on, and the nearest
// run that has something.
func TestNothingToRestOn(t *testing.T) {
	t.Parallel()
	ran := func(kind string, phase Phase, r Result) Ran {
		return Ran{Check: Check{Kind: kind, Name: kind + " " + string(phase), Phase: phase}, Result: r}
	}
	leftOut := func(r Ran) Ran {
		r.Check.LeftOut = true
		return r
	}
	looked, skipped := Result{}, Result{Skip: "its address is out of reach", SkipGroup: "out of reach"}
	notes := ran("changelog", PhasePre, looked)
	unread := ran("changelog", PhasePre, Result{Skip: "the running version is not known"})
	for name, c := range map[string]struct {
		ran     []Ran
		info    RunInfo
		require []string
		verdict Verdict
		missing string
	}{
		"post all skipped":             {[]Ran{ran("http", PhasePost, skipped), ran("tcp", PhasePost, skipped)}, RunInfo{Phase: PhasePost}, nil, VerdictInconclusive, "after the deploy"},
		"post, one looked":             {[]Ran{ran("http", PhasePost, looked), ran("tcp", PhasePost, skipped)}, RunInfo{Phase: PhasePost}, nil, VerdictPass, ""},
		"pre skipped, post looked":     {[]Ran{ran("env", PhasePre, skipped), ran("http", PhasePost, looked)}, RunInfo{Phase: PhaseAll}, nil, VerdictInconclusive, "before the deploy"},
		"pre not asked for":            {[]Ran{ran("env", PhasePre, skipped), ran("http", PhasePost, looked)}, RunInfo{Phase: PhasePost}, nil, VerdictPass, ""},
		"no checks of a phase":         {[]Ran{ran("env", PhasePre, looked)}, RunInfo{Phase: PhaseAll}, nil, VerdictPass, ""},
		"post left out by --only":      {[]Ran{ran("env", PhasePre, looked), leftOut(ran("http", PhasePost, skipped))}, RunInfo{Phase: PhaseAll}, nil, VerdictPass, ""},
		"all left out by --skip":       {[]Ran{leftOut(ran("env", PhasePre, skipped)), leftOut(ran("http", PhasePost, skipped))}, RunInfo{Phase: PhaseAll}, nil, VerdictInconclusive, "no check looked at anything"},
		"nothing at all":               {nil, RunInfo{Phase: PhaseAll}, nil, VerdictInconclusive, "no check looked at anything"},
		"a dry run sends nothing":      {[]Ran{ran("env", PhasePre, looked), ran("http", PhasePost, skipped)}, RunInfo{Phase: PhaseAll, DryRun: true}, nil, VerdictPass, ""},
		"notes not read":               {[]Ran{ran("env", PhasePre, looked), unread}, RunInfo{Phase: PhasePre, RangeWanted: true}, nil, VerdictInconclusive, "release notes"},
		"notes left out":               {[]Ran{ran("env", PhasePre, looked), unread}, RunInfo{Phase: PhasePre}, nil, VerdictPass, ""},
		"notes read":                   {[]Ran{notes}, RunInfo{Phase: PhasePre, RangeWanted: true}, nil, VerdictPass, ""},
		"from is to":                   {[]Ran{ran("env", PhasePre, looked), unread}, RunInfo{Phase: PhasePre, RangeWanted: true, Upgrade: Upgrade{From: "1.13.2", To: "1.13.2"}}, nil, VerdictPass, ""},
		"a required kind did not look": {[]Ran{ran("env", PhasePre, looked), ran("proxy", PhasePre, skipped)}, RunInfo{Phase: PhasePre}, []string{"proxy"}, VerdictInconclusive, "policy.require lists proxy"},
		"a required kind is missing":   {[]Ran{ran("env", PhasePre, looked)}, RunInfo{Phase: PhasePre}, []string{"http"}, VerdictInconclusive, "policy.require lists http"},
		"a required kind looked":       {[]Ran{ran("env", PhasePre, looked)}, RunInfo{Phase: PhasePre}, []string{"env"}, VerdictPass, ""},
	} {
		c.info.Started = time.Unix(0, 0)
		rep := Assemble(c.ran, Policy{Require: c.require}, c.info)
		if rep.Verdict != c.verdict || !strings.Contains(strings.Join(rep.RestsOn.Missing, "; "), c.missing) || (c.missing == "") != (len(rep.RestsOn.Missing) == 0) {
			t.Errorf("%s: %s, missing %q; want %s with %q", name, rep.Verdict, rep.RestsOn.Missing, c.verdict, c.missing)
		}
	}
}

// An error still blocks a run that has nothing else to rest on.
func TestBlockWinsOverNothing(t *testing.T) {
	t.Parallel()
	rep := Assemble([]Ran{
		{Check: Check{Kind: "env", Name: "env", Phase: PhasePre}, Result: Result{Findings: []Finding{{Rule: "env/syntax", Severity: Error, Message: "m"}}}},
		{Check: Check{Kind: "http", Name: "a", Phase: PhasePost}, Result: Result{Skip: "s"}},
		{Check: Check{Kind: "http", Name: "b", Phase: PhasePost}, Result: Result{Skip: "t", SkipGroup: "far away"}},
		{Check: Check{Kind: "http", Name: "c", Phase: PhasePost}, Result: Result{Skip: "u", SkipGroup: "far away"}},
	}, Policy{}, RunInfo{Phase: PhaseAll})
	if rep.Verdict != VerdictBlock || len(rep.RestsOn.NotLooked) != 2 || len(rep.RestsOn.NotLooked[1].Checks) != 2 {
		t.Errorf("%s, %+v; want block, and two reasons, the second of two checks", rep.Verdict, rep.RestsOn)
	}
	if text := rep.RestsOn.String(); !strings.Contains(text, "1 of 1 before the deploy") || !strings.Contains(text, "2 did not look (far away)") {
		t.Errorf("got %q", text)
	}
}
