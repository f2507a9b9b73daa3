package gate

import (
	"fmt"
	"net/url"
	"regexp"
	"sort"
	"strings"
)

const masked = "***"

// Secret is a value that no report, log or error can print: every formatting
// verb, JSON and text encoding of it yields ***.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(v string) Secret { return Secret{v} }

// Reveal returns the value, for the one place that has to send it.
func (s Secret) Reveal() string { return s.value }

// Empty reports whether no value is set.
func (s Secret) Empty() bool { return s.value == "" }

func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return masked
}

// Format makes every verb print the mask.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText writes the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the value.
func (s *Secret) UnmarshalText(b []byte) error {
	s.value = string(b)
	return nil
}

// minMasked is the length below which a value is not searched for in texts:
// masking "1" or "db" would make a report unreadable and hide nothing.
const minMasked = 5

// Masker replaces known secret values in text.
type Masker struct{ replacer *strings.Replacer }

// NewMasker makes a masker for the values and what they become inside a URL.
func NewMasker(secrets []Secret) Masker {
	seen := map[string]bool{}
	var values []string
	add := func(v string) {
		if len(v) >= minMasked && !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	for _, s := range secrets {
		add(s.value)
		add(url.QueryEscape(s.value))
		add(url.PathEscape(s.value))
	}
	// The longer first: one secret may be the beginning of another.
	sort.Slice(values, func(i, j int) bool {
		if len(values[i]) != len(values[j]) {
			return len(values[i]) > len(values[j])
		}
		return values[i] < values[j]
	})
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, masked)
	}
	return Masker{strings.NewReplacer(pairs...)}
}

// Mask returns s with every known secret replaced.
func (m Masker) Mask(s string) string {
	if m.replacer == nil {
		return s
	}
	return m.replacer.Replace(s)
}

// RedactURL returns the URL with its password, or a user name that stands
// alone and so may be a token, replaced; text that is no URL is returned with
// anything between "//" and "@" replaced.
func RedactURL(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return raw
	}
	user, _, hasPassword := strings.Cut(rest[:at], ":")
	if !hasPassword || user == "" {
		return scheme + "://" + masked + rest[at:]
	}
	return scheme + "://" + user + ":" + masked + rest[at:]
}

// Credentials as logs and messages of others hold them: a URL's userinfo, and
// what stands after Bearer or Basic.
var (
	userinfo = regexp.MustCompile(`://[^/?#\s"']*@`)
	bearer   = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
)

// RedactText returns a text of others' with the credentials in it replaced.
func RedactText(text string) string {
	text = userinfo.ReplaceAllString(text, "://"+masked+"@")
	return bearer.ReplaceAllString(text, "$1 "+masked)
}
