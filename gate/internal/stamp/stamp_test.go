package stamp

import (
	"testing"
	"time"
)

// TestClock holds the calendar against the standard library's, leap days and
// zones included.
func TestClock(t *testing.T) {
	t.Parallel()
	var c Clock
	for at := time.Date(1999, 1, 1, 0, 0, 0, 0, time.FixedZone("", -(3*3600+1800))); at.Year() < 2101; at = at.Add(37*time.Hour + 13*time.Second) {
		if got, ok := c.Local([]byte(at.Format("02/Jan/2006:15:04:05 -0700"))); !ok || got != at.Unix() {
			t.Fatalf("%v: got %d, %v", at, got, ok)
		}
		if got, ok := c.ISO([]byte(at.Format("2006-01-02T15:04:05-07:00"))); !ok || got != at.Unix() {
			t.Fatalf("%v: got %d, %v", at, got, ok)
		}
	}
}

func TestISO(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 25, 10, 34, 6, 0, time.UTC).Unix()
	for text, c := range map[string]struct {
		n     int
		zoned bool
	}{
		"2026-11-25 10:34:06,616.616 INFO": {27, false},
		"2026-11-25T10:34:06.123456789Z x": {30, true},
		"2026/11/25 10:34:06 [error]":      {19, false},
		"2026-11-25 10:34:06 +0000]":       {19, false},
		"2026-11-25 10:34:06":              {19, false},
		"2026-11-25 10:34:06-1":            {19, false},
	} {
		unix, zoned, n, ok := ISO([]byte(text))
		if !ok || unix != want || zoned != c.zoned || n != c.n {
			t.Errorf("%q: %d %v %d %v, want %d %v %d", text, unix, zoned, n, ok, want, c.zoned, c.n)
		}
	}
	for _, text := range []string{"", "2026-11-25", "2026-11/25 10:34:06", "2026-13-25 10:34:06", "x026-11-25 10:34:06"} {
		if _, _, _, ok := ISO([]byte(text)); ok {
			t.Errorf("%q was read", text)
		}
	}
}
