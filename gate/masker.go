package gate

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// minMasked is the length in bytes below which a value is not searched for in
// texts: masking "1" or "db" would make a report unreadable and hide nothing.
const minMasked = 5

// Masker replaces known secret values in text, whatever form they took on the way.
type Masker struct {
	replacer *strings.Replacer
	forms    []string // the longest first
}

// NewMasker makes a masker for the values and all their forms.
func NewMasker(secrets []Secret) Masker {
	seen := map[string]bool{}
	var forms []string
	for _, s := range secrets {
		for _, form := range Forms(s) {
			if !seen[form] {
				seen[form] = true
				forms = append(forms, form)
			}
		}
	}
	// The longer first: one secret may be the beginning of another.
	sort.Slice(forms, func(i, j int) bool {
		if len(forms[i]) != len(forms[j]) {
			return len(forms[i]) > len(forms[j])
		}
		return forms[i] < forms[j]
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range forms {
		pairs = append(pairs, f, masked)
	}
	return Masker{strings.NewReplacer(pairs...), forms}
}

// Mask returns s with every known secret replaced.
func (m Masker) Mask(s string) string {
	if len(m.forms) == 0 {
		return s
	}
	return m.maskCut(m.replacer.Replace(s))
}

// cut is what stands where a text was shortened.
const cut = "…"

// maskCut replaces the beginning of a secret that a cut left: the rest of it was
// not there to be found.
func (m Masker) maskCut(s string) string {
	head, tail, found := strings.Cut(s, cut)
	if !found {
		return s
	}
	var out strings.Builder
	for found {
		out.WriteString(m.maskEnd(head))
		out.WriteString(cut)
		head, tail, found = strings.Cut(tail, cut)
	}
	out.WriteString(head)
	return out.String()
}

// maskEnd replaces the beginning of a secret, at least minMasked bytes of it, at the
// end of s.
func (m Masker) maskEnd(s string) string {
	for _, f := range m.forms {
		for n := min(len(f)-1, len(s)); n >= minMasked; n-- {
			if s[len(s)-1] == f[n-1] && strings.HasSuffix(s, f[:n]) {
				return s[:len(s)-n] + masked
			}
		}
	}
	return s
}

// Forms are a secret as texts may hold it: as it is, encoded for a URL's path or
// query, quoted as JSON, Go or HTML have it (also one in the other: a quoted body
// of JSON), on one line, and in base64, padded or not, at any place of what was
// encoded. The lines of one with several count each. A value of less than 5 bytes
// has none.
func Forms(s Secret) []string {
	v := s.value
	if len(v) < minMasked {
		return nil
	}
	seen := map[string]bool{}
	var out []string
	add := func(form string) {
		if len(form) >= minMasked && !seen[form] {
			seen[form] = true
			out = append(out, form)
		}
	}
	add(v)
	add(strings.Join(strings.Fields(v), " "))
	for line := range strings.Lines(v) {
		if line = strings.TrimSpace(line); len(line) >= minBase64 {
			add(line)
		}
	}
	for _, form := range inBase64(v) {
		add(form)
	}
	// What has only letters and digits looks the same in each encoding.
	for from, rounds := 0, 0; rounds < 2; rounds++ {
		to := len(out)
		for _, form := range out[from:to] {
			for _, encode := range encodings {
				add(encode(form))
			}
		}
		from = to
	}
	return out
}

var encodings = []func(string) string{
	url.QueryEscape,
	url.PathEscape,
	func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }, // encodeURIComponent
	func(s string) string { return lowerHex().ReplaceAllStringFunc(url.QueryEscape(s), strings.ToLower) },
	func(s string) string { _, pw, _ := strings.Cut(url.UserPassword("", s).String(), ":"); return pw },
	func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] },
	plainJSON,
	html.EscapeString,
}

var lowerHex = lazyRegexp(`%[0-9A-F]{2}`)

// plainJSON quotes as most encoders do, which leave <, > and & alone.
func plainJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// minBase64 is the length below which a piece of base64 is too common to be masked,
// and a line of a secret too.
const minBase64 = 8

// inBase64 is a value in base64, and what stays the same of it wherever it stands
// in a longer text that was encoded: a password in Basic begins anywhere.
func inBase64(v string) []string {
	out := []string{base64.StdEncoding.EncodeToString([]byte(v)), base64.URLEncoding.EncodeToString([]byte(v))}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		out = append(out, alphabet.EncodeToString([]byte(v)))
		for before := range 3 {
			encoded := alphabet.EncodeToString(append(make([]byte, before), v...))
			encoded = encoded[[]int{0, 2, 3}[before]:] // what the bytes before have a part in
			if (before+len(v))%3 != 0 {
				encoded = encoded[:len(encoded)-1] // what the bytes behind have a part in
			}
			if len(encoded) >= minBase64 {
				out = append(out, encoded)
			}
		}
	}
	return out
}
