package accesslog

import (
	"bytes"

	"github.com/dify-gate/dify-gate/gate/internal/stamp"
)

// requestLogger is the file whose lines are requests in the log of Dify's API
// (ENABLE_REQUEST_LOGGING, 1.11.0 and later: api/extensions/ext_request_logging.py).
var requestLogger = []byte("ext_request_logging.py")

// Other reports whether a line that Parse refused belongs to the log all the
// same: the API writes its requests among everything else that it logs.
func (f *Format) Other(line []byte) bool {
	return f.kind == kindDify && !bytes.Contains(line, requestLogger)
}

// dify reads a line of the API's log, text or JSON, whose message is
// "METHOD PATH STATUS MILLISECONDS TRACE_ID".
func (f *Format) dify(line []byte, out *Line) bool {
	at := bytes.Index(line, requestLogger)
	if at < 0 {
		return false
	}
	if line[0] == '{' {
		message, ok := quoted(line, []byte(`"message"`))
		if !ok {
			return false
		}
		if ts, ok := quoted(line, []byte(`"ts"`)); ok {
			out.Unix, _ = f.clock.ISO(ts)
		}
		return difyMessage(message, out)
	}
	if unix, _, _, ok := stamp.ISO(line); ok {
		out.Unix = unix // Dify logs in UTC
	}
	_, message, ok := bytes.Cut(line[at:], []byte(" - "))
	return ok && difyMessage(message, out)
}

// quoted finds the text of a member in a line of JSON; request lines hold no
// escapes.
func quoted(line, name []byte) ([]byte, bool) {
	at := bytes.Index(line, name)
	if at < 0 {
		return nil, false
	}
	_, rest, ok := bytes.Cut(line[at+len(name):], []byte{'"'})
	if !ok {
		return nil, false
	}
	end := closing(rest, []byte{'"'})
	if end < 0 {
		return nil, false
	}
	return rest[:end], true
}

func difyMessage(message []byte, out *Line) bool {
	var fields [4][]byte
	for i := range fields {
		message = bytes.TrimLeft(message, " ")
		end := bytes.IndexByte(message, ' ')
		if end < 0 {
			end = len(message)
		}
		fields[i], message = message[:end], message[end:]
	}
	out.Method, out.Path = fields[0], fields[1]
	if !status(fields[2], out) || len(out.Path) == 0 || out.Path[0] != '/' {
		return false
	}
	if d, ok := seconds(fields[3]); ok {
		out.Duration = d / 1000
	}
	return true
}
