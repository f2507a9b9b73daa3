package probe

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// HeaderSecrets are the values of headers that authenticate: whole, without the
// scheme before them, what Basic encodes, and each cookie's.
func HeaderSecrets(headers map[string]string) []gate.Secret {
	var out []gate.Secret
	add := func(v string) { out = append(out, gate.NewSecret(v)) }
	for name, v := range headers {
		if !gate.Credential(name) {
			continue
		}
		add(v)
		scheme, token, ok := strings.Cut(v, " ")
		if ok {
			add(token)
		}
		if plain, err := base64.StdEncoding.DecodeString(token); err == nil && strings.EqualFold(scheme, "basic") {
			if _, password, ok := strings.Cut(string(plain), ":"); ok {
				add(password)
			}
		}
		if strings.EqualFold(name, "Cookie") {
			for pair := range strings.SplitSeq(v, ";") {
				_, value, _ := strings.Cut(pair, "=")
				add(strings.TrimSpace(value))
			}
		}
	}
	return out
}

// Elsewhere reports whether a redirect leads to another host or port, or out of
// TLS: a credential was not given for that.
func Elsewhere(from, to *url.URL) bool {
	return URLAddress(from) != URLAddress(to) && !(from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname() && from.Port() == "" && to.Port() == "")
}

// DropCredentials leaves the headers that say what is wanted, and none that may say
// who asks: any other may hold a token, and a Referer the query of the address.
func DropCredentials(h http.Header) {
	for name := range h {
		switch lower := strings.ToLower(name); {
		case strings.HasPrefix(lower, "accept"), strings.HasPrefix(lower, "content-"), strings.HasPrefix(lower, "access-control-request-"):
		case lower == "user-agent", lower == "origin", lower == "range", lower == "cache-control", lower == "traceparent":
		default:
			h.Del(name)
		}
	}
}
