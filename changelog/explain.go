package changelog

import "strings"

// describe says a sign in words: "heading says breaking", "“must” before a
// variable".
func describe(sign string) string {
	parts := strings.Split(sign, ":")
	sort, rest := parts[0], parts[1:]
	if len(rest) == 0 {
		return ""
	}
	switch sort {
	case "w", "f":
		return describeWords(sort, rest)
	case "c":
		return "speaks of " + spoken(rest[0])
	case "m":
		return quoteWord(rest[0]) + " " + spoken(rest[len(rest)-1])
	case "o":
		return spoken(rest[0]) + " before " + spoken(rest[len(rest)-1])
	case "f2":
		return "begins with " + spoken(rest[len(rest)-1])
	case "h", "g":
		return "heading says " + lastSpoken(rest)
	case "p":
		return "parent says " + lastSpoken(rest)
	case "l":
		return "label says " + lastSpoken(rest)
	case "e":
		return "beside it: " + lastSpoken(rest)
	case "k", "s":
		return "commit: " + lastSpoken(rest)
	case "b":
		return describeForm(rest)
	case "x":
		return spoken(lastPart(rest)) + " in " + spoken(rest[0])
	}
	return ""
}

// describeForm says what the form of a statement tells; its sizes tell people
// nothing.
func describeForm(rest []string) string {
	switch rest[0] {
	case "alert":
		return "stands in an alert"
	case "section":
		if len(rest) > 1 {
			return "stands under a heading of " + rest[1]
		}
	case "fence":
		return "has a fence"
	case "bare name":
		return "is a bare name"
	case "label":
		return "has a label"
	case "ordered":
		return "is a step"
	}
	return ""
}

func describeWords(sort string, rest []string) string {
	if sort == "f" && rest[0] == "c" && len(rest) > 1 {
		return "begins with " + spoken(rest[1])
	}
	var words []string
	for _, w := range rest {
		if w != "^" && w != "+" && w != "" && w != "ed" && w != "ing" && w != "s" {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return quoteWord(strings.Join(words, " "))
}

func quoteWord(w string) string {
	if w == "^" || w == "" {
		return "begins with"
	}
	return "“" + strings.ReplaceAll(w, "_", " ") + "”"
}

func lastPart(parts []string) string {
	for i := len(parts) - 1; i >= 0; i-- {
		if p := parts[i]; p != "" && p != "+" && p != "ed" && p != "ing" && p != "s" {
			return p
		}
	}
	return ""
}

// lastSpoken says the last part, as a class after "c" and as a word otherwise.
func lastSpoken(parts []string) string {
	last := lastPart(parts)
	if len(parts) > 1 && parts[0] == "c" {
		return spoken(last)
	}
	return quoteWord(last)
}

// spokenClasses are the lexicon's classes in words.
var spokenClasses = map[string]string{
	"must": "a duty", "deed": "a deed", "ensure": "making sure", "please": "a request", "manual": "work by hand", "once": "a one-time step",
	"cond": "a condition", "you": "the reader", "operator": "operators", "existing": "what exists", "custom": "own set-ups",
	"breaking": "a break", "remove": "a removal", "gone": "“no longer”", "rename": "a renaming", "replace": "a replacement", "move": "a move",
	"change": "a change", "strict": "a restriction", "relax": "a widening", "more": "a raise", "less": "a cut", "default": "a default",
	"onoff": "a switch", "deprecate": "a deprecation", "add": "an addition", "new": "something new", "formerly": "how it was",
	"lose": "a loss", "fail": "a failure", "refuse": "a refusal", "logout": "signing in again", "migrate": "a migration", "schema": "tables",
	"hole": "a hole", "security": "security", "auth": "access", "tenant": "tenants", "config": "settings", "deploy": "the deployment",
	"process": "workers", "proxy": "the proxy", "store": "databases", "runtime": "the runtime", "api": "the API", "client": "clients",
	"ui": "the screen", "code": "code", "test": "tests", "docs": "documents", "fix": "a fix", "regress": "a regression",
	"version": "versions", "negate": "a negation", "noneed": "nothing to do", "attention": "attention",
}

func spoken(class string) string {
	if s, ok := spokenClasses[class]; ok {
		return s
	}
	return strings.ReplaceAll(class, "_", " ")
}
