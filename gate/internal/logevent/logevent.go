// Package logevent groups the lines of a log into events: a line that begins
// with a time or a level, and what belongs to it, such as a traceback. It knows
// the formats of Dify's services (see header) and reads several services that
// docker compose has mixed into one stream. Memory is bounded whatever the file
// holds.
package logevent

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/accesslog"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/stamp"
)

// The bounds: of a line, of an event's text, and of the services told apart.
const (
	maxLine     = 64 << 10
	maxEvent    = 64 << 10
	maxServices = 64
)

// Event is one thing that was logged.
type Event struct {
	Line  int    // where it begins, from 1
	Unix  int64  // seconds; that of the event before where it has none; 0 unknown
	Level Level  // Error also for a traceback that no header announces
	Text  []byte // its lines, at most 64 KiB; valid until the next event
}

// Reader yields the events of a log.
type Reader struct {
	lines   *lines.Reader
	zone    *time.Location
	now     time.Time
	access  *accesslog.Format
	open    map[string]*pending // by service; "" without docker compose's prefix
	order   []string
	spare   []byte
	err     error
	flushed int
}

// pending is an event that may go on.
type pending struct {
	event Event
	begun bool
	last  int64 // the time of the service's last header
	trace traceState
	head  bool // the event has a header
	// linked: after the exception came a sentence that joins a further one.
	linked bool
}

// traceState is where in a traceback the lines are.
type traceState int

const (
	noTrace    traceState = iota
	inTrace               // frames: indented lines
	afterTrace            // the exception has been named; a further traceback may follow
)

// NewReader reads r. Times without a zone are in zone; now serves to find the
// year of times without one.
func NewReader(r io.Reader, zone *time.Location, now time.Time) *Reader {
	access, err := accesslog.Compile("combined")
	if err != nil {
		panic(err) // the name is one of Compile's own
	}
	return &Reader{lines: lines.NewReader(r, maxLine), zone: zone, now: now, access: access, open: map[string]*pending{}}
}

// Number is that of the last line read.
func (r *Reader) Number() int { return r.lines.Number() }

// Next returns the next event that is complete; at the end the error is io.EOF.
func (r *Reader) Next() (Event, error) {
	for r.err == nil {
		raw, _, err := r.lines.Next()
		if err != nil {
			r.err = err
			break
		}
		if done, ok := r.line(raw); ok {
			return done, nil
		}
	}
	if !errors.Is(r.err, io.EOF) {
		return Event{}, r.err
	}
	for r.flushed < len(r.order) {
		p := r.open[r.order[r.flushed]]
		r.flushed++
		if p.begun {
			return p.event, nil
		}
	}
	return Event{}, io.EOF
}

// line takes one line; it returns the event that the line ended, if any.
func (r *Reader) line(raw []byte) (Event, bool) {
	text, service := accesslog.StripPrefix(raw)
	text, outer := r.unwrap(plain(text))
	p := r.service(service)
	h := r.header(text)
	if h.text != nil {
		text = h.text
	}
	if h.unix == 0 {
		h.unix = outer
	}
	if level := word(text, false); !h.found && outer != 0 && level != None {
		h.level, h.found = level, true // the service left the time to the runtime
	}
	if !h.found && p.goesOn(text) {
		p.event.Text = appendBounded(p.event.Text, text)
		return Event{}, false
	}
	if !h.found && len(bytes.TrimSpace(text)) == 0 {
		return Event{}, false
	}
	done, ok := p.event, p.begun
	p.begin(r.lines.Number(), h, text, r.swap(done.Text))
	return done, ok
}

// swap hands out a buffer for the next event while the caller may still read
// the last one.
func (r *Reader) swap(used []byte) []byte {
	spare := r.spare
	r.spare = used
	return spare[:0]
}

func (r *Reader) service(name []byte) *pending {
	if p, ok := r.open[string(name)]; ok {
		return p
	}
	key := string(name)
	if len(r.open) >= maxServices {
		key = ""
		if p, ok := r.open[key]; ok {
			return p
		}
	}
	p := &pending{}
	r.open[key] = p
	r.order = append(r.order, key)
	return p
}

// begin starts an event with its first line.
func (p *pending) begin(number int, h head, text, buffer []byte) {
	if h.unix != 0 {
		p.last = h.unix
	}
	p.begun, p.head, p.linked, p.trace = true, h.found, false, noTrace
	p.event = Event{Line: number, Unix: p.last, Level: h.level, Text: appendBounded(buffer, text)}
	switch {
	case !h.found && isTraceback(text):
		p.event.Level, p.trace = Error, inTrace
	case !h.found && isCrash(text):
		p.event.Level, p.head, p.trace = Error, true, afterTrace
	}
}

// goesOn reports whether a line without a header belongs to the open event.
func (p *pending) goesOn(text []byte) bool {
	if !p.begun {
		return false
	}
	indented := len(text) > 0 && (text[0] == ' ' || text[0] == '\t')
	blank := len(bytes.TrimSpace(text)) == 0
	switch {
	case isTraceback(text):
		// A traceback belongs to the line that announces it: one of an error or
		// a warning. Below an info line it is somebody else's.
		// After another one it goes on only where Python says so.
		if p.trace == noTrace && p.event.Level < Warning || p.trace == afterTrace && !p.linked {
			return false
		}
		p.trace, p.linked = inTrace, false
	case p.trace == inTrace && !indented && !blank:
		p.trace = afterTrace // the exception itself
	case p.trace == afterTrace && !indented && !blank:
		// What follows the exception (its SQL, a note, "During handling …") is
		// part of it when a header announced the whole; else only what surely is.
		p.linked = p.linked || isLink(text)
		return p.head || p.linked
	case isCrash(text):
		return false
	case blank:
		return p.trace != noTrace
	case !indented:
		return false
	}
	return true
}

func isTraceback(text []byte) bool {
	text = bytes.TrimLeft(text, " \t+|")
	return bytes.HasPrefix(text, []byte("Traceback (most recent call last)")) || bytes.HasPrefix(text, []byte("Exception Group Traceback (most recent call last)"))
}

// isLink tells the sentences with which Python joins two tracebacks.
func isLink(text []byte) bool {
	return bytes.HasPrefix(text, []byte("During handling of the above exception")) || bytes.HasPrefix(text, []byte("The above exception was the direct cause"))
}

// isCrash tells what Go and Node.js print when they die.
func isCrash(text []byte) bool {
	for _, begin := range []string{"panic: ", "fatal error: ", "goroutine panic", "Uncaught ", "UnhandledPromiseRejection", " ⨯ "} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	i := bytes.Index(text, []byte("Error: "))
	return i >= 0 && bytes.IndexByte(text[:i], ' ') < 0 // TypeError: …
}

func appendBounded(buffer, text []byte) []byte {
	if len(buffer) > 0 && len(buffer) < maxEvent {
		buffer = append(buffer, '\n')
	}
	return append(buffer, text[:min(len(text), maxEvent-min(maxEvent, len(buffer)))]...)
}

// unwrap takes away what a container runtime puts in front of a line: its own
// time (docker logs -t), and the stream (Kubernetes). An application's times
// have no nanoseconds.
func (r *Reader) unwrap(line []byte) (rest []byte, unix int64) {
	const nano = len("2026-11-25T07:08:49.123456789Z ")
	if len(line) < nano || line[10] != 'T' || line[19] != '.' || line[nano-1] != ' ' || line[nano-2] != 'Z' {
		return line, 0
	}
	unix, _, _, ok := stamp.ISO(line)
	if !ok {
		return line, 0
	}
	rest = line[nano:]
	for _, stream := range []string{"stdout F ", "stderr F ", "stdout P ", "stderr P "} {
		if after, found := bytes.CutPrefix(rest, []byte(stream)); found {
			return after, unix
		}
	}
	return rest, unix
}

// plain takes colours out of a line.
func plain(line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) < 0 {
		return line
	}
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		if line[i] == 0x1b && i+1 < len(line) && line[i+1] == '[' {
			for i += 2; i < len(line) && (line[i] < '@' || line[i] > '~'); i++ {
			}
			continue
		}
		out = append(out, line[i])
	}
	return out
}
