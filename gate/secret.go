package gate

import (
	"encoding/base64"
	"fmt"
	"net/url"
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

// URLSecrets are what of a URL authenticates: its password, also as Basic sends it,
// a user name that stands alone and so may be a token, and parameters of its query
// and fragment that have a credential's name.
func URLSecrets(u *url.URL) []Secret {
	var out []Secret
	user := u.User.Username()
	switch pw, ok := u.User.Password(); {
	case ok:
		out = append(out, NewSecret(pw), NewSecret(base64.StdEncoding.EncodeToString([]byte(user+":"+pw))))
	case user != "":
		out = append(out, NewSecret(user))
	}
	parameters := u.Query()
	if fragment, err := url.ParseQuery(u.Fragment); err == nil {
		for name, values := range fragment {
			parameters[name] = append(parameters[name], values...)
		}
	}
	for name, values := range parameters {
		if !Credential(name) {
			continue
		}
		for _, v := range values {
			out = append(out, NewSecret(v))
		}
	}
	return out
}
