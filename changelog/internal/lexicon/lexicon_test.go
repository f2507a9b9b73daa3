package lexicon

import (
	"strings"
	"testing"
)

// TestKindsOfNames: names are found by their grammar, in code spans and bare.
func TestKindsOfNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"`APP_KEY`":                "variable APP_KEY",
		"`APP_KEY=1`":              "variable APP_KEY",
		"APP_KEY=1":                "variable APP_KEY",
		"`PORT`":                   "variable PORT",
		"`POST`":                   "code POST",
		"OLD_*":                    "variable OLD_*",
		"--enable-x":               "option --enable-x",
		"`GET /v1/rooms`":          "path GET /v1/rooms",
		"docker/.env.example":      "path docker/.env.example",
		"/v1/files":                "path /v1/files",
		"and/or":                   "word and",
		"`docker compose up -d`":   "command docker compose up -d",
		"`queue_name`":             "key queue_name",
		"[cache].TTL":              "key [cache].TTL",
		"api.auth.key":             "key api.auth.key",
		"controllers/web/login.py": "code controllers/web/login.py",
		"v1.2":                     "version v1.2",
		"1.10.1-fix.1":             "version 1.10.1-fix.1",
		"`true`":                   "value true",
		"10MB":                     "quantity 10MB",
		"42":                       "number 42",
		"@someone":                 "person @someone",
		"#123":                     "issue #123",
		"https://example.org/a":    "link https://example.org/a",
		"CVE-2025-12345":           "advisory CVE-2025-12345",
		"->":                       "arrow →",
	} {
		tokens := Tokenize(text)
		if len(tokens) == 0 {
			t.Errorf("%q has no token, want %q", text, want)
			continue
		}
		if got := tokens[0].Kind.String() + " " + tokens[0].Stem; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestWordsHaveClasses: all endings of a word, phrases and Chinese words find
// their classes, and offsets lie where the words stand.
func TestWordsHaveClasses(t *testing.T) {
	t.Parallel()
	for text, class := range map[string]string{
		"removed": "remove", "removing": "remove", "stopped": "fail", "policies must": "must", "no longer": "gone", "can't": "negate",
		"please": "please", "必须": "must", "升级": "upgrade", "环境变量": "config", "self-hosted": "operator", "Deprecated": "deprecate",
	} {
		want, ok := Find(class)
		if !ok {
			t.Fatalf("no class %q", class)
		}
		found := false
		for _, token := range Tokenize(text) {
			found = found || token.Has(want)
			if token.Start < 0 || token.End > len(text) || token.Start >= token.End {
				t.Errorf("%q: token at %d-%d", text, token.Start, token.End)
			}
		}
		if !found {
			t.Errorf("%q has not the class %q", text, class)
		}
	}
}

// FuzzTokenize: any text is cut in linear steps, and tokens lie within it, in order.
func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"`a` [b].c --d /e/f G_H_* 中文 é’s ->", "```", "[", "{{", "a/", "\xff`\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, token := range Tokenize(text) {
			if token.Start < last || token.End > len(text) || token.End <= token.Start {
				t.Errorf("token %d-%d after %d in %d bytes", token.Start, token.End, last, len(text))
			}
			last = token.Start
		}
	})
}

func BenchmarkTokenize(b *testing.B) {
	text := strings.Repeat("Please set `APP_KEY` in your .env before upgrading to v1.2.3; the old /v1/rooms endpoint is no longer served. ", 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Tokenize(text)
	}
}
