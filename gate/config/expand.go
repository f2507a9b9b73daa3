package config

import (
	"fmt"
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} and ${NAME:-default} by the environment's values and
// $$ by $. A $ before anything else stays: regular expressions end in one.
// Every reference that cannot be replaced is a mistake of its own.
func expand(s string, lookup func(string) (string, bool)) (string, []string) {
	var out strings.Builder
	var mistakes []string
	for {
		at := strings.IndexByte(s, '$')
		if at < 0 || at == len(s)-1 {
			out.WriteString(s)
			return out.String(), mistakes
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
			return out.String(), append(mistakes, `"${" without "}", want ${NAME} or ${NAME:-default}, and $$ for a plain $`)
		}
		value, mistake := reference(s[at+2:at+end], lookup)
		if mistake != "" {
			mistakes = append(mistakes, mistake)
		}
		out.WriteString(value)
		s = s[at+end+1:]
	}
}

// reference is the value of what stands between the braces.
func reference(inner string, lookup func(string) (string, bool)) (value, mistake string) {
	name, fallback, hasFallback := strings.Cut(inner, ":-")
	switch {
	case !variableName.MatchString(name), strings.Contains(fallback, "${"):
		return "", fmt.Sprintf("%q, want ${NAME} or ${NAME:-default}, and $$ for a plain $", "${"+inner+"}")
	case lookup == nil:
		lookup = func(string) (string, bool) { return "", false }
	}
	value, set := lookup(name)
	switch {
	case hasFallback && value == "":
		return fallback, ""
	case !set:
		return "", fmt.Sprintf("the variable %s is not set, want it in the environment, or a default: ${%s:-…}", name, name)
	}
	return value, ""
}
