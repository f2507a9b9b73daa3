package probe

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// HeaderSecrets are the values of headers that authenticate.
func HeaderSecrets(headers map[string]string) []gate.Secret {
	var out []gate.Secret
	for k, v := range headers {
		if !authenticates(k) {
			continue
		}
		out = append(out, gate.NewSecret(v))
		if _, token, ok := strings.Cut(v, " "); ok {
			out = append(out, gate.NewSecret(token))
		}
	}
	return out
}

// authenticates reports whether a header carries a credential, by its name.
func authenticates(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"auth", "cookie", "token", "key", "secret", "passw", "session", "credential"},
		func(part string) bool { return strings.Contains(name, part) })
}

// Elsewhere reports whether a redirect leads to another host or port, or out of
// TLS: a credential was not given for that.
func Elsewhere(from, to *url.URL) bool {
	return URLAddress(from) != URLAddress(to) && !(from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname() && from.Port() == "" && to.Port() == "")
}

// DropCredentials removes the headers that authenticate.
func DropCredentials(h http.Header) {
	for name := range h {
		if authenticates(name) {
			h.Del(name)
		}
	}
}

// URLSecrets are what of a URL authenticates: its password, also as Basic sends
// it, and query parameters by their name.
func URLSecrets(u *url.URL) []gate.Secret {
	var out []gate.Secret
	if pw, ok := u.User.Password(); ok {
		out = append(out, gate.NewSecret(pw), gate.NewSecret(base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+pw))))
	}
	for name, values := range u.Query() {
		for _, v := range values {
			if authenticates(name) {
				out = append(out, gate.NewSecret(v))
			}
		}
	}
	return out
}
