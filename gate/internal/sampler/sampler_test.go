package sampler

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestRateHoldsDuringStall: a server that answers nothing for a second does not
// slow the arrivals, and the requests of that second wait as long as they do.
func TestRateHoldsDuringStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := Plan{Requests: 400, Rate: 100, InFlight: 1000}
		start := time.Now()
		stall, end := start.Add(time.Second), start.Add(2*time.Second)
		var mu sync.Mutex
		var latencies [400]time.Duration
		stats := Run(t.Context(), plan, func(i int, due time.Time) {
			if now := time.Now(); !now.Before(stall) && now.Before(end) {
				time.Sleep(end.Sub(now))
			}
			time.Sleep(time.Millisecond)
			mu.Lock()
			latencies[i] = time.Since(due)
			mu.Unlock()
		})
		if stats.Sent != 400 || stats.Delayed != 0 || stats.MaxInFlight < 100 {
			t.Errorf("stats %+v, want 400 sent, none delayed, at least 100 in flight", stats)
		}
		if got := time.Since(start); got > 4*time.Second+10*time.Millisecond {
			t.Errorf("took %v, want 4s", got)
		}
		for i, want := range map[int]time.Duration{99: time.Millisecond, 100: 1001 * time.Millisecond, 150: 501 * time.Millisecond, 250: time.Millisecond} {
			if latencies[i] != want {
				t.Errorf("request %d: latency %v, want %v", i, latencies[i], want)
			}
		}
	})
}

// TestInFlightBoundIsHonest: with one slot and a server that needs 20 ms at 100
// requests a second, the waiting of the queue is part of every latency.
func TestInFlightBoundIsHonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		var last time.Duration
		stats := Run(t.Context(), Plan{Requests: 100, Rate: 100, InFlight: 1}, func(i int, due time.Time) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(20 * time.Millisecond)
			now.Add(-1)
			if i == 99 {
				last = time.Since(due)
			}
		})
		if most.Load() != 1 {
			t.Errorf("%d in flight, want 1", most.Load())
		}
		if want := 100*20*time.Millisecond - 990*time.Millisecond; last != want {
			t.Errorf("the last latency is %v, want %v", last, want)
		}
		if stats.Delayed != 99 || stats.Behind < 900*time.Millisecond {
			t.Errorf("stats %+v, want 99 delayed, more than 900ms behind", stats)
		}
	})
}

func TestEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 95*time.Millisecond)
		defer cancel()
		stats := Run(ctx, Plan{Requests: 100, Rate: 100, InFlight: 10}, func(int, time.Time) {})
		if stats.Sent != 10 {
			t.Errorf("sent %d, want the 10 that were due", stats.Sent)
		}
	})
}
