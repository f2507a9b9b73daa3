package dify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Sum is the SHA-256 of a value, hexadecimal.
func Sum(value string) string {
	s := sha256.Sum256([]byte(value))
	return hex.EncodeToString(s[:])
}

// Is reports whether a value is this default.
func (d Default) Is(value string) bool {
	if d.Sum != "" {
		return Sum(value) == d.Sum
	}
	return d.Text == value
}

// Equal reports whether two defaults are the same value.
func (d Default) Equal(e Default) bool { return d == e }

// String shows the default; a secret as "***".
func (d Default) String() string {
	switch {
	case d.Sum != "":
		return "***"
	case d.Text == "":
		return "(empty)"
	}
	return d.Text
}

// Published returns the published secret that a variable is set to.
func (c *Catalogue) Published(name, value string) (Secret, bool) {
	if value == "" {
		return Secret{}, false
	}
	for _, s := range c.SecretSums {
		if s.Name != name {
			continue
		}
		probe := value
		if s.Embedded {
			probe = PasswordOf(value)
		}
		if probe != "" && Sum(probe) == s.Sum {
			return s, true
		}
	}
	return Secret{}, false
}

// PasswordOf cuts the password out of a URL, "" when it has none. It is lenient: connection strings
// with unescaped characters are common and url.Parse refuses them.
func PasswordOf(raw string) string {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return ""
	}
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return ""
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	return password
}
