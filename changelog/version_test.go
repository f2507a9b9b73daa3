package changelog

import (
	"slices"
	"strings"
	"testing"
)

func TestVersionOrder(t *testing.T) {
	t.Parallel()
	// Each line is in rising order; equal versions stand in one string.
	for _, line := range []string{
		"0.6.0-preview-workflow.1 0.6.0 0.6.0-fix1",
		"0.9.1 0.9.1-fix1 0.9.1-fix2 0.9.1-fix10 0.9.2",
		"0.10.0-beta3 0.10.0-beta10 0.10.0",
		"1.10.0 1.10.1-rc1 1.10.1 1.10.1-fix 1.10.1-fix.1 1.10.1-fix.2 1.11.0",
		"1.13.3 1.13.3-hotfix.1 1.14.0-rc1 1.14.0",
		"1.16.0-dev 1.16.0-preview 1.16.0-alpha.1 1.16.0-beta.1 1.16.0-rc1 1.16.0-rc.2 1.16.0",
		"1.9.0 1.9.0.1 1.9.1",
		"1.19.0 2.0.0-beta.1 2.0.0-beta.2",
	} {
		want := strings.Fields(line)
		for i, a := range want {
			for j, b := range want {
				got := mustVersion(t, a).Compare(mustVersion(t, b))
				if (i < j && got != -1) || (i > j && got != 1) || (i == j && got != 0) {
					t.Errorf("Compare(%s, %s) = %d, want order of %q", a, b, got, line)
				}
			}
		}
	}
	for _, same := range [][]string{{"1.10", "1.10.0", "v1.10.0"}, {"1.16.0-rc1", "1.16.0-rc.1", "V1.16.0rc1"}} {
		for _, s := range same[1:] {
			if mustVersion(t, same[0]).Compare(mustVersion(t, s)) != 0 {
				t.Errorf("%s and %s differ, want equal", same[0], s)
			}
		}
	}
}

func TestVersionStrict(t *testing.T) {
	t.Parallel()
	bad := []string{"", " 1.2.3", "1.2.3 ", "latest", "main", "1.x", "1.2.3-", "1.2.3-0", "1.2.3-wip", "1.2.3-fix-", "1..2", "1.2.3-fix.99999999999999999999",
		"１.２.３", "1.2.3\n", "-1.2.3", strings.Repeat("1.", 80) + "1"}
	for _, s := range bad {
		if v, err := ParseVersion(s); err == nil {
			t.Errorf("ParseVersion(%q) = %v, want an error", s, v)
		}
	}
	if (Version{}).Compare(mustVersion(t, "0.0.0")) != -1 {
		t.Error("the zero Version is not before 0.0.0")
	}
}

func TestVersionKinship(t *testing.T) {
	t.Parallel()
	fix, plain := mustVersion(t, "1.10.1-fix.1"), mustVersion(t, "1.10.1")
	if !fix.Fix() || plain.Fix() || !fix.SameCore(plain) || !fix.SameLine(mustVersion(t, "1.10.0")) {
		t.Error("1.10.1-fix.1 is not seen as a fix of 1.10.1")
	}
	if !mustVersion(t, "2.0.0-beta.1").Prerelease() || fix.Prerelease() {
		t.Error("pre-release: want beta yes, fix no")
	}
}

func TestVersionSortIsStable(t *testing.T) {
	t.Parallel()
	got := []string{"1.16.0", "1.16.0-fix.1", "1.16.0-rc1", "1.2.0", "1.10.0"}
	slices.SortFunc(got, func(a, b string) int { return mustVersion(t, a).Compare(mustVersion(t, b)) })
	if want := "1.2.0 1.10.0 1.16.0-rc1 1.16.0 1.16.0-fix.1"; strings.Join(got, " ") != want {
		t.Errorf("sorted %v, want %s", got, want)
	}
}

func mustVersion(t testing.TB, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
