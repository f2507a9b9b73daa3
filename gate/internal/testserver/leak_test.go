package testserver

import (
	"strings"
	"testing"
)

// recorder notes what a test would have failed with.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Errorf(format string, _ ...any) { r.failed = format }

func TestNoLeaksSeesALeak(t *testing.T) {
	stop := make(chan struct{})
	r := &recorder{TB: t}
	NoLeaks(r, func() { go func() { <-stop }() })
	if !strings.Contains(r.failed, "left behind") {
		t.Errorf("a goroutine that waits was not seen: %q", r.failed)
	}
	close(stop)
	NoLeaks(t, func() {})
}
