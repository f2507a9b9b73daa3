package main

import (
	"io"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// progress is a block of lines on a terminal that says how far a run is: how
// many checks are done, what runs now and since when, and what took longest.
// The zero value writes nothing.
//
// It is our own and not vbauerster/mpb, which the design names: mpb draws bars
// that are each known beforehand, one goroutine a bar, so the list of what runs
// now would be bars added and aborted by the thousand; and it adds 0.6 MB to the
// binary (stripped, v8.10.2) where this is two files.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	columns func() int // of the terminal, now
	colour  bool
	began   time.Time
	state   progressState
	drawn   int // lines on the terminal
	ended   chan struct{}
	drawing sync.WaitGroup
}

// progressState is what there is to say.
type progressState struct {
	total, done, failed int
	running             map[string]activity
	slowest             string
	slowestTook         time.Duration
}

// activity is a check that runs.
type activity struct {
	since time.Time
	tries int // that ended and are followed by another
}

const (
	// progressAfter keeps short runs from flickering.
	progressAfter = 200 * time.Millisecond
	progressEvery = 100 * time.Millisecond
)

// progress begins a block for so many checks, when somebody watches stderr.
func (p *process) progress(total int, o *runOptions) *progress {
	l := &progress{began: time.Now(), state: progressState{total: total, running: map[string]activity{}}}
	if !p.stderrTerminal || o.quiet || p.getenv("TERM") == "dumb" || p.stderrColumns == nil {
		return l
	}
	l.w, l.columns, l.ended = p.stderr, p.stderrColumns, make(chan struct{})
	l.colour = !o.noColor && p.getenv("NO_COLOR") == ""
	l.drawing.Go(l.keepDrawing)
	return l
}

// observe takes note of a step; it is called concurrently.
func (l *progress) observe(e gate.Event) {
	if l.w == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.state
	switch e.Kind {
	case gate.EventStarted:
		s.running[e.Check] = activity{since: e.At}
	case gate.EventRetried:
		if a, ok := s.running[e.Check]; ok {
			a.tries = e.Tries
			s.running[e.Check] = a
		}
	case gate.EventFinished:
		if a, ok := s.running[e.Check]; ok {
			if took := e.At.Sub(a.since); took > s.slowestTook {
				s.slowest, s.slowestTook = e.Check, took
			}
			delete(s.running, e.Check)
		}
		s.done++
		if e.Failed {
			s.failed++
		}
	}
}

// keepDrawing draws until close, also while nothing happens: then the time that
// passes is the news.
func (l *progress) keepDrawing() {
	next := time.NewTimer(progressAfter)
	defer next.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-next.C:
			l.mu.Lock()
			lines := l.state.lines(time.Since(l.began), time.Now(), l.columns(), l.colour)
			_, _ = io.WriteString(l.w, redraw(l.drawn, lines))
			l.drawn = len(lines)
			l.mu.Unlock()
			next.Reset(progressEvery)
		}
	}
}

// close removes the block.
func (l *progress) close() {
	if l.w == nil {
		return
	}
	close(l.ended)
	l.drawing.Wait()
	_, _ = io.WriteString(l.w, redraw(l.drawn, nil))
}
