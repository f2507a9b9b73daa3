// Package accesslog reads the access logs of HTTP servers: nginx's combined
// format, Dify's main (combined and X-Forwarded-For), any nginx log_format
// string, and JSON lines. The scanners are written by hand and allocate
// nothing, so that a gigabyte is read in seconds.
package accesslog

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/stamp"
)

// Line is one request. Its slices are valid until the next line is read.
type Line struct {
	Unix     int64 // seconds; 0 when not known
	Status   int
	Method   []byte
	Path     []byte        // with the query; nil when not known
	Duration time.Duration // of the whole request; -1 when not known
}

// Format says how a line is read.
type Format struct {
	kind   kind
	tokens []token
	clock  stamp.Clock
}

type kind int

const (
	kindAuto kind = iota // JSON when the line begins with {, else combined
	kindJSON
	kindCustom
	kindDify
)

// token is a variable and the literal that ends it.
type token struct {
	role    role
	literal []byte // nil: to the end of the line
}

// role is what a variable of log_format means to us.
type role int

const (
	roleNone role = iota
	roleStart
	roleTimeLocal
	roleTimeISO
	roleMsec
	roleStatus
	roleRequest
	rolePath
	roleMethod
	roleDuration
)

// roles are the variables of nginx that are read (ngx_http_log_module and
// ngx_http_core_module); all others are passed over.
func roles() map[string]role {
	return map[string]role{
		"time_local": roleTimeLocal, "time_iso8601": roleTimeISO, "msec": roleMsec, "status": roleStatus,
		"request": roleRequest, "request_uri": rolePath, "uri": rolePath, "request_method": roleMethod,
		"request_time": roleDuration,
	}
}

// Compile reads "", "auto", "combined" or "main" (lines in combined format with
// or without more behind it, or JSON), "json", "dify" (the requests in the log
// of Dify's API), or a log_format string of nginx:
// its text, or the whole directive as it stands in nginx.conf.
func Compile(text string) (*Format, error) {
	switch strings.TrimSpace(text) {
	case "", "auto", "combined", "main":
		return &Format{kind: kindAuto}, nil
	case "json":
		return &Format{kind: kindJSON}, nil
	case "dify":
		return &Format{kind: kindDify}, nil
	}
	text, json, err := unwrap(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	if json {
		return &Format{kind: kindJSON}, nil
	}
	f := &Format{kind: kindCustom}
	if f.tokens, err = tokenize(text); err != nil {
		return nil, err
	}
	for _, t := range f.tokens {
		if t.role == roleStatus {
			return f, nil
		}
	}
	return nil, errors.New("no $status in it, want an nginx log_format with $status, or json, or auto")
}

// HasDuration reports whether lines of the format can hold a request time.
func (f *Format) HasDuration() bool {
	for _, t := range f.tokens {
		if t.role == roleDuration {
			return true
		}
	}
	return f.kind != kindCustom
}

// unwrap takes the text out of a whole log_format directive.
func unwrap(text string) (inner string, json bool, err error) {
	rest, whole := strings.CutPrefix(text, "log_format")
	if !whole {
		return text, strings.HasPrefix(text, "{"), nil
	}
	var b strings.Builder
	for {
		i := strings.IndexAny(rest, `'"`)
		if i < 0 {
			break
		}
		part, after, ok := strings.Cut(rest[i+1:], rest[i:i+1])
		if !ok {
			return "", false, errors.New("a quote is not closed, want log_format NAME '…';")
		}
		b.WriteString(part)
		rest = after
	}
	return b.String(), strings.HasPrefix(b.String(), "{"), nil
}

// tokenize splits a format into variables and the literals behind them.
func tokenize(text string) ([]token, error) {
	known := roles()
	name, literal, more := strings.Cut(text, "$")
	tokens := []token{{roleStart, []byte(name)}}
	for more {
		rest := literal
		if inner, ok := strings.CutPrefix(rest, "{"); ok {
			if name, rest, ok = strings.Cut(inner, "}"); !ok {
				return nil, errors.New("${ is not closed")
			}
		} else {
			n := 0
			for n < len(rest) && (rest[n] == '_' || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' || rest[n] >= '0' && rest[n] <= '9') {
				n++
			}
			name, rest = rest[:n], rest[n:]
		}
		if name == "" {
			return nil, errors.New("a $ without a name")
		}
		var behind, next string
		if behind, next, more = strings.Cut(rest, "$"); more && behind == "" {
			return nil, fmt.Errorf("nothing separates $%s from $%s", name, next)
		}
		t := token{role: known[name], literal: []byte(behind)}
		if behind == "" {
			t.literal = nil
		}
		tokens = append(tokens, t)
		literal = next
	}
	return tokens, nil
}

// Parse reads a line; false when it is not of the format.
func (f *Format) Parse(line []byte, out *Line) bool {
	*out = Line{Duration: -1}
	switch {
	case f.kind == kindCustom:
		return f.custom(line, out)
	case f.kind == kindDify:
		return f.dify(line, out)
	case len(line) > 0 && line[0] == '{':
		return f.json(line, out)
	case f.kind == kindJSON:
		return false
	}
	return f.combined(line, out)
}

// combined reads `… [time] "request" status …`, whatever stands around it.
func (f *Format) combined(line []byte, out *Line) bool {
	i := bytes.IndexByte(line, '[')
	if i < 0 {
		return false
	}
	line = line[i+1:]
	i = bytes.IndexByte(line, ']')
	if i < 0 || len(line) < i+3 || line[i+1] != ' ' || line[i+2] != '"' {
		return false
	}
	var ok bool
	if out.Unix, ok = f.clock.Local(line[:i]); !ok {
		return false
	}
	line = line[i+3:]
	if i = closing(line, []byte{'"'}); i < 0 {
		return false
	}
	request(line[:i], out)
	line = line[i+1:]
	if len(line) < 4 || line[0] != ' ' {
		return false
	}
	return status(line[1:], out)
}

// custom walks along the tokens.
func (f *Format) custom(line []byte, out *Line) bool {
	for _, t := range f.tokens {
		n := len(line)
		if t.literal != nil {
			if t.role == roleStart {
				if !bytes.HasPrefix(line, t.literal) {
					return false
				}
				line = line[len(t.literal):]
				continue
			}
			if n = closing(line, t.literal); n < 0 {
				return false
			}
		}
		if !f.take(t.role, line[:n], out) {
			return false
		}
		line = line[n+len(t.literal):]
	}
	return true
}

// take reads the value of one variable.
func (f *Format) take(r role, v []byte, out *Line) (ok bool) {
	ok = true
	switch r {
	case roleTimeLocal:
		out.Unix, ok = f.clock.Local(v)
	case roleTimeISO:
		out.Unix, ok = f.clock.ISO(v)
	case roleMsec:
		var d time.Duration
		d, ok = seconds(v)
		out.Unix = int64(d / time.Second)
	case roleStatus:
		ok = status(v, out)
	case roleRequest:
		request(v, out)
	case rolePath:
		out.Path = v
	case roleMethod:
		out.Method = v
	case roleDuration:
		if len(v) != 1 || v[0] != '-' {
			out.Duration, ok = seconds(v)
		}
	}
	return ok
}

// closing finds a literal; one that begins with a quote is passed over where a
// backslash escapes it.
func closing(line, literal []byte) int {
	from := 0
	for {
		i := bytes.IndexByte(line[from:], literal[0])
		if i < 0 {
			return -1
		}
		i += from
		if bytes.HasPrefix(line[i:], literal) && (literal[0] != '"' || !escaped(line, i)) {
			return i
		}
		from = i + 1
	}
}

func escaped(line []byte, i int) bool {
	n := 0
	for i > 0 && line[i-1] == '\\' {
		i--
		n++
	}
	return n%2 == 1
}

// request splits "GET /path HTTP/1.1". What a client sent instead of HTTP has
// no path, but its answer counts all the same.
func request(v []byte, out *Line) {
	i := bytes.IndexByte(v, ' ')
	if i < 0 {
		return
	}
	out.Method, out.Path = v[:i], v[i+1:]
	if j := bytes.LastIndexByte(out.Path, ' '); j >= 0 {
		out.Path = out.Path[:j]
	}
}

// status reads three digits that nothing but a blank follows.
func status(v []byte, out *Line) bool {
	if len(v) < 3 || len(v) > 3 && v[3] != ' ' {
		return false
	}
	n := 0
	for _, c := range v[:3] {
		if c < '0' || c > '9' {
			return false
		}
		n = 10*n + int(c-'0')
	}
	out.Status = n
	return n >= 100 && n < 600
}

// seconds reads 1.234 exactly, to the nanosecond.
func seconds(v []byte) (time.Duration, bool) {
	var whole, frac int64
	scale, digits, dot := int64(time.Second), 0, false
	for _, c := range v {
		switch {
		case c == '.' && !dot:
			dot = true
		case c < '0' || c > '9':
			return 0, false
		case dot && scale > 1:
			scale /= 10
			frac += int64(c-'0') * scale
			digits++
		case !dot:
			if whole = 10*whole + int64(c-'0'); whole > 1e11 {
				return 0, false
			}
			digits++
		}
	}
	if whole > 9e9 {
		return 0, false
	}
	return time.Duration(whole)*time.Second + time.Duration(frac), digits > 0
}
