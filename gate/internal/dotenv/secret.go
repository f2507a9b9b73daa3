package dotenv

import "strings"

// notSecret are name endings that look like a secret's and are none.
var notSecret = []string{
	"_KEY_PREFIX", "_KEY_FILENAME", "_KEYFILE", "_KEY_PATH", "_KEYS_ENABLED", "_APIKEY_ENABLED", "_APIKEY_USERS",
	"_TOKEN_EXPIRE_MINUTES", "_TOKEN_EXPIRE_DAYS", "_TOKEN_EXPIRY_MINUTES", "_TOKENS_LENGTH", "_TOKEN_COUNTING_ENABLED",
	"_USED_UPDATE_TASK", "TOKENIZER", "_TOKENIZER_GSE", "_TOKENIZER_KAGOME_JA", "_TOKENIZER_KAGOME_KR", "_TOKENIZATION", "TOKEN_IS_PUBLIC", "_PASSWORD_ENABLED", "_MAX_TOKENS",
}

// IsSecret reports whether the value of a variable must never be shown, by its
// name or because it is a URL with a password.
func IsSecret(name, value string) bool {
	if value == "" {
		return false
	}
	if hasUserinfo(value) {
		return true
	}
	name = strings.ToUpper(name)
	for _, end := range notSecret {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	for _, word := range []string{"PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "CONNECTION_STRING", "_DSN", "PRIVATE", "PEPPER"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return strings.Contains(name, "APIKEY") || name == "KEY" || strings.HasSuffix(name, "_KEY") || strings.HasSuffix(name, "_KEYS") || strings.Contains(name, "_KEY_")
}

// hasUserinfo reports whether a value holds a URL with user and password.
func hasUserinfo(value string) bool {
	_, rest, ok := strings.Cut(value, "://")
	if !ok {
		return false
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		// A password may hold a slash, so look at the whole when an @ follows.
		if !strings.Contains(rest[end:], "@") {
			rest = rest[:end]
		}
	}
	user, _, ok := strings.Cut(rest, "@")
	return ok && strings.Contains(user, ":")
}

// Shown returns a value as a report may show it: a secret as "***".
func Shown(name, value string) string {
	if IsSecret(name, value) {
		return "***"
	}
	return value
}
