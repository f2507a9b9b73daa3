package testserver

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

// NoLeaks runs body and fails the test when goroutines that body started,
// directly or not, are still there after a while of grace. They are told by a
// profiler label, which goroutines inherit: tests that run at the same time
// don't disturb the count.
func NoLeaks(t testing.TB, body func()) {
	t.Helper()
	labels := pprof.Labels("leaks of", t.Name())
	pprof.Do(context.Background(), labels, func(context.Context) { body() })
	label := fmt.Sprintf("%q:%q", "leaks of", t.Name())
	left := ""
	for range 200 {
		if left = labelled(label); left == "" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("goroutines left behind:\n%s", left)
}

// labelled gives the stacks of the goroutines that carry the label.
func labelled(label string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return err.Error()
	}
	var left []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, label) {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}
