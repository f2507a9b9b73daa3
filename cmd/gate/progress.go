package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// progress is a line on a terminal that says how far a run is. The zero value
// writes nothing.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	total   int
	done    int
	failed  int
	running map[string]time.Time
	drawn   time.Time
}

// progressEvery keeps a run of thousands of checks from drawing more than a
// terminal shows.
const progressEvery = 50 * time.Millisecond

// progress makes a line for so many checks, when somebody watches stderr.
func (p *process) progress(total int, quiet bool) *progress {
	line := &progress{total: total, running: map[string]time.Time{}}
	if p.stderrTerminal && !quiet && p.getenv("TERM") != "dumb" {
		line.w = p.stderr
	}
	return line
}

func (l *progress) observe(e gate.Event) {
	if l.w == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case gate.EventStarted:
		l.running[e.Check] = e.At
	case gate.EventFinished:
		delete(l.running, e.Check)
		l.done++
		if e.Failed {
			l.failed++
		}
	}
	if now := time.Now(); now.Sub(l.drawn) >= progressEvery {
		l.drawn = now
		l.draw()
	}
}

// draw writes the counts and the check that has been running longest. Names
// come from gate.yaml and are the operator's own.
func (l *progress) draw() {
	oldest, since := "", time.Time{}
	for name, at := range l.running {
		if oldest == "" || at.Before(since) {
			oldest, since = name, at
		}
	}
	text := fmt.Sprintf("%d of %d checks done", l.done, l.total)
	if l.failed > 0 {
		text += fmt.Sprintf(", %d failed", l.failed)
	}
	if oldest != "" {
		text += fmt.Sprintf(", running: %.40q", oldest)
	}
	_, _ = fmt.Fprintf(l.w, "\r\x1b[K%s", text)
}

// close removes the line.
func (l *progress) close() {
	if l.w != nil {
		_, _ = io.WriteString(l.w, "\r\x1b[K")
	}
}
