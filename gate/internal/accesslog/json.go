package accesslog

import (
	"strconv"
	"time"
)

// json reads a flat JSON object with nginx's names, or Caddy's and Traefik's.
// Values of nested objects are looked at only below "request" (Caddy).
func (f *Format) json(line []byte, out *Line) bool {
	s := scanner{line, 0}
	return f.object(&s, out, 0) && s.rest() && out.Status != 0
}

const maxDepth = 32

// object reads the members of an object and takes those that it knows.
func (f *Format) object(s *scanner, out *Line, depth int) bool {
	if depth > maxDepth || !s.eat('{') {
		return false
	}
	if s.eat('}') {
		return true
	}
	for {
		key, ok := s.text()
		if !ok || !s.eat(':') {
			return false
		}
		if s.peek() == '{' && string(key) == "request" && depth == 0 {
			if !f.object(s, out, depth+1) {
				return false
			}
		} else {
			value, quoted, ok := s.value(depth)
			if !ok {
				return false
			}
			f.member(key, value, quoted, out, depth)
		}
		if s.eat(',') {
			continue
		}
		return s.eat('}')
	}
}

// member takes one value by its name. Names that end in _ms are milliseconds,
// Traefik's Duration is nanoseconds, all other times are seconds.
func (f *Format) member(key, v []byte, quoted bool, out *Line, depth int) {
	if depth == 1 { // Caddy's request
		switch string(key) {
		case "uri":
			out.Path = v
		case "method":
			out.Method = v
		}
		return
	}
	switch string(key) {
	case "status", "status_code", "DownstreamStatus", "response_code":
		if !status(v, out) {
			out.Status = 0
		}
	case "request_time", "duration", "latency", "elapsed":
		f.duration(v, time.Second, out)
	case "duration_ms", "latency_ms", "request_time_ms", "response_time_ms", "elapsed_ms":
		f.duration(v, time.Millisecond, out)
	case "Duration":
		f.duration(v, time.Nanosecond, out)
	case "time", "ts", "timestamp", "@timestamp", "time_local", "time_iso8601", "msec", "StartUTC", "start_time":
		if unix, ok := f.when(v, quoted); ok {
			out.Unix = unix
		}
	case "request":
		request(v, out)
	case "request_uri", "uri", "path", "url", "RequestPath":
		out.Path = v
	case "request_method", "method", "RequestMethod":
		out.Method = v
	}
}

// duration reads a number in a unit, or Go's 12.5ms.
func (f *Format) duration(v []byte, unit time.Duration, out *Line) {
	if unit == time.Second {
		if d, ok := seconds(v); ok {
			out.Duration = d
			return
		}
	}
	if n, err := strconv.ParseFloat(string(v), 64); err == nil {
		if n *= float64(unit); n >= 0 && n < 9e18 {
			out.Duration = time.Duration(n)
		}
		return
	}
	if d, err := time.ParseDuration(string(v)); err == nil && d >= 0 {
		out.Duration = d
	}
}

// when reads a time in any of the usual ways.
func (f *Format) when(v []byte, quoted bool) (int64, bool) {
	if quoted {
		if unix, ok := f.clock.ISO(v); ok {
			return unix, true
		}
		if unix, ok := f.clock.Local(v); ok {
			return unix, true
		}
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil || n < 0 || n > 1e19 {
		return 0, false
	}
	for n > 1e11 { // milliseconds, microseconds, nanoseconds
		n /= 1000
	}
	return int64(n), true
}

// scanner walks over JSON text.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\r') {
		s.i++
	}
}

func (s *scanner) peek() byte {
	s.space()
	if s.i == len(s.b) {
		return 0
	}
	return s.b[s.i]
}

func (s *scanner) eat(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

// rest reports whether nothing but blanks is left.
func (s *scanner) rest() bool { return s.peek() == 0 && s.i == len(s.b) }

// text reads a string and returns what stands between the quotes, escapes as
// they are written.
func (s *scanner) text() ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	start := s.i
	n := closing(s.b[start:], quote)
	if n < 0 {
		return nil, false
	}
	s.i = start + n + 1
	return s.b[start : start+n], true
}

var quote = []byte{'"'}

// value reads any value; of objects and lists it returns nothing.
func (s *scanner) value(depth int) (v []byte, quoted, ok bool) {
	switch s.peek() {
	case '"':
		v, ok = s.text()
		return v, true, ok
	case '{', '[':
		return nil, false, s.nested(depth)
	}
	start := s.i
	for s.i < len(s.b) && !ends(s.b[s.i]) {
		s.i++
	}
	return s.b[start:s.i], false, s.i > start && s.i < len(s.b)
}

// ends reports whether a character ends a number or a word.
func ends(c byte) bool { return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' }

// nested passes over an object or a list by counting brackets.
func (s *scanner) nested(depth int) bool {
	open := 0
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			if _, ok := s.text(); !ok {
				return false
			}
			continue
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		s.i++
		if open == 0 {
			return true
		}
		if open+depth > maxDepth {
			return false
		}
	}
	return false
}
