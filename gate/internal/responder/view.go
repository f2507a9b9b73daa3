package responder

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// maxLook bounds what is looked at of a body: every error page is shorter, and
// Dify's web pages carry their marks in the head.
const maxLook = 64 << 10

// view is a response prepared for fingerprints.
type view struct {
	Response
	body   string                     // the first 64 KiB
	lower  string                     // body in lower case
	fields map[string]json.RawMessage // the body's members when it is a JSON object
}

func newView(r Response) view {
	v := view{Response: r, body: string(r.Body[:min(len(r.Body), maxLook)])}
	v.lower = strings.ToLower(v.body)
	// Only a whole document counts; json bounds the depth itself.
	if len(r.Body) <= maxLook && strings.HasPrefix(strings.TrimSpace(v.body), "{") {
		if json.Unmarshal([]byte(v.body), &v.fields) != nil {
			v.fields = nil
		}
	}
	return v
}

func (v view) header(name string) string { return v.Header.Get(name) }

// serverIs reports whether the Server header begins with a product's name.
func (v view) serverIs(product string) bool {
	s := v.header("Server")
	return len(s) >= len(product) && strings.EqualFold(s[:len(product)], product)
}

func (v view) has(parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(v.body, p) {
			return false
		}
	}
	return true
}

// hasAny returns the first of the parts that the body holds.
func (v view) hasAny(parts ...string) (string, bool) {
	for _, p := range parts {
		if strings.Contains(v.body, p) {
			return p, true
		}
	}
	return "", false
}

func (v view) isHTML() bool {
	head := strings.TrimSpace(v.lower[:min(len(v.lower), 256)])
	return strings.Contains(strings.ToLower(v.header("Content-Type")), "html") ||
		strings.HasPrefix(head, "<!doctype") || strings.HasPrefix(head, "<html")
}

// keys reports whether the body is a JSON object with exactly these members, of
// which those with a ? may be missing.
func (v view) keys(names ...string) bool {
	if v.fields == nil {
		return false
	}
	left := len(v.fields)
	for _, n := range names {
		n, optional := strings.CutSuffix(n, "?")
		_, has := v.fields[n]
		if !has && !optional {
			return false
		}
		if has {
			left--
		}
	}
	return left == 0
}

// text is a member of the body that is a JSON string, else "".
func (v view) text(key string) string {
	var s string
	if json.Unmarshal(v.fields[key], &s) != nil {
		return ""
	}
	return s
}

// number is a member of the body that is a JSON number.
func (v view) number(key string) (n float64, ok bool) {
	raw, has := v.fields[key]
	return n, has && json.Unmarshal(raw, &n) == nil
}

// saw makes the evidence of a fingerprint.
func saw(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

// clip makes untrusted text short and printable.
func clip(s string, limit int) string {
	out := make([]rune, 0, limit)
	for _, r := range s {
		if len(out) == limit {
			return string(out) + "…"
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		out = append(out, r)
	}
	return strings.TrimSpace(string(out))
}

func quote(s string) string {
	return `"` + clip(strings.Join(strings.Fields(s[:min(len(s), 400)]), " "), 80) + `"`
}
