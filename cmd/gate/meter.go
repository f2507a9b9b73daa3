package main

import (
	"fmt"
	"sync"
	"time"
)

// meter is a line on a terminal that says how much of a transfer is done. The
// zero value writes nothing.
type meter struct {
	p       *process
	what    string
	mu      sync.Mutex
	last    time.Time
	written bool
}

// meter begins a line, when somebody watches stderr.
func (p *process) meter(what string, quiet bool) *meter {
	if !p.stderrTerminal || quiet || p.getenv("TERM") == "dumb" {
		return &meter{}
	}
	return &meter{p: p, what: what, last: time.Now()}
}

// set says how many bytes came, of how many, -1 when nobody said.
func (m *meter) set(got, of int64) {
	if m.p == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.last) < progressEvery {
		return
	}
	m.last, m.written = time.Now(), true
	text := fmt.Sprintf("%s: %.1f MB", m.what, float64(got)/1e6)
	if of > 0 {
		text += fmt.Sprintf(" of %.1f MB", float64(of)/1e6)
	}
	_, _ = fmt.Fprintf(m.p.stderr, "\r\x1b[K%s", text)
}

// close clears the line.
func (m *meter) close() {
	if m.p == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.written {
		_, _ = fmt.Fprint(m.p.stderr, "\r\x1b[K")
	}
}
