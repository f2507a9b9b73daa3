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
func TestBlockers(t *testing.T) {
	t.Parallel()
	first, more := blockersOf(sample())
	for _, b := range first {
		if b.Place == "mcp server" || b.Place == "docker/nginx/conf.d/default.conf.template:12:5" || b.Place == "docker/.env:7:1" {
			t.Errorf("%+v is a blocker", b)
		}
	}
	if len(first) != 3 || more != 0 {
		t.Errorf("%+v and %d more, want two changes and a waiver", first, more)
	}
	if first, more = blockersOf(crowd5000()); len(first) != 5 || more < 100 {
		t.Errorf("%d and %d more", len(first), more)
	}
	rep := sample()
	rep.Verdict = gate.VerdictWarn
	if first, _ = blockersOf(rep); len(first) != 0 {
		t.Errorf("a verdict that blocks nothing has %+v", first)
	}
}
