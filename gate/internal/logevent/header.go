package logevent

import (
	"bytes"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate/internal/accesslog"
	"github.com/dify-gate/dify-gate/gate/internal/stamp"
)

// head is what the beginning of a line says.
type head struct {
	unix  int64 // 0: no time
	level Level
	found bool   // the line begins an event
	text  []byte // what to keep of the line, when it is not the line itself
}

// header reads the beginning of a line in any of the formats of Dify's
// services and their neighbours:
//
//	2026-11-25 07:08:49,616.616 ERROR [Thread-1] [app.py:12] [trace] - text   Dify's api
//	{"ts":"…","severity":"ERROR","message":"…","stack_trace":"…"}             Dify's api, LOG_OUTPUT_FORMAT=json; slog; Docker
//	[2026-11-25 07:08:49,616: ERROR/MainProcess] text                         celery
//	[2026-11-25 07:08:49 +0000] [7] [ERROR] text                              gunicorn
//	2026/11/25 07:08:49 [error] 31#31: *1 text                                nginx
//	[GIN] 2026/11/25 - 07:08:49 | 500 | 1.2ms | 10.0.0.9 | GET "/x"           plugin daemon
//	time=2026-11-25T07:08:49Z level=ERROR msg=text                            slog
//	2026-11-25 07:08:49.616 UTC [12] ERROR:  text                             PostgreSQL
//	1:M 25 Nov 2026 07:08:49.616 # text                                       Redis
//	Nov 25 07:08:49 host name[12]: text                                       syslog
//	ERROR:    text                                                            uvicorn
//	10.0.0.9 - - [25/Nov/2026:07:08:49 +0000] "GET / HTTP/1.1" 200 …          access logs
func (r *Reader) header(line []byte) head {
	if len(line) == 0 {
		return head{}
	}
	switch c := line[0]; {
	case c == '{':
		return r.json(line)
	case c == '[':
		return r.bracketed(line)
	case c >= '0' && c <= '9':
		if h := r.dated(line); h.found {
			return h
		}
		if h := redis(line, r.zone); h.found {
			return h
		}
	case bytes.HasPrefix(line, []byte("time=")):
		return r.logfmt(line)
	case c >= 'A' && c <= 'Z':
		if h := r.syslog(line); h.found {
			return h
		}
		if level := word(line, true); level != None {
			return head{level: level, found: true}
		}
	}
	var l accesslog.Line
	if bytes.IndexByte(line[:min(len(line), 120)], '[') > 0 && r.access.Parse(line, &l) {
		return head{unix: l.Unix, found: true}
	}
	return head{}
}

// dated reads a line that begins with a time.
func (r *Reader) dated(line []byte) head {
	unix, zoned, n, ok := stamp.ISO(line)
	if !ok {
		return head{}
	}
	return head{unix: r.place(unix, zoned, line[n:]), level: levelIn(line[n:]), found: true}
}

// place corrects a wall clock's time by the zone that the line or the reader
// names.
func (r *Reader) place(unix int64, zoned bool, rest []byte) int64 {
	if zoned || bytes.HasPrefix(rest, []byte(" UTC")) {
		return unix
	}
	if len(rest) >= 6 && (rest[1] == '+' || rest[1] == '-') { // gunicorn's " +0000"
		h, m := stamp.Number(rest[2:4]), stamp.Number(rest[4:6])
		if h >= 0 && m >= 0 {
			shift := int64(3600*h + 60*m)
			if rest[1] == '-' {
				shift = -shift
			}
			return unix - shift
		}
	}
	return inZone(unix, r.zone)
}

func inZone(unix int64, zone *time.Location) int64 {
	if zone == time.UTC {
		return unix
	}
	u := time.Unix(unix, 0).UTC()
	return time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), 0, zone).Unix()
}

// bracketed reads celery's, gunicorn's and gin's lines, and [ERROR] text.
func (r *Reader) bracketed(line []byte) head {
	if rest, ok := bytes.CutPrefix(line, []byte("[GIN] ")); ok {
		return r.gin(rest)
	}
	if h := r.dated(line[1:]); h.found {
		return h
	}
	if level := word(line, true); level != None {
		return head{level: level, found: true}
	}
	return head{}
}

// gin's request lines are errors when the status is a 5xx.
func (r *Reader) gin(line []byte) head {
	if len(line) < 27 || !bytes.Equal(line[10:13], []byte(" - ")) {
		return head{level: levelIn(line), found: true} // [GIN-debug] and the like
	}
	var joined [19]byte
	copy(joined[:10], line[:10])
	joined[10] = ' '
	copy(joined[11:], line[13:21])
	unix, _, _, ok := stamp.ISO(joined[:])
	if !ok {
		return head{}
	}
	h := head{unix: inZone(unix, r.zone), level: Info, found: true}
	if status := stamp.Number(bytes.TrimSpace(line[23:27])); status >= 500 {
		h.level = Error
	}
	return h
}

// json reads Dify's, slog's, zap's, Caddy's and Docker's objects.
func (r *Reader) json(line []byte) head {
	if !gjson.ValidBytes(line) {
		return head{}
	}
	h := head{found: true}
	first := func(names ...string) gjson.Result {
		for _, n := range names {
			if v := gjson.GetBytes(line, n); v.Exists() {
				return v
			}
		}
		return gjson.Result{}
	}
	h.unix = r.when(first("ts", "time", "timestamp", "@timestamp", "asctime"))
	if inner := first("log"); inner.Type == gjson.String && first("stream").Exists() {
		// Docker's own file: the line of the service is inside.
		h.text = bytes.TrimRight([]byte(inner.Str), "\r\n")
		in := r.header(h.text)
		h.level, h.found = in.level, in.found
		if in.text != nil {
			h.text = in.text
		}
		return h
	}
	h.level = named([]byte(first("severity", "level", "levelname", "lvl").String()))
	if h.level == None {
		h.level = numeric(first("level"))
	}
	message := first("message", "msg", "event").String()
	stack := first("stack_trace", "exc_info", "traceback", "stacktrace", "error").String()
	h.text = make([]byte, 0, len(message)+len(stack)+len(line)+2)
	for _, part := range []string{message, stack} {
		if part != "" {
			h.text = append(append(h.text, part...), '\n')
		}
	}
	h.text = append(h.text, line...)
	return h
}

// numeric is pino's level: 50 is error, 40 warning.
func numeric(v gjson.Result) Level {
	switch {
	case v.Type != gjson.Number:
		return None
	case v.Num >= 50:
		return Error
	case v.Num >= 40:
		return Warning
	}
	return Info
}

func (r *Reader) when(v gjson.Result) int64 {
	if v.Type == gjson.Number {
		n := v.Num
		for n > 1e11 { // milliseconds, microseconds, nanoseconds
			n /= 1000
		}
		return int64(n)
	}
	text := []byte(v.String())
	unix, zoned, n, ok := stamp.ISO(text)
	if !ok {
		return 0
	}
	return r.place(unix, zoned, text[n:])
}

// logfmt reads time=… level=… of slog's text handler.
func (r *Reader) logfmt(line []byte) head {
	value := bytes.TrimPrefix(line[len("time="):], []byte(`"`))
	unix, zoned, n, ok := stamp.ISO(value)
	if !ok {
		return head{}
	}
	h := head{unix: r.place(unix, zoned, value[n:]), found: true}
	if _, after, ok := bytes.Cut(line, []byte(" level=")); ok {
		level, _, _ := bytes.Cut(after, []byte(" "))
		h.level = named(bytes.Trim(level, `"`))
	}
	return h
}

// syslog reads Nov 25 07:08:49, which names no year: the last one that is not
// in the future.
func (r *Reader) syslog(line []byte) head {
	if len(line) < 16 || line[3] != ' ' || line[6] != ' ' || line[9] != ':' || line[12] != ':' {
		return head{}
	}
	month, day := stamp.Month(line[:3]), stamp.Number(bytes.TrimLeft(line[4:6], " "))
	year := r.now.Year()
	for {
		unix, ok := stamp.Instant(year, month, day, stamp.Number(line[7:9]), stamp.Number(line[10:12]), stamp.Number(line[13:15]))
		if !ok {
			return head{}
		}
		if unix = inZone(unix, r.zone); unix <= r.now.Unix()+86400 {
			return head{unix: unix, level: levelIn(line[15:]), found: true}
		}
		year--
	}
}

// redis reads 1:M 25 Nov 2026 07:08:49.616 # text; # marks a warning.
func redis(line []byte, zone *time.Location) head {
	i := bytes.IndexByte(line[:min(len(line), 12)], ':')
	if i < 0 || len(line) < i+28 || line[i+2] != ' ' {
		return head{}
	}
	v := line[i+3:]
	unix, ok := stamp.Instant(stamp.Number(v[7:11]), stamp.Month(v[3:6]), stamp.Number(v[0:2]), stamp.Number(v[12:14]), stamp.Number(v[15:17]), stamp.Number(v[18:20]))
	if !ok {
		return head{}
	}
	h := head{unix: inZone(unix, zone), level: Info, found: true}
	if bytes.Contains(v[20:min(len(v), 28)], []byte(" # ")) {
		h.level = Warning
	}
	return h
}
