package dotenv

import (
	"errors"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// reference is a variable named without an operator, or an escaped dollar.
var reference = lazyregexp.New(`\$\$|\\\$|\$\{(\w+)\}|\$([A-Za-z_]\w*)`)

// withoutDefault finds the variables that a statement refers to plainly and
// that lookup does not know, and makes a lookup that knows them as empty: the
// same value, without compose-go's word about it on standard error.
func withoutDefault(text string, lookup func(string) (string, bool)) ([]string, func(string) (string, bool)) {
	if !strings.Contains(text, "$") || singleQuoted(text) {
		return nil, lookup
	}
	var unset []string
	quiet := map[string]bool{}
	open, seen := 0, 0
	for _, m := range reference().FindAllStringSubmatchIndex(text, -1) {
		name := ""
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				name = text[m[i]:m[i+1]]
			}
		}
		between := text[seen:m[0]]
		open, seen = open+strings.Count(between, "${")-strings.Count(between, "}"), m[0]
		if _, ok := lookup(name); ok || name == "" || quiet[name] {
			continue
		}
		quiet[name] = true
		if open == 0 {
			unset = append(unset, name) // and not the default of another
		}
	}
	return unset, func(name string) (string, bool) {
		if quiet[name] {
			return "", true
		}
		return lookup(name)
	}
}

// singleQuoted tells a value in single quotes, in which a dollar is a dollar.
func singleQuoted(text string) bool {
	at := strings.IndexAny(text, "=:")
	return at >= 0 && strings.HasPrefix(strings.TrimLeft(text[at+1:], " \t"), "'")
}

// anyReference is a variable in any form, with an operator or without.
var anyReference = lazyregexp.New(`\$\{?([A-Za-z_]\w*)`)

// bounded refuses an assignment whose value would grow too large or nest too deep,
// before it does. Each reference yields its variable's value once at the most.
func bounded(text string, lookup func(string) (string, bool)) error {
	if len(text) > MaxValue {
		return errors.New("longer than 64 KiB, want a shorter value")
	}
	if !strings.Contains(text, "$") || singleQuoted(text) {
		return nil
	}
	if strings.Count(text, "$") > MaxReferences {
		return errors.New("more than 200 dollar signs, want fewer references")
	}
	size, depth := Growth(text, lookup)
	switch {
	case depth > maxNest:
		return errors.New("${…} within ${…} more than 20 deep, want fewer")
	case size > MaxValue:
		return errors.New("the value grows beyond 64 KiB once its ${…} are replaced, want a shorter one")
	}
	return nil
}

// Growth is the most bytes that a text can have once its references are replaced,
// and how deep they nest.
func Growth(text string, lookup func(string) (string, bool)) (size, depth int) {
	size = len(text)
	for _, m := range anyReference().FindAllStringSubmatch(text, -1) {
		value, _ := lookup(m[1])
		size += len(value)
	}
	return size, nested(text)
}

// nested is how deep ${…} nest in a text.
func nested(text string) int {
	deepest, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			depth++
			deepest = max(deepest, depth)
		case text[i] == '}':
			depth = max(depth-1, 0)
		}
	}
	return deepest
}
