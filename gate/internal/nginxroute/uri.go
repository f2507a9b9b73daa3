package nginxroute

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// target is a request's path and query as nginx keeps them.
type target struct {
	path    string // decoded, dot segments resolved
	args    string
	quoted  bool // had a %-escape
	plus    bool // had a +
	invalid bool // nginx answers 400
}

// normalise reads a request target as nginx does: percent-decoding, merging of slashes, dot segments, the fragment cut.
func normalise(raw string, mergeSlashes bool) target {
	var t target
	if raw == "" || raw[0] != '/' {
		return target{invalid: true}
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] <= ' ' || raw[i] == 0x7f {
			return target{invalid: true}
		}
	}
	path := raw
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		path = raw[:i]
		if raw[i] == '?' {
			t.args, _, _ = strings.Cut(raw[i+1:], "#")
		}
	}
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			t.quoted = true
			if i+2 >= len(path) || !routing.IsHex(path[i+1]) || !routing.IsHex(path[i+2]) {
				return target{invalid: true}
			}
			c = routing.Unhex(path[i+1], path[i+2])
			i += 2
			if c == 0 {
				return target{invalid: true}
			}
		}
		out = append(out, c)
	}
	clean, ok := routing.Segments(string(out), mergeSlashes)
	if !ok {
		return target{invalid: true}
	}
	t.path, t.plus = clean, strings.Contains(string(out), "+")
	return t
}

// escapeURI escapes a path that goes upstream changed. Source: NGX_ESCAPE_URI of nginx 1.21.1 and later.
func escapeURI(s string) string { return escape(s, " \"#%<>?\\^`{|}") }

// escapeArgs escapes a capture that goes into a query or a redirect (NGX_ESCAPE_ARGS).
func escapeArgs(s string) string { return escape(s, " \"#%&+;<>?\\^`{|}") }

func escape(s, set string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c >= 0x7f || strings.IndexByte(set, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unescapeRedirect decodes what nginx decodes in the target of a redirecting rewrite: escapes of the printable
// characters above '%', up to the query.
func unescapeRedirect(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '?' {
			b.WriteString(s[i:])
			break
		}
		if s[i] == '%' && i+2 < len(s) && routing.IsHex(s[i+1]) && routing.IsHex(s[i+2]) {
			c := routing.Unhex(s[i+1], s[i+2])
			if c == '?' {
				b.WriteByte(c)
				b.WriteString(s[i+3:])
				break
			}
			if c > '%' && c < 0x7f {
				b.WriteByte(c)
			} else {
				b.WriteString(s[i : i+3])
			}
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitArgs cuts a redirect's target into path and query.
func splitArgs(s string) (path, args string) {
	path, args, _ = strings.Cut(s, "?")
	return path, args
}
