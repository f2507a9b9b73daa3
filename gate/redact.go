package gate

import (
	"net/url"
	"strings"
)

// RedactURL returns a URL, or a path with a query, as a report shows it: without its
// password, a user name that stands alone and so may be a token, and the values of
// parameters that have a credential's name. It takes text that is no URL too.
func RedactURL(raw string) string {
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		// A password with a character that a URL has no room for: where it ends is
		// where the last @ is.
		if _, err := url.Parse(raw); err != nil && strings.Contains(rest, "@") {
			return scheme + "://" + masked + rest[strings.LastIndexByte(rest, '@'):]
		}
	}
	rest, fragment, hasFragment := strings.Cut(raw, "#")
	address, query, hasQuery := strings.Cut(rest, "?")
	out := redactUserinfo(address)
	if hasQuery {
		out += "?" + redactQuery(query)
	}
	if hasFragment {
		out += "#" + redactQuery(fragment)
	}
	return out
}

// redactUserinfo replaces what authenticates between "//" and "@".
func redactUserinfo(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return address
	}
	user, _, hasPassword := strings.Cut(rest[:at], ":")
	if !hasPassword || user == "" {
		return scheme + "://" + masked + rest[at:]
	}
	return scheme + "://" + user + ":" + masked + rest[at:]
}

// redactQuery replaces the values of parameters with a credential's name.
func redactQuery(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); ok && value != "" && err == nil && Credential(plain) {
			parts[i] = name + "=" + masked
		}
	}
	return strings.Join(parts, "&")
}

// RedactHeader returns a header's value as a report shows it: of a cookie the name
// and the attributes, nothing of another credential.
func RedactHeader(name, value string) string {
	switch {
	case strings.EqualFold(name, "Set-Cookie"), strings.EqualFold(name, "Cookie"):
		return redactCookies(value)
	case Credential(name):
		return masked
	}
	return RedactText(value)
}

var cookieValue = lazyRegexp(`([^\s=;,]+)=([^;,]*)`)

// redactCookies replaces the values of cookies, not those of their attributes.
func redactCookies(text string) string {
	return cookieValue().ReplaceAllStringFunc(text, func(pair string) string {
		name, value, _ := strings.Cut(pair, "=")
		switch strings.ToLower(name) {
		case "path", "domain", "expires", "max-age", "samesite", "priority":
			return pair
		}
		if value == "" {
			return pair
		}
		return name + "=" + masked
	})
}

// Credentials as logs, bodies and messages of others hold them.
var (
	userinfo = lazyRegexp(`://[^/?#\s"']*@`)
	bearer   = lazyRegexp(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
	// cookies are a header of cookies with at least one pair.
	cookies = lazyRegexp(`(?i)\b((?:set-)?cookie\\?["']?\s*[:=]\s*\\?["']?)([^\s=;,"'\\]+=[^"'\\\r\n]*)`)
	// assignment is name=value, name: value, "name": "value", also with its quotes
	// escaped; the scheme of an Authorization stands before its value.
	assignment = lazyRegexp(`([A-Za-z_][A-Za-z0-9_.-]*)(\\?["']?\s*(?:=>|[=:])\s*(?:(?i:bearer|basic|digest)\s+)?)(\\"[^"\\]*\\"|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"'<>(){}\[\]\\]+)`)
	// option is --name value on a command line.
	option = lazyRegexp(`(--([A-Za-z][A-Za-z0-9-]*)\s+)([^\s-]\S*)`)
	// token is what shows by its shape that it is one: of OpenAI and others, GitHub,
	// GitLab, Slack, Dify, and JSON Web Tokens.
	token = lazyRegexp(`\b(?:(?:sk|ghp|gho|ghs|ghu|ghr|glpat|github_pat|xox[abprs])[-_][A-Za-z0-9_-]{16,}|(?:app|dataset)-[A-Za-z0-9]{20,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)`)
)

// RedactText returns a text of others' with the credentials in it replaced: those in
// URLs, behind Bearer and Basic, in cookies, behind a credential's name, and those
// that show by their shape.
func RedactText(text string) string {
	text = userinfo().ReplaceAllString(text, "://"+masked+"@")
	text = bearer().ReplaceAllString(text, "$1 "+masked)
	text = token().ReplaceAllString(text, masked)
	text = cookies().ReplaceAllStringFunc(text, func(header string) string {
		m := cookies().FindStringSubmatch(header)
		return m[1] + redactCookies(m[2])
	})
	text = assignment().ReplaceAllStringFunc(text, redactAssignment)
	return option().ReplaceAllStringFunc(text, func(words string) string {
		if m := option().FindStringSubmatch(words); Credential(m[2]) {
			return m[1] + masked
		}
		return words
	})
}

// redactAssignment replaces the value of a match of assignment when its name is one
// of a credential.
func redactAssignment(pair string) string {
	m := assignment().FindStringSubmatch(pair)
	name, between, value := m[1], m[2], m[3]
	switch plain := strings.Trim(value, `"'\`); {
	case !Credential(name), plain == "", strings.HasPrefix(plain, masked), strings.HasPrefix(plain, "$"):
		return redactNested(name, between, value)
	case strings.EqualFold(plain, "true"), strings.EqualFold(plain, "false"), strings.EqualFold(plain, "null"), strings.EqualFold(plain, "none"):
		return pair
	case strings.HasSuffix(strings.ToLower(name), "cookie") && strings.Contains(plain, "="+masked):
		return pair // its name is all that is left of it
	case len(nameWords(name)) == 1 && strings.EqualFold(name, "key") && strings.TrimSpace(between) == ":":
		return pair // "key: x" is anybody's sentence
	}
	quote := ""
	for _, q := range []string{`\"`, `"`, `'`} {
		if strings.HasPrefix(value, q) {
			quote = q
			break
		}
	}
	return name + between + quote + masked + quote
}

// redactNested looks into a value for further pairs: msg="password=x", or a list
// that begins behind a colon.
func redactNested(name, between, value string) string {
	if !strings.ContainsAny(value, "=:") {
		return name + between + value
	}
	return name + between + assignment().ReplaceAllStringFunc(value, redactAssignment)
}
