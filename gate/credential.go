package gate

import (
	"slices"
	"strings"
	"unicode"
)

// Credential reports whether a name is one of a credential: of a header, a URL's
// parameter, a cookie, a variable, a key of JSON. It goes by the words in it, so
// that api_key, apiKey and X-Api-Key are, and keyword, author, KeyError and
// max_tokens are not.
func Credential(name string) bool {
	words := nameWords(name)
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if slices.Contains(aboutCredentials, last) {
		return false
	}
	return slices.Contains(credentialLast, last) || slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(credentialWords, func(c string) bool { return strings.HasSuffix(w, c) })
	})
}

var (
	// credentialWords make a name a credential's wherever they stand, also at the end
	// of a word (phpsessid, accesstoken).
	credentialWords = []string{
		"password", "passwd", "passphrase", "pwd", "secret", "token", "cookie", "session", "sessid", "sessionid", "credential", "credentials",
		"authorization", "authentication", "signature", "jwt", "bearer", "csrf", "xsrf", "apikey", "accesskey", "secretkey", "privatekey", "authkey",
	}
	// credentialLast do so as the last word only: the word alone says too little.
	credentialLast = []string{"key", "keys", "auth", "pass", "pw", "sig", "sid", "apikeys"}
	// aboutCredentials end names that speak of a credential and hold none.
	aboutCredentials = []string{
		"error", "exception", "expired", "expires", "expiry", "expire", "ttl", "lifetime", "count", "length", "limit", "type", "name", "url", "uri", "path", "file",
		"dir", "timeout", "minutes", "seconds", "days", "hours", "age", "size", "enabled", "required", "invalid", "missing", "mode", "samesite", "domain", "endpoint",
	}
)

// nameWords splits a name at what is neither letter nor digit, and where a capital
// begins a word; in lower case, without digits.
func nameWords(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case unicode.IsDigit(r):
			continue
		case !unicode.IsLetter(r):
			end()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])):
			end()
		}
		word = append(word, r)
	}
	end()
	return words
}
