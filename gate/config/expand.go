package config

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} and ${NAME:-default} by the environment's values and
// $$ by $. A $ before anything else stays: regular expressions end in one.
// Every reference that cannot be replaced is a mistake of its own.
func expand(s string, lookup func(string) (string, bool)) (text string, mistakes []string) {
	text, _, mistakes = expandKeeping(s, lookup)
	return text, mistakes
}

// expandKeeping is expand that also returns the values that came out of the
// environment. A default stands in the file for all to read and is none of them.
func expandKeeping(s string, lookup func(string) (string, bool)) (text string, values, mistakes []string) {
	var out strings.Builder
	for {
		at := strings.IndexByte(s, '$')
		if at < 0 || at == len(s)-1 {
			out.WriteString(s)
			return out.String(), values, mistakes
		}
		out.WriteString(s[:at])
		switch s[at+1] {
		case '$':
			out.WriteByte('$')
			s = s[at+2:]
			continue
		case '{':
		default:
			out.WriteByte('$')
			s = s[at+1:]
			continue
		}
		end := strings.IndexByte(s[at:], '}')
		if end < 0 {
			return out.String(), values, append(mistakes, `"${" without "}", want ${NAME} or ${NAME:-default}, and $$ for a plain $`)
		}
		value, fromOutside, mistake := reference(s[at+2:at+end], lookup)
		if mistake != "" {
			mistakes = append(mistakes, mistake)
		}
		if fromOutside {
			values = append(values, value)
		}
		out.WriteString(value)
		s = s[at+end+1:]
	}
}

// reference is the value of what stands between the braces, and whether it is the
// environment's.
func reference(inner string, lookup func(string) (string, bool)) (value string, fromOutside bool, mistake string) {
	name, fallback, hasFallback := strings.Cut(inner, ":-")
	switch {
	case !variableName().MatchString(name), strings.Contains(fallback, "${"):
		return "", false, fmt.Sprintf("%q, want ${NAME} or ${NAME:-default}, and $$ for a plain $", "${"+inner+"}")
	case lookup == nil:
		lookup = func(string) (string, bool) { return "", false }
	}
	value, set := lookup(name)
	switch {
	case hasFallback && value == "":
		return fallback, false, ""
	case !set:
		return "", false, fmt.Sprintf("the variable %s is not set, want it in the environment, or a default: ${%s:-…}", name, name)
	}
	return value, true, ""
}
