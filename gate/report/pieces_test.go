package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
)

func TestTextPieces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]textPiece{
		"run `a b` and `c`": {{"run ", false}, {"a b", true}, {" and ", false}, {"c", true}},
		"a ` b":             {{"a ` b", false}},
		"``x``":             {{"``x``", false}},
		"`a\nb`":            {{"`a\nb`", false}},
		"":                  {{"", false}},
	} {
		if diff := cmp.Diff(want, textPieces(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestChangesInOrder(t *testing.T) {
	t.Parallel()
	rep := gate.Report{Changes: []gate.Change{
		{Version: "2", Kind: "security", Text: "e"}, {Version: "2", Kind: "breaking", Text: "g", Waived: true}, {Version: "2", Kind: "breaking", Applies: "no", Text: "f"},
		{Version: "2", Kind: "config", Text: "d"}, {Version: "2", Kind: "breaking", Text: "c"}, {Version: "2", Kind: "config", Applies: "yes", Text: "b"},
		{Version: "1", Kind: "security", Text: "h"}, {Version: "2", Kind: "action", Applies: "yes", Text: "a"},
	}}
	got := ""
	for _, c := range changesInOrder(rep) {
		got += c.Text
	}
	if got != "abcdefgh" || rep.Changes[0].Text != "e" {
		t.Errorf("order %s of %v", got, rep.Changes[0])
	}
}

// TestBlockers: what a root cause explains, or is, stands there and not
// among the first blockers.
func TestWorst(t *testing.T) {
	t.Parallel()
	worst := func(rep gate.Report) ([]group, int) { return worstOf(rep, show(rep, false)) }
	first, more := worst(sample())
	for _, g := range first {
		if g.By != "" || g.Rule == "proxy/route-missing" || g.Rule == "env/removed" {
			t.Errorf("%+v is what to do first", g)
		}
	}
	if len(first) != 3 || more != 0 {
		t.Errorf("%+v and %d more, want two changes and a waiver", first, more)
	}
	rep := sample()
	rep.Verdict = gate.VerdictWarn
	if first, _ = worst(rep); len(first) < 4 {
		t.Errorf("a verdict that blocks nothing begins with %+v, want errors and the warning", first)
	}
}
