// Package sampler sends requests at a fixed rate of arrival that does not slow
// down when the server does (an open model). Request i is due at
//
//	start + i/rate
//
// whether or not earlier ones have been answered, and its latency is counted
// from that instant, so that the time which requests spend waiting for a
// stalled server, or for a free slot of the sampler, is part of the figures:
// there is no coordinated omission.
package sampler

import (
	"context"
	"sync"
	"time"
)

// Plan says what to send.
type Plan struct {
	Requests int     // how many
	Rate     float64 // a second
	// InFlight bounds how many are on their way at a time. A request that is
	// due while all slots are taken waits, and its latency includes the wait.
	InFlight int
}

// Span is how long sending takes: the last request is due then.
func (p Plan) Span() time.Duration { return p.due(p.Requests) }

// due is when request i has to go out, counted from the start.
func (p Plan) due(i int) time.Duration {
	return time.Duration(float64(i) / p.Rate * float64(time.Second))
}

// Stats is how the sending went.
type Stats struct {
	Sent        int           // less than Plan.Requests only when ctx ended
	MaxInFlight int           // the most that were on their way at a time
	Delayed     int           // those that had to wait for a free slot
	Behind      time.Duration // the most that a request left after it was due
}

// Run sends every request at its time and returns when all have come back, or
// when ctx has ended and those on their way have come back. Send is called
// concurrently with the number of the request and the instant when it was due.
func Run(ctx context.Context, plan Plan, send func(i int, due time.Time)) Stats {
	var (
		stats Stats
		group sync.WaitGroup
		slots = make(chan struct{}, plan.InFlight)
		start = time.Now()
		timer = time.NewTimer(0)
	)
	defer timer.Stop()
	<-timer.C
	for i := range plan.Requests {
		due := start.Add(plan.due(i))
		if !until(ctx, timer, due) {
			break
		}
		select {
		case slots <- struct{}{}:
		default:
			stats.Delayed++
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			break
		}
		stats.Sent++
		stats.MaxInFlight = max(stats.MaxInFlight, len(slots))
		stats.Behind = max(stats.Behind, time.Since(due))
		group.Go(func() {
			defer func() { <-slots }()
			send(i, due)
		})
	}
	group.Wait()
	return stats
}

// until waits for an instant and reports whether ctx outlived it.
func until(ctx context.Context, timer *time.Timer, at time.Time) bool {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer.Reset(wait)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
