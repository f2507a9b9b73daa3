package routing

import "strings"

// Segments resolves the segments "." and ".." of a path and, if merge, drops
// empty ones, as nginx and Apache alike do before they look for a place; false
// when ".." leaves the root.
func Segments(p string, merge bool) (string, bool) {
	parts := strings.Split(p[1:], "/")
	var out []string
	for i, s := range parts {
		last := i == len(parts)-1
		switch {
		case s == "." || s == "" && merge:
			if last {
				out = append(out, "")
			}
		case s == "..":
			if len(out) == 0 {
				return "", false
			}
			out = out[:len(out)-1]
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/"), true
}

// IsHex tells a hexadecimal digit.
func IsHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// Unhex is the byte that two hexadecimal digits stand for.
func Unhex(high, low byte) byte { return digit(high)<<4 | digit(low) }

func digit(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
