package apacheroute

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// reading is a request target as Apache keeps it.
type reading struct {
	path    string // decoded
	args    string
	hasArgs bool
	status  int // an answer instead: 400 or 404
}

// read decodes and cleans a request target: percent-escapes, dot segments, and slashes merged unless told otherwise.
// slashes is AllowEncodedSlashes: off, on, or nodecode.
func read(raw string, merge bool, slashes string) reading {
	var r reading
	if raw == "" || raw[0] != '/' {
		return reading{status: 400}
	}
	p := raw
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		p = raw[:i]
		if raw[i] == '?' {
			r.args, _, _ = strings.Cut(raw[i+1:], "#")
			r.hasArgs = true
		}
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] <= ' ' || raw[i] >= 0x7f {
			return reading{status: 400}
		}
	}
	p, ok := decodeUnreserved(p)
	if !ok {
		return reading{status: 400}
	}
	if p, ok = routing.Segments(p, merge); !ok {
		return reading{status: 400}
	}
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); i++ {
		if p[i] != '%' {
			out = append(out, p[i])
			continue
		}
		c := routing.Unhex(p[i+1], p[i+2])
		if c == 0 || c == '/' && slashes == "off" {
			return reading{status: 404}
		}
		if c == '/' && slashes == "nodecode" {
			out = append(out, p[i])
			continue
		}
		out = append(out, c)
		i += 2
	}
	r.path = string(out)
	return r
}

// decodeUnreserved decodes escapes of letters, digits and - . _ ~, which never change a path's meaning; false for an
// escape that is none.
func decodeUnreserved(p string) (string, bool) {
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); i++ {
		if p[i] != '%' {
			out = append(out, p[i])
			continue
		}
		if i+2 >= len(p) || !routing.IsHex(p[i+1]) || !routing.IsHex(p[i+2]) {
			return "", false
		}
		c := routing.Unhex(p[i+1], p[i+2])
		if isAlnum(c) || strings.IndexByte("-._~", c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, p[i:i+3]...)
		}
		i += 2
	}
	return string(out), true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// escapePath is how mod_proxy writes a decoded path on the wire, and mod_alias a redirect's.
func escapePath(s string) string {
	const upper = "0123456789ABCDEF"
	return escapeWith(s, "$-_.+!*'(),;:@&=/~", upper)
}

// escapeLower is the same with small hex digits, as httpd's own ap_os_escape_path writes.
func escapeLower(s string) string {
	return escapeWith(s, "$-_.+!*'(),;:@&=/~", "0123456789abcdef")
}

func escapeWith(s, safe, digits string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isAlnum(c) || strings.IndexByte(safe, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
