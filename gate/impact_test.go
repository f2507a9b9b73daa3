package gate

import (
	"slices"
	"testing"
)

func TestDefaultImpact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule     string
		phase    Phase
		severity Severity
		want     Impact
	}{
		{"proxy/route-missing", PhasePre, Error, ImpactBreaks},
		{"proxy/unread", PhasePre, Notice, ImpactHygiene},
		{"env/missing", PhasePre, Error, ImpactBreaks},
		{"env/new", PhasePre, Notice, ImpactMayBreak},
		{"env/public-secret", PhasePre, Error, ImpactStanding},
		{"env/inconsistent", PhasePre, Error, ImpactStanding},
		{"upgrade/undeclared", PhasePre, Warning, ImpactMayBreak},
		{"changelog/action", PhasePre, Error, ImpactMayBreak},
		{"changelog/security", PhasePre, Notice, ImpactHygiene},
		{"lockfile/version", PhasePre, Error, ImpactBreaks},
		{"mysql/long-transaction", PhasePost, Warning, ImpactStanding},
		{"http/status", PhasePost, Error, ImpactDown},
		{"http/latency", PhasePost, Warning, ImpactMayBreak},
		{"slo/latency-outlier", PhasePost, Notice, ImpactHygiene},
		{"waiver/expired", "", Error, ImpactHygiene},
	} {
		if got := DefaultImpact(c.rule, c.phase, c.severity); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.rule, c.severity, got, c.want)
		}
	}
}

// note is a change of the release notes and its finding.
func note(kind, applies string, severity Severity, text string, names Names) (Change, Finding) {
	return Change{Version: "1.14.0", Kind: kind, Text: text, Applies: applies, Names: names},
		Finding{Rule: "changelog/" + kind, Severity: severity, Message: text, Text: text, Version: "1.14.0"}
}

func assembled(notes func() ([]Change, []Finding), own ...Finding) Report {
	changes, findings := notes()
	return Assemble([]Ran{
		{Check: Check{Kind: "changelog", Name: "changelog", Phase: PhasePre}, Result: Result{Changes: changes, Findings: findings}},
		{Check: Check{Kind: "env", Name: "env", Phase: PhasePre}, Result: Result{Findings: own}},
		{Check: Check{Kind: "http", Name: "http", Phase: PhasePost}, Result: Result{Findings: []Finding{{Rule: "http/status", Severity: Error, Message: "500"}}}},
	}, Policy{}, RunInfo{})
}

// TestOrder: severity, then impact, then rule; what is known and what is waived
// comes last.
func TestOrder(t *testing.T) {
	t.Parallel()
	rep := assembled(func() (changes []Change, findings []Finding) {
		for _, applies := range []string{"unknown", "yes", "no"} {
			c, f := note("action", applies, Error, "do this: "+applies, Names{Env: []string{"X"}})
			changes, findings = append(changes, c), append(findings, f)
		}
		return changes, findings
	},
		Finding{Rule: "env/public-secret", Severity: Error, Message: "secret"},
		Finding{Rule: "env/missing", Severity: Error, Message: "missing"},
		Finding{Rule: "upgrade/undeclared", Severity: Warning, Message: "nginx refuses to start", Impact: ImpactBreaks},
		Finding{Rule: "env/removed", Severity: Warning, Message: "removed"},
	)
	var got []string
	for _, f := range rep.Findings {
		got = append(got, string(f.Impact)+" "+f.Message)
	}
	want := []string{"down 500", "breaks do this: yes", "breaks missing", "may-break do this: unknown", "standing secret", "hygiene do this: no",
		"breaks nginx refuses to start", "may-break removed"}
	if !slices.Equal(got, want) {
		t.Errorf("the order is\n%q, want\n%q", got, want)
	}
	list := []Finding{{Rule: "a", Severity: Error, Waived: &Waived{}}, {Rule: "b", Severity: Error, Known: true}, {Rule: "c", Severity: Notice}}
	sortFindings(list)
	if list[0].Rule != "c" || list[1].Rule != "b" || list[2].Rule != "a" {
		t.Errorf("new, known, waived: got %v", list)
	}
}

// TestFoldDifferences: a difference of the releases' files is one with the
// findings that have its lines.
func TestFoldDifferences(t *testing.T) {
	t.Parallel()
	none := func() ([]Change, []Finding) { return nil, nil }
	rep := assembled(none,
		Finding{Rule: "env/removed", Severity: Warning, Message: "OLD_KEY is set, and 1.14.2 does not know it"},
		Finding{Rule: "upgrade/undeclared", Severity: Notice, Message: "1.14.2 no longer has OLD_KEY, which .env sets"},
		Finding{Rule: "upgrade/undeclared", Severity: Notice, Message: "1.14.2 no longer has OLD_KEY, OLDER_KEY, which .env sets"},
		Finding{Rule: "upgrade/undeclared", Severity: Warning, Message: "the default of OLD_KEY changes"},
	)
	for _, f := range rep.Findings {
		if folded := f.FoldedInto != ""; folded != (f.Message == "1.14.2 no longer has OLD_KEY, which .env sets") {
			t.Errorf("%s: folded %v", f.Message, folded)
		}
	}
}

func TestFoldNotes(t *testing.T) {
	t.Parallel()
	host := Finding{Rule: "env/default-changed", Severity: Warning, Message: "GRAPH_WORKERS is 1, the new default is 3", Subject: "GRAPH_WORKERS"}
	skew := Finding{Rule: "upgrade/version-skew", Severity: Error, Message: "langgenius/dify-plugin-daemon:0.5.3 is declared for plugin_daemon, want 0.6.1-local"}
	route := Finding{Rule: "proxy/route-missing", Severity: Error, Message: "/socket.io/ has no route of its own, want api_websocket:5001"}
	secret := Finding{Rule: "env/public-secret", Severity: Error, Message: "SECRET_KEY has a public default"}
	for name, c := range map[string]struct {
		kind, applies string
		severity      Severity
		text          string
		names         Names
		want          string // the rule of the finding it folds into
	}{
		"a variable":                     {"config", "unknown", Warning, "raised", Names{Env: []string{"GRAPH_WORKERS"}}, host.Rule},
		"an error into a warning":        {"action", "unknown", Error, "raised", Names{Env: []string{"GRAPH_WORKERS"}}, ""},
		"one name that nothing says":     {"config", "unknown", Warning, "raised", Names{Env: []string{"GRAPH_WORKERS", "OTHER"}}, ""},
		"part of a name":                 {"config", "unknown", Warning, "raised", Names{Env: []string{"WORKERS"}}, ""},
		"an image":                       {"config", "unknown", Warning, "bump", Names{Services: []string{"plugin_daemon"}, Versions: []string{"0.6.1"}}, skew.Rule},
		"an older image":                 {"config", "unknown", Warning, "bump", Names{Services: []string{"plugin_daemon"}, Versions: []string{"0.6.0"}}, ""},
		"a service alone":                {"breaking", "unknown", Error, "needs a key", Names{Services: []string{"plugin_daemon"}}, ""},
		"a path between backticks":       {"action", "unknown", Error, "Add `/socket.io/` for api_websocket", Names{Services: []string{"api_websocket"}}, route.Rule},
		"a command":                      {"action", "unknown", Error, "`/socket.io/`", Names{Commands: []string{"flask x"}}, ""},
		"a secret that was there before": {"config", "unknown", Warning, "keep it", Names{Env: []string{"SECRET_KEY"}}, ""},
		"a hole":                         {"security", "unknown", Notice, "closed", Names{Env: []string{"GRAPH_WORKERS"}}, ""},
		"one that does not apply":        {"config", "no", Notice, "raised", Names{Env: []string{"GRAPH_WORKERS"}}, ""},
		"no name":                        {"config", "unknown", Warning, "raised", Names{}, ""},
		"one that applies":               {"deprecation", "yes", Error, "`/socket.io/`", Names{}, route.Rule},
	} {
		rep := assembled(func() ([]Change, []Finding) {
			change, f := note(c.kind, c.applies, c.severity, c.text, c.names)
			return []Change{change}, []Finding{f}
		}, host, skew, route, secret)
		byPrint, into := map[string]string{}, ""
		for _, f := range rep.Findings {
			byPrint[f.Fingerprint] = f.Rule
			if f.Rule == "changelog/"+c.kind {
				into = f.FoldedInto
			}
		}
		if byPrint[into] != c.want {
			t.Errorf("%s: folded into %q, want %q", name, byPrint[into], c.want)
		}
	}
}
