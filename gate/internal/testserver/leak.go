package testserver

import (
	"runtime"
	"testing"
	"time"
)

// NoLeaks remembers how many goroutines there are; the func that it returns
// fails the test when, after a while of grace, there are more.
func NoLeaks(t testing.TB) func() {
	t.Helper()
	before := runtime.NumGoroutine()
	return func() {
		t.Helper()
		after := 0
		for range 100 {
			if after = runtime.NumGoroutine(); after <= before {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("goroutines: %d before, %d after\n%s", before, after, buf[:runtime.Stack(buf, true)])
	}
}
