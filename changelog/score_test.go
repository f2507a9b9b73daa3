package changelog

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

const sharedData = "../../shared/changelog/"

type truthItem struct {
	ID, Version, Kind, Quote string
	Blocking, Borderline     bool
	Duplicate                string `json:"duplicate_of"`
}

// TestScore measures the classification against the truth table: recall of
// the firm items and of the blocking ones, and the share of tempting lines
// that are flagged. A line counts as found when a change of its version shares
// 60 % of the shorter one's words with the quote.
func TestScore(t *testing.T) {
	truth := readTruth(t)
	changes := readAll(t, sharedData+"releases.json")
	found := func(it truthItem) *Change {
		quote := wordSet(it.Quote)
		for i, ch := range changes {
			if ch.Version.String() == it.Version && overlap(quote, wordSet(ch.Text)) >= 0.6 {
				return &changes[i]
			}
			for _, also := range ch.Also {
				if also.Version.String() == it.Version && overlap(quote, wordSet(also.Text)) >= 0.6 {
					return &changes[i]
				}
			}
		}
		return nil
	}
	firm, firmHit, blocking, blockingHit, flagged := 0, 0, 0, 0, 0
	for _, it := range truth.Items {
		ch := found(it)
		switch {
		case it.Borderline:
			t.Logf("borderline %s %s: found %v", it.ID, it.Version, ch != nil)
			continue
		case ch == nil:
			t.Logf("missed %s %s %s: %s", it.ID, it.Version, it.Kind, it.Quote)
		default:
			firmHit++
			t.Logf("found %s %-16s as %-10s (%s) %q", it.ID, it.Kind, ch.Kind, ch.Signal, ch.Text)
		}
		firm++
		if it.Blocking {
			blocking++
			if ch != nil {
				blockingHit++
			}
		}
	}
	for _, it := range truth.FalsePositives {
		if ch := found(it); ch != nil {
			flagged++
			t.Logf("flagged %s %s as %s (%s): %s\n   by %s", it.ID, it.Version, ch.Kind, ch.Signal, it.Quote, ch.Text)
		}
	}
	recall, grave, tempted := ratio(firmHit, firm), ratio(blockingHit, blocking), ratio(flagged, len(truth.FalsePositives))
	fmt.Printf("recall of firm items %.2f (%d of %d), of blocking items %.2f (%d of %d), tempting lines flagged %.2f (%d of %d)\n",
		recall, firmHit, firm, grave, blockingHit, blocking, tempted, flagged, len(truth.FalsePositives))
	if recall < 0.90 || grave < 1 || tempted > 0.10 {
		t.Errorf("want recall >= 0.90, of blocking items 1.00, tempting lines <= 0.10")
	}
}

func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

type truthTable struct {
	Items          []truthItem
	FalsePositives []truthItem `json:"false_positives"`
}

func readTruth(t *testing.T) truthTable {
	t.Helper()
	text, err := os.ReadFile(sharedData + "truth.json")
	if err != nil {
		t.Skip("the truth table is not here")
	}
	var truth truthTable
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	return truth
}

// readAll reads all releases of a file as one range.
func readAll(t *testing.T, file string) []Change {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip("the releases are not here")
	}
	releases, err := DecodeReleases(file, text)
	if err != nil {
		t.Fatal(err)
	}
	reading := Read(SelectRange(releases, mustVersion(t, "0.0.1"), mustVersion(t, "99.0.0-rc1")), nil)
	if os.Getenv("GATE_SHOW") != "" {
		for _, ch := range reading.Changes {
			fmt.Printf("%s:%d %-11s %s\n      [%s] %s | %s\n      %+v cond=%v also=%d\n", ch.Version, ch.Location.Line, ch.Kind, ch.Signal, ch.Context, ch.Text, strings.Join(ch.Names.Env, ","), ch.Names, ch.Condition, len(ch.Also))
		}
		for _, e := range reading.Coverage.Unclassified {
			fmt.Printf("UNCLASSIFIED %d %v %s\n", e.Location.Line, e.Path, e.Text)
		}
	}
	return reading.Changes
}
