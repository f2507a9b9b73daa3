package config

import (
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// expanded is a scalar's text with its variables replaced. What came out of the
// environment is a secret: an operator writes ${NAME} for what is not to be read in
// the file. Not secret is what a report cannot do without and what hides nothing:
//
//   - a value of less than 6 bytes, a number, a version, an IP address, a duration:
//     ${PORT} must not turn each 443 of a report into ***
//   - of a URL all but its credentials (${DIFY_URL}), and a value that is no more than
//     the host of the URL or address that it went into (${DB_HOST})
//   - the user and the database of postgres://${DB_USER}:${DB_PASSWORD}@db/${DB_NAME}
//   - a value under a key that names things: name, tags, file and the like
//     (publicKeys)
func (d *decoder) expanded(n *yaml.Node, path string) (string, []string) {
	text, values, mistakes := expandKeeping(n.Value, d.lookup)
	for _, v := range values {
		d.secrets = append(d.secrets, secretsIn(v, text, path)...)
	}
	return text, mistakes
}

// minSecret is the length in bytes from which a value out of the environment is one.
const minSecret = 6

// publicKeys are the keys of gate.yaml whose values name things that a report shows.
var publicKeys = []string{
	"name", "needs", "tags", "from", "to", "dir", "profile", "rule", "owner", "reason", "expires", "severity", "address", "server", "tool", "interface", "timezone",
	"file", "files", "env", "target", "access_log", "openapi", "dump", "schema", "covers", "source", "catalogue",
}

// plainValue is a number, a version, an IP address, a duration, a size or a rate.
var plainValue = lazyregexp.New(`^(?:[+-]?\d{1,8}(?:\.\d+)?[a-zA-Z%/]{0,4}|v?\d+(?:\.\d+){1,3}(?:[-+][0-9A-Za-z.]{1,12})?(?::\d+)?|(?:\d+(?:h|m|s|ms|us|ns))+|true|false)$`)

// secretsIn are the secrets in a value that became part of a text under a key.
func secretsIn(value, text, path string) []gate.Secret {
	if strings.Contains(value, "://") {
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			return gate.URLSecrets(u)
		}
	}
	if len(value) < minSecret || plainValue().MatchString(value) || named(path) || addresses(value, text) {
		return nil
	}
	return []gate.Secret{gate.NewSecret(value)}
}

// addresses reports whether a value is no more than part of an address in a URL: its
// host and port, and of a database's also its user, where a password follows, and
// its name.
func addresses(value, text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	if strings.Contains(u.Host, value) {
		return true
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return false
	}
	_, hasPassword := u.User.Password()
	return hasPassword && u.User.Username() == value || strings.TrimPrefix(u.Path, "/") == value
}

// named reports whether a path ends in one of publicKeys. The keys of headers and
// inputs are no keys of ours.
func named(path string) bool {
	if strings.Contains(path, ".headers.") || strings.Contains(path, ".inputs.") {
		return false
	}
	last, _, _ := strings.Cut(path[strings.LastIndexByte(path, '.')+1:], "[")
	return slices.Contains(publicKeys, last)
}
