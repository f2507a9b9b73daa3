// Package eventstream reads a stream of server-sent events as the HTML standard
// has it (section 9.2.6): fields event, data, id and retry, an empty line ends
// an event, lines that begin with a colon are comments. It knows nothing of what
// the events mean.
package eventstream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxEvent bounds one event; what is longer breaks the stream.
const MaxEvent = 1 << 20

// Event is one event, and when its last line had arrived.
type Event struct {
	Type string // the field event, "" when it was not sent
	Data string
	At   time.Time
}

// ErrCut means that the stream ended inside of an event.
var ErrCut = errors.New("the stream ends in the middle of an event")

// Read hands each event to a func until the stream ends, the func says so, or
// reading fails. io.EOF between two events is a clean end and no error.
func Read(r io.Reader, each func(Event) (more bool)) error {
	lines := bufio.NewReaderSize(r, 64<<10)
	var e Event
	var data []string
	size, open := 0, false
	for {
		line, err := readLine(lines, MaxEvent)
		if size += len(line); size > MaxEvent {
			return fmt.Errorf("an event is longer than %d bytes", MaxEvent)
		}
		if err != nil && len(line) == 0 {
			switch {
			case !errors.Is(err, io.EOF):
				return err
			case open:
				return ErrCut
			}
			return nil
		}
		if len(line) == 0 {
			if open {
				e.Data, e.At = strings.Join(data, "\n"), time.Now()
				if !each(e) {
					return nil
				}
			}
			e, data, size, open = Event{}, nil, 0, false
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.Type, open = string(value), true
		case "data":
			data, open = append(data, string(value)), true
		}
	}
}

// readLine reads to LF, CRLF or the end, at most limit bytes.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var out []byte
	for {
		part, err := r.ReadSlice('\n')
		out = append(out, part...)
		if len(out) > limit {
			return out, fmt.Errorf("a line is longer than %d bytes", limit)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimRight(out, "\r\n"), err
	}
}
